/** The ERP's own rules from order to cash. */
import { afterEach, expect, test } from 'vitest';
import { basic, call, docOf, listOf } from '../kit/calls.ts';
import { compare, rounded, sum } from '../kit/decimal.ts';
import type { Doc } from '../kit/json.ts';
import type { Running } from '../kit/run.ts';
import { startErp } from './server.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const anErp = async () => {
  const erp = await startErp({ customers: 0 });
  running = erp;
  const headers = basic('people', 'people-secret');
  const ask = async (record: string, what: string, item: unknown): Promise<Doc> =>
    listOf(
      docOf(await call('POST', `${erp.url}/api/${record}s/${what}`, { headers, body: { items: [item] } })),
      'results',
    )[0] ?? {};
  const make = async (record: string, values: Doc): Promise<Doc> => {
    const result = await ask(record, 'create', { reference: null, [record]: values });
    return result['ok'] === true ? (result[record] as Doc) : result;
  };
  const change = async (record: string, number: unknown, values: Doc): Promise<Doc> => {
    const result = await ask(record, 'update', { number, [record]: values });
    return result['ok'] === true ? (result[record] as Doc) : result;
  };
  const all = async (record: string): Promise<readonly Doc[]> =>
    listOf(docOf(await call('GET', `${erp.controlUrl}/control/state?record=${record}&limit=5000`)), 'records');
  const day = async (body: Doc): Promise<Doc> =>
    docOf(await call('POST', `${erp.controlUrl}/control/business-day`, { body }));
  const partner = await make('partner', {
    organization_name: 'Acme',
    grouping: 'Z001',
    credit_limit: 1000,
    addresses: [{ use: 'bill-to', country: 'DE' }],
  });
  const order = (items: readonly Doc[], more: Doc = {}) =>
    make('sales_order', { partner: partner['number'] ?? '', currency: 'EUR', items, ...more });
  return { make, change, all, day, order, partner };
};
const item = (position: string, product: string, quantity: string, price: string, more: Doc = {}): Doc => ({
  ...{ position, product, quantity, unit_price: price },
  ...more,
});

test('what an order comes to is worked out to the cent, and another total is refused with the difference', async () => {
  const { order } = await anErp();
  const made = await order([item('10', 'P-1', '3', '0.335'), item('20', 'P-2', '1', '10')]);
  expect(made).toMatchObject({ net_total: '11.01', status: 'OPEN', items: [{ net: '1.01' }, { net: '10.00' }] });
  const wrong = await order([item('10', 'P-1', '3', '0.335')], { net_total: '1.00' });
  expect(wrong).toMatchObject({
    ok: false,
    code: 'RULE',
    field: 'net_total',
    message: 'the items come to 1.01, not to 1.00',
  });
  expect(await order([item('10', 'P-1', '3', '5')], { currency: 'JPY' })).toMatchObject({ net_total: '15' });
  expect(await order([item('10', 'P-1', '3', '5')], { currency: 'XXX' })).toMatchObject({ code: 'BAD_VALUE' });
});

test('a line may be refused, put off or replaced; an order of which nothing can come is refused', async () => {
  const { order } = await anErp();
  const made = await order([
    item('10', 'OLD-1', '1', '1'),
    item('20', 'LATE-1', '1', '1'),
    item('30', 'EX-1', '1', '1'),
  ]);
  expect(made['items']).toMatchObject([
    { state: 'REFUSED', confirmed: '0', reason: 'product OLD-1 is discontinued' },
    { state: 'BACKORDER', confirmed: '0' },
    { state: 'SUBSTITUTED', confirmed: '1', substitute: 'NEW-1' },
  ]);
  expect(await order([item('10', 'OLD-1', '1', '1')])).toMatchObject({ ok: false, code: 'RULE' });
});

test('an item that says which product it is of needs one that is there', async () => {
  const { order, make } = await anErp();
  const of = (material: string) => order([item('10', 'PUMP-1', '1', '1', { material })]);
  expect(await of('0000999999')).toMatchObject({
    ...{ ok: false, code: 'RULE', field: 'items[position=10].material', message: 'there is no product 0000999999' },
  });
  const pump = await make('product', { sku: 'PUMP-1', description: 'Pump', base_unit: 'ST' });
  expect(await of(String(pump['number']))).toMatchObject({ status: 'OPEN', items: [{ material: pump['number'] }] });
  expect(await of('')).toMatchObject({ status: 'OPEN', items: [{ material: '' }] });
});

test('over the credit limit an order is held until people let it go; a blocked partner orders nothing', async () => {
  const { order, change, make, partner } = await anErp();
  await order([item('10', 'P-1', '9', '100')]);
  const held = await order([item('10', 'P-1', '2', '100')]);
  expect(held).toMatchObject({ status: 'HELD', block: 'CREDIT', reason: 'credit limit 1000, with this order 1100.00' });
  const goods = { order: held['number'] ?? '', items: [{ position: '10', order_item: '10', quantity: '1' }] };
  expect(await make('delivery_note', goods)).toMatchObject({ ok: false, code: 'RULE' });
  expect(await change('sales_order', held['number'], { block: '' })).toMatchObject({ status: 'OPEN', reason: '' });
  await change('partner', partner['number'], { blocked: 'X' });
  expect(await order([item('10', 'P-1', '1', '1')])).toMatchObject({ ok: false, code: 'RULE' });
});

