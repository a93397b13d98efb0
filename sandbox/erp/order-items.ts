/** Items of a sales order: how changes are laid over them, what they cost, and what the ERP can promise of them. */
import { compare, less, minorUnit, plain, rounded, sum, times } from '../kit/decimal.ts';
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { recordIn } from './books.ts';
import { checkTexts, isRefusal, type Refusal } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = {
  position: 6,
  product: 40,
  material: 10,
  quantity: 18,
  unit: 3,
  unit_price: 18,
  net: 18,
  removed: 1,
};
const BLANK: Doc = {
  position: '',
  product: '',
  material: '',
  quantity: '',
  unit: 'C62',
  unit_price: '',
  net: '',
  confirmed: '0',
  delivered: '0',
  returned: '0',
  invoiced: '0',
  credited: '0',
  state: 'OPEN',
  substitute: '',
  reason: '',
};

/** Rows of a list in a record. */
export const itemsOf = (record: Doc, name = 'items'): readonly Doc[] =>
  Array.isArray(record[name]) ? (record[name] as readonly Value[]).filter(isDoc) : [];

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

/** Why the rows of a list cannot be read, or undefined; the first of `limits` names a row. */
export const misshapenRows = (
  list: Value,
  name: string,
  limits: Readonly<Record<string, number>>,
): Refusal | undefined => {
  if (!Array.isArray(list)) return refuse('BAD_VALUE', `${name} must be a list`, name);
  const [key = ''] = Object.keys(limits);
  for (const row of list as readonly Value[]) {
    const said = isDoc(row) ? row[key] : undefined;
    if (typeof said !== 'string' || said === '')
      return refuse('REQUIRED', `each of ${name} needs its ${key}`, `${name}.${key}`);
    const problem = checkTexts(row as Doc, limits, `${name}[${key}=${said}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

/** Why items cannot be read, or undefined. */
export const misshapenItems = (list: Value): Refusal | undefined => misshapenRows(list, 'items', LONGEST);

/** Items with others laid over them, by position; one that says `removed: "X"` goes. */
export const mergedItems = (old: readonly Doc[], list: readonly Doc[]): readonly Doc[] => {
  const merged = [...old];
  for (const { removed, ...item } of list) {
    const at = merged.findIndex(({ position }) => position === item['position']);
    if (removed === 'X') {
      if (at >= 0) merged.splice(at, 1);
      continue;
    }
    const texts = Object.fromEntries(Object.entries(item).map(([key, value]) => [key, value ?? '']));
    const told = { ...(merged[at] ?? BLANK), ...texts };
    // What it came to was for another quantity or price, unless it is told anew.
    const costly = ['quantity', 'unit_price'].some((key) => told[key] !== merged[at]?.[key]);
    const next = costly && item['net'] === undefined ? { ...told, net: '' } : told;
    if (at < 0) merged.push(next);
    else merged[at] = next;
  }
  return merged.sort((one, other) => (String(one['position']) < String(other['position']) ? -1 : 1));
};

/** What the ERP can promise of a product. */
interface Promise {
  readonly state: 'CONFIRMED' | 'BACKORDER' | 'SUBSTITUTED' | 'REFUSED';
  readonly substitute?: string;
  readonly reason?: string;
}
const promiseOf = (product: string): Promise => {
  if (product.startsWith('OLD-')) return { state: 'REFUSED', reason: `product ${product} is discontinued` };
  if (isProcured(product)) return { state: 'BACKORDER', reason: 'not in stock' };
  if (product.startsWith('EX-'))
    return {
      state: 'SUBSTITUTED',
      substitute: `NEW-${product.slice(3)}`,
      reason: `replaced by NEW-${product.slice(3)}`,
    };
  return { state: 'CONFIRMED' };
};

/** Not in stock: got for this order alone, so what was delivered of it is not taken back. */
export const isProcured = (product: Value | undefined): boolean => String(product).startsWith('LATE-');

/** Why an item may not name the product that it names, or undefined: one that was ever there may go on in old orders. */
const noProduct = (item: Doc, old: Doc | undefined, store: Store): Refusal | undefined => {
  const { position, material = '' } = item;
  if (material === '' || material === old?.['material'] || recordIn(store, 'product', material) !== undefined)
    return undefined;
  return refuse('RULE', `there is no product ${String(material)}`, `items[position=${String(position)}].material`);
};

const cost = (item: Doc, decimals: number): Doc | Refusal => {
  const { position, quantity = '', unit_price: price = '', net = '' } = item;
  const place = `items[position=${String(position)}]`;
  if (compare(quantity, '0') <= 0) return refuse('RULE', 'a quantity is above zero', `${place}.quantity`);
  const comesTo = rounded(times(quantity, price), decimals);
  if (net !== '' && compare(net, comesTo) !== 0)
    return refuse(
      'RULE',
      `${String(quantity)} at ${String(price)} come to ${comesTo}, not to ${String(net)}`,
      `${place}.net`,
    );
  return { ...item, net: comesTo };
};

/** An item as it is promised, when it is new or another quantity or product is wanted. */
const promised = (item: Doc, old: Doc | undefined): Doc => {
  if (old !== undefined && old['product'] === item['product'] && old['quantity'] === item['quantity']) return item;
  const { state, substitute = '', reason = '' } = promiseOf(String(item['product']));
  const all = state === 'CONFIRMED' || state === 'SUBSTITUTED';
  const delivered = compare(item['delivered'], '0') > 0;
  return {
    ...item,
    state: !delivered ? state : compare(item['delivered'], item['quantity']) >= 0 ? 'DELIVERED' : 'PART',
    substitute,
    reason,
    confirmed: all ? plain(sum([item['quantity']])) : '0',
  };
};

/** Why what already went out stands against a change of items, or undefined. */
const againstDelivered = (items: readonly Doc[], old: readonly Doc[]): Refusal | undefined => {
  for (const before of old.filter(({ delivered }) => compare(delivered, '0') > 0)) {
    const now = items.find(({ position }) => position === before['position']);
    const place = `items[position=${String(before['position'])}]`;
    if (now === undefined) return refuse('RULE', 'an item that was delivered cannot go', place);
    // What can be sold again is taken back and credited.
    if (compare(now['quantity'], before['delivered']) < 0 && isProcured(before['product']))
      return refuse('RULE', `${String(before['delivered'])} were delivered already`, `${place}.quantity`);
    if (compare(now['quantity'], before['quantity']) > 0 && before['returned'] !== '0')
      return refuse('RULE', 'some of it came back, so more of it is another order', `${place}.quantity`);
    if (now['product'] !== before['product'] || now['unit_price'] !== before['unit_price'])
      return refuse('RULE', 'an item that was delivered keeps its product and price', `${place}.product`);
  }
  return undefined;
};

/** Items worked out: what each comes to and what is promised of it, or why not. */
export const completeItems = (
  order: Doc,
  old: Doc | undefined,
  store: Store,
): { readonly items: readonly Doc[]; readonly net: string } | Refusal => {
  const decimals = minorUnit(order['currency']);
  if (decimals === undefined)
    return refuse('BAD_VALUE', `currency "${String(order['currency'])}" is not known here`, 'currency');
  const before = old === undefined ? [] : itemsOf(old);
  const items: Doc[] = [];
  for (const item of itemsOf(order)) {
    const was = before.find(({ position }) => position === item['position']);
    const unknown = noProduct(item, was, store);
    if (unknown !== undefined) return unknown;
    const priced = cost(item, decimals);
    if (isRefusal(priced)) return priced;
    items.push(promised(priced, was));
  }
  if (items.length === 0) return refuse('REQUIRED', 'an order needs an item', 'items');
  const problem = againstDelivered(items, before);
  return problem ?? { items, net: rounded(sum(items.map(({ net }) => net)), decimals) };
};

/** What of an item is still to go out. */
export const openOf = (item: Doc): string => plain(less(item['confirmed'], item['delivered']));

const over = (order: Doc, item: Doc, given: Value | undefined, back: Value | undefined): string => {
  const kept = order['cancellation'] === 'COMPENSATED' ? '0' : item['quantity'];
  const rest = plain(less(plain(less(given, back)), kept));
  return compare(rest, '0') > 0 ? rest : '0';
};

/** What of an item was delivered and is not wanted any more, and has not come back yet. */
export const toReturn = (order: Doc, item: Doc): string => over(order, item, item['delivered'], item['returned']);

/** What of an item was billed and is not wanted any more, and was not credited yet. */
export const toCredit = (order: Doc, item: Doc): string => over(order, item, item['invoiced'], item['credited']);
