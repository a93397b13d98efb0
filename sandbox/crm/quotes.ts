/** What a quote looks like in the CRM, and what the CRM refuses: a total that its lines do not come to. */
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import type { Kind } from './kinds.ts';
import { brokenLines } from './orders.ts';
import type { Refusal } from './shape.ts';

const STATES: readonly unknown[] = ['draft', 'in_review', 'approved', 'sent', 'accepted', 'rejected', 'expired'];

const refuse = (message: string, field: string): Refusal => ({ status: 400, code: 'RULE', message, field });
const rowsOf = (value: Value | undefined): readonly Doc[] =>
  Array.isArray(value) ? (value as readonly Value[]).filter(isDoc) : [];

const broken = ({ status, lines, total_net: total, account_id: account, currency }: Doc): Refusal | undefined => {
  if (!STATES.includes(status)) return refuse(`status is one of ${STATES.join(', ')}`, 'status');
  // What nobody has asked anybody to look at may still be half-written.
  if (status === 'draft') return undefined;
  if (account === null) return refuse('a quote needs its account', 'account_id');
  if (currency === null) return refuse('a quote needs its currency', 'currency');
  const rows = rowsOf(lines);
  return rows.length === 0 ? refuse('a quote needs a line', 'lines') : brokenLines(rows, total, 'quote');
};

/**
 * Quotes as a kind. A line: `line_no`, `product_id`, `options` (how it is configured, in words), `quantity`, `unit`,
 * `unit_price`, `discount` (percent), `net`, and `cost`, which the ERP says.
 */
export const QUOTES: Kind = {
  record: 'quote',
  prefix: 'Q',
  fields: {
    external_id: 'text',
    account_id: 'text',
    contact_id: 'text',
    deal_id: 'text',
    name: 'text',
    status: 'text',
    quote_date: 'text',
    valid_until: 'text',
    currency: 'text',
    total_net: 'number',
    lines: 'rows',
    erp_number: 'text',
    erp_reason: 'text',
    order_number: 'text',
    order_id: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
  broken,
};