test('an order is cancelled at once while nothing has gone out, and asking again changes nothing', async () => {
  const { order, change } = await anErp();
  const first = await order([item('10', 'P-1', '2', '10')]);
  const granted = await change('sales_order', first['number'], { cancellation: 'REQUESTED' });
  expect(granted).toMatchObject({ status: 'CANCELLED', cancellation: 'GRANTED', items: [{ state: 'CANCELLED' }] });
  expect(await change('sales_order', first['number'], { cancellation: 'REQUESTED' })).toMatchObject({
    ...{ status: 'CANCELLED', cancellation: 'GRANTED' },
  });
  expect(await change('sales_order', first['number'], { items: [item('10', 'P-1', '3', '10')] })).toMatchObject({
    code: 'RULE',
  });
});

/** How far an order had come when it is called off, and what then follows. */
const LATE: readonly (readonly [how: string, done: readonly string[], returns: number, credits: number])[] = [
  ['delivered in part', ['deliver 1'], 1, 0],
  ['delivered', ['deliver 2'], 1, 0],
  ['billed in part', ['deliver 1', 'bill 1', 'deliver 1', 'bill 1'], 1, 2],
  ['billed', ['deliver 2', 'bill 2'], 1, 1],
  ['paid in part', ['deliver 2', 'bill 2', 'pay 10.00'], 1, 1],
  ['paid and closed', ['deliver 2', 'bill 2', 'pay 23.80'], 1, 1],
];

const led = async (erp: Awaited<ReturnType<typeof anErp>>, order: Doc, done: readonly string[]): Promise<void> => {
  const number = order['number'] ?? '';
  for (const each of done) {
    const [what, much = ''] = each.split(' ');
    const row = { position: '10', order_item: '10', quantity: much };
    if (what === 'deliver') await erp.make('delivery_note', { order: number, items: [row] });
    if (what === 'bill') await erp.make('invoice', { items: [{ ...row, order: number }] });
    const [bill] = await erp.all('invoice');
    if (what === 'pay') await erp.make('payment', { allocations: [{ invoice: bill?.['number'] ?? '', amount: much }] });
  }
};

test.each(LATE)(
  'an order that is called off when it is %s is taken back, credited and paid back',
  async (_, done, returns, credits) => {
    const erp = await anErp();
    const made = await erp.order([
      item('10', 'P-1', '2', '10'),
      ...(done.length === 1 ? [item('20', 'P-2', '1', '5')] : []),
    ]);
    await led(erp, made, done);
    const asked = await erp.change('sales_order', made['number'], { cancellation: 'REQUESTED' });
    expect(asked).toMatchObject({ status: 'RETURNING', cancellation: 'COMPENSATED' });
    expect(await erp.change('sales_order', made['number'], { requested_date: '2026-01-01' })).toMatchObject({
      code: 'RULE',
    });
    await erp.day({ seed: 1, finish: true });
    const [order] = await erp.all('sales_order');
    expect(order).toMatchObject({ status: 'RETURNED', cancellation: 'COMPENSATED' });
    const [notes, invoices] = [await erp.all('delivery_note'), await erp.all('invoice')];
    expect(notes.filter(({ kind }) => kind === 'RETURN')).toHaveLength(returns);
    expect(invoices.filter(({ kind }) => kind === 'CRN')).toHaveLength(credits);
    expect(invoices.filter(({ open }) => compare(open, '0') !== 0)).toEqual([]);
    const kept = (await erp.all('payment')).filter(({ status }) => status === 'RECEIVED').map(({ amount }) => amount);
    expect(rounded(sum(kept), 2)).toBe('0.00');
    const before = { notes, invoices };
    await erp.day({ seed: 1, finish: true });
    expect({ notes: await erp.all('delivery_note'), invoices: await erp.all('invoice') }).toEqual(before);
  },
);

test('what was procured for an order alone is not taken back once it is delivered, nor is less of it wanted', async () => {
  const { order, change, day } = await anErp();
  const made = await order([item('10', 'LATE-1', '2', '10')]);
  await day({ seed: 1, finish: true });
  const { number } = made;
  const refused = await change('sales_order', number, { cancellation: 'REQUESTED' });
  expect(refused).toMatchObject({ status: 'CLOSED', cancellation: 'REFUSED' });
  expect(String(refused['reason'])).toContain('LATE-1 was procured for this order');
});

