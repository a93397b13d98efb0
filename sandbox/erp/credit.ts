/** What partners owe the ERP, and how much more it lets them order. */
import { compare, less, rounded, sum, times } from '../kit/decimal.ts';
import { Digits, type Doc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { recordIn, recordsOf } from './books.ts';
import { itemsOf } from './order-items.ts';

/** What a partner owes, or has ordered and was not billed for yet, before tax; `but` is an order that does not count. */
export const exposureOf = (store: Store, partner: string, but?: unknown): string => {
  const others = recordsOf(store, 'sales_order', partner).filter(
    ({ number, status }) => number !== but && (status === 'OPEN' || status === 'HELD'),
  );
  const unbilled = others.flatMap((each) =>
    itemsOf(each)
      .filter(({ state }) => state !== 'REFUSED')
      .map((item) => rounded(times(rounded(less(item['quantity'], item['invoiced']), 6), item['unit_price']), 6)),
  );
  const owed = recordsOf(store, 'invoice', partner).filter(({ kind }) => kind === 'INV');
  return rounded(sum([...unbilled, ...owed.map(({ open }) => open)]), 2);
};

/** How a partner's credit stands now; undefined: there is no such partner. */
export const creditOf = (store: Store, number: string): Doc | undefined => {
  const partner = recordIn(store, 'partner', number);
  if (partner === undefined) return undefined;
  const { credit_limit: limit = null, blocked } = partner;
  const used = exposureOf(store, number);
  const free = limit === null ? null : rounded(less(limit, used), 2);
  const over = free !== null && compare(free, '0') < 0;
  return {
    partner: number,
    credit_limit: limit,
    used: new Digits(used),
    free: free === null ? null : new Digits(free),
    // Whoever has no limit is not held; whoever is above it is, and so is whoever finance has blocked.
    blocked: blocked === 'X' || over ? 'X' : '',
    reason: blocked === 'X' ? 'BLOCKED' : over ? 'OVER LIMIT' : '',
    sales_rep: partner['sales_rep'] ?? '',
  };
};
