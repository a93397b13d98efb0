/** What an opportunity looks like in the CRM, which calls it a deal, and what the CRM refuses of one. */
import { compare } from '../kit/decimal.ts';
import type { Doc } from '../kit/json.ts';
import { followDeal } from './deal-lines.ts';
import type { Kind } from './kinds.ts';
import type { Refusal } from './shape.ts';

const STATES: readonly unknown[] = ['open', 'won', 'lost'];

const refuse = (message: string, field: string): Refusal => ({ status: 400, code: 'RULE', message, field });

const broken = ({ status, probability, amount, currency }: Doc): Refusal | undefined => {
  if (!STATES.includes(status)) return refuse(`status is one of ${STATES.join(', ')}`, 'status');
  const outside = compare(probability, '0') < 0 || compare(probability, '100') > 0;
  if (probability !== null && outside) return refuse('a probability is between 0 and 100', 'probability');
  return amount !== null && currency === null ? refuse('an amount needs its currency', 'currency') : undefined;
};

/** Opportunities as a kind. A line: `line_no`, `product_id`, `quantity`, `unit`, `amount`. */
export const DEALS: Kind = {
  record: 'deal',
  prefix: 'D',
  fields: {
    external_id: 'text',
    account_id: 'text',
    contact_id: 'text',
    name: 'text',
    stage: 'text',
    status: 'text',
    amount: 'number',
    currency: 'text',
    probability: 'number',
    close_date: 'text',
    source: 'text',
    lines: 'rows',
    erp_number: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
  broken,
  followed: followDeal,
};
