import type { Entity } from './entity.ts';
import {
  choice,
  code,
  currency,
  date,
  documentCurrency,
  documentTotals,
  instant,
  money,
  percent,
  pricedLine,
  quantity,
  reference,
  shipTo,
  text,
  unit,
} from './fields.ts';

/** What left the house. */
export const DELIVERY: Entity = {
  entity: 'delivery',
  summary: 'What left the house for a customer, and whether it arrived.',
  fields: {
    number: code('Its number.', ['EN 16931 BT-16', 'UBL DespatchAdvice cbc:ID'], { required: true }),
    customer: reference('Who bought it.', ['S/4HANA A_OutbDeliveryHeader.SoldToParty'], { to: 'customer' }),
    ...shipTo,
    'planned date': date('When it should go.', ['S/4HANA A_OutbDeliveryHeader.PlannedGoodsIssueDate']),
    'shipped date': date('When it went.', ['EN 16931 BT-72', 'S/4HANA A_OutbDeliveryHeader.ActualGoodsMovementDate']),
    'arrived at': instant('When it arrived.', ['UBL cbc:ActualDeliveryDate']),
    status: choice('How far it is.', ['S/4HANA A_OutbDeliveryHeader.OverallGoodsMovementStatus'], {
      one_of: ['planned', 'picked', 'shipped', 'arrived', 'returned', 'cancelled'],
    }),
    carrier: text('Who carries it.', ['UBL cac:CarrierParty', 'Odoo stock.picking.carrier_id']),
    'tracking number': code('The carrier’s number.', ['UBL cbc:TrackingID', 'Odoo stock.picking.carrier_tracking_ref']),
    weight: quantity('What it weighs.', ['UBL cbc:GrossWeightMeasure'], { in: 'weight unit' }),
    'weight unit': unit('What the weight is in.', ['S/4HANA A_OutbDeliveryHeader.HeaderWeightUnit']),
  },
  lines: {
    'delivery lines': {
      summary: 'What went out.',
      fields: {
        'line number': code('The line’s own number.', ['UBL cac:DespatchLine/cbc:ID'], { required: true }),
        order: reference('The order it fulfils.', ['S/4HANA ReferenceSDDocument'], { to: 'order' }),
        'order line': code('The line of that order.', ['EN 16931 BT-132', 'S/4HANA ReferenceSDDocumentItem']),
        product: reference('What went out.', ['S/4HANA A_OutbDeliveryItem.Material'], { to: 'product' }),
        quantity: quantity('How much.', ['UBL cbc:DeliveredQuantity'], { in: 'unit', required: true }),
        unit: unit('What is counted.', ['S/4HANA A_OutbDeliveryItem.DeliveryQuantityUnit'], { required: true }),
        batch: code('Of which batch.', ['S/4HANA A_OutbDeliveryItem.Batch']),
        'serial number': code('Which piece.', ['UBL cac:ItemInstance/cbc:SerialID']),
      },
    },
  },
};

