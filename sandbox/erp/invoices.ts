/** What an invoice looks like: it bills what was delivered, of one order or several; a credit note takes some of one back. */
import { compare, less, minorUnit, plain, rounded, sum, times } from '../kit/decimal.ts';
import type { Doc, Value } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { type Hand, recordIn } from './books.ts';
import { itemsOf, misshapenRows } from './order-items.ts';
import { exists } from './parts.ts';
import { ordersIn, restate } from './settlement.ts';
import { checkTexts, isRefusal, type Kind, type Refusal, texts } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = {
  ...{ kind: 3, credits: 10, issued_on: 10, due_on: 10, sales_rep: 10, note: 500 },
};
const ITEM: Readonly<Record<string, number>> = { position: 6, order: 10, order_item: 6, quantity: 18 };
const BLANK: Doc = {
  ...{ number: '', reference: null, partner: '', kind: 'INV', credits: '', order: '', issued_on: '', due_on: '' },
  ...{ currency: '', sales_rep: '', items: [], net: '', tax: '', gross: '', open: '', status: 'OPEN', note: '' },
};
/** Value added tax on all that is sold here, as a part of one. */
export const TAX = '0.19';

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

/** One item as it is billed: the order's price for what was delivered and not billed yet. */
const itemOf = (item: Doc, store: Store, kind: unknown): { readonly item: Doc; readonly order: Doc } | Refusal => {
  const place = `items[position=${String(item['position'])}]`;
  const order = recordIn(store, 'sales_order', item['order']);
  const billed =
    order === undefined ? undefined : itemsOf(order).find(({ position }) => position === item['order_item']);
  if (order === undefined || billed === undefined)
    return refuse('RULE', `there is no item ${String(item['order_item'])} of order ${String(item['order'])}`, place);
  const most =
    kind === 'CRN'
      ? plain(less(billed['invoiced'], billed['credited']))
      : plain(less(billed['delivered'], billed['invoiced']));
  if (compare(item['quantity'], '0') <= 0 || compare(item['quantity'], most) > 0)
    return refuse('RULE', `between 0 and ${String(most)} can be billed`, `${place}.quantity`);
  const decimals = minorUnit(order['currency']) ?? 2;
  const net = rounded(times(item['quantity'], billed['unit_price']), decimals);
  const { product = '', unit = '', unit_price: price = '' } = billed;
  return { order, item: { ...item, product, unit, unit_price: price, net } };
};

/** Who sold it: a credit note is of whom the invoice was; else whoever looks after the partner now. */
const soldBy = (next: Doc, partner: Value, store: Store): Value => {
  if (next['sales_rep'] !== '') return next['sales_rep'] ?? '';
  const from = recordIn(store, 'invoice', next['credits']) ?? recordIn(store, 'partner', partner);
  return from?.['sales_rep'] ?? '';
};

const complete = (next: Doc, old: Doc | undefined, store: Store): Doc | Refusal => {
  if (old !== undefined) return next;
  const items: Doc[] = [];
  const orders: Doc[] = [];
  for (const each of itemsOf(next)) {
    const made = itemOf(each, store, next['kind']);
    if (isRefusal(made)) return made;
    items.push(made.item);
    orders.push(made.order);
  }
  const [first] = orders;
  if (first === undefined) return refuse('REQUIRED', 'an invoice needs an item', 'items');
  if (orders.some(({ partner, currency }) => partner !== first['partner'] || currency !== first['currency']))
    return refuse('RULE', 'an invoice is of one partner and one currency', 'items');
  const { partner = '', currency = '' } = first;
  const decimals = minorUnit(currency) ?? 2;
  const net = rounded(sum(items.map((item) => item['net'])), decimals);
  const tax = rounded(times(net, TAX), decimals);
  const gross = rounded(sum([net, tax]), decimals);
  const numbers = ordersIn({ items });
  // Of several orders none can be named at the head.
  const order = numbers.length === 1 ? (numbers[0] ?? '') : '';
  return {
    ...next,
    items,
    partner,
    currency,
    order,
    sales_rep: soldBy(next, partner, store),
    net,
    tax,
    gross,
    open: gross,
    status: 'OPEN',
  };
};

const posted = (invoice: Doc, store: Store, hand: Hand): void => {
  const at = invoice['kind'] === 'INV' ? 'invoiced' : 'credited';
  const billed = itemsOf(invoice);
  const change = (order: Doc): Doc => ({
    ...order,
    items: itemsOf(order).map((item): Doc => {
      const mine = billed.filter(
        (each) => each['order'] === order['number'] && each['order_item'] === item['position'],
      );
      return mine.length === 0
        ? item
        : { ...item, [at]: plain(sum([item[at], ...mine.map(({ quantity }) => quantity)])) };
    }),
  });
  restate(store, ordersIn(invoice), hand, ({ payment_status: payment }) => payment === 'FAILED', change);
};

/** Invoices and credit notes as a kind. */
export const INVOICES: Kind = {
  record: 'invoice',
  first: 900_000,
  blank: BLANK,
  misshapen: ({ items, ...rest }) =>
    (items === undefined ? undefined : misshapenRows(items, 'items', ITEM)) ?? checkTexts(rest, LONGEST),
  broken: (next, _old, store) => exists(store, 'employee', next, 'sales_rep'),
  complete,
  posted,
  changed: texts,
};
