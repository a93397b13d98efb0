/** What a sales order looks like, and what the ERP refuses, holds back or changes of it. */
import { compare, rounded, sum } from '../kit/decimal.ts';
import { type Doc, isDoc, same, type Value } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { recordIn } from './books.ts';
import { exposureOf } from './credit.ts';
import { completeItems, isProcured, itemsOf, mergedItems, misshapenItems, toCredit, toReturn } from './order-items.ts';
import { changedBy, checkParts, emptied, type Part } from './parts.ts';
import { checkTexts, isRefusal, type Kind, type Refusal } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = {
  external_order: 40,
  partner: 10,
  contact: 10,
  title: 80,
  customer_reference: 35,
  order_date: 10,
  requested_date: 10,
  currency: 3,
  net_total: 18,
  cancellation: 11,
  block: 6,
  note: 500,
};
const SHIP_TO: Readonly<Record<string, number>> = { street: 60, postal_code: 10, city: 60, country: 2 };
/** Papers that lie elsewhere, and where. */
const PAPERS = {
  attachments: {
    key: 'document',
    row: { document: 40, file_name: 200, mime_type: 100, bytes: 'number', checksum: 64, url: 2000 },
  },
} as const satisfies Readonly<Record<string, Part>>;
const BLANK: Doc = {
  ...{
    number: '',
    reference: null,
    external_order: '',
    quotation: '',
    partner: '',
    contact: '',
    title: '',
    customer_reference: '',
  },
  ...{ order_date: '', requested_date: '', currency: '' },
  ship_to: { street: '', postal_code: '', city: '', country: '' },
  items: [],
  ...emptied(PAPERS),
  ...{ net_total: '', status: 'OPEN', block: '', reason: '', cancellation: 'NONE', amendment: 'NONE' },
  ...{ delivery_status: 'NONE', billing_status: 'NONE', payment_status: 'NONE', note: '' },
};

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

const misshapen = (values: Doc): Refusal | undefined => {
  const { items, ship_to: shipTo, attachments, ...rest } = values;
  const papers = attachments === undefined ? undefined : checkParts({ attachments }, PAPERS);
  const shapeless = items === undefined ? undefined : misshapenItems(items);
  const address = shipTo === undefined ? undefined : checkTexts(shipTo, SHIP_TO, 'ship_to');
  return shapeless ?? papers ?? address ?? checkTexts(rest, LONGEST);
};

const changed = (order: Doc, values: Doc): Doc => {
  const { items, ship_to: shipTo, attachments, ...rest } = values;
  const texts = Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, value ?? '']));
  const papered = attachments === undefined ? order : changedBy(PAPERS)(order, { attachments });
  const next: Record<string, Value> = { ...papered, ...texts };
  if (isDoc(shipTo) && isDoc(order['ship_to']))
    next['ship_to'] = {
      ...order['ship_to'],
      ...Object.fromEntries(Object.entries(shipTo).map(([key, value]) => [key, value ?? ''])),
    };
  if (Array.isArray(items)) {
    next['items'] = mergedItems(itemsOf(order), (items as readonly Value[]).filter(isDoc));
    if (!same(next['items'], order['items']) && values['net_total'] === undefined) next['net_total'] = '';
  }
  return same(next, order) ? order : next;
};

const partnerOf = (order: Doc, store: Store): Doc | Refusal => {
  if (order['partner'] === '') return refuse('REQUIRED', 'an order needs its partner', 'partner');
  const partner = recordIn(store, 'partner', order['partner']);
  return partner ?? refuse('RULE', `there is no partner ${String(order['partner'])}`, 'partner');
};

/** May it go ahead by the partner's credit limit? One that is let through stays so until it grows. */
const held = (order: Doc, old: Doc | undefined, partner: Doc, store: Store): Doc => {
  const { credit_limit: limit = null } = partner;
  if (old !== undefined && compare(order['net_total'], old['net_total']) <= 0) return order;
  const wanted = rounded(sum([exposureOf(store, String(order['partner']), order['number']), order['net_total']]), 2);
  if (limit === null || compare(wanted, limit) <= 0) return order;
  const reason = `credit limit ${String(limit)}, with this order ${wanted}`;
  return { ...order, status: 'HELD', block: 'CREDIT', reason };
};

/** Its people let it go. */
const released = (order: Doc, old: Doc | undefined): Doc =>
  old?.['status'] === 'HELD' && order['block'] === '' ? { ...order, status: 'OPEN', reason: '' } : order;

const CANCELLABLE: readonly unknown[] = ['OPEN', 'HELD'];

const CALLED_OFF: readonly unknown[] = ['CANCELLED', 'RETURNING', 'RETURNED'];

