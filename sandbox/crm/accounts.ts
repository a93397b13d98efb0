/** What an account looks like: a company that is sold to. */
import type { Kind } from './kinds.ts';

/** Accounts as a kind. */
export const ACCOUNTS: Kind = {
  record: 'account',
  prefix: 'A',
  fields: {
    external_id: 'text',
    name: 'text',
    kind: 'text',
    vat_number: 'text',
    phone: 'text',
    email: 'text',
    website: 'text',
    language: 'text',
    payment_terms: 'text',
    credit_limit: 'number',
    on_hold: 'flag',
    billing: { street: 'text', postal_code: 'text', city: 'text', country: 'text' },
    erp_number: 'text',
    sync_state: 'text',
    sync_message: 'text',
    owner_id: 'text',
    territory: 'text',
    last_order: 'text',
    revenue_12m: 'number',
    open_balance: 'number',
    segment: 'text',
    churn_score: 'number',
    scored_on: 'text',
    note: 'text',
  },
};
