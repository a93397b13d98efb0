/** What a product looks like, and what the ERP refuses. Other units are kept as numerator and denominator. */
import { type Doc, isDoc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import {
  blank,
  CURRENCIES,
  changedBy,
  checkParts,
  emptied,
  exists,
  known,
  type Part,
  positive,
  refuse,
  UNITS,
} from './parts.ts';
import type { Kind, Refusal } from './shape.ts';

const PARTS = {
  sku: 40,
  description: 60,
  long_text: 2000,
  product_type: 4,
  product_group: 9,
  status: 2,
  base_unit: 4,
  gtin: 14,
  list_price: 'number',
  standard_cost: 'number',
  currency: 3,
  net_weight: 'number',
  weight_unit: 4,
  variant_of: 10,
  characteristics: { key: 'name', row: { name: 30, value: 70 } },
  units: { key: 'unit', row: { unit: 4, numerator: 'number', denominator: 'number' } },
  note: 500,
} as const satisfies Readonly<Record<string, Part>>;

const TYPES = new Set(['HAWA', 'FERT', 'HALB', 'ROH', 'DIEN', 'KMAT', 'SETS', 'DUMY']);
const STATES = new Set(['AC', 'BL', 'PL', 'DI']);
const GROUPS = new Set(['1010', '1020', '1030', '1040', '2010', '2020', '3010', '9010']);
const WEIGHTS = new Set(['KG', 'G']);

const checkUnits = (product: Doc): Refusal | undefined => {
  const units = product['units'];
  for (const row of Array.isArray(units) ? units.filter(isDoc) : []) {
    const field = `units[unit=${String(row['unit'])}]`;
    if (row['unit'] === product['base_unit'])
      return refuse('RULE', 'the base unit needs no conversion', `${field}.unit`);
    if (!UNITS.has(String(row['unit'])))
      return refuse('BAD_VALUE', `unit "${String(row['unit'])}" is not known here`, `${field}.unit`);
    for (const part of ['numerator', 'denominator'])
      if (!positive(row[part])) return refuse('RULE', `${part} must be above zero`, `${field}.${part}`);
  }
  return undefined;
};

const broken = (product: Doc, old: Doc | undefined, store: Store): Refusal | undefined => {
  for (const field of ['sku', 'description', 'base_unit'])
    if (blank(product[field])) return refuse('REQUIRED', `a product needs its ${field}`, field);
  if (old !== undefined && old['base_unit'] !== product['base_unit'])
    return refuse('RULE', 'the base unit of a product cannot change', 'base_unit');
  if (product['list_price'] !== null && blank(product['currency']))
    return refuse('REQUIRED', 'a price needs its currency', 'currency');
  if (product['variant_of'] !== '' && product['variant_of'] === product['number'])
    return refuse('RULE', 'a product is no variant of itself', 'variant_of');
  return (
    known(UNITS, product, 'base_unit') ??
    known(TYPES, product, 'product_type') ??
    known(STATES, product, 'status') ??
    known(GROUPS, product, 'product_group') ??
    known(CURRENCIES, product, 'currency') ??
    known(WEIGHTS, product, 'weight_unit') ??
    checkUnits(product) ??
    exists(store, 'product', product, 'variant_of')
  );
};

/** Products as a kind. */
export const PRODUCTS: Kind = {
  record: 'product',
  first: 700_000,
  blank: { number: '', reference: null, ...emptied(PARTS) },
  misshapen: (values) => checkParts(values, PARTS),
  broken,
  changed: changedBy(PARTS),
};
