/** What the ERP can promise of a product by a day: from stock, from what is on order, or made anew. */
import { compare, less, plain, sum } from '../kit/decimal.ts';
import { Digits, type Doc, isDoc, parse } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { recordIn } from './books.ts';
import type { Refusal } from './shape.ts';

/** What somebody wants to have, and when. */
export interface Want {
  readonly product: string;
  /** In the product's base unit. */
  readonly quantity: string;
  /** YYYY-MM-DD; '' for as soon as can be. */
  readonly day: string;
  /** '' for all plants together. */
  readonly plant: string;
}

const DAY_MS = 86_400_000;
/** Days until what is on order has come, and until what has to be made or bought is there. */
const [COMING_DAYS, MAKING_DAYS] = [7, 28];
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** A day, or the Monday after it: nothing leaves on a weekend. */
const working = (ms: number): string => {
  const weekday = new Date(ms).getUTCDay();
  const rest = weekday === 6 ? 2 : weekday === 0 ? 1 : 0;
  return new Date(ms + rest * DAY_MS).toISOString().slice(0, 10);
};

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

const stocksOf = (store: Store, { product, plant }: Want, unit: unknown): readonly Doc[] =>
  store.database
    .prepare(
      `select c.body from stock t join commits c on c.seq = t.seq
       where t.gone = 0 and json_extract(c.body, '$.product') = ? order by t.id`,
    )
    .all(product)
    .map(({ body }) => parse(String(body)))
    .filter(isDoc)
    .filter((stock) => stock['unit'] === unit && (plant === '' || stock['plant'] === plant));

const not = (value: string): string => (compare(value, '0') < 0 ? '0' : value);

/** What can be had of a product and when all that is wanted of it, or why none. */
export const promiseOf = (store: Store, want: Want): Doc | Refusal => {
  const product = recordIn(store, 'product', want.product);
  if (product === undefined) return refuse('NOT_FOUND', `no product ${want.product}`, 'product');
  if (compare(want.quantity, '0') <= 0) return refuse('RULE', 'a quantity is above zero', 'quantity');
  const today = new Date(store.now()).toISOString().slice(0, 10);
  if (want.day !== '' && !DAY.test(want.day)) return refuse('BAD_VALUE', 'day is a day, YYYY-MM-DD', 'day');
  if (want.day !== '' && want.day < today) return refuse('RULE', `${want.day} is over`, 'day');
  const stocks = stocksOf(store, want, product['base_unit']);
  const total = (name: string): string => plain(sum(stocks.map((stock) => stock[name])));
  const free = not(plain(less(total('on_hand'), total('reserved'))));
  const coming = plain(sum([free, total('ordered')]));
  const wanted = want.day === '' || want.day < today ? today : want.day;
  const after = (days: number): string => working(Math.max(Date.parse(today) + days * DAY_MS, Date.parse(wanted)));
  const sold = product['status'] === 'AC';
  const [state, on] =
    compare(free, want.quantity) >= 0
      ? ['STOCK', after(0)]
      : compare(coming, want.quantity) >= 0
        ? ['COMING', after(COMING_DAYS)]
        : sold
          ? ['MAKE', after(MAKING_DAYS)]
          : ['NONE', ''];
  // By the wanted day there is what lies there, and what will have come.
  const byThen = Date.parse(wanted) >= Date.parse(today) + COMING_DAYS * DAY_MS ? coming : free;
  return {
    product: want.product,
    plant: want.plant,
    quantity: new Digits(plain(sum([want.quantity]))),
    day: want.day,
    unit: product['base_unit'] ?? '',
    available: new Digits(byThen),
    promised_on: on,
    state,
  };
};
