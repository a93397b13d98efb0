/** What a product looks like: something that is sold, by itself or as the variant of another one. */
import type { Kind } from './kinds.ts';

/** Products as a kind. */
export const PRODUCTS: Kind = {
  record: 'product',
  prefix: 'P',
  fields: {
    external_id: 'text',
    code: 'text',
    name: 'text',
    description: 'text',
    kind: 'text',
    family: 'text',
    active: 'flag',
    unit: 'text',
    gtin: 'text',
    list_price: 'number',
    standard_cost: 'number',
    currency: 'text',
    net_weight: 'number',
    weight_unit: 'text',
    variant_of: 'text',
    attributes: 'rows',
    conversions: 'rows',
    erp_number: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
};
