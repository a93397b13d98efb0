/** An order for an ERP that cannot be called: its program pulls, carries out, acknowledges, and posts what becomes of it. */
import { mkdirSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, docOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';
import { inCrm, orderInCrm } from './orders.ts';

const TALLYSTICK = `
connections:
  crm: { connector: sandbox-crm, url: env:SANDBOX_CRM_URL, settings: { client_id: tally, client_secret: tally-secret }, poll_ms: 200, settle_ms: 500 }
  plant: { connector: sandbox-outbox, url: "outbox:", poll_ms: 200, settle_ms: 200, call_ms: 1000 }
mappings: [order]
`;

const MAPPING = `
mapping: order
revision: 1
summary: Orders are pulled by the ERP, which posts what becomes of them.
between:
  crm: { connection: crm, record: Order }
  erp: { connection: plant, record: SalesOrder }
include:
  crm: { status: [submitted] }
identity:
  match_on: [[crm order]]
  on_many: park
  on_none: { to_erp: create, to_crm: ignore }
fields:
  crm order: { crm: id, erp: external_order, flow: crm -> erp, as: text, required: true }
  title: { crm: name, erp: title, flow: crm -> erp, as: text }
  number: { crm: erp_number, erp: number, flow: crm <- erp, as: text }
  reason: { crm: erp_reason, erp: reason, flow: crm <- erp, as: text }
lines:
  order lines:
    crm: lines
    erp: items
    key: line number
    on_missing: { to_erp: delete }
    fields:
      line number: { crm: line_no, erp: position, flow: crm -> erp, as: text }
      product: { crm: product, erp: product, flow: crm -> erp, as: text }
      quantity: { crm: quantity, erp: quantity, flow: crm -> erp, as: decimal }
feedback:
  crm: { state: sync_state, reason: sync_message }
`;

let town: Town;
let key = '';
beforeAll(async () => {
  town = await startTown({
    customers: 1,
    seed: 61,
    mappings: ['order'],
    configure: async (folder) => {
      await writeFile(join(folder, 'tallystick.yaml'), TALLYSTICK);
      await rm(join(folder, 'mappings'), { recursive: true });
      mkdirSync(join(folder, 'mappings'));
      await writeFile(join(folder, 'mappings', 'order.yaml'), MAPPING);
    },
  });
  const made = await town.world.call<{ key: string }>(
    'POST /keys',
    { body: { name: 'plant', role: 'system', connections: ['plant'] } },
    'it-admin',
  );
  key = made.key;
  await eventually('both sides were read once', async () => (await town.world.status()).gate === 'open');
  // The API follows the configuration at its own pace.
  const known = () => town.world.call('GET /outbox/:connection', { params: { connection: 'plant' } }, 'operator');
  await eventually('the API knows the outbox', () =>
    known().then(
      () => true,
      () => false,
    ),
  );
});
afterAll(() => town?.stop());

/** The ERP's own program, as far as it speaks with us. */
const asErp = async (path: string, body: Doc): Promise<Doc> => {
  const headers = { authorization: `Bearer ${key}` };
  const reply = await call('POST', `${town.world.urls['TALLY_API_URL']}/outbox/plant/${path}`, { headers, body });
  expect([path, reply.status]).toEqual([path, 200]);
  return docOf(reply);
};
interface Pulled extends Doc {
  readonly id: string;
  readonly fields: Doc;
}
const pull = async (): Promise<readonly Pulled[]> => (await asErp('pull', {}))['writes'] as readonly Pulled[];
/** Pulls until something for this order comes. */
const pulled = async (order: unknown): Promise<Pulled> => {
  let found: Pulled | undefined;
  await eventually('the order is pulled', async () => {
    found = (await pull()).find(({ fields }) => fields['external_order'] === order);
    return found !== undefined;
  });
  return found as Pulled;
};
const said = async (answer: Doc): Promise<Doc> =>
  ((await asErp('answers', { answers: [answer] }))['answers'] as readonly Doc[])[0] ?? {};

const raise = async (name: string): Promise<string> => {
  const { id } = await inCrm(town, 'POST', 'orders', {
    account_id: 'none',
    name,
    status: 'submitted',
    order_date: '2026-03-02',
    currency: 'EUR',
    total_net: 20,
    lines: [{ line_no: '10', product: 'P-100', quantity: 2, unit: 'C62', unit_price: 10, net: 20 }],
  });
  return String(id);
};
const inDoubt = (): Promise<boolean> =>
  town
    .query<{ n: string }>(`select count(*) as n from intent where state = 'doubt' and ended_at is null`)
    .then(([row]) => Number(row?.n) > 0);

test('an order is pulled again and again under one id until it is acknowledged, also when the worker dies, and its number comes back', async () => {
  const order = await raise('Spring');
  const first = await pulled(order);
  expect(first.fields).toMatchObject({ title: 'Spring', items: [{ position: '10', product: 'P-100' }] });
  town.group.kill('worker', 'SIGKILL');
  const second = await pulled(order);
  expect(second.id).toBe(first.id);
  expect((await said({ id: first.id, outcome: 'done', record_id: 'SO-1' }))['state']).toBe('noted');
  expect((await said({ id: first.id, outcome: 'done', record_id: 'SO-1' }))['state']).toBe('repeated');
  await eventually('the CRM shows the number', async () => (await orderInCrm(town, order))['erp_number'] === 'SO-1');
  await town.world.quiet(WITHIN_MS);
  expect(await pull()).toEqual([]);
  // What becomes of it is posted, in whole or in part.
  await asErp('records/SalesOrder', { records: [{ id: 'SO-1', part: true, fields: { reason: 'Waits for steel' } }] });
  await eventually('the CRM shows it', async () => (await orderInCrm(town, order))['erp_reason'] === 'Waits for steel');
});

test('an order that changes before it is pulled is delivered as it is then', async () => {
  const order = await raise('Summer');
  await eventually('it waits', inDoubt);
  await inCrm(town, 'PATCH', `orders/${order}`, { name: 'High summer' });
  await eventually('the change was seen', async () => {
    const [row] = await town.query<{ n: string }>(
      `select count(*) as n from record where id = '${order}' and convert_from(body, 'UTF8') like '%High summer%'`,
    );
    return Number(row?.n) === 1;
  });
  const write = await pulled(order);
  expect(write.fields['title']).toBe('High summer');
  expect((await said({ id: write.id, outcome: 'done', record_id: 'SO-2' }))['state']).toBe('noted');
  await eventually('the CRM shows the number', async () => (await orderInCrm(town, order))['erp_number'] === 'SO-2');
});

test('what the ERP refuses is parked with its reason, and goes again when it was corrected', async () => {
  const order = await raise('Autumn');
  const write = await pulled(order);
  await said({ id: write.id, outcome: 'refused', code: 'E42', reason: 'P-100 is not made any more' });
  await eventually('it is parked', async () => (await town.world.parked('TARGET_REFUSED')).length === 1);
  expect(JSON.stringify(await town.world.parked())).toContain('P-100 is not made any more');
  await inCrm(town, 'PATCH', `orders/${order}`, {
    lines: [{ line_no: '10', product: 'P-200', quantity: 2, unit: 'C62', unit_price: 10, net: 20 }],
  });
  const again = await pulled(order);
  expect(again.id).not.toBe(write.id);
  expect(again.fields).toMatchObject({ items: [{ position: '10', product: 'P-200' }] });
  await said({ id: again.id, outcome: 'done', record_id: 'SO-3' });
  await eventually('the CRM shows the number', async () => (await orderInCrm(town, order))['erp_number'] === 'SO-3');
  await town.world.quiet(WITHIN_MS);
  expect(await town.world.parked()).toEqual([]);
  const { valid } = await town.world.call<{ valid?: boolean }>('GET /journal/verify', {}, 'auditor');
  expect(valid).not.toBe(false);
});
