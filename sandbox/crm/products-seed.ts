/** The CRM's part of the seed of products. */
import type { Seed } from '../kit/file.ts';
import { Digits, type Doc, text, type Value } from '../kit/json.ts';
import { mix } from '../kit/random.ts';
import { type Good, goods } from '../seed/goods.ts';
import { seededAt } from '../seed/stamps.ts';
import { idOf } from './shape.ts';

const KINDS: Readonly<Record<Good['kind'], string>> = {
  goods: 'goods',
  made: 'goods',
  half: 'goods',
  raw: 'goods',
  service: 'service',
  kit: 'kit',
  configurable: 'configurable',
};

const digits = (number: string | null): Value => (number === null ? null : new Digits(number));

/** The product as the CRM writes it; `variantOf` is the id that the family has here. */
const productOf = (good: Good, id: string, variantOf: string | null, stamp: string): Doc => ({
  id,
  external_id: null,
  code: good.sku,
  name: good.name,
  description: good.description,
  kind: KINDS[good.kind],
  family: good.group,
  active: good.active,
  unit: good.unit,
  gtin: good.gtin,
  list_price: digits(good.price),
  standard_cost: null,
  currency: good.currency,
  net_weight: null,
  weight_unit: null,
  variant_of: variantOf,
  attributes: good.traits.map(([name, value]) => ({ name, value })),
  conversions: good.conversions.map(([unit, numerator, denominator]) => ({
    unit,
    numerator: digits(numerator),
    denominator: digits(denominator),
  })),
  erp_number: null,
  sync_state: null,
  sync_message: null,
  note: null,
  created_at: stamp,
  modified_at: stamp,
  etag: `s${mix(Number(id.slice(2)), 7).toString(36)}`,
});

/** Products, in the order of their numbers. */
export function* productSeeds(seed: number, count: number): Generator<Seed> {
  const ids = new Map<number, string>();
  let made = 0;
  for (const product of goods(seed, count))
    for (const good of product.crm) {
      made += 1;
      const id = idOf('product', made);
      if (!ids.has(product.number)) ids.set(product.number, id);
      const stamp = `${new Date(seededAt(made, 0)).toISOString().slice(0, 19)}Z`;
      const family = good.variantOf === undefined ? null : (ids.get(good.variantOf) ?? null);
      yield { record: 'product', id, stamp, body: text(productOf(good, id, family, stamp)), business: product.number };
    }
}
