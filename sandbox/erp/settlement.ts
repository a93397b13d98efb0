/** Which invoices bill an order, and what a change of them does to it. */
import type { Doc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { amend, type Hand, recordIn, recordsOf } from './books.ts';
import { itemsOf } from './order-items.ts';
import { standing } from './sales-orders.ts';

/** Numbers of the orders that a document is about. */
export const ordersIn = (invoice: Doc): readonly string[] => [
  ...new Set(itemsOf(invoice).map(({ order }) => String(order))),
];

/** Invoices that bill an order, and the credit notes about it. */
export const papersOf = (store: Store, order: Doc): readonly Doc[] =>
  recordsOf(store, 'invoice', String(order['partner'])).filter((invoice) =>
    ordersIn(invoice).includes(String(order['number'])),
  );

/** Work out anew how far these orders are; `change` is done to each before. */
export const restate = (
  store: Store,
  numbers: readonly string[],
  hand: Hand,
  failed: (order: Doc) => boolean,
  change: (order: Doc) => Doc = (order) => order,
): void => {
  for (const number of numbers) {
    const order = recordIn(store, 'sales_order', number);
    if (order === undefined) continue;
    const next = change(order);
    amend(store, 'sales_order', standing(next, papersOf(store, next), failed(order)), hand);
  }
};
