/** An order on the real engine, from the CRM to cash: raised, numbered, delivered in part, invoiced, paid. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';
import { inCrm, linkedAccount, orderInCrm, ordersInErp, recordsOf } from './orders.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.orders.yaml', import.meta.url));
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
const act = async (record: string, values: Doc): Promise<Doc> => {
  const reply = await call('POST', `${town.erp.url}/api/${record}s/create`, {
    headers: basic('people', 'people-secret'),
    body: { items: [{ reference: null, [record]: values }] },
  });
  const [result] = listOf(docOf(reply), 'results');
  expect(result).toMatchObject({ ok: true });
  return result?.[record] as Doc;
};
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
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
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
