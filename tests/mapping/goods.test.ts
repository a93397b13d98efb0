/** Products, prices and bills of material cross to the digit and come back as they went: variants, conversions, conditions, revisions. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Json, type JsonObject, parseJson, stringifyJson } from '../../src/domain/json.ts';
import type { Side } from '../../src/domain/record.ts';
import { type Reference, referenceKey } from '../../src/mapping/reference.ts';
import { compiledOf, shippedFiles } from './kit.ts';

const mappings = compiledOf(shippedFiles());
const PRODUCTS = 400;
const RUNS = 100;

const idOf = (kind: string, side: Side, nth: number): string =>
  side === 'crm' ? `${kind}-${nth}` : `${kind.charCodeAt(0)}${String(nth).padStart(6, '0')}`;
const linked = (mapping: string, kind: string): readonly (readonly [string, Reference])[] =>
  Array.from({ length: PRODUCTS }, (_, nth) => nth).flatMap((nth) => {
    const [crm, erp] = [idOf(kind, 'crm', nth), idOf(kind, 'erp', nth)];
    const reference: Reference = { state: 'linked', thing: crm, crm, erp };
    return [
      [referenceKey(mapping, 'crm', crm), reference] as const,
      [referenceKey(mapping, 'erp', erp), reference] as const,
    ];
  });
const references = new Map([...linked('product', 'P'), ...linked('bom', 'B'), ...linked('customer', 'A')]);

/** What the other side is sent of a record that only one side has. */
const crossed = (name: string, side: Side, body: JsonObject): JsonObject => {
  const mapping = mappings.get(name);
  const member = { id: 'x', body, times: {} };
  const plan = mapping?.plan({ [side]: member, baseline: {}, decisions: [], held: {}, references });
  expect([plan?.parked, plan?.waiting ?? []]).toEqual([[], []]);
  return plan?.writes[side === 'crm' ? 'erp' : 'crm']?.data ?? {};
};
const shown = (body: JsonObject): Json =>
  JSON.parse(stringifyJson(body), (_key, value, context?: { source?: string }) =>
    typeof value === 'number' ? `#${context?.source ?? value}` : value,
  );
/** There and back again, with every digit. */
const returns = (name: string, side: Side, body: JsonObject): void => {
  const there = crossed(name, side, body);
  expect(shown(crossed(name, side === 'crm' ? 'erp' : 'crm', there))).toEqual(shown(body));
};

const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(''));
/** Decimal numbers as people write them, with more digits than a binary number holds. */
const amount: fc.Arbitrary<Json> = fc
  .tuple(fc.integer({ min: 1, max: 999_999 }), fc.option(fc.tuple(digits(20), fc.integer({ min: 1, max: 9 }))))
  .map(([whole, part]) => parseJson(part === null ? `${whole}` : `${whole}.${part[0]}${part[1]}`));
const day = fc.integer({ min: 1, max: 28 }).map((nth) => `2027-02-${String(nth).padStart(2, '0')}`);
const word = fc.constantFrom('red', 'Größe L', '10 bar', 'ab "c"', '中 号');
const unit = fc.constantFrom('C62', 'KGM', 'MTR', 'XCT', 'P1');
const nth = fc.integer({ min: 0, max: PRODUCTS - 1 });
const product = nth.map((each) => idOf('P', 'crm', each));
const some = (all: Readonly<Record<string, fc.Arbitrary<Json>>>, always: readonly string[]): fc.Arbitrary<JsonObject> =>
  fc.record({ ...all }, { requiredKeys: [...always] }) as fc.Arbitrary<JsonObject>;
const listed = (of: fc.Arbitrary<JsonObject>, key: string): fc.Arbitrary<Json> =>
  fc.uniqueArray(of, { selector: (each) => each[key], minLength: 1, maxLength: 6 });

const conversion = some({ unit, numerator: amount, denominator: amount }, ['unit', 'numerator', 'denominator']);
const characteristic = some({ name: fc.constantFrom('Colour', 'Size', 'Pressure', 'Länge'), value: word }, [
  'name',
  'value',
]);
const goods = some(
  {
    code: fc.constantFrom('AB-1', '000042', 'Ø 7'),
    name: word,
    kind: fc.constantFrom('goods', 'service', 'kit', 'configurable', 'phantom'),
    family: fc.constantFrom('Pumps', 'Raw material'),
    variant_of: product,
    active: fc.boolean(),
    unit,
    list_price: amount,
    currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    attributes: listed(characteristic, 'name'),
    conversions: listed(conversion, 'unit'),
  },
  ['code', 'name', 'kind', 'unit', 'active'],
);
const component = some(
  {
    line: fc.integer({ min: 1, max: 99 }).map((each) => String(each * 10).padStart(6, '0')),
    position: fc.constantFrom('10', '0020'),
    category: fc.constantFrom('stock', 'non-stock', 'text', 'phantom', 'option'),
    product_id: product,
    text: word,
    quantity: amount,
    numerator: amount,
    denominator: amount,
    unit,
    fixed: fc.boolean(),
    scrap_percent: amount,
    alternative_group: fc.constantFrom('A1', 'B2'),
    priority: fc.integer({ min: 1, max: 9 }),
    valid_from: day,
    valid_to: day,
  },
  ['line', 'fixed'],
);
const bill = some(
  {
    product_id: product,
    revision: fc.constantFrom('A', '01', 'Z'),
    usage: fc.constantFrom('manufacturing', 'sales'),
    active: fc.constant(true),
    base_quantity: amount,
    unit,
    valid_from: day,
    valid_to: day,
    components: listed(component, 'line'),
  },
  ['product_id', 'revision', 'usage', 'base_quantity', 'unit', 'components', 'active'],
);

