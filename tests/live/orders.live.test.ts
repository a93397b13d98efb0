/** An order on the real engine, from the CRM to cash, with what lies beside it: attachments, the customer's figures, the feed of a warehouse. */
import { appendFile, cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { z } from 'zod';
import { checkAttachments } from '../../sandbox/checker/attachments.ts';
import { checkFigures } from '../../sandbox/checker/figures.ts';
import { checkOrders } from '../../sandbox/checker/orders.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import type { Feed } from '../../src/server/replies-feed.ts';
import { aTerminal } from '../cli/terminal.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';
import { inCrm, inErp, linkedAccount, orderInCrm, ordersInErp, recordsOf, today } from './orders.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.orders.yaml', import.meta.url));
const BESIDE = ['customer-figures', 'order-attachments'];
// Further back than the twelve months of a revenue.
const TOO_LONG_AGO = '2024-01-31';
type Told = z.infer<typeof Feed>['changes'][number];
let town: Town;

const submit = async (more: Doc = {}): Promise<Doc> =>
  inCrm(town, 'POST', 'orders', {
    account_id: (await linkedAccount(town))['id'] ?? null,
    name: 'Spring order',
    status: 'submitted',
    order_date: '2026-03-02',
    currency: 'EUR',
    total_net: 31.5,
    lines: [
      { line_no: '10', product: 'P-100', quantity: 2, unit: 'C62', unit_price: 10.5, net: 21 },
      { line_no: '20', product: 'LATE-1', quantity: 1, unit: 'C62', unit_price: 10.5, net: 10.5 },
    ],
    ...more,
  });
const act = (record: string, values: Doc): Promise<Doc> => inErp(town, record, values);
const numbered = async (id: unknown): Promise<Doc> => {
  await eventually('its number is back', async () => typeof (await orderInCrm(town, id))['erp_number'] === 'string');
  return orderInCrm(town, id);
};
const inCrmBy = async (record: string, number: unknown): Promise<Doc | undefined> =>
  (await recordsOf(town.crm.control, record)).find((each) => each['number'] === number);

