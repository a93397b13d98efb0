import type { Entity } from './entity.ts';
import { choice, code, currency, date, money, percent, quantity, reference, text, unit } from './fields.ts';

/** What somebody is to sell within a period. */
export const SALES_TARGET: Entity = {
  entity: 'sales-target',
  summary: 'What somebody is to sell within a period, and what they sold.',
  fields: {
    number: code('Its number.', ['Business Central Sales Budget Entry.Entry No.'], { required: true }),
    salesperson: reference('Whose it is.', ['Salesforce ForecastingQuota.QuotaOwnerId'], {
      to: 'employee',
      required: true,
    }),
    period: code('The month or quarter, as people call it.', ['Salesforce ForecastingQuota.PeriodId'], {
      examples: ['2026-11', '2026-Q4'],
    }),
    'first day': date('First day that counts.', ['Salesforce ForecastingQuota.StartDate'], { required: true }),
    'last day': date('Last day that counts.', ['Salesforce Period.EndDate'], { required: true }),
    target: money('What is to be sold.', ['Salesforce ForecastingQuota.QuotaAmount', 'Dynamics goal.targetmoney'], {
      in: 'currency',
    }),
    actual: money('What was sold of it; both are kept, nothing is divided.', ['Dynamics goal.actualmoney'], {
      in: 'currency',
    }),
    currency: currency('Its currency.', ['Salesforce ForecastingQuota.CurrencyIsoCode'], { required: true }),
    'other currencies': text('What was sold in other currencies, which is never added to it.', ['ISO 4217']),
  },
};

/** Demand that sales expects. */
export const FORECAST: Entity = {
  entity: 'forecast',
  summary: 'Demand that may come about: one product of one opportunity, its day and how likely it is.',
  fields: {
    line: code('The line of the opportunity.', ['Salesforce OpportunityLineItem.Id'], { required: true }),
    opportunity: reference('The opportunity.', ['Salesforce OpportunityLineItem.OpportunityId'], { to: 'opportunity' }),
    customer: reference('Who may ask for it.', ['Business Central Production Forecast Entry.Customer No.'], {
      to: 'customer',
    }),
    product: reference('What may be asked for.', ['Salesforce OpportunityLineItem.Product2Id'], {
      to: 'product',
      required: true,
    }),
    quantity: quantity('How much, were it certain.', ['Salesforce OpportunityLineItem.Quantity'], {
      in: 'unit',
      required: true,
    }),
    unit: unit('What the quantity counts.', ['Business Central Production Forecast Entry.Unit of Measure Code'], {
      required: true,
    }),
    'expected date': date('When it may be asked for.', ['Salesforce OpportunityLineItem.ServiceDate']),
    probability: percent('How likely it is; never multiplied.', ['Salesforce Opportunity.Probability'], { unit: 'P1' }),
    status: choice('Whether it is still expected.', ['Salesforce Opportunity.IsClosed'], {
      one_of: ['open', 'won', 'lost'],
    }),
  },
};
