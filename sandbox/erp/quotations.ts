/**
 * What a quotation looks like, and what the ERP makes of it: it is costed by the standard costs of its products, and once
 * it is accepted it becomes a sales order, one and no more.
 */
import { compare, minorUnit, plain, rounded, sum, times } from '../kit/decimal.ts';
import { Digits, type Doc, same, type Value } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { type Hand, nextNumber, recordIn, writeRow } from './books.ts';
import { itemsOf } from './order-items.ts';
import { CURRENCIES, changedBy, checkParts, emptied, known, type Part, refuse } from './parts.ts';
import { discounted, UNIT_CODES } from './quoted-items.ts';
import { SALES_ORDERS } from './sales-orders.ts';
import { isRefusal, type Kind, type Refusal } from './shape.ts';

const PARTS = {
  external_quote: 40,
  partner: 10,
  contact: 10,
  prospect: 10,
  title: 80,
  issued_on: 10,
  valid_to: 10,
  currency: 3,
  items: {
    key: 'position',
    row: {
      position: 6,
      product: 10,
      configuration: 200,
      quantity: 'number',
      unit: 4,
      unit_price: 'number',
      discount: 'number',
      net: 'number',
    },
  },
  net_total: 'number',
  status: 8,
  note: 500,
} as const satisfies Readonly<Record<string, Part>>;

const STATES = new Set(['OPEN', 'ACCEPTED', 'REJECTED', 'EXPIRED']);
const OVER: readonly unknown[] = ['ACCEPTED', 'REJECTED'];
const FIXED_WHEN_OVER = ['partner', 'currency', 'items', 'net_total', 'valid_to', 'status'] as const;

const today = (store: Store): string => new Date(store.now()).toISOString().slice(0, 10);

/** What the quantity costs us; nothing where the product is counted or costed otherwise. */
const costOf = (item: Doc, product: Doc, currency: Value | undefined, decimals: number): Value => {
  const { standard_cost: cost = null } = product;
  if (cost === null || product['base_unit'] !== item['unit'] || product['currency'] !== currency) return null;
  return new Digits(rounded(times(item['quantity'], cost), decimals));
};

const itemOf = (item: Doc, next: Doc, decimals: number, store: Store): Doc | Refusal => {
  const place = `items[position=${String(item['position'])}]`;
  const product = recordIn(store, 'product', item['product']);
  if (product === undefined)
    return refuse('RULE', `there is no product ${String(item['product'])}`, `${place}.product`);
  if (!UNIT_CODES.has(String(item['unit'])))
    return refuse('BAD_VALUE', `unit "${String(item['unit'])}" is not known here`, `${place}.unit`);
  if (compare(item['quantity'], '0') <= 0) return refuse('RULE', 'a quantity is above zero', `${place}.quantity`);
  const net = rounded(times(item['quantity'], discounted(item)), decimals);
  const told = item['net'] ?? null;
  if (told !== null && compare(told, net) !== 0)
    return refuse('RULE', `the item comes to ${net}, not to ${String(told)}`, `${place}.net`);
  return { ...item, net: new Digits(net), cost: costOf(item, product, next['currency'], decimals) };
};

/** The sales order that an accepted quotation becomes. */
const orderOf = (quotation: Doc, store: Store): Doc | Refusal => {
  const { partner = '', contact = '', title = '', currency = '', number = '' } = quotation;
  const items = itemsOf(quotation).map((item) => ({
    position: item['position'] ?? '',
    product: recordIn(store, 'product', item['product'])?.['sku'] ?? '',
    material: item['product'] ?? '',
    quantity: plain(sum([item['quantity']])),
    unit: UNIT_CODES.get(String(item['unit'])) ?? '',
    unit_price: discounted(item),
  }));
  const values = { partner, contact, title, currency, order_date: today(store), items };
  const whole = { ...SALES_ORDERS.changed(SALES_ORDERS.blank, values), quotation: number };
  return SALES_ORDERS.complete?.(whole, undefined, store) ?? whole;
};