test('less of what was delivered is a return and a credit note for the rest, and more of it then another order', async () => {
  const { order, change, day, all, make } = await anErp();
  const made = await order([item('10', 'P-1', '4', '10'), item('20', 'LATE-1', '2', '1')]);
  const { number = '' } = made;
  await make('delivery_note', { order: number, items: [{ position: '10', order_item: '10', quantity: '4' }] });
  await make('invoice', { items: [{ position: '10', order: number, order_item: '10', quantity: '3' }] });
  const items = (quantity: string): Doc => ({
    items: [item('10', 'P-1', quantity, '10', { net: '' }), item('20', 'LATE-1', '2', '1')],
  });
  const cut = await change('sales_order', number, items('1'));
  expect(cut).toMatchObject({ status: 'OPEN', amendment: 'COMPENSATED', net_total: '12.00' });
  expect(await change('sales_order', number, { note: 'thank you' })).toMatchObject({ amendment: 'COMPENSATED' });
  await day({ seed: 1, finish: true });
  const [after] = await all('sales_order');
  expect(after).toMatchObject({
    ...{ status: 'CLOSED', delivery_status: 'FULL' },
    items: [
      { delivered: '4', returned: '3', invoiced: '3', credited: '2' },
      { delivered: '2', returned: '0' },
    ],
  });
  expect((await all('invoice')).filter(({ open }) => compare(open, '0') !== 0)).toEqual([]);
});

test('what came back is not sent again, and a change that comes in time is only a change', async () => {
  const { order, change, make, day } = await anErp();
  const made = await order([item('10', 'P-1', '4', '10'), item('20', 'P-2', '4', '1')]);
  const { number = '' } = made;
  expect(await change('sales_order', number, { items: [item('20', 'P-2', '3', '1', { net: '' })] })).toMatchObject({
    amendment: 'NONE',
  });
  await make('delivery_note', { order: number, items: [{ position: '10', order_item: '10', quantity: '4' }] });
  const cut = { items: [item('10', 'P-1', '1', '10', { net: '' })] };
  expect(await change('sales_order', number, cut)).toMatchObject({ amendment: 'COMPENSATED' });
  await day({ seed: 3 });
  await day({ seed: 3 });
  const more = { items: [item('10', 'P-1', '3', '10', { net: '' })] };
  expect(await change('sales_order', number, more)).toMatchObject({ ok: false, code: 'RULE' });
});

test('partial deliveries, an invoice for two orders, an instalment, a failed debit and the rest close both orders', async () => {
  const { order, make, all } = await anErp();
  const [one, two] = [await order([item('10', 'P-1', '2', '10')]), await order([item('10', 'P-2', '1', '5')])];
  const send = (each: Doc, quantity: string) =>
    make('delivery_note', { order: each['number'] ?? '', items: [{ position: '10', order_item: '10', quantity }] });
  await send(one, '1');
  expect((await all('sales_order'))[0]).toMatchObject({
    delivery_status: 'PART',
    items: [{ delivered: '1', state: 'PART' }],
  });
  expect(await send(one, '2')).toMatchObject({ ok: false, code: 'RULE' });
  await send(one, '1');
  await send(two, '1');
  const bills = [one, two].map((each, nth) => ({
    position: String(nth),
    order: each['number'] ?? '',
    order_item: '10',
    quantity: String(2 - nth),
  }));
  const invoice = await make('invoice', { kind: 'INV', items: bills });
  expect(invoice).toMatchObject({
    order: '',
    net: '25.00',
    tax: '4.75',
    gross: '29.75',
    open: '29.75',
    status: 'OPEN',
  });
  const pay = (amount: string, more: Doc = {}) =>
    make('payment', { allocations: [{ invoice: invoice['number'] ?? '', amount }], ...more });
  await pay('29.75', { status: 'FAILED', reason: 'no money' });
  expect(await all('sales_order')).toMatchObject([{ payment_status: 'FAILED' }, { payment_status: 'FAILED' }]);
  await pay('10.00');
  expect((await all('invoice'))[0]).toMatchObject({ open: '19.75', status: 'PART' });
  expect(await pay('20.00')).toMatchObject({ ok: false, code: 'RULE' });
  await pay('19.75');
  expect(await all('sales_order')).toMatchObject([
    { status: 'CLOSED', delivery_status: 'FULL', billing_status: 'FULL', payment_status: 'FULL' },
    { status: 'CLOSED' },
  ]);
});

test('days of business bring every order to cash, whatever went wrong on the way', async () => {
  const { order, all, day } = await anErp();
  for (let nth = 0; nth < 12; nth += 1)
    await order([item('10', 'P-1', '4', '2.5'), item('20', nth % 3 === 0 ? 'LATE-1' : 'P-2', '1', '7')]);
  for (let nth = 0; nth < 4; nth += 1) await day({ seed: 5 });
  await day({ seed: 5, finish: true });
  expect(new Set((await all('sales_order')).map(({ status }) => status))).toEqual(new Set(['CLOSED']));
  expect((await all('invoice')).filter(({ open }) => compare(open, '0') !== 0)).toEqual([]);
  const billed = (await all('invoice')).filter(({ kind }) => kind === 'INV').map(({ net }) => net);
  expect(rounded(sum(billed), 2)).toBe(rounded(sum((await all('sales_order')).map(({ net_total: net }) => net)), 2));
});
