import type { Entity } from './entity.ts';
import { choice, code, instant, reference, text } from './fields.ts';

/** Something a customer needs help with. */
export const SERVICE_CASE: Entity = {
  entity: 'service-case',
  summary: 'Something that a customer asks, complains about or needs help with.',
  fields: {
    number: code('Its number.', ['Salesforce Case.CaseNumber', 'Dynamics incident.ticketnumber'], { required: true }),
    subject: text('What it is about.', ['Salesforce Case.Subject', 'HubSpot Ticket.subject'], { required: true }),
    description: text('What it is about, at length.', ['Salesforce Case.Description', 'HubSpot Ticket.content']),
    customer: reference('Whose it is.', ['Salesforce Case.AccountId', 'Dynamics incident.customerid'], {
      to: 'customer',
    }),
    contact: reference('Who asked.', ['Salesforce Case.ContactId'], { to: 'contact', personal: true }),
    product: reference('About what.', ['Salesforce Case.ProductId', 'Dynamics incident.productid'], { to: 'product' }),
    'serial number': code('About which piece.', ['Dynamics incident.productserialnumber']),
    order: reference('About which order.', ['ERPNext Warranty Claim.sales_order'], { to: 'order' }),
    channel: choice('How it came in.', ['Salesforce Case.Origin'], {
      one_of: ['phone', 'email', 'web', 'chat', 'post', 'in person'],
    }),
    kind: code('What sort of case, in the company’s own words.', ['Salesforce Case.Type']),
    priority: choice('How urgent.', ['Salesforce Case.Priority', 'HubSpot Ticket.hs_ticket_priority'], {
      one_of: ['low', 'normal', 'high', 'urgent'],
    }),
    status: choice('How far it is.', ['Salesforce Case.Status', 'Dynamics incident.statecode'], {
      one_of: ['new', 'open', 'waiting', 'solved', 'closed'],
    }),
    owner: reference('Who looks after it.', ['Salesforce Case.OwnerId'], { to: 'employee' }),
    'opened at': instant('When it came in.', ['Salesforce Case.CreatedDate', 'Dynamics incident.createdon']),
    'due at': instant('Until when an answer is owed.', ['Dynamics incident.resolveby']),
    'closed at': instant('When it was settled.', ['Salesforce Case.ClosedDate']),
    resolution: text('What was done about it.', ['ERPNext Issue.resolution_details']),
  },
};
