/** The life of an order on the real engine: people are asked, workers die meanwhile, and each order has one timeline. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import type { Doc } from '../../sandbox/kit/json.ts';
import type { OrderList, OrderView } from '../../src/server/replies-orders.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';
import { inCrm, inErp, linkedAccount, orderInCrm, ordersInErp } from './orders.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.orders.yaml', import.meta.url));
type View = z.infer<typeof OrderView>;
let town: Town;

const submit = async (net: number, more: Doc = {}): Promise<string> => {
  const { id } = await inCrm(town, 'POST', 'orders', {
    account_id: (await linkedAccount(town))['id'] ?? null,
    name: 'Spring order',
    status: 'submitted',
    order_date: '2026-03-02',
    currency: 'EUR',
    total_net: net,
    lines: [{ line_no: '10', product: 'P-100', quantity: 1, unit: 'C62', unit_price: net, net }],
    ...more,
  });
  return String(id);
};
const view = (id: string, as: 'approver' | 'steward' = 'approver'): Promise<View> =>
  town.world.call<View>('GET /orders/:id', { params: { id } }, as);
const stepOf = async (id: string): Promise<string> =>
  (await town.query<{ step: string }>(`select step from order_process where record = '${id}'`))[0]?.step ?? 'nowhere';

beforeAll(async () => {
  town = await startTown({
    customers: 40,
    seed: 12,
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('a large order waits for its approver while the worker dies, and then crosses once', async () => {
  const id = await submit(150_000);
  await eventually('it waits for approval', async () => (await stepOf(id)) === 'approval');
  await eventually(
    'the CRM says so',
    async () => (await orderInCrm(town, id))['sync_message'] === 'It waits for approval by sales lead.',
  );
  await eventually('its workflow was started', async () => {
    const [row] = await town.query<{ at: unknown }>(
      `select ensured_at as at from order_process where record = '${id}'`,
    );
    return row?.at != null;
  });
  town.group.kill('worker', 'SIGKILL');
  const { orders } = await town.world.call<z.infer<typeof OrderList>>(
    'GET /orders',
    { query: { step: 'approval' } },
    'approver',
  );
  expect(orders).toMatchObject([{ crm: id, waitsFor: 'sales lead' }]);
  expect(await ordersInErp(town, id)).toEqual([]);
  const { content } = await view(id);
  await town.world.call(
    'POST /orders/:id/approve',
    { params: { id }, body: { content, reason: 'a good one' } },
    'approver',
  );
  await eventually('its number is back', async () => typeof (await orderInCrm(town, id))['erp_number'] === 'string');
  expect(await ordersInErp(town, id)).toHaveLength(1);
  const seen = await view(id);
  expect(seen.events.map(({ event, by }) => [event, by])).toEqual([
    ['raised', 'tallystick'],
    ['approved', 'approver'],
    ['step', 'tallystick'],
    ['step', 'tallystick'],
  ]);
  expect(seen.members).toHaveLength(2);
  expect(seen.writes).toContainEqual(
    expect.objectContaining({ slot: 'erp/SalesOrder', op: 'create', outcome: 'created' }),
  );
  expect(seen.steps.map(({ step }) => step).slice(0, 2)).toEqual(['approval', 'crossing']);
});

test('what the ERP refuses to change goes back in the CRM, with the ERP’s own sentence', async () => {
  const id = await submit(100);
  await eventually('its number is back', async () => typeof (await orderInCrm(town, id))['erp_number'] === 'string');
  await inCrm(town, 'PATCH', `orders/${id}`, { status: 'cancel_requested' });
  await eventually('it is cancelled', async () => (await orderInCrm(town, id))['cancel_state'] === 'granted');
  await town.world.quiet(WITHIN_MS);
  await inCrm(town, 'PATCH', `orders/${id}`, { requested_date: '2026-05-01' });
  await eventually('the CRM is told', async () =>
    String((await orderInCrm(town, id))['sync_message']).includes('an order that is cancelled cannot change'),
  );
  await eventually(
    'the date is gone again',
    async () => (await orderInCrm(town, id))['requested_date'] !== '2026-05-01',
  );
  await eventually('its life has ended', async () => (await view(id, 'steward')).endedAt !== null);
  expect((await town.world.parked()).filter(({ members }) => members.some((each) => each.id === id))).toEqual([]);
});

test('its delivery and its invoice stand in the timeline of an order, which ends when it is paid', async () => {
  const id = await submit(50);
  await eventually('its number is back', async () => typeof (await orderInCrm(town, id))['erp_number'] === 'string');
  const { erp_number: order = '' } = await orderInCrm(town, id);
  await inErp(town, 'delivery_note', { order, items: [{ position: '10', order_item: '10', quantity: '1' }] });
  const bill = await inErp(town, 'invoice', {
    items: [{ position: '10', order, order_item: '10', quantity: '1' }],
    issued_on: '2026-03-06',
  });
  await inErp(town, 'payment', {
    allocations: [{ invoice: bill['number'] ?? '', amount: String(bill['gross']) }],
    received_on: '2026-03-20',
  });
  await eventually('all of them are told', async () => {
    const kinds = new Set((await view(id, 'steward')).related.map(({ mapping }) => mapping));
    return kinds.has('delivery') && kinds.has('invoice');
  });
  await eventually('its life has ended', async () => (await view(id, 'steward')).step === 'closed');
  const { endedAt, steps } = await view(id, 'steward');
  expect(endedAt).not.toBeNull();
  expect(steps.at(-1)).toMatchObject({ step: 'closed' });
});
