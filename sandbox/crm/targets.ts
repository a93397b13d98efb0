/** What somebody is to sell within a period, and what they sold: the CRM shows both to its people, who enter neither. */
import type { Kind } from './kinds.ts';

/** Sales targets as a kind. */
export const SALES_TARGETS: Kind = {
  record: 'sales_target',
  prefix: 'T',
  fields: {
    external_id: 'text',
    owner_id: 'text',
    period: 'text',
    first_day: 'text',
    last_day: 'text',
    target: 'number',
    actual: 'number',
    other_currencies: 'text',
    currency: 'text',
    erp_number: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
};
