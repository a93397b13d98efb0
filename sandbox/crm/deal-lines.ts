/**
 * The lines of opportunities as records of their own, as CRMs show them to whoever plans: each with what its opportunity says
 * of probability, day and end. They follow the opportunity in the same transaction; nobody enters one.
 */
import { type Doc, isDoc, parse, type Value } from '../kit/json.ts';
import type { Kind } from './kinds.ts';

/** Lines as a kind; `external_id` is the opportunity with the line’s number. */
export const DEAL_LINES: Kind = {
  record: 'deal_line',
  prefix: 'L',
  fields: {
    external_id: 'text',
    deal_id: 'text',
    account_id: 'text',
    line_no: 'text',
    product_id: 'text',
    quantity: 'number',
    unit: 'text',
    amount: 'number',
    currency: 'text',
    probability: 'number',
    close_date: 'text',
    status: 'text',
  },
};

const rowsOf = (deal: Doc | undefined): readonly Doc[] =>
  Array.isArray(deal?.['lines']) ? (deal['lines'] as readonly Value[]).filter(isDoc) : [];
const keyOf = (deal: Doc, line: Doc): string => `${String(deal['id'])}/${String(line['line_no'])}`;

const lineOf = (deal: Doc, line: Doc): Doc => ({
  ...{ deal_id: deal['id'] ?? null, account_id: deal['account_id'] ?? null, line_no: line['line_no'] ?? null },
  ...{ product_id: line['product_id'] ?? null, quantity: line['quantity'] ?? null, unit: line['unit'] ?? null },
  ...{ amount: line['amount'] ?? null, currency: deal['currency'] ?? null, probability: deal['probability'] ?? null },
  ...{ close_date: deal['close_date'] ?? null, status: deal['status'] ?? null },
});

/** Let the lines of an opportunity follow it; what is undefined is not there. */
export const followDeal: NonNullable<Kind['followed']> = (next, old, recordsOf, { actor, request }) => {
  const lines = recordsOf(DEAL_LINES.record);
  const kept = new Set(rowsOf(next).map((line) => keyOf(next as Doc, line)));
  for (const line of rowsOf(old)) {
    const row = kept.has(keyOf(old as Doc, line)) ? undefined : lines.findExternal(keyOf(old as Doc, line));
    if (row !== undefined) lines.remove(String((parse(row.body) as Doc)['id']), undefined, actor, request);
  }
  for (const line of rowsOf(next))
    lines.upsert({ external_id: keyOf(next as Doc, line), fields: lineOf(next as Doc, line) }, actor, request);
};
