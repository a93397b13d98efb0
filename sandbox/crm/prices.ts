/** What the ERP tells the CRM about what a product costs whom, and how much of it lies where. */
import type { Kind } from './kinds.ts';

/** Entries of price lists as a kind. */
export const PRICES: Kind = {
  record: 'price',
  prefix: 'PL',
  fields: {
    external_id: 'text',
    erp_number: 'text',
    price_list: 'text',
    product_id: 'text',
    account_id: 'text',
    region: 'text',
    price: 'number',
    price_per: 'number',
    currency: 'text',
    unit: 'text',
    from_quantity: 'number',
    valid_from: 'text',
    valid_to: 'text',
    note: 'text',
  },
};

/** Stock levels as a kind. */
export const STOCKS: Kind = {
  record: 'stock',
  prefix: 'SL',
  fields: {
    external_id: 'text',
    erp_number: 'text',
    product_id: 'text',
    place: 'text',
    unit: 'text',
    on_hand: 'number',
    reserved: 'number',
    ordered: 'number',
    note: 'text',
  },
};
