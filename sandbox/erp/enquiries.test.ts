/** The ERP's own rules for what it is asked: prices by its conditions, what can be had by a day, credit. */
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

/** Acme in Germany and a partner in Norway; a pump that is counted in pieces and cartons of twelve. */
const anErp = async () => {
  const erp = await startErp({ customers: 0 });
  running = erp;
  const headers = basic('people', 'people-secret');
  const make = async (record: string, values: Doc): Promise<string> => {
    const body = { items: [{ reference: null, [record]: values }] };
    const [made] = listOf(docOf(await call('POST', `${erp.url}/api/${record}s/create`, { headers, body })), 'results');
    if (made?.['ok'] !== true) throw new Error(JSON.stringify(made));
    return String(made['number']);
  };
  const partner = (name: string, country: string, more: Doc = {}): Promise<string> =>
    make('partner', { organization_name: name, grouping: 'Z001', addresses: [{ use: 'bill-to', country }], ...more });
  const ask = async (what: string, question: Doc): Promise<Doc> => {
    const reply = docOf(
      await call('POST', `${erp.url}/api/enquiries/${what}`, { headers, body: { questions: [question] } }),
    );
    const result = listOf(reply, 'results')[0] ?? {};
    return result['ok'] === true ? (result['answer'] as Doc) : result;
  };
  const acme = await partner('Acme', 'DE', { credit_limit: 1000, sales_rep: 'E1' });
  const norsk = await partner('Norsk', 'NO');
  const product = await make('product', {
    ...{ sku: 'PUMP-1', description: 'Pump', base_unit: 'ST', list_price: 100, currency: 'EUR', status: 'AC' },
    units: [{ unit: 'KAR', numerator: 12, denominator: 1 }],
  });
  const price = (more: Doc): Promise<string> =>
    make('price', { price_list: 'STD', product, currency: 'EUR', unit: 'ST', ...more });
  const net = async (more: Doc = {}): Promise<string> => {
    const said = await ask('price', {
      product,
      partner: acme,
      quantity: '10',
      currency: 'EUR',
      day: '2026-06-01',
      ...more,
    });
    return said['ok'] === false ? String(said['code']) : `${said['net']} by ${said['condition'] || 'list'}`;
  };
  return { make, ask, price, net, product, acme, norsk };
};

test('the narrowest condition in force gives the price: the partner’s own, then country, then region, then any', async () => {
  const { price, net, norsk } = await anErp();
  expect(await net()).toBe('1000.00 by list');
  const any = await price({ price: 90 });
  expect(await net()).toBe(`900.00 by ${any}`);
  const eu = await price({ price: 95, region: 'EU' });
  expect([await net(), await net({ partner: norsk }), await net({ partner: '' })]).toEqual([
    `950.00 by ${eu}`,
    `900.00 by ${any}`,
    `900.00 by ${any}`,
  ]);
  const german = await price({ price: 96, region: 'DE' });
  expect(await net()).toBe(`960.00 by ${german}`);
  const own = await price({ price: 99, partner: norsk });
  expect([await net(), await net({ partner: norsk })]).toEqual([`960.00 by ${german}`, `990.00 by ${own}`]);
});

test('a scale counts from its quantity on, and a condition on its days, the last included', async () => {
  const { price, net } = await anErp();
  const scale = await price({ price: 80, from_quantity: 10 });
  expect([await net({ quantity: '9.999' }), await net()]).toEqual(['999.90 by list', `800.00 by ${scale}`]);
  const summer = await price({ price: 70, from_quantity: 10, valid_from: '2026-07-01', valid_to: '2026-07-31' });
  const days = ['2026-06-30', '2026-07-01', '2026-07-31', '2026-08-01'];
  const nets = await Promise.all(days.map((day) => net({ day })));
  expect(nets).toEqual([`800.00 by ${scale}`, `700.00 by ${summer}`, `700.00 by ${summer}`, `800.00 by ${scale}`]);
});

