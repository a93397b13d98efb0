import { expect, test } from 'vitest';
import { Digits, type Doc } from '../kit/json.ts';
import { goodsLine, judgeGoods, type Stores } from './goods.ts';
import type { Commit, ParkedItem, SystemView } from './words.ts';

const commit = (record: string, id: unknown, after: Doc, more: Partial<Commit> = {}): Commit => {
  const first = { seq: 1, at: '2026-01-01T00:00:00.000Z', actor: 'seed', op: 'create' } as const;
  return { ...first, record, id: String(id), after, ...more };
};
const seen = (record: string, key: string, state: readonly Doc[], later: readonly Commit[] = []): SystemView => ({
  state,
  commits: [
    ...state
      .filter((after) => !later.some(({ op, id }) => op === 'create' && id === after[key]))
      .map((after) => commit(record, after[key], after)),
    ...later,
  ],
});
const PUMP = {
  crm: {
    ...{
      id: 'P-1',
      code: 'PU-1',
      name: 'Pumpe',
      kind: 'goods',
      family: 'Pumps',
      active: true,
      unit: 'H87',
      gtin: null,
    },
    ...{ list_price: 10.5, standard_cost: 7, currency: 'EUR', net_weight: null, weight_unit: null, variant_of: null },
    ...{ attributes: [], conversions: [{ unit: 'XCT', numerator: 12, denominator: 1 }], erp_number: '700001' },
  },
  erp: {
    ...{
      number: '700001',
      sku: 'PU-1',
      description: 'Pumpe',
      product_type: 'FERT',
      product_group: '1010',
      status: 'AC',
    },
    ...{
      base_unit: 'ST',
      gtin: '',
      list_price: new Digits('10.50'),
      standard_cost: 7,
      currency: 'EUR',
      net_weight: null,
    },
    ...{
      weight_unit: '',
      variant_of: '',
      characteristics: [],
      units: [{ unit: 'KAR', numerator: 12, denominator: 1 }],
    },
  },
} satisfies Record<string, Doc>;
const PRICE = {
  crm: { id: 'PL-1', erp_number: '600001', price_list: 'LIST', product_id: 'P-1', price: 12.345, price_per: 100 },
  erp: { number: '600001', price_list: 'LIST', product: '700001', price: 12.345, per: 100 },
} satisfies Record<string, Doc>;
const STOCK = {
  crm: { id: 'SL-1', erp_number: '500001', product_id: 'P-1', place: '1000', unit: 'C62', on_hand: 5 },
  erp: { number: '500001', product: '700001', plant: '1000', unit: 'ST', on_hand: 5 },
} satisfies Record<string, Doc>;

interface Change {
  readonly products?: readonly [crm: readonly Doc[], erp: readonly Doc[]];
  readonly prices?: readonly [crm: readonly Doc[], erp: readonly Doc[]];
  readonly stocks?: readonly [crm: readonly Doc[], erp: readonly Doc[]];
  readonly later?: Partial<Record<'crm' | 'erp', readonly Commit[]>>;
  readonly parked?: readonly ParkedItem[];
}
const judged = ({ products, prices, stocks, later = {}, parked = [] }: Change = {}) => {
  const [left, right] = products ?? [[PUMP.crm], [PUMP.erp]];
  const [shownPrices, thePrices] = prices ?? [[PRICE.crm], [PRICE.erp]];
  const [shownStocks, theStocks] = stocks ?? [[STOCK.crm], [STOCK.erp]];
  const stores: Stores = {
    crm: {
      account: seen('account', 'id', []),
      product: seen('product', 'id', left, later.crm),
      price: seen('price', 'id', shownPrices),
      stock: seen('stock', 'id', shownStocks),
      bom: seen('bom', 'id', []),
    },
    erp: {
      partner: seen('partner', 'number', []),
      product: seen('product', 'number', right, later.erp),
      price: seen('price', 'number', thePrices),
      stock: seen('stock', 'number', theStocks),
      bom: seen('bom', 'number', []),
    },
  };
  return judgeGoods(stores, { parked });
};
const found = (change: Change): readonly string[] =>
  judged(change).findings.map(({ kind, field }) => [kind, field].filter(Boolean).join(' '));
const alone = (more: Doc): Doc => ({ ...PUMP.crm, id: 'P-2', code: 'PU-2', erp_number: null, ...more });
const beside = (more: Doc): NonNullable<Change['products']> => [[PUMP.crm, alone(more)], [PUMP.erp]];

