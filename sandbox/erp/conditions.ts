/** What a product costs a partner: the ERP's own search through its price conditions. */
import { compare, type Decimal, minorUnit, plain, rounded, times } from '../kit/decimal.ts';
import { Digits, type Doc, isDoc, parse } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { recordIn } from './books.ts';
import { itemsOf } from './order-items.ts';
import { addressOf, type Refusal } from './shape.ts';

/** What somebody wants to know the price of. */
export interface Wish {
  readonly product: string;
  readonly partner: string;
  /** In the product's base unit. */
  readonly quantity: string;
  readonly currency: string;
  /** The day of the order, YYYY-MM-DD. */
  readonly day: string;
}

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });
const DAY = /^\d{4}-\d{2}-\d{2}$/;

const EU: ReadonlySet<unknown> = new Set(
  'AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK'.split(' '),
);
/** The regions that a partner's bill-to address lies in, the narrowest first. */
const regionsOf = (partner: Doc | undefined): readonly string[] => {
  const country = partner === undefined ? undefined : addressOf(partner, 'bill-to')?.['country'];
  if (typeof country !== 'string' || country === '') return [];
  return [country, EU.has(country) ? 'EU' : 'WORL'];
};

const entriesOf = (store: Store, product: string): readonly Doc[] =>
  store.database
    .prepare(
      `select c.body from price t join commits c on c.seq = t.seq
       where t.gone = 0 and json_extract(c.body, '$.product') = ? order by t.id`,
    )
    .all(product)
    .map(({ body }) => parse(String(body)))
    .filter(isDoc);

/** A product's quantity in another of its units, as a fraction; undefined where it has no such unit. */
const inUnit = (
  product: Doc,
  quantity: string,
  unit: unknown,
): { readonly of: Decimal; readonly by: string } | undefined => {
  if (unit === '' || unit === product['base_unit']) return { of: times(quantity, '1'), by: '1' };
  const row = itemsOf(product, 'units').find((each) => each['unit'] === unit);
  // `numerator` base units are `denominator` of the other.
  return row === undefined ? undefined : { of: times(quantity, row['denominator']), by: String(row['numerator']) };
};

const textOf = (value: Decimal): string => rounded(value, value.scale);

/** Does an entry speak of this quantity, partner, currency and day? */
const applies = (entry: Doc, wish: Wish, product: Doc, regions: readonly string[]): boolean => {
  const amount = inUnit(product, wish.quantity, entry['unit']);
  const from = entry['from_quantity'] ?? null;
  const { partner, region, currency, valid_from: since, valid_to: until } = entry;
  return (
    amount !== undefined &&
    // Nothing is divided: both are taken times what the quantity would be divided by.
    (from === null || compare(textOf(amount.of), textOf(times(from, amount.by))) >= 0) &&
    currency === wish.currency &&
    (partner === '' || partner === wish.partner) &&
    (region === '' || regions.includes(String(region))) &&
    (since === '' || String(since) <= wish.day) &&
    (until === '' || String(until) >= wish.day)
  );
};

/** Which of two entries goes before: the partner's own, then the narrower region, the larger scale, the later beginning. */
const before =
  (regions: readonly string[]) =>
  (one: Doc, other: Doc): number => {
    const own = Number(other['partner'] !== '') - Number(one['partner'] !== '');
    const near = (entry: Doc): number =>
      entry['region'] === '' ? regions.length : regions.indexOf(String(entry['region']));
    const scale = compare(other['from_quantity'], one['from_quantity']);
    const late =
      String(other['valid_from']) < String(one['valid_from']) ? -1 : Number(other['valid_from'] !== one['valid_from']);
    return own || near(one) - near(other) || scale || late;
  };

/** Half away from zero, with so many decimals. Both are positive. */
const ratio = (of: Decimal, by: Decimal, decimals: number): string => {
  const [top, bottom] = [of.units * 10n ** BigInt(by.scale + decimals), by.units * 10n ** BigInt(of.scale)];
  return rounded({ units: (top * 2n + bottom) / (bottom * 2n), scale: decimals }, decimals);
};

const ONE: Decimal = { units: 1n, scale: 0 };

/** The price of so much of a product, or why there is none. */
export const priceOf = (store: Store, wish: Wish): Doc | Refusal => {
  const product = recordIn(store, 'product', wish.product);
  if (product === undefined) return refuse('NOT_FOUND', `no product ${wish.product}`, 'product');
  const partner = wish.partner === '' ? undefined : recordIn(store, 'partner', wish.partner);
  if (wish.partner !== '' && partner === undefined) return refuse('NOT_FOUND', `no partner ${wish.partner}`, 'partner');
  const decimals = minorUnit(wish.currency);
  if (decimals === undefined) return refuse('BAD_VALUE', `currency "${wish.currency}" is not known here`, 'currency');
  if (!DAY.test(wish.day)) return refuse('BAD_VALUE', 'day is a day, YYYY-MM-DD', 'day');
  if (compare(wish.quantity, '0') <= 0) return refuse('RULE', 'a quantity is above zero', 'quantity');
  if (product['status'] !== 'AC') return refuse('RULE', `product ${wish.product} is not sold any more`, 'product');
  const regions = regionsOf(partner);
  const [entry] = entriesOf(store, wish.product)
    .filter((each) => applies(each, wish, product, regions))
    .sort(before(regions));
  const listed = product['currency'] === wish.currency ? (product['list_price'] ?? null) : null;
  const price = entry?.['price'] ?? listed;
  if (price === null)
    return refuse('NOT_FOUND', `product ${wish.product} has no price in ${wish.currency}`, 'currency');
  const per = entry?.['per'] ?? '1';
  const unit = entry === undefined || entry['unit'] === '' ? product['base_unit'] : entry['unit'];
  const amount = inUnit(product, wish.quantity, unit) ?? { of: ONE, by: '1' };
  const net = ratio(times(price, textOf(amount.of)), times(per, amount.by), decimals);
  return {
    product: wish.product,
    partner: wish.partner,
    quantity: new Digits(plain(times(wish.quantity, '1'))),
    currency: wish.currency,
    day: wish.day,
    unit_price: price,
    per: typeof per === 'string' ? new Digits(per) : per,
    unit: unit ?? '',
    net: new Digits(net),
    condition: entry?.['number'] ?? '',
    price_list: entry?.['price_list'] ?? '',
    valid_to: entry?.['valid_to'] ?? '',
  };
};