/** The answer to a wish to cancel: granted while nothing has gone out; after that what went out is taken back and credited, if it can be sold again. */
const answered = (order: Doc, old: Doc | undefined): Doc => {
  if (order['cancellation'] !== 'REQUESTED' || old?.['cancellation'] === 'REQUESTED') return order;
  // Asked once more after it was answered: the answer stands.
  if (CALLED_OFF.includes(order['status'])) return { ...order, cancellation: old?.['cancellation'] ?? 'GRANTED' };
  const sent = itemsOf(order).filter(({ delivered }) => compare(delivered, '0') > 0);
  const kept = sent.find(({ product }) => isProcured(product));
  if (kept !== undefined) {
    const reason = `${String(kept['product'])} was procured for this order and delivered; it is not taken back`;
    return { ...order, cancellation: 'REFUSED', reason };
  }
  const items = itemsOf(order).map((item): Doc => {
    const { delivered = '' } = item;
    const gone = compare(delivered, '0') > 0;
    return gone ? { ...item, confirmed: delivered } : { ...item, state: 'CANCELLED', confirmed: '0' };
  });
  if (sent.length === 0)
    return { ...order, items, status: 'CANCELLED', block: '', cancellation: 'GRANTED', reason: 'cancelled on request' };
  const reason = 'cancelled on request: what was delivered is taken back and credited';
  return { ...order, items, status: 'RETURNING', block: '', cancellation: 'COMPENSATED', reason };
};

/** A change of what was ordered, and whether some of what is not wanted any more had gone out already. */
const amended = (order: Doc, old: Doc | undefined): Doc => {
  if (old === undefined || FIXED_WHEN_OVER.every((field) => same(order[field], old[field]))) return order;
  const quantities = new Map(itemsOf(old).map(({ position, quantity }) => [position, quantity]));
  const late = itemsOf(order).some(
    ({ position, quantity, delivered }) =>
      compare(quantity, delivered) < 0 && !same(quantities.get(position), quantity),
  );
  return { ...order, amendment: late ? 'COMPENSATED' : 'NONE' };
};

/** What only an order that is under way may still change. */
const FIXED = ['partner', 'currency'] as const;
const FIXED_WHEN_OVER = ['items', 'net_total', 'ship_to', 'requested_date'] as const;

const against = (next: Doc, old: Doc | undefined): Refusal | undefined => {
  if (old === undefined) return undefined;
  const fixed = FIXED.find((field) => !same(next[field], old[field]));
  if (fixed !== undefined) return refuse('RULE', `the ${fixed} of an order cannot change`, fixed);
  if (CANCELLABLE.includes(old['status'])) return undefined;
  const late = FIXED_WHEN_OVER.find((field) => !same(next[field], old[field]));
  return late === undefined
    ? undefined
    : refuse('RULE', `an order that is ${String(old['status']).toLowerCase()} cannot change`, late);
};

const complete = (next: Doc, old: Doc | undefined, store: Store): Doc | Refusal => {
  const partner = partnerOf(next, store);
  if (isRefusal(partner)) return partner;
  if (old === undefined && partner['blocked'] === 'X')
    return refuse('RULE', `partner ${String(next['partner'])} is blocked`, 'partner');
  const late = against(next, old);
  if (late !== undefined) return late;
  const worked = completeItems(next, old, store);
  if (isRefusal(worked)) return worked;
  const { items, net } = worked;
  if (next['net_total'] !== '' && compare(next['net_total'], net) !== 0)
    return refuse('RULE', `the items come to ${net}, not to ${String(next['net_total'])}`, 'net_total');
  const order = { ...next, items, net_total: net };
  if (old === undefined && items.every(({ state }) => state === 'REFUSED'))
    return refuse('RULE', `nothing of it can be delivered: ${String(items[0]?.['reason'])}`, 'items');
  return answered(amended(released(held(order, old, partner, store), old), old), old);
};

const progress = (done: readonly boolean[], begun: boolean): string =>
  done.length > 0 && done.every((each) => each) ? 'FULL' : begun || done.some((each) => each) ? 'PART' : 'NONE';

/** Nothing that is to come back, or to be credited, is outstanding. */
const evened = (order: Doc): boolean =>
  itemsOf(order).every((item) => [toReturn(order, item), toCredit(order, item)].every((each) => each === '0'));

/** How far an order is by its items, and by what was paid of its invoices and paid back of its credit notes. */
export const standing = (order: Doc, papers: readonly Doc[], failed: boolean): Doc => {
  const invoices = papers.filter(({ kind }) => kind === 'INV');
  const wanted = itemsOf(order).filter(({ state }) => state !== 'REFUSED' && state !== 'CANCELLED');
  const over = (name: string) =>
    progress(
      wanted.map((item) => compare(item[name], item['quantity']) >= 0),
      wanted.some((item) => compare(item[name], '0') > 0),
    );
  const [delivery, billing] = [over('delivered'), over('invoiced')];
  const paid = progress(
    invoices.map(({ open }) => compare(open, '0') === 0),
    invoices.some(({ open, gross }) => compare(open, gross) < 0),
  );
  const payment = failed && paid !== 'FULL' ? 'FAILED' : paid === 'FULL' && billing !== 'FULL' ? 'PART' : paid;
  const even = evened(order);
  const closed = even && [delivery, billing, payment].every((each) => each === 'FULL');
  const settled = even && papers.every(({ open }) => compare(open, '0') === 0);
  return {
    ...order,
    ...{ delivery_status: delivery, billing_status: billing, payment_status: payment },
    ...(closed && order['status'] === 'OPEN' ? { status: 'CLOSED' } : {}),
    ...(settled && order['status'] === 'RETURNING' ? { status: 'RETURNED' } : {}),
  };
};

/** Sales orders as a kind. */
export const SALES_ORDERS: Kind = {
  record: 'sales_order',
  first: 700_000,
  blank: BLANK,
  misshapen,
  broken: () => undefined,
  complete,
  changed,
};
