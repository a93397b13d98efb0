/** The ERP's part of the seed of products. */
import type { Seed } from '../kit/file.ts';
import { Digits, type Doc, text, type Value } from '../kit/json.ts';
import { type Good, goods } from '../seed/goods.ts';
import { seededAt } from '../seed/stamps.ts';
import { PRODUCTS } from './products.ts';
import { numberOf } from './shape.ts';

const TYPES: Readonly<Record<Good['kind'], string>> = {
  goods: 'HAWA',
  made: 'FERT',
  half: 'HALB',
  raw: 'ROH',
  service: 'DIEN',
  kit: 'SETS',
  configurable: 'KMAT',
};
const GROUPS: Readonly<Record<string, string>> = {
  Pumps: '1010',
  Drives: '1020',
  Controls: '1030',
  Valves: '1040',
  Fasteners: '2010',
  'Raw material': '2020',
  Packaging: '3010',
  Services: '9010',
};
const UNITS: Readonly<Record<string, string>> = {
  C62: 'ST',
  KGM: 'KG',
  MTR: 'M',
  LTR: 'L',
  MTK: 'M2',
  HUR: 'STD',
  DAY: 'TAG',
  SET: 'SATZ',
  XCT: 'KAR',
  XPX: 'PAL',
};

const digits = (number: string | null): Value => (number === null ? null : new Digits(number));

/** The product as the ERP writes it; `variantOf` is the number that the family has here. */
const productOf = (good: Good, number: string, variantOf: string, stamp: string): Doc => ({
  number,
  reference: null,
  sku: good.sku ?? '',
  description: good.name ?? '',
  long_text: good.description ?? '',
  product_type: TYPES[good.kind],
  product_group: GROUPS[good.group] ?? '',
  status: good.active ? 'AC' : 'DI',
  base_unit: UNITS[good.unit ?? ''] ?? 'ST',
  gtin: good.gtin ?? '',
  list_price: digits(good.price),
  standard_cost: digits(good.cost),
  currency: good.currency ?? 'EUR',
  net_weight: digits(good.weight),
  weight_unit: good.weight === null ? '' : 'KG',
  variant_of: variantOf,
  characteristics: good.traits.map(([name, value]) => ({ name, value })),
  units: good.conversions.map(([unit, numerator, denominator]) => ({
    unit: UNITS[unit] ?? unit,
    numerator: digits(numerator),
    denominator: digits(denominator),
  })),
  note: '',
  row_version: 1,
  changed_at: stamp,
});

/** Products, numbered by the ERP. */
export function* productSeeds(seed: number, count: number): Generator<Seed> {
  const numbers = new Map<number, string>();
  let made = 0;
  for (const product of goods(seed, count))
    for (const good of product.erp) {
      made += 1;
      const id = numberOf(PRODUCTS.first + made);
      if (!numbers.has(product.number)) numbers.set(product.number, id);
      const stamp = new Date(seededAt(made, 300_417)).toISOString();
      const family = good.variantOf === undefined ? '' : (numbers.get(good.variantOf) ?? '');
      yield { record: 'product', id, stamp, body: text(productOf(good, id, family, stamp)), business: product.number };
    }
}
