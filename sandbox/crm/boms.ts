/** What a bill of materials looks like: what a product is made of, for a base quantity of it. */
import type { Kind } from './kinds.ts';

/** Bills of materials as a kind. */
export const BOMS: Kind = {
  record: 'bom',
  prefix: 'B',
  fields: {
    external_id: 'text',
    product_id: 'text',
    revision: 'text',
    usage: 'text',
    active: 'flag',
    base_quantity: 'number',
    unit: 'text',
    valid_from: 'text',
    valid_to: 'text',
    components: 'rows',
    erp_number: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
};
