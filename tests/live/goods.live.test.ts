/** Products on the real engine: the ERP's words and the CRM's, variants after the product they vary, conversions undivided. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkGoods, goodsLine } from '../../sandbox/checker/goods.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { basic, bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import { type Doc, text } from '../../sandbox/kit/json.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.goods.yaml', import.meta.url));
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const inErp = async (sku: string): Promise<Doc | undefined> =>
  (await recordsOf(town.erp.control, 'product')).find((product) => product['sku'] === sku);
const inCrm = async (code: string): Promise<Doc | undefined> =>
  (await recordsOf(town.crm.control, 'product')).find((product) => product['code'] === code);
const toCrm = async (method: string, path: string, body: Doc): Promise<Doc> =>
  docOf(
    await call(method, `${town.crm.url}/v1/${path}`, {
      headers: await bearer(town.crm.url, 'people', 'people-secret'),
      body,
    }),
  );
const toErp = async (verb: string, item: Doc): Promise<Doc> => {
  const headers = basic('people', 'people-secret');
  const reply = await call('POST', `${town.erp.url}/api/products/${verb}`, { headers, body: { items: [item] } });
  return listOf(docOf(reply), 'results')[0] ?? {};
};

beforeAll(async () => {
  town = await startTown({
    customers: 0,
    products: 220,
    seed: 11,
    mappings: ['product'],
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('a new product of the CRM is made once in the ERP, in the ERP’s words, and its number comes back', async () => {
  const sold = { code: 'NEW-1', name: 'Neue Pumpe', kind: 'goods', family: 'Pumps', unit: 'C62', currency: 'EUR' };
  await toCrm('POST', 'products', {
    ...sold,
    list_price: 1200.5,
    conversions: [{ unit: 'XCT', numerator: 12, denominator: 1 }],
  });
  await eventually('the CRM shows the ERP’s number', async () => {
    const made = await inErp('NEW-1');
    return made !== undefined && (await inCrm('NEW-1'))?.['erp_number'] === made['number'];
  });
  expect(await inErp('NEW-1')).toMatchObject({
    description: 'Neue Pumpe',
    product_type: 'HAWA',
    product_group: '1010',
    base_unit: 'ST',
    list_price: 1200.5,
    units: [{ unit: 'KAR', numerator: 12, denominator: 1 }],
  });
  const twice = (await recordsOf(town.erp.control, 'product')).filter(({ sku }) => sku === 'NEW-1');
  expect(twice).toHaveLength(1);
});

test('a conversion with a third in it comes to the CRM as the two numbers it is', async () => {
  const product = { sku: 'WIRE-9', description: 'Draht', product_type: 'ROH', base_unit: 'M', currency: 'EUR' };
  const units = [{ unit: 'KG', numerator: 1000, denominator: 3 }];
  await toErp('create', { reference: null, product: { ...product, units } });
  await eventually('the CRM has it', async () => (await inCrm('WIRE-9')) !== undefined);
  expect(text((await inCrm('WIRE-9'))?.['conversions'])).toBe('[{"unit":"KGM","numerator":1000,"denominator":3}]');
});

test('a family and its variant that are entered at once come over with the variant at its family', async () => {
  const family = await toCrm('POST', 'products', { code: 'FAM-1', name: 'Familie', kind: 'configurable', unit: 'C62' });
  await toCrm('POST', 'products', {
    code: 'FAM-1-R',
    name: 'Familie rot',
    unit: 'C62',
    variant_of: family['id'] ?? null,
    attributes: [{ name: 'Farbe', value: 'rot' }],
  });
  await eventually('the variant stands at its family', async () => {
    const [head, variant] = [await inErp('FAM-1'), await inErp('FAM-1-R')];
    return head !== undefined && variant?.['variant_of'] === head['number'];
  });
  expect((await inErp('FAM-1-R'))?.['characteristics']).toEqual([{ name: 'Farbe', value: 'rot' }]);
});

test('what cannot cross is set aside, each for the reason that was put into the seed', async () => {
  const codes = new Set((await town.world.parked()).map(({ code }) => code));
  expect([...codes].sort()).toEqual([
    'LOOKUP_MISS',
    'NO_IDENTITY',
    'POSSIBLE_DUPLICATE',
    'REQUIRED',
    'TARGET_REFUSED',
    'TOO_LONG',
  ]);
});

test('a price and a stock level of the ERP stand in the CRM at their product, and follow what the ERP changes', async () => {
  const headers = basic('people', 'people-secret');
  const post = async (path: string, item: Doc): Promise<Doc> =>
    listOf(
      docOf(await call('POST', `${town.erp.url}/api/${path}`, { headers, body: { items: [item] } })),
      'results',
    )[0] ?? {};
  const product = (await inErp('NEW-1'))?.['number'] ?? '';
  const price = { price_list: 'LIST', product, price: 12.345, per: 100, currency: 'EUR', from_quantity: 500 };
  await post('prices/create', { reference: null, price });
  const stock = { product, plant: '1000', unit: 'ST', on_hand: 7 };
  const { number = '' } = await post('stocks/create', { reference: null, stock });
  const at = { product_id: (await inCrm('NEW-1'))?.['id'] };
  await eventually('both stand in the CRM', async () => {
    const [prices, stocks] = [await recordsOf(town.crm.control, 'price'), await recordsOf(town.crm.control, 'stock')];
    return prices.length === 1 && stocks.length === 1;
  });
  expect(await recordsOf(town.crm.control, 'price')).toMatchObject([{ ...at, price: 12.345, price_per: 100 }]);
  await post('stocks/update', { number, stock: { on_hand: 5 } });
  await eventually('the new count is shown', async () => {
    const [shown] = await recordsOf(town.crm.control, 'stock');
    return shown?.['on_hand'] === 5 && shown['product_id'] === at.product_id;
  });
});

test('the checker finds products, prices and stock levels in agreement, and all that is set aside rightly so', async () => {
  await town.world.quiet(WITHIN_MS);
  const parked = (await town.world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
  const verdict = await checkGoods({ crmControl: town.crm.control, erpControl: town.erp.control, parked });
  expect(findingLines(verdict)).toEqual([]);
  expect(goodsLine(verdict)).toMatch(
    /^agreement: \d{3} products, 1 prices, 1 stock levels, 0 bills of materials, .*\([1-9]\d* parked, each rightly\)$/,
  );
});