test.each([
  ['a product with its variants, characteristics and conversions', 'product', goods],
  ['a bill with its scrap, alternatives, options, ratios and days', 'bom', bill],
] as const)('%s comes back from either system as it went', { timeout: 120_000 }, (_what, name, records) => {
  fc.assert(
    fc.property(records, (record) => {
      returns(name, 'crm', record);
      returns(name, 'erp', crossed(name, 'crm', record));
    }),
    { numRuns: RUNS },
  );
});

test('a ratio crosses as the two numbers that it is, and nobody divides them', () => {
  const third = { unit: 'KGM', numerator: 1000, denominator: 3 };
  const made = crossed('product', 'crm', { code: 'W', name: 'Wire', unit: 'MTR', active: true, conversions: [third] });
  expect(made['units']).toEqual([{ unit: 'KG', numerator: 1000, denominator: 3 }]);
  const line = { line: '10', product_id: idOf('P', 'crm', 2), numerator: 1, denominator: 3, unit: 'MTR', fixed: false };
  const head = { product_id: idOf('P', 'crm', 1), revision: 'A', usage: 'sales', base_quantity: 7, unit: 'C62' };
  const bom = crossed('bom', 'crm', { ...head, active: true, components: [line] });
  expect(bom['items']).toEqual([
    { item: '10', component: idOf('P', 'erp', 2), numerator: 1, denominator: 3, unit: 'M', fixed: '' },
  ]);
});

test('a price keeps its conditions: for whom, where, from which quantity on, for how many, and when', {
  timeout: 120_000,
}, () => {
  const price = some(
    {
      number: fc.constant('0000600001'),
      price_list: fc.constantFrom('EXPORT', 'B2B'),
      product: fc.constant(idOf('P', 'erp', 1)),
      partner: fc.constant(idOf('A', 'erp', 2)),
      region: fc.constantFrom('EU', 'Süd'),
      price: amount,
      per: amount,
      currency: fc.constant('EUR'),
      unit: fc.constant('KG'),
      from_quantity: amount,
      valid_from: day,
      valid_to: day,
    },
    ['number', 'price_list', 'product', 'price', 'currency', 'unit'],
  );
  const NAMES = { number: 'erp_number', product: 'product_id', partner: 'account_id', per: 'price_per' };
  const there = { product: idOf('P', 'crm', 1), partner: idOf('A', 'crm', 2), unit: 'KGM' };
  fc.assert(
    fc.property(price, (entry) => {
      const wanted = Object.entries(entry).map(([key, value]) => [
        key in NAMES ? NAMES[key as keyof typeof NAMES] : key,
        key in there ? there[key as keyof typeof there] : value,
      ]);
      expect(shown(crossed('price-list-entry', 'erp', entry))).toEqual(shown(Object.fromEntries(wanted)));
    }),
    { numRuns: RUNS },
  );
});

test('five levels with a shared part and two revisions, two thousand lines, go there and back to the digit', {
  timeout: 120_000,
}, () => {
  const LINES = 286;
  const lineOf = (each: number, part: number, own?: number): JsonObject => ({
    line: String(10 * (each + 1)).padStart(6, '0'),
    category: each % 11 === 0 ? 'option' : 'stock',
    product_id: idOf('P', 'crm', part),
    ...(each % 3 === 0
      ? { numerator: each + 1, denominator: 3 }
      : { quantity: parseJson(`${each}.333333333333333333331`) }),
    unit: 'C62',
    fixed: each % 7 === 0,
    scrap_percent: 0.7,
    ...(each % 5 === 0 ? { alternative_group: 'A1', priority: 1 + (each % 2) } : {}),
    ...(own === undefined ? {} : { bom_id: idOf('B', 'crm', own) }),
  });
  // Product 300 is shared by five levels, 301 at the bottom to 305 at the top; the top has a second revision.
  const SHARED = 300;
  const billOf = (part: number, revision: string, parts: readonly number[]): JsonObject => ({
    ...{ product_id: idOf('P', 'crm', part), revision, usage: 'manufacturing', active: true, base_quantity: 100 },
    unit: 'C62',
    components: Array.from({ length: LINES }, (_, each) => lineOf(each, parts[each] ?? each, parts[each])),
  });
  const bills = [
    billOf(SHARED, 'A', []),
    ...[301, 302, 303, 304, 305].map((part) => billOf(part, 'A', part === 301 ? [SHARED] : [part - 1, SHARED])),
    billOf(305, 'B', [304]),
  ];
  for (const each of bills) returns('bom', 'crm', each);
  expect(bills.reduce((lines, { components }) => lines + (components as readonly Json[]).length, 0)).toBe(2_002);
});
