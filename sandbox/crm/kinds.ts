/** The kinds of record the CRM keeps. A new one is a file of its own beside this one, and a line in the list below. */
import type { Doc } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { ACCOUNTS } from './accounts.ts';
import { BOMS } from './boms.ts';
import { CONTACTS } from './contacts.ts';
import { DEAL_LINES } from './deal-lines.ts';
import { DEALS } from './deals.ts';
import { INVOICES, PAYMENTS, SHIPMENTS } from './fulfilment.ts';
import { ORDERS } from './orders.ts';
import { PRICES, STOCKS } from './prices.ts';
import { PRODUCTS } from './products.ts';
import { QUOTES } from './quotes.ts';
import type { Records } from './records.ts';
import type { Refusal } from './shape.ts';
import { SALES_TARGETS } from './targets.ts';
import { USERS } from './users.ts';

/** What a field holds; `rows` is a list of objects, which a change replaces as a whole. */
export type Leaf = 'text' | 'number' | 'flag' | 'rows';
export type Part = Leaf | Readonly<Record<string, 'text'>>;

/** One kind of record. */
export interface Kind {
  /** Its name; its address is `/v1/<record>s`. */
  readonly record: string;
  /** How its ids begin: `A` for `A-000123`. */
  readonly prefix: string;
  readonly fields: Readonly<Record<string, Part>>;
  /** Why a whole record may not stand so, or undefined; asked before each write. */
  readonly broken?: (next: Doc, old: Doc | undefined, store: Store) => Refusal | undefined;
  /** What other records make of a write within its transaction; `next` is undefined once it is gone. */
  readonly followed?: (
    next: Doc | undefined,
    old: Doc | undefined,
    recordsOf: (record: string) => Records,
    hand: { readonly actor: string; readonly request: number },
  ) => void;
}

/** All of them, by name. */
export const KINDS: ReadonlyMap<string, Kind> = new Map(
  [
    ACCOUNTS,
    CONTACTS,
    USERS,
    ORDERS,
    PRODUCTS,
    BOMS,
    PRICES,
    STOCKS,
    SHIPMENTS,
    INVOICES,
    PAYMENTS,
    DEALS,
    QUOTES,
    SALES_TARGETS,
    DEAL_LINES,
  ].map((kind) => [kind.record, kind]),
);
