/** What must be the same in both systems of an order and of the papers that follow it, written down a second time and independently. */
import { decimal, type Pair, pairs, plain } from './readers.ts';
import type { Reader } from './words.ts';

/** One value that both sides must say alike. */
export interface Compared {
  readonly name: string;
  readonly crm: string;
  readonly erp: string;
  readonly read: Reader;
}
/** A kind of paper: what it is called, what tells two apart, what is compared. */
export interface Paper {
  readonly name: 'order' | 'delivery' | 'invoice' | 'payment';
  readonly crm: string;
  readonly erp: string;
  /** Where the CRM shows the ERP's number. */
  readonly number: string;
  readonly fields: readonly Compared[];
  readonly rows: {
    readonly crm: string;
    readonly erp: string;
    readonly key: readonly [string, string];
    readonly fields: readonly Compared[];
  };
}

const compared = (name: string, crm: string, erp: string, read: Reader = plain): Compared => ({ name, crm, erp, read });
const words = (table: Readonly<Record<string, string>>): Reader =>
  pairs(Object.entries(table).map(([erp, crm]): Pair => ({ crm, erp })));

const PROGRESS = words({ NONE: 'none', PART: 'in part', FULL: 'in full', FAILED: 'failed' });
const ORDER_STATES = words({
  OPEN: 'confirmed',
  HELD: 'on hold',
  CANCELLED: 'cancelled',
  CLOSED: 'closed',
  RETURNING: 'being taken back',
  RETURNED: 'taken back',
});
const ANSWERS = words({
  NONE: 'none',
  REQUESTED: 'asked',
  GRANTED: 'granted',
  REFUSED: 'refused',
  COMPENSATED: 'compensated',
});
const LINE_STATES = words({
  ...{ OPEN: 'open', CONFIRMED: 'confirmed', BACKORDER: 'back-ordered', SUBSTITUTED: 'substituted' },
  ...{ REFUSED: 'refused', PART: 'delivered in part', DELIVERED: 'delivered', CANCELLED: 'cancelled' },
});

/** What the systems' own numbers of a customer and of an order mean at the other side. */
export interface Links {
  readonly customer: Reader;
  readonly order: Reader;
}

/** The papers of an order, from its raising to its cash. */
export const papers = ({ customer, order }: Links): readonly Paper[] => [
  {
    ...{ name: 'order', crm: 'order', erp: 'sales_order', number: 'erp_number' },
    fields: [
      compared('customer', 'account_id', 'partner', customer),
      compared('title', 'name', 'title'),
      compared('customer order number', 'customer_po', 'customer_reference'),
      compared('order date', 'order_date', 'order_date'),
      compared('requested date', 'requested_date', 'requested_date'),
      compared('currency', 'currency', 'currency'),
      compared('net total', 'total_net', 'net_total', decimal),
      compared('ship-to street', 'shipping.street', 'ship_to.street'),
      compared('ship-to postal code', 'shipping.postal_code', 'ship_to.postal_code'),
      compared('ship-to city', 'shipping.city', 'ship_to.city'),
      compared('ship-to country', 'shipping.country', 'ship_to.country'),
      compared('state', 'erp_state', 'status', ORDER_STATES),
      compared('reason', 'erp_reason', 'reason'),
      compared('delivery state', 'delivery_state', 'delivery_status', PROGRESS),
      compared('billing state', 'billing_state', 'billing_status', PROGRESS),
      compared('payment state', 'payment_state', 'payment_status', PROGRESS),
      compared('answer', 'cancel_state', 'cancellation', ANSWERS),
    ],
    rows: {
      ...{ crm: 'lines', erp: 'items', key: ['line_no', 'position'] },
      fields: [
        compared('product', 'product', 'product'),
        compared('quantity', 'quantity', 'quantity', decimal),
        compared('unit', 'unit', 'unit'),
        compared('unit price', 'unit_price', 'unit_price', decimal),
        compared('net amount', 'net', 'net', decimal),
        compared('confirmed', 'confirmed', 'confirmed', decimal),
        compared('delivered', 'delivered', 'delivered', decimal),
        compared('state', 'state', 'state', LINE_STATES),
        compared('substitute', 'substitute', 'substitute'),
        compared('reason', 'reason', 'reason'),
      ],
    },
  },
  {
    ...{ name: 'delivery', crm: 'shipment', erp: 'delivery_note', number: 'number' },
    fields: [
      compared('customer', 'account_id', 'partner', customer),
      compared('order', 'order_id', 'order', order),
      compared('kind', 'kind', 'kind', words({ OUT: 'delivery', RETURN: 'return' })),
      compared('shipped date', 'shipped_date', 'shipped_on'),
      compared('status', 'state', 'status', words({ SHIPPED: 'shipped', RETURNED: 'returned' })),
      compared('carrier', 'carrier', 'carrier'),
      compared('tracking number', 'tracking_number', 'tracking'),
    ],
    rows: {
      ...{ crm: 'lines', erp: 'items', key: ['line_no', 'position'] },
      fields: [
        compared('order line', 'order_line', 'order_item'),
        compared('product', 'product', 'product'),
        compared('quantity', 'quantity', 'quantity', decimal),
        compared('unit', 'unit', 'unit'),
      ],
    },
  },
  {
    ...{ name: 'invoice', crm: 'invoice', erp: 'invoice', number: 'number' },
    fields: [
      compared('customer', 'account_id', 'partner', customer),
      compared('order', 'order_id', 'order', order),
      compared('type', 'type', 'kind', words({ INV: 'invoice', CRN: 'credit note' })),
      compared('credits', 'credits', 'credits'),
      compared('issue date', 'invoice_date', 'issued_on'),
      compared('due date', 'due_date', 'due_on'),
      compared('currency', 'currency', 'currency'),
      compared('net total', 'total_net', 'net', decimal),
      compared('tax total', 'total_tax', 'tax', decimal),
      compared('gross total', 'total_gross', 'gross', decimal),
      compared('amount due', 'open_amount', 'open', decimal),
      compared('payment state', 'payment_state', 'status', words({ OPEN: 'open', PART: 'partly paid', PAID: 'paid' })),
    ],
    rows: {
      ...{ crm: 'lines', erp: 'items', key: ['line_no', 'position'] },
      fields: [
        compared('order number', 'order_number', 'order'),
        compared('order line', 'order_line', 'order_item'),
        compared('product', 'product', 'product'),
        compared('quantity', 'quantity', 'quantity', decimal),
        compared('unit price', 'unit_price', 'unit_price', decimal),
        compared('net amount', 'net', 'net', decimal),
      ],
    },
  },
  {
    ...{ name: 'payment', crm: 'payment', erp: 'payment', number: 'number' },
    fields: [
      compared('customer', 'account_id', 'partner', customer),
      compared('payment date', 'payment_date', 'received_on'),
      compared('amount', 'amount', 'amount', decimal),
      compared('currency', 'currency', 'currency'),
      compared('method', 'method', 'method', words({ TRANSFER: 'bank transfer', DEBIT: 'direct debit' })),
      compared('state', 'state', 'status', words({ RECEIVED: 'received', FAILED: 'failed' })),
      compared('reason', 'reason', 'reason'),
    ],
    rows: {
      ...{ crm: 'allocations', erp: 'allocations', key: ['invoice', 'invoice'] },
      fields: [compared('amount', 'amount', 'amount', decimal)],
    },
  },
];
