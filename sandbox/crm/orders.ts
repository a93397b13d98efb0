/** What an order looks like in the CRM, and what the CRM refuses: a total that its lines do not come to. */
import { compare, rounded, sum } from '../kit/decimal.ts';
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import type { Kind } from './kinds.ts';
import type { Refusal } from './shape.ts';

const STATES: readonly unknown[] = ['draft', 'submitted', 'cancel_requested', 'cancelled', 'closed'];
const MOST_DECIMALS = 6;

const refuse = (message: string, field: string): Refusal => ({ status: 400, code: 'RULE', message, field });
const rowsOf = (value: Value | undefined): readonly Doc[] =>
  Array.isArray(value) ? (value as readonly Value[]).filter(isDoc) : [];

/** Why the lines of a document may not stand so, or undefined. */
export const brokenLines = (lines: readonly Doc[], total: Value | undefined, what = 'order'): Refusal | undefined => {
  const numbers = lines.map((line) => line['line_no']);
  if (numbers.some((number) => typeof number !== 'string' || number === '') || new Set(numbers).size < numbers.length)
    return refuse(`each line of ${what === 'order' ? 'an order' : `a ${what}`} has a number of its own`, 'lines');
  const net = sum(lines.map((line) => line['net']));
  if (compare(rounded(net, MOST_DECIMALS), total) === 0) return undefined;
  return refuse(`the lines come to ${rounded(net, 2)}, not to ${String(total)}`, 'total_net');
};

const broken = (next: Doc): Refusal | undefined => {
  const { status, lines, total_net: total, account_id: account, currency } = next;
  if (!STATES.includes(status)) return refuse(`status is one of ${STATES.join(', ')}`, 'status');
  // What nobody has submitted may still be half-written.
  if (status === 'draft') return undefined;
  if (account === null) return refuse('an order needs its account', 'account_id');
  if (currency === null) return refuse('an order needs its currency', 'currency');
  const rows = rowsOf(lines);
  return rows.length === 0 ? refuse('an order needs a line', 'lines') : brokenLines(rows, total);
};

/** Orders as a kind. A line: `line_no`, `product`, perhaps its `product_id`, `quantity`, `unit`, `unit_price`, `net`, and what the ERP says of it. */
export const ORDERS: Kind = {
  record: 'order',
  prefix: 'O',
  fields: {
    external_id: 'text',
    account_id: 'text',
    contact_id: 'text',
    name: 'text',
    status: 'text',
    customer_po: 'text',
    order_date: 'text',
    requested_date: 'text',
    currency: 'text',
    total_net: 'number',
    shipping: { street: 'text', postal_code: 'text', city: 'text', country: 'text' },
    lines: 'rows',
    attachments: 'rows', // what lies elsewhere: `attachment_id`, `name`, `media_type`, `size`, `sha256`, `link`
    erp_number: 'text',
    erp_state: 'text',
    erp_reason: 'text',
    delivery_state: 'text',
    billing_state: 'text',
    payment_state: 'text',
    cancel_state: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
  broken,
};
