/** What a payment looks like: money for one invoice or several, in whole or by instalments; or a debit that failed, with its reason. */
import { compare, less, minorUnit, rounded, sum, times } from '../kit/decimal.ts';
import type { Doc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { amend, type Hand, recordIn } from './books.ts';
import { itemsOf, misshapenRows } from './order-items.ts';
import { ordersIn, restate } from './settlement.ts';
import { checkTexts, type Kind, type Refusal, texts } from './shape.ts';

const LONGEST: Readonly<Record<string, number>> = { received_on: 10, method: 10, status: 8, reason: 120, note: 500 };
const ALLOCATION: Readonly<Record<string, number>> = { invoice: 10, amount: 18 };
const BLANK: Doc = {
  ...{ number: '', reference: null, partner: '', received_on: '', amount: '', currency: '', method: 'TRANSFER' },
  ...{ status: 'RECEIVED', reason: '', allocations: [], note: '' },
};

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

/** What an allocation takes from what is open; a credit note's is below zero. */
const taken = (allocation: Doc, invoice: Doc): string =>
  rounded(times(allocation['amount'], invoice['kind'] === 'CRN' ? '-1' : '1'), 6);

const problemWith = (allocation: Doc, invoice: Doc | undefined): Refusal | undefined => {
  const place = `allocations[invoice=${String(allocation['invoice'])}]`;
  if (invoice === undefined) return refuse('RULE', `there is no invoice ${String(allocation['invoice'])}`, place);
  const most = String(invoice['open']);
  const amount = taken(allocation, invoice);
  return compare(amount, '0') > 0 && compare(amount, most) <= 0
    ? undefined
    : refuse('RULE', `between 0 and ${most} are open`, `${place}.amount`);
};

const complete = (next: Doc, old: Doc | undefined, store: Store): Doc | Refusal => {
  if (old !== undefined) return next;
  const allocations = itemsOf(next, 'allocations');
  const invoices = allocations.map(({ invoice }) => recordIn(store, 'invoice', invoice));
  for (const [nth, allocation] of allocations.entries()) {
    const problem = problemWith(allocation, invoices[nth]);
    if (problem !== undefined) return problem;
  }
  const [first] = invoices;
  if (first === undefined) return refuse('REQUIRED', 'a payment is for an invoice', 'allocations');
  if (invoices.some((each) => each?.['partner'] !== first['partner'] || each?.['currency'] !== first['currency']))
    return refuse('RULE', 'a payment is of one partner and one currency', 'allocations');
  const { partner = '', currency = '' } = first;
  const amount = rounded(sum(allocations.map((each) => each['amount'])), minorUnit(currency) ?? 2);
  return { ...next, partner, currency, amount };
};

const posted = (payment: Doc, store: Store, hand: Hand): void => {
  const failed = payment['status'] === 'FAILED';
  const about = new Set<string>();
  for (const allocation of itemsOf(payment, 'allocations')) {
    const invoice = recordIn(store, 'invoice', allocation['invoice']);
    if (invoice === undefined) continue;
    for (const order of ordersIn(invoice)) about.add(order);
    if (failed) continue;
    const open = rounded(less(invoice['open'], taken(allocation, invoice)), minorUnit(invoice['currency']) ?? 2);
    amend(store, 'invoice', { ...invoice, open, status: compare(open, '0') === 0 ? 'PAID' : 'PART' }, hand);
  }
  restate(store, [...about], hand, () => failed);
};

/** Payments as a kind. */
export const PAYMENTS: Kind = {
  record: 'payment',
  first: 950_000,
  blank: BLANK,
  misshapen: ({ allocations, ...rest }) =>
    (allocations === undefined ? undefined : misshapenRows(allocations, 'allocations', ALLOCATION)) ??
    checkTexts(rest, LONGEST),
  broken: () => undefined,
  complete,
  posted,
  changed: texts,
};