/** What a customer owes for what. */
export const INVOICE: Entity = {
  entity: 'invoice',
  summary: 'What a customer owes for what, and whether it is paid. The ERP writes it; the CRM only reads.',
  fields: {
    number: code('Its number.', ['EN 16931 BT-1', 'UBL Invoice cbc:ID'], { required: true }),
    type: choice('What sort of document, UNCL 1001 (380 invoice, 381 credit note).', ['EN 16931 BT-3'], {
      one_of: ['invoice', 'credit note', 'debit note', 'proforma', 'cancellation'],
    }),
    cancels: reference('The invoice it takes back.', ['EN 16931 BT-25', 'S/4HANA CancelledBillingDocument'], {
      to: 'invoice',
    }),
    customer: reference('Who bought.', ['EN 16931 BT-46', 'S/4HANA A_BillingDocument.SoldToParty'], {
      to: 'customer',
      required: true,
    }),
    payer: reference('Who pays, where somebody else does.', ['S/4HANA A_BillingDocument.PayerParty'], {
      to: 'customer',
    }),
    order: reference('The order it bills.', ['EN 16931 BT-14'], { to: 'order' }),
    'customer order number': code('The number the customer gave the order.', ['EN 16931 BT-13']),
    'buyer reference': code('What the customer wants to read on it.', ['EN 16931 BT-10', 'UBL cbc:BuyerReference']),
    'issue date': date('Its date.', ['EN 16931 BT-2', 'UBL cbc:IssueDate'], { required: true }),
    'tax point date': date('The day that counts for tax.', ['EN 16931 BT-7', 'UBL cbc:TaxPointDate']),
    'due date': date('Until when it is to be paid.', ['EN 16931 BT-9', 'UBL cbc:DueDate']),
    currency: documentCurrency,
    'payment terms': code('The terms of payment.', ['EN 16931 BT-20', 'UBL cac:PaymentTerms']),
    'payment reference': code('What is to be written on the payment.', ['EN 16931 BT-83', 'UBL cbc:PaymentID']),
    status: choice('Whether it is out.', ['S/4HANA A_BillingDocument.AccountingPostingStatus'], {
      one_of: ['draft', 'issued', 'cancelled'],
    }),
    'payment state': choice(
      'Whether it is paid.',
      ['S/4HANA InvoiceClearingStatus', 'Odoo account.move.payment_state'],
      {
        one_of: ['open', 'partly paid', 'paid', 'overpaid', 'written off', 'disputed', 'unknown'],
      },
    ),
    ...documentTotals,
    prepaid: money('What was paid beforehand.', ['EN 16931 BT-113', 'UBL cbc:PrepaidAmount'], { in: 'currency' }),
    rounding: money('What the total was rounded by.', ['EN 16931 BT-114', 'UBL cbc:PayableRoundingAmount'], {
      in: 'currency',
    }),
    'amount due': money('What is still to be paid.', ['EN 16931 BT-115', 'Odoo account.move.amount_residual'], {
      in: 'currency',
    }),
  },
  lines: {
    'invoice lines': {
      summary: 'What is billed.',
      fields: {
        ...pricedLine,
        'order line': code('The line of the order.', ['EN 16931 BT-132']),
      },
    },
    taxes: {
      summary: 'Tax by category and rate.',
      fields: {
        category: code('UNCL 5305.', ['EN 16931 BT-118', 'UBL cac:TaxCategory/cbc:ID'], { required: true }),
        rate: percent('Rate.', ['EN 16931 BT-119', 'UBL cbc:Percent'], { unit: 'P1' }),
        base: money('What is taxed.', ['EN 16931 BT-116', 'UBL cbc:TaxableAmount'], { in: 'currency' }),
        amount: money('The tax.', ['EN 16931 BT-117', 'UBL cbc:TaxAmount'], { in: 'currency', required: true }),
        'exemption reason': text('Why there is none.', ['EN 16931 BT-120']),
      },
    },
  },
};

/** Money that came in. */
export const PAYMENT: Entity = {
  entity: 'payment',
  summary: 'Money that came in from a customer, and what it was for. Without the account it came from.',
  fields: {
    number: code('Its number in the books.', ['ERPNext Payment Entry.name', 'NetSuite customerPayment.tranId'], {
      required: true,
    }),
    customer: reference('Who paid.', ['ERPNext Payment Entry.party', 'Odoo account.payment.partner_id'], {
      to: 'customer',
      required: true,
    }),
    'payment date': date('When it came in.', ['ERPNext Payment Entry.posting_date', 'Odoo account.payment.date'], {
      required: true,
    }),
    amount: money('How much.', ['ERPNext Payment Entry.paid_amount', 'Odoo account.payment.amount'], {
      in: 'currency',
      required: true,
    }),
    currency: currency('Its currency.', ['ERPNext Payment Entry.paid_from_account_currency'], { required: true }),
    method: code('How it was paid, UNCL 4461.', ['EN 16931 BT-81', 'ERPNext Payment Entry.mode_of_payment']),
    reference: text('What was written on it.', ['EN 16931 BT-83', 'ERPNext Payment Entry.reference_no']),
    unallocated: money('What has not been set against an invoice.', ['ERPNext Payment Entry.unallocated_amount'], {
      in: 'currency',
    }),
  },
  lines: {
    allocations: {
      summary: 'Which invoices it pays.',
      fields: {
        invoice: reference('The invoice.', ['ERPNext Payment Entry Reference.reference_name'], {
          to: 'invoice',
          required: true,
        }),
        amount: money('How much of it.', ['ERPNext Payment Entry Reference.allocated_amount'], {
          in: 'currency',
          required: true,
        }),
      },
    },
  },
};
