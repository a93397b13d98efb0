/** What the CRM is told of an order's way to cash: what was sent, what was billed, what was paid. Its people only read it. */
import type { Kind } from './kinds.ts';

/** Goods that went out or came back. A line: `line_no`, `order_line`, `product`, `quantity`, `unit`. */
export const SHIPMENTS: Kind = {
  record: 'shipment',
  prefix: 'S',
  fields: {
    external_id: 'text',
    number: 'text',
    kind: 'text',
    account_id: 'text',
    order_id: 'text',
    shipped_date: 'text',
    state: 'text',
    carrier: 'text',
    tracking_number: 'text',
    lines: 'rows',
    note: 'text',
  },
};

/** Invoices and credit notes. A line: `line_no`, `order_number`, `order_line`, `product`, `quantity`, `unit`, `unit_price`, `net`; one invoice may bill several orders. */
export const INVOICES: Kind = {
  record: 'invoice',
  prefix: 'I',
  fields: {
    external_id: 'text',
    number: 'text',
    type: 'text',
    owner_id: 'text',
    account_id: 'text',
    order_id: 'text',
    credits: 'text',
    invoice_date: 'text',
    due_date: 'text',
    currency: 'text',
    total_net: 'number',
    total_tax: 'number',
    total_gross: 'number',
    open_amount: 'number',
    payment_state: 'text',
    lines: 'rows',
    note: 'text',
  },
};

/** Money that came, or failed to. An allocation: `invoice` by its number, and `amount`, below zero for a credit note. */
export const PAYMENTS: Kind = {
  record: 'payment',
  prefix: 'P',
  fields: {
    external_id: 'text',
    number: 'text',
    account_id: 'text',
    payment_date: 'text',
    amount: 'number',
    currency: 'text',
    method: 'text',
    state: 'text',
    reason: 'text',
    allocations: 'rows',
    note: 'text',
  },
};