test('a product, its price and its stock that both sides tell in their own words are in agreement', () => {
  expect(goodsLine(judged())).toBe(
    'agreement: 1 products, 1 prices, 1 stock levels, 0 bills of materials, 0 lost, 0 doubled, 0 unexplained (0 parked, each rightly)',
  );
});

test.each<[string, Doc, string]>([
  ['another name', { name: 'Andere' }, 'name'],
  ['another kind', { kind: 'service' }, 'kind'],
  ['another unit', { unit: 'KGM' }, 'unit'],
  ['another price by the last digit', { list_price: 10.51 }, 'list price'],
  ['another cost', { standard_cost: 8 }, 'standard cost'],
  ['not sold', { active: false }, 'active'],
  ['a conversion less', { conversions: [] }, 'conversions'],
  ['a conversion otherwise', { conversions: [{ unit: 'XCT', numerator: 13, denominator: 1 }] }, 'conversions'],
  ['a trait more', { attributes: [{ name: 'Farbe', value: 'rot' }] }, 'characteristics'],
])('%s in the CRM is a finding', (_what, more, field) => {
  const fields = judged({ products: [[{ ...PUMP.crm, ...more }], [PUMP.erp]] }).findings.map((each) => each.field);
  expect(fields).toEqual([field]);
});

test('a product, a price and a stock level that one side lacks are lost', () => {
  expect(found({ products: beside({}) })).toEqual(['lost']);
  expect(found({ products: [[PUMP.crm], [PUMP.erp, { ...PUMP.erp, number: '700002', sku: 'PU-2' }]] })).toEqual([
    'lost',
  ]);
  expect(found({ prices: [[], [PRICE.erp]] })).toEqual(['lost']);
  expect(found({ stocks: [[], [STOCK.erp]] })).toEqual(['lost']);
});

test('a price at another product and a count that was not carried over are findings', () => {
  expect(found({ stocks: [[{ ...STOCK.crm, on_hand: 7 }], [STOCK.erp]] })).toEqual(['unexplained on hand']);
  expect(judged({ prices: [[{ ...PRICE.crm, product_id: 'P-9' }], [PRICE.erp]] }).findings).toMatchObject([
    { field: 'product' },
  ]);
});

test('a product that was made a second time is doubled', () => {
  const twin = { ...PUMP.erp, number: '700002', reference: 'r-2' };
  const { findings } = judged({
    products: [[PUMP.crm], [PUMP.erp, twin]],
    later: { erp: [commit('product', '700002', twin, { seq: 9, at: '2026-01-02T00:00:00.000Z', actor: 'tally' })] },
  });
  expect(findings.map(({ kind }) => kind)).toContain('doubled');
});

test('what the integration writes outside its fields is lost, in a row it owns it is not', () => {
  const write = (more: Doc): Commit =>
    commit(
      'product',
      '700001',
      { ...PUMP.erp, ...more },
      { seq: 9, at: '2026-01-02T00:00:00.000Z', actor: 'tally', op: 'update' },
    );
  expect(found({ later: { erp: [write({ note: 'ours' })] } })).toContain('lost note');
  expect(found({ later: { erp: [write({ units: [] })] } }).filter((each) => each.startsWith('lost units'))).toEqual([]);
});

test.each<[string, string, Doc]>([
  ['LOOKUP_MISS', 'unit', { unit: 'DZN' }],
  ['LOOKUP_MISS', 'conversions[DZN].unit', { conversions: [{ unit: 'DZN', numerator: 12, denominator: 1 }] }],
  ['REQUIRED', 'unit', { unit: null }],
  ['REQUIRED', 'name', { name: '   ' }],
  ['TOO_LONG', 'name', { name: 'x'.repeat(61) }],
  ['NO_IDENTITY', '', { code: null }],
  ['TARGET_REFUSED', '', { currency: null }],
  ['POSSIBLE_DUPLICATE', '', { code: 'PU-1' }],
])('%s of %s is right where the product is so, and nowhere else', (code, field, more) => {
  const parked = [{ crm: 'P-2', field, code }];
  const whole = [{ crm: 'P-2', field: '', code: 'NO_IDENTITY' }];
  const right = judged({ products: beside(more), parked }).findings.filter(({ reason }) => reason.startsWith('parked'));
  expect(right).toEqual([]);
  expect(found({ products: beside({}), parked })).toContain(`unexplained ${field.replace(/\[.*/, '')}`.trim());
  if (code !== 'NO_IDENTITY') expect(found({ products: beside(more), parked: whole })).toContain('unexplained');
});
