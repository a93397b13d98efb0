/** The ERP's own rules for quotations, and the order that one becomes. */
import { afterEach, expect, test } from 'vitest';
import { basic, call, docOf, listOf } from '../kit/calls.ts';
import { Digits, type Doc } from '../kit/json.ts';
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
  const ask = async (record: string, what: string, item: unknown): Promise<Doc> => {
    const reply = await call('POST', `${erp.url}/api/${record}s/${what}`, { headers, body: { items: [item] } });
    const result = listOf(docOf(reply), 'results')[0] ?? {};
    return result['ok'] === true ? (result[record] as Doc) : result;
  };
  const make = (record: string, values: Doc): Promise<Doc> =>
    ask(record, 'create', { reference: null, [record]: values });
  const change = (record: string, number: unknown, values: Doc): Promise<Doc> =>
    ask(record, 'update', { number, [record]: values });
  const all = async (record: string): Promise<readonly Doc[]> =>
    listOf(docOf(await call('GET', `${erp.controlUrl}/control/state?record=${record}&limit=5000`)), 'records');
  const day = async (body: Doc): Promise<Doc> =>
    docOf(await call('POST', `${erp.controlUrl}/control/business-day`, { body }));
  const partner = await make('partner', {
    ...{ organization_name: 'Acme', grouping: 'Z001' },
    addresses: [{ use: 'bill-to', country: 'DE' }],
  });
  const pump = await make('product', {
    ...{ sku: 'PUMP-1', description: 'Pump', base_unit: 'ST', list_price: 100, standard_cost: 75.5, currency: 'EUR' },
  });
  const quote = (more: Doc = {}, item: Doc = {}) =>
    make('quotation', {
      ...{ partner: partner['number'] ?? '', currency: 'EUR', valid_to: '2999-12-31' },
      items: [{ position: '10', product: pump['number'] ?? '', quantity: 3, unit: 'ST', unit_price: 100, ...item }],
      ...more,
    });
  return { make, change, all, day, quote, pump };
};

test('a quotation is costed by its products, and another total than its items come to is refused', async () => {
  const { quote } = await anErp();
  const made = await quote({}, { discount: new Digits('12.5'), configuration: 'red' });
  expect(made).toMatchObject({ status: 'OPEN', order: '', items: [{ configuration: 'red' }] });
  const [item] = made['items'] as readonly Doc[];
  expect([made['net_total'], item?.['net'], item?.['cost']].map(String)).toEqual(['262.50', '262.50', '226.50']);
  expect(await quote({ net_total: 1 })).toMatchObject({ code: 'RULE', field: 'net_total' });
  expect(await quote({}, { product: '0000999999' })).toMatchObject({
    code: 'RULE',
    field: 'items[position=10].product',
  });
});

test('what is counted or costed otherwise has no cost', async () => {
  const { quote } = await anErp();
  expect(await quote({}, { unit: 'KG' })).toMatchObject({ items: [{ cost: null }] });
  expect(await quote({ currency: 'USD' })).toMatchObject({ items: [{ cost: null }] });
});

test('an accepted quotation becomes one order, however often it is told', async () => {
  const { quote, change, all } = await anErp();
  const made = await quote({}, { discount: new Digits('12.5') });
  const [offered] = made['items'] as readonly Doc[];
  const accepted = await change('quotation', made['number'], { status: 'ACCEPTED' });
  expect(accepted['order']).toMatch(/^\d{10}$/);
  await change('quotation', made['number'], { status: 'ACCEPTED', note: 'told again' });
  const orders = await all('sales_order');
  expect(orders).toMatchObject([
    {
      ...{ number: accepted['order'], quotation: made['number'], status: 'OPEN', net_total: '262.50' },
      items: [
        {
          position: '10',
          product: 'PUMP-1',
          material: offered?.['product'],
          quantity: '3',
          unit: 'C62',
          unit_price: '87.5',
          net: '262.50',
        },
      ],
    },
  ]);
  expect(await change('quotation', made['number'], { title: 'late', valid_to: '2030-01-01' })).toMatchObject({
    ...{ code: 'RULE', field: 'valid_to', message: 'a quotation that is accepted cannot change' },
  });
});

test('two that are accepted at once become two orders with numbers of their own, beside those that are raised by hand', async () => {
  const { quote, make, all, change } = await anErp();
  const [one, two] = [await quote({ status: 'ACCEPTED' }), await quote()];
  const byHand = await make('sales_order', {
    ...{ partner: one['partner'] ?? '', currency: 'EUR' },
    items: [{ position: '10', product: 'X', quantity: '1', unit_price: '1' }],
  });
  const second = await change('quotation', two['number'], { status: 'ACCEPTED' });
  const numbers = [one['order'], byHand['number'], second['order']];
  expect(new Set(numbers).size).toBe(3);
  expect(new Set((await all('sales_order')).map(({ number }) => number))).toEqual(new Set(numbers));
});

test('a day of business lets quotations expire whose day has passed, and no others', async () => {
  const { quote, change, all, day } = await anErp();
  const [late, early, open] = [
    await quote({ valid_to: '2020-01-31' }),
    await quote({ valid_to: '2999-01-31' }),
    await quote({ valid_to: '' }),
  ];
  const rejected = await quote({ valid_to: '2020-01-31', status: 'REJECTED' });
  expect(await day({ seed: 1 })).toMatchObject({ expired: 1 });
  expect(await day({ seed: 1 })).toMatchObject({ expired: 0 });
  const states = new Map((await all('quotation')).map(({ number, status }) => [number, status]));
  expect([late, early, open, rejected].map(({ number }) => states.get(number ?? ''))).toEqual([
    ...['EXPIRED', 'OPEN', 'OPEN', 'REJECTED'],
  ]);
  expect(await change('quotation', late['number'], { status: 'OPEN', valid_to: '2999-01-31' })).toMatchObject({
    status: 'OPEN',
  });
});

test('what no longer holds, or can become no order, is not accepted', async () => {
  const { quote, change, all, make } = await anErp();
  const late = await quote({ valid_to: '2020-01-31' });
  expect(await change('quotation', late['number'], { status: 'ACCEPTED' })).toMatchObject({
    ...{ code: 'RULE', field: 'status', message: 'the quotation was valid until 2020-01-31' },
  });
  const old = await make('product', { sku: 'OLD-1', description: 'Old', base_unit: 'ST' });
  const gone = await quote({}, { product: old['number'] ?? '' });
  expect(await change('quotation', gone['number'], { status: 'ACCEPTED' })).toMatchObject({ code: 'RULE' });
  expect(await all('sales_order')).toEqual([]);
});
