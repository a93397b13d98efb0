/** Entries of price lists and stock levels: what they look like, and what the ERP refuses. */
import type { Doc } from '../kit/json.ts';
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
import type { Kind } from './shape.ts';

const PRICE = {
  price_list: 10,
  product: 10,
  partner: 10,
  region: 4,
  price: 'number',
  per: 'number',
  currency: 3,
  unit: 4,
  from_quantity: 'number',
  valid_from: 10,
  valid_to: 10,
} as const satisfies Readonly<Record<string, Part>>;

const STOCK = {
  product: 10,
  plant: 4,
  unit: 4,
  on_hand: 'number',
  reserved: 'number',
  ordered: 'number',
} as const satisfies Readonly<Record<string, Part>>;

const needed = (record: Doc, fields: readonly string[]) => {
  const field = fields.find((each) => blank(record[each]));
  return field === undefined ? undefined : refuse('REQUIRED', `${field} is needed`, field);
};

/** Entries of price lists as a kind. */
export const PRICES: Kind = {
  record: 'price',
  first: 600_000,
  blank: { number: '', reference: null, ...emptied(PRICE) },
  misshapen: (values) => checkParts(values, PRICE),
  broken: (next, _old, store) =>
    needed(next, ['price_list', 'product', 'currency']) ??
    (next['price'] === null ? refuse('REQUIRED', 'price is needed', 'price') : undefined) ??
    (next['per'] === null || positive(next['per']) ? undefined : refuse('RULE', 'per must be above zero', 'per')) ??
    known(CURRENCIES, next, 'currency') ??
    known(UNITS, next, 'unit') ??
    exists(store, 'product', next, 'product') ??
    exists(store, 'partner', next, 'partner'),
  changed: changedBy(PRICE),
};

/** Stock levels as a kind. */
export const STOCKS: Kind = {
  record: 'stock',
  first: 900_000,
  blank: { number: '', reference: null, ...emptied(STOCK) },
  misshapen: (values) => checkParts(values, STOCK),
  broken: (next, _old, store) =>
    needed(next, ['product', 'plant', 'unit']) ??
    known(UNITS, next, 'unit') ??
    exists(store, 'product', next, 'product'),
  changed: changedBy(STOCK),
};