const against = (next: Doc, old: Doc | undefined): Refusal | undefined => {
  if (old === undefined || !OVER.includes(old['status'])) return undefined;
  const late = FIXED_WHEN_OVER.find((field) => !same(next[field], old[field]));
  return late === undefined
    ? undefined
    : refuse('RULE', `a quotation that is ${String(old['status']).toLowerCase()} cannot change`, late);
};

/** Accepted: refused when it no longer holds, or when no order can be made of it; else with the number that its order gets. */
const accepted = (quotation: Doc, old: Doc | undefined, store: Store): Doc | Refusal => {
  if (quotation['status'] !== 'ACCEPTED' || old?.['status'] === 'ACCEPTED') return quotation;
  const { valid_to: until = '' } = quotation;
  if (until !== '' && String(until) < today(store))
    return refuse('RULE', `the quotation was valid until ${String(until)}`, 'status');
  const order = orderOf(quotation, store);
  return isRefusal(order) ? order : { ...quotation, order: nextNumber(store, SALES_ORDERS) };
};

const complete = (next: Doc, old: Doc | undefined, store: Store): Doc | Refusal => {
  const wrong =
    (next['partner'] === '' ? refuse('REQUIRED', 'a quotation needs its partner', 'partner') : undefined) ??
    known(STATES, next, 'status') ??
    known(CURRENCIES, next, 'currency') ??
    against(next, old);
  if (wrong !== undefined) return wrong;
  if (recordIn(store, 'partner', next['partner']) === undefined)
    return refuse('RULE', `there is no partner ${String(next['partner'])}`, 'partner');
  const decimals = minorUnit(next['currency']);
  if (decimals === undefined) return refuse('REQUIRED', 'a quotation needs its currency', 'currency');
  const items: Doc[] = [];
  for (const item of itemsOf(next)) {
    const made = itemOf(item, next, decimals, store);
    if (isRefusal(made)) return made;
    items.push(made);
  }
  if (items.length === 0) return refuse('REQUIRED', 'a quotation needs an item', 'items');
  const net = rounded(sum(items.map((item) => item['net'])), decimals);
  const told = next['net_total'] ?? null;
  if (told !== null && compare(told, net) !== 0)
    return refuse('RULE', `the items come to ${net}, not to ${String(told)}`, 'net_total');
  return accepted({ ...next, items, net_total: new Digits(net) }, old, store);
};

/** The order is made in the same transaction, when its number first stands at the quotation. */
const followed = (quotation: Doc, old: Doc | undefined, store: Store, hand: Hand): void => {
  const { order = '' } = quotation;
  if (order === '' || (old?.['order'] ?? '') !== '') return;
  const made = orderOf(quotation, store);
  if (isRefusal(made)) throw new Error(`quotation ${String(quotation['number'])}: ${made.message}`);
  writeRow(store, 'sales_order', { ...made, number: order, reference: null }, undefined, hand);
};

const told = changedBy(PARTS);

/** What an item comes to, or a total, was for another quantity or price, unless it is told anew. */
const stillNet = (item: Doc, told: readonly Doc[]): boolean => {
  const change = told.find(({ position }) => position === item['position']);
  return (
    change?.['net'] !== undefined || !['quantity', 'unit_price', 'discount'].some((key) => change?.[key] !== undefined)
  );
};

/** Quotations as a kind. */
export const QUOTATIONS: Kind = {
  record: 'quotation',
  first: 400_000,
  blank: { number: '', reference: null, ...emptied(PARTS), status: 'OPEN', order: '' },
  misshapen: (values) => checkParts(values, PARTS),
  broken: () => undefined,
  complete,
  changed: (record, values) => {
    const next = told(record, values);
    if (same(next['items'], record['items'])) return next;
    const items = itemsOf(next).map((item) => (stillNet(item, itemsOf(values)) ? item : { ...item, net: null }));
    return { ...next, items, ...(values['net_total'] === undefined ? { net_total: null } : {}) };
  },
  followed,
};