beforeAll(async () => {
  town = await startTown({
    customers: 60,
    seed: 11,
    mappings: ['customer', 'order', 'invoice', ...BESIDE],
    configure: async (folder) => {
      await cp(CONFIG, join(folder, 'tallystick.yaml'));
      await appendFile(join(folder, 'tallystick.yaml'), BESIDE.map((name) => `  - ${name}\n`).join(''));
      await appendFile(join(folder, 'mappings', 'order.yaml'), 'feed: true\n');
    },
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('an order submitted in the CRM is one sales order in the ERP, and its number and state come back', async () => {
  const { id } = await submit();
  const order = await numbered(id);
  const made = await ordersInErp(town, id);
  expect(made).toMatchObject([{ number: order['erp_number'], net_total: '31.50', status: 'OPEN' }]);
  expect(order).toMatchObject({
    erp_state: 'confirmed',
    total_net: 31.5,
    lines: [
      { line_no: '10', confirmed: 2, state: 'confirmed' },
      { line_no: '20', confirmed: 0, state: 'back-ordered', reason: 'not in stock' },
    ],
  });
});

test('a partial delivery, its invoice, an instalment and the rest of the payment come back beside the order', async () => {
  const { id } = await submit({
    total_net: 21,
    lines: [{ line_no: '10', product: 'P-1', quantity: 2, unit: 'C62', unit_price: 10.5, net: 21 }],
  });
  const { erp_number: order = '' } = await numbered(id);
  const sent = await act('delivery_note', { order, items: [{ position: '10', order_item: '10', quantity: '1' }] });
  await eventually(
    'the order is delivered in part',
    async () => (await orderInCrm(town, id))['delivery_state'] === 'in part',
  );
  await eventually('the delivery is told', async () => (await inCrmBy('shipment', sent['number'])) !== undefined);
  expect(await inCrmBy('shipment', sent['number'])).toMatchObject({
    order_id: id,
    lines: [{ order_line: '10', quantity: 1 }],
  });
  const bill = await act('invoice', {
    items: [{ position: '10', order, order_item: '10', quantity: '1' }],
    issued_on: '2026-03-06',
  });
  const pay = (amount: string) =>
    act('payment', { allocations: [{ invoice: bill['number'] ?? '', amount }], received_on: '2026-03-20' });
  await pay('2.50');
  await eventually(
    'the instalment is told',
    async () => (await inCrmBy('invoice', bill['number']))?.['payment_state'] === 'partly paid',
  );
  const last = await pay('10.00');
  await eventually(
    'the invoice is paid',
    async () => (await inCrmBy('invoice', bill['number']))?.['payment_state'] === 'paid',
  );
  expect(await inCrmBy('invoice', bill['number'])).toMatchObject({ order_id: id, total_gross: 12.5, open_amount: 0 });
  await eventually('the payment is told', async () => (await inCrmBy('payment', last['number'])) !== undefined);
  await eventually('the order says so', async () => (await orderInCrm(town, id))['payment_state'] === 'in part');
});

test('a wish to cancel is granted before anything went out, and the CRM reads the answer', async () => {
  const { id } = await submit();
  await numbered(id);
  await inCrm(town, 'PATCH', `orders/${String(id)}`, { status: 'cancel_requested' });
  await eventually('it is cancelled', async () => (await orderInCrm(town, id))['cancel_state'] === 'granted');
  expect(await orderInCrm(town, id)).toMatchObject({ erp_state: 'cancelled', erp_reason: 'cancelled on request' });
  expect(await ordersInErp(town, id)).toMatchObject([{ status: 'CANCELLED', cancellation: 'GRANTED' }]);
});

test('an order raised in the ERP is one order in the CRM, which the ERP knows by its id there', async () => {
  const partner = String((await linkedAccount(town))['erp_number']);
  const { number } = await act('sales_order', {
    ...{ partner, title: 'By telephone', order_date: '2026-03-02', currency: 'EUR' },
    items: [{ position: '10', product: 'P-1', quantity: '1', unit_price: '7' }],
  });
  const told = async () =>
    (await recordsOf(town.crm.control, 'order')).filter((order) => order['erp_number'] === number);
  await eventually('it is told', async () => (await told()).length > 0);
  const [order] = await told();
  expect(order).toMatchObject({ name: 'By telephone', status: 'submitted', total_net: 7, erp_state: 'confirmed' });
  await eventually('the ERP knows it', async () => (await ordersInErp(town, order?.['id'])).length === 1);
  await town.world.quiet(WITHIN_MS);
  expect(await told()).toHaveLength(1);
});

test('what lies beside an order is named at the other side by its link, and a link that would run a script nowhere', async () => {
  const { id } = await submit();
  await numbered(id);
  const drawing = { attachment_id: 'AT-1', name: 'Flange.pdf', size: 48213, link: 'https://files.example.com/f.pdf' };
  const script = { attachment_id: 'AT-2', name: 'Evil.pdf', link: 'javascript:alert(1)' };
  await inCrm(town, 'PATCH', `orders/${String(id)}`, { attachments: [drawing, script] });
  const papers = async () => (await ordersInErp(town, id))[0]?.['attachments'] as readonly Doc[];
  await eventually('the drawing is named in the ERP', async () => (await papers()).length > 0);
  expect(await papers()).toMatchObject([
    { document: 'AT-1', file_name: 'Flange.pdf', bytes: 48213, url: drawing.link },
  ]);
  await eventually('the other is set aside', async () => (await town.world.parked('LINK_REFUSED')).length === 1);
});

test('an account shows when its customer last ordered, what they bought in twelve months, and what they owe', async () => {
  const account = await linkedAccount(town);
  const { id } = await submit({
    ...{ order_date: today(), total_net: 31.5 },
    lines: [{ line_no: '10', product: 'P-100', quantity: 3, unit: 'C62', unit_price: 10.5, net: 31.5 }],
  });
  const { erp_number: order = '' } = await numbered(id);
  await act('delivery_note', { order, items: [{ position: '10', order_item: '10', quantity: '3' }] });
  const bill = (day: string, more: Doc = {}) =>
    act('invoice', { items: [{ position: '10', order, order_item: '10', quantity: '1' }], issued_on: day, ...more });
  const shown = async () =>
    (await recordsOf(town.crm.control, 'account')).find((each) => each['id'] === account['id']) ?? {};
  const before = Number((await shown())['revenue_12m']);
  const paid = await bill(today());
  await bill(TOO_LONG_AGO);
  await bill(today(), { kind: 'CRN', credits: paid['number'] ?? '' });
  await bill(today());
  await act('payment', { allocations: [{ invoice: paid['number'] ?? '', amount: '5.00' }], received_on: today() });
  await eventually(
    'its revenue grew by what was sold in these months and not taken back',
    async () => Number((await shown())['revenue_12m']) === before + 10.5,
  );
  await town.world.quiet(WITHIN_MS);
  expect((await shown())['last_order']).toBe(today());
  const controls = { crmControl: town.crm.control, erpControl: town.erp.control };
  expect(findingLines({ findings: await checkFigures({ ...controls, today: today() }) })).toEqual([]);
});

test('the checker finds orders, papers and attachments in agreement, and nothing set aside but the refused link', async () => {
  await town.world.quiet(WITHIN_MS);
  const parked = (await town.world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
  const controls = { crmControl: town.crm.control, erpControl: town.erp.control };
  const hosts = ['files.example.com', 'drive.example.com'];
  const links = parked.filter(({ code }) => code === 'LINK_REFUSED');
  expect(findingLines({ findings: await checkAttachments({ ...controls, hosts, parked: links }) })).toEqual([]);
  const others = parked.filter((item) => !links.includes(item));
  expect(findingLines(await checkOrders({ ...controls, parked: others }))).toEqual([]);
});

test('a warehouse is told each change of an order once and in order, goes on where it stood, and its files say the same', async () => {
  const page = (after: number, limit: number) =>
    town.world.call<z.infer<typeof Feed>>('GET /feed', { query: { after, limit, mapping: 'order' } }, 'steward');
  const all: Told[] = [];
  for (let after = 0, more = true; more; ) {
    const { changes, ...rest } = await page(after, 7);
    all.push(...changes);
    ({ next: after, more } = rest);
  }
  const whole = await page(0, 1_000);
  expect(all).toEqual(whole.changes);
  expect((await page(whole.next, 7)).changes).toEqual([]);
  const numbers = all.map(({ number }) => number);
  expect(numbers).toEqual([...new Set(numbers)].sort((one, other) => one - other));
  const ofOrder = Map.groupBy(all, ({ link }) => link);
  for (const changes of ofOrder.values()) {
    expect(changes.map(({ operation }) => operation)).toEqual(['agreed', ...changes.slice(1).map(() => 'changed')]);
    const said = changes.map(({ values }) => JSON.stringify(values));
    expect(said.filter((values, nth) => values === said[nth - 1])).toEqual([]);
  }
  // Whoever carries out all of it stands where both systems stand.
  const last = [...ofOrder.values()].map((changes) => changes.at(-1));
  const standing = last.map((change) => [
    change?.crm,
    change?.erp,
    change?.values?.['payment state'],
    change?.values?.['net total'],
  ]);
  const orders = await recordsOf(town.crm.control, 'order');
  const shown = orders.map((order) => [
    order['id'],
    order['erp_number'],
    order['payment_state'],
    String(order['total_net']),
  ]);
  expect(standing.sort()).toEqual(shown.sort());

  const folder = join(town.world.home, 'warehouse');
  const env = { TALLY_API_URL: town.group.urls['TALLY_API_URL'] ?? '', TALLY_HOME: town.world.home };
  const tally = aTerminal({ env, fetch });
  const feed = async () => tally('feed', folder, '--mapping', 'order', '--as', 'steward');
  const rows = async (): Promise<readonly string[]> => {
    const files = (await readdir(folder)).filter((name) => name.endsWith('.csv')).sort();
    const texts = await Promise.all(files.map((name) => readFile(join(folder, name), 'utf8')));
    return texts.flatMap((text) => text.split('\r\n').slice(1, -1));
  };
  expect((await feed()).err).toBe('');
  expect((await rows()).map((row) => Number(row.split(',')[0]))).toEqual(numbers);
  const { id } = await submit({ name: 'One more' });
  await numbered(id);
  await town.world.quiet(WITHIN_MS);
  expect((await feed()).err).toBe('');
  const added = (await rows()).slice(numbers.length);
  expect(added.length).toBeGreaterThan(0);
  expect(added.filter((row) => row.split(',')[6] !== id)).toEqual([]);
});