test('a price per hundred, or in cartons, is worked out to the cent and never by a rounded price of one', async () => {
  const { price, net } = await anErp();
  const hundred = await price({ price: new Digits('33.33'), per: 100 });
  expect([await net({ quantity: '7' }), await net({ quantity: '300' })]).toEqual([
    `2.33 by ${hundred}`,
    `99.99 by ${hundred}`,
  ]);
  const carton = await price({ price: 100, unit: 'KAR', from_quantity: 1 });
  expect([await net({ quantity: '11' }), await net({ quantity: '12' }), await net({ quantity: '13' })]).toEqual([
    `3.67 by ${hundred}`,
    `100.00 by ${carton}`,
    `108.33 by ${carton}`,
  ]);
});

test('what has no price, is not sold or not counted is refused in the ERP’s words', async () => {
  const { net, make } = await anErp();
  const old = await make('product', {
    sku: 'OLD',
    description: 'Old',
    base_unit: 'ST',
    list_price: 1,
    currency: 'EUR',
    status: 'DI',
  });
  const asked = [{ currency: 'USD' }, { currency: 'XXX' }, { quantity: '0' }, { quantity: '-1' }, { product: 'none' }];
  const codes = await Promise.all([...asked, { product: old }, { partner: 'none' }, { day: 'today' }].map(net));
  expect(codes).toEqual(['NOT_FOUND', 'BAD_VALUE', 'RULE', 'RULE', 'NOT_FOUND', 'RULE', 'NOT_FOUND', 'BAD_VALUE']);
});

test('what lies there is promised at once, what is ordered in a week, anything else in four; nothing leaves on a weekend', async () => {
  const { make, ask, product } = await anErp();
  await make('stock', { product, plant: '1000', unit: 'ST', on_hand: 10, reserved: 4, ordered: 0 });
  await make('stock', { product, plant: '2000', unit: 'ST', on_hand: 1, reserved: 0, ordered: 20 });
  const promise = async (quantity: string, more: Doc = {}): Promise<readonly unknown[]> => {
    const { available, state, promised_on: on, code } = await ask('availability', { product, quantity, ...more });
    return code !== undefined ? [code] : [String(available), state, on];
  };
  // Fridays of a year that is far ahead: whatever day it is today, all is there by then.
  expect(await promise('7', { day: '2999-11-29' })).toEqual(['27', 'STOCK', '2999-11-29']);
  expect(await promise('7', { day: '2999-11-30' })).toEqual(['27', 'STOCK', '2999-12-02']);
  expect(await promise('7', { day: '2999-11-29', plant: '1000' })).toEqual(['6', 'MAKE', '2999-11-29']);
  expect(await promise('27', { day: '2999-11-29', plant: '2000' })).toEqual(['21', 'MAKE', '2999-11-29']);
  expect((await promise('7')).slice(0, 2)).toEqual(['7', 'STOCK']);
  expect((await promise('8')).slice(0, 2)).toEqual(['7', 'COMING']);
  expect((await promise('28')).slice(0, 2)).toEqual(['7', 'MAKE']);
  expect([await promise('1', { day: '2020-01-01' }), await promise('0')]).toEqual([['RULE'], ['RULE']]);
});

test('credit is used by what is ordered and what is owed; whoever is blocked or above the limit is held', async () => {
  const { make, ask, acme, norsk } = await anErp();
  const standing = async (partner: string) => {
    const { used, free, blocked, reason } = await ask('credit', { partner });
    return [String(used), String(free), blocked, reason];
  };
  expect([await standing(acme), await standing(norsk)]).toEqual([
    ['0.00', '1000.00', '', ''],
    ['0.00', 'null', '', ''],
  ]);
  const order = (price: string): Promise<string> =>
    make('sales_order', {
      partner: acme,
      currency: 'EUR',
      items: [{ position: '10', product: 'PUMP-1', quantity: '1', unit_price: price }],
    });
  await order('999.99');
  expect(await standing(acme)).toEqual(['999.99', '0.01', '', '']);
  await order('0.02');
  expect(await standing(acme)).toEqual(['1000.01', '-0.01', 'X', 'OVER LIMIT']);
  expect(await ask('credit', { partner: 'none' })).toMatchObject({ code: 'NOT_FOUND' });
});
