/** What a delivery note looks like: goods that left for an order, or came back from one. */
import { compare, less, plain, sum } from '../kit/decimal.ts';
import type { Doc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { amend, type Hand, recordIn } from './books.ts';
import { itemsOf, misshapenRows, openOf } from './order-items.ts';
import { standing } from './sales-orders.ts';
import { papersOf } from './settlement.ts';
import { checkTexts, isRefusal, type Kind, type Refusal, texts } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = {
  order: 10,
  kind: 6,
  shipped_on: 10,
  carrier: 40,
  tracking: 40,
  note: 500,
};
const ITEM: Readonly<Record<string, number>> = { position: 6, order_item: 6, quantity: 18 };
const BLANK: Doc = {
  ...{
    number: '',
    reference: null,
    partner: '',
    order: '',
    kind: 'OUT',
    shipped_on: '',
    status: 'SHIPPED',
    carrier: '',
  },
  ...{ tracking: '', items: [], note: '' },
};

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

/** One item with what it takes from its order's item, or why it cannot go. */
const itemOf = (item: Doc, order: Doc, kind: unknown): Doc | Refusal => {
  const wanted = itemsOf(order).find(({ position }) => position === item['order_item']);
  const place = `items[position=${String(item['position'])}]`;
  if (wanted === undefined) return refuse('RULE', `the order has no item ${String(item['order_item'])}`, place);
  const most = kind === 'RETURN' ? plain(less(wanted['delivered'], wanted['returned'])) : openOf(wanted);
  if (compare(item['quantity'], '0') <= 0 || compare(item['quantity'], most) > 0)
    return refuse('RULE', `between 0 and ${String(most)} can go`, `${place}.quantity`);
  const substitute = wanted['substitute'] === '' ? wanted['product'] : wanted['substitute'];
  return { ...item, product: substitute ?? '', unit: wanted['unit'] ?? '' };
};

const complete = (next: Doc, old: Doc | undefined, store: Store): Doc | Refusal => {
  if (old !== undefined) return next;
  const order = recordIn(store, 'sales_order', next['order']);
  if (order === undefined) return refuse('RULE', `there is no order ${String(next['order'])}`, 'order');
  if (next['kind'] === 'OUT' && order['status'] !== 'OPEN')
    return refuse('RULE', `order ${String(next['order'])} is ${String(order['status']).toLowerCase()}`, 'order');
  const items: Doc[] = [];
  for (const item of itemsOf(next)) {
    const made = itemOf(item, order, next['kind']);
    if (isRefusal(made)) return made;
    items.push(made);
  }
  if (items.length === 0) return refuse('REQUIRED', 'a delivery needs an item', 'items');
  const status = next['kind'] === 'RETURN' ? 'RETURNED' : 'SHIPPED';
  return { ...next, items, status, partner: order['partner'] ?? '' };
};

const posted = (delivery: Doc, store: Store, hand: Hand): void => {
  const order = recordIn(store, 'sales_order', delivery['order']);
  if (order === undefined) return;
  // What came back was delivered all the same; a credit note says the rest.
  const back = delivery['kind'] === 'RETURN';
  const sent = new Map(itemsOf(delivery).map((item) => [item['order_item'], item['quantity']]));
  const items = itemsOf(order).map((item): Doc => {
    const quantity = sent.get(String(item['position']));
    if (quantity === undefined) return item;
    if (back) return { ...item, returned: plain(sum([item['returned'], quantity])) };
    const delivered = plain(sum([item['delivered'], quantity]));
    return { ...item, delivered, state: compare(delivered, item['quantity']) >= 0 ? 'DELIVERED' : 'PART' };
  });
  const next = { ...order, items };
  amend(store, 'sales_order', standing(next, papersOf(store, next), order['payment_status'] === 'FAILED'), hand);
};

/** Delivery notes as a kind. */
export const DELIVERIES: Kind = {
  record: 'delivery_note',
  first: 800_000,
  blank: BLANK,
  misshapen: ({ items, ...rest }) =>
    (items === undefined ? undefined : misshapenRows(items, 'items', ITEM)) ?? checkTexts(rest, LONGEST),
  broken: () => undefined,
  complete,
  posted,
  changed: texts,
};
