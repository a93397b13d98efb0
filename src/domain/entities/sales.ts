import type { Entity } from './entity.ts';
import {
  choice,
  code,
  currency,
  date,
  documentCurrency,
  documentTerms,
  documentTotals,
  flag,
  money,
  percent,
  pricedLine,
  quantity,
  reference,
  shipTo,
  text,
} from './fields.ts';

/** A sale that may come about. */
export const OPPORTUNITY: Entity = {
  entity: 'opportunity',
  summary: 'A sale that may come about.',
  fields: {
    name: text('What it is about.', ['Salesforce Opportunity.Name', 'HubSpot Deal.dealname'], { required: true }),
    customer: reference('With whom.', ['Salesforce Opportunity.AccountId'], { to: 'customer' }),
    contact: reference('Whom we talk to.', ['Salesforce OpportunityContactRole.ContactId'], { to: 'contact' }),
    owner: reference('Who looks after it.', ['Salesforce Opportunity.OwnerId', 'HubSpot Deal.hubspot_owner_id'], {
      to: 'employee',
    }),
    stage: code('How far it is, in the company’s own words.', [
      'Salesforce Opportunity.StageName',
      'HubSpot Deal.dealstage',
    ]),
    status: choice('How it ended.', ['Salesforce Opportunity.IsWon', 'Dynamics opportunity.statecode'], {
      one_of: ['open', 'won', 'lost'],
    }),
    amount: money('What it may bring.', ['Salesforce Opportunity.Amount', 'HubSpot Deal.amount'], { in: 'currency' }),
    currency: currency('Its currency.', ['Salesforce Opportunity.CurrencyIsoCode', 'HubSpot Deal.deal_currency_code']),
    probability: percent('How likely it is.', ['Salesforce Opportunity.Probability', 'Dynamics closeprobability'], {
      unit: 'P1',
    }),
    'close date': date('When it should be decided.', ['Salesforce Opportunity.CloseDate', 'HubSpot Deal.closedate']),
    source: code('Where it came from.', ['Salesforce Opportunity.LeadSource']),
    notes: text('Free words.', ['Salesforce Opportunity.Description', 'HubSpot Deal.description']),
  },
};

const parties = {
  customer: reference('Who buys.', ['EN 16931 BT-46', 'S/4HANA A_SalesOrder.SoldToParty'], {
    to: 'customer',
    required: true,
  }),
  contact: reference('Whom we talk to.', ['EN 16931 BT-56'], { to: 'contact' }),
  owner: reference('Who looks after it on our side.', ['Salesforce Order.OwnerId'], {
    to: 'employee',
  }),
} as const;

/** What we offer. */
export const QUOTE: Entity = {
  entity: 'quote',
  summary: 'What we offer to deliver, at which price, until when.',
  fields: {
    number: code('Its number.', ['UBL Quotation cbc:ID', 'Salesforce Quote.QuoteNumber'], { required: true }),
    revision: code('Which version of it.', ['Dynamics quote.revisionnumber']),
    ...parties,
    opportunity: reference('The opportunity it belongs to.', ['Salesforce Quote.OpportunityId'], { to: 'opportunity' }),
    'quote date': date('When it was made.', ['UBL Quotation cbc:IssueDate']),
    'valid until': date('Until when it holds.', ['Salesforce Quote.ExpirationDate', 'Dynamics quote.effectiveto']),
    status: choice('How far it is.', ['Salesforce Quote.Status', 'Dynamics quote.statecode'], {
      one_of: ['draft', 'sent', 'accepted', 'declined', 'expired'],
    }),
    probability: percent(
      'How likely it is to be accepted.',
      ['S/4HANA A_SalesQuotation.HdrOrderProbabilityInPercent'],
      {
        unit: 'P1',
      },
    ),
    currency: documentCurrency,
    ...documentTerms,
    ...documentTotals,
    notes: text('Free words.', ['Salesforce Quote.Description']),
  },
  lines: { 'quote lines': { summary: 'What is offered.', fields: pricedLine } },
};

/** What a customer ordered. */
export const ORDER: Entity = {
  entity: 'order',
  summary: 'What a customer ordered, and how far it is.',
  fields: {
    number: code('The number the ERP gives it.', ['EN 16931 BT-14', 'S/4HANA A_SalesOrder.SalesOrder'], {}),
    type: choice('What sort of order.', ['S/4HANA A_SalesOrder.SalesOrderType'], {
      one_of: ['standard', 'return', 'free', 'contract', 'rush'],
    }),
    'customer order number': code('The number the customer gave it.', [
      'EN 16931 BT-13',
      'Salesforce Order.PoNumber',
      'S/4HANA A_SalesOrder.PurchaseOrderByCustomer',
      'Business Central salesOrders.externalDocumentNumber',
    ]),
    ...parties,
    payer: reference('Who pays, where somebody else does.', ['UBL cac:PayeeParty'], { to: 'customer' }),
    quote: reference('The quote it came from.', ['UBL cac:QuotationDocumentReference', 'Salesforce Order.QuoteId'], {
      to: 'quote',
    }),
    'order date': date('When it was placed.', ['UBL Order cbc:IssueDate', 'S/4HANA A_SalesOrder.SalesOrderDate'], {
      required: true,
    }),
    'requested date': date('When the customer wants it.', [
      'S/4HANA A_SalesOrder.RequestedDeliveryDate',
      'Business Central salesOrders.requestedDeliveryDate',
    ]),
    'promised date': date('When we said it would come.', ['UBL cac:PromisedDeliveryPeriod']),
    status: choice('How far it is.', ['S/4HANA A_SalesOrder.OverallSDProcessStatus', 'Salesforce Order.Status'], {
      one_of: [
        ...['draft', 'submitted', 'confirmed', 'in process', 'partly delivered', 'delivered', 'invoiced'],
        ...['closed', 'cancelled'],
      ],
    }),
    'on hold': flag('Nothing is done with it for now.', ['S/4HANA A_SalesOrder.DeliveryBlockReason']),
    currency: documentCurrency,
    'prices include tax': flag('Tax is in the prices of its lines.', ['Business Central salesOrders.pricesIncludeTax']),
    ...documentTerms,
    ...shipTo,
    ...documentTotals,
    notes: text('Free words.', ['EN 16931 BT-22', 'UBL cbc:Note']),
  },
  lines: {
    'order lines': {
      summary: 'What was ordered.',
      fields: {
        ...pricedLine,
        'customer product number': code('The customer’s own number for it.', ['EN 16931 BT-156']),
        delivered: quantity('How much has gone out.', ['ERPNext Sales Order Item.delivered_qty'], { in: 'unit' }),
        invoiced: quantity('How much has been invoiced.', ['Odoo sale.order.line.qty_invoiced'], { in: 'unit' }),
        'requested date': date('When this line is wanted.', ['Kingdee FDeliveryDate']),
        plant: code('From where it is delivered.', ['S/4HANA A_SalesOrderItem.ProductionPlant']),
        status: choice('How far the line is.', ['S/4HANA A_SalesOrderItem.SDProcessStatus'], {
          one_of: ['open', 'partial', 'delivered', 'closed', 'rejected'],
        }),
        'rejection reason': code('Why it was refused.', ['S/4HANA A_SalesOrderItem.SalesDocumentRjcnReason']),
      },
    },
  },
};
