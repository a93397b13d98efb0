import type { Entity } from './entity.ts';
import {
  choice,
  code,
  country,
  currency,
  EMAIL_MAX,
  email,
  flag,
  integer,
  language,
  money,
  phone,
  reference,
  subdivision,
  taxId,
  text,
  url,
} from './fields.ts';

/** A company or a person that we sell to. */
export const CUSTOMER: Entity = {
  entity: 'customer',
  summary: 'A company or a person that we sell to, or hope to.',
  fields: {
    number: code('The number by which the ERP knows it.', [
      'EN 16931 BT-46',
      'Salesforce Account.AccountNumber',
      'S/4HANA A_BusinessPartner.BusinessPartner',
      'Odoo Partner.ref',
      'Tryton Party.code',
    ]),
    name: text(
      'The name it trades under.',
      [
        'EN 16931 BT-44',
        'Salesforce Account.Name',
        'HubSpot Company.properties.name',
        'Odoo Partner.name',
        'ERPNext Customer.customer_name',
        'Tryton Party.name',
        'S/4HANA A_BusinessPartner.OrganizationBPName1',
      ],
      { required: true },
    ),
    'legal name': text('The name in the register, where it trades under another.', [
      'UBL cac:PartyLegalEntity/cbc:RegistrationName',
    ]),
    'party type': choice(
      'An organisation or a person.',
      [
        'S/4HANA A_BusinessPartner.BusinessPartnerCategory',
        'Odoo Partner.is_company',
        'ERPNext Customer.customer_type',
      ],
      { one_of: ['organization', 'person'] },
    ),
    kind: code('What sort of customer it is, in the company’s own words; a lookup table translates them.', [
      'Salesforce Account.Type',
      'HubSpot Company.properties.type',
      'ERPNext Customer.customer_group',
      'S/4HANA A_BusinessPartner.BusinessPartnerGrouping',
    ]),
    status: choice(
      'Whether business is done with it.',
      ['S/4HANA A_BusinessPartner.BusinessPartnerIsBlocked', 'Odoo Partner.active', 'ERPNext Customer.disabled'],
      { one_of: ['prospect', 'active', 'blocked', 'inactive'] },
    ),
    industry: code('Its line of business, by NACE, NAICS, SIC or a list of one’s own.', [
      'Salesforce Account.Industry',
      'HubSpot Company.properties.industry',
      'ERPNext Customer.industry',
    ]),
    employees: integer('How many people work there.', [
      'Salesforce Account.NumberOfEmployees',
      'HubSpot Company.properties.numberofemployees',
    ]),
    website: url('Its web site.', [
      'Salesforce Account.Website',
      'HubSpot Company.properties.website',
      'Odoo Partner.website',
      'ERPNext Customer.website',
    ]),
    email: email('Its general address; not a person’s own.', ['EN 16931 BT-58', 'Odoo Partner.email'], {
      max: EMAIL_MAX,
    }),
    phone: phone('Its main number.', [
      'EN 16931 BT-57',
      'Salesforce Account.Phone',
      'HubSpot Company.properties.phone',
      'Odoo Partner.phone',
    ]),
    fax: phone('Its fax number.', ['Salesforce Account.Fax']),
    language: language('The language in which it is written to.', [
      'Odoo Partner.lang',
      'ERPNext Customer.language',
      'Tryton Party.language',
      'S/4HANA A_BusinessPartner.CorrespondenceLanguage',
    ]),
    street: text('Street and number of its bill-to address; several lines are parted by line ends.', [
      'EN 16931 BT-50',
      'Salesforce Account.BillingStreet',
      'HubSpot Company.properties.address',
      'Odoo Partner.street',
      'Tryton Party.addresses[position=1].street',
    ]),
    'street 2': text('The second line, where a system keeps it by itself.', [
      'EN 16931 BT-51',
      'HubSpot Company.properties.address2',
      'Odoo Partner.street2',
    ]),
    'postal code': text('Postal code, as text: leading zeros matter, and some have letters.', [
      'EN 16931 BT-53',
      'Salesforce Account.BillingPostalCode',
      'HubSpot Company.properties.zip',
      'Odoo Partner.zip',
      'Tryton Party.addresses[position=1].postal_code',
    ]),
    city: text('Town.', [
      'EN 16931 BT-52',
      'Salesforce Account.BillingCity',
      'HubSpot Company.properties.city',
      'Odoo Partner.city',
      'Tryton Party.addresses[position=1].city',
    ]),
    region: text('State or province as people write it.', [
      'EN 16931 BT-54',
      'Salesforce Account.BillingState',
      'HubSpot Company.properties.state',
    ]),
    'region code': subdivision('State or province by its code.', ['UBL cbc:CountrySubentityCode', 'ISO 3166-2']),
    country: country('Country of the bill-to address.', [
      'EN 16931 BT-55',
      'Salesforce Account.BillingCountryCode',
      'Odoo Partner.country',
      'Tryton Party.addresses[position=1].country',
    ]),
    'tax id': taxId('Its number for value added tax, or the tax number its country uses instead.', [
      'EN 16931 BT-48',
      'Odoo Partner.vat',
      'ERPNext Customer.tax_id',
      'Tryton Party.identifiers[type=eu_vat].code',
      'NetSuite customer.vatRegNumber',
      'Business Central customers.taxRegistrationNumber',
    ]),
    'register number': code('Its number in the register of companies.', ['EN 16931 BT-47', 'UBL cbc:CompanyID']),
    gln: code('Its Global Location Number.', ['GS1 GLN', 'ISO/IEC 6523 ICD 0088'], { max: 13 }),
    duns: code('Its D-U-N-S number.', ['ISO/IEC 6523 ICD 0060'], { max: 9 }),
    currency: currency('The currency in which it is invoiced.', [
      'Salesforce Account.CurrencyIsoCode',
      'ERPNext Customer.default_currency',
      'S/4HANA A_CustomerSalesArea.Currency',
      'Business Central customers.currencyCode',
    ]),
    'payment terms': code('The terms of payment, by the key that the lookup tables translate.', [
      'EN 16931 BT-20',
      'ERPNext Customer.payment_terms',
      'Tryton Party.payment_term',
      'S/4HANA A_CustomerCompany.PaymentTerms',
    ]),
    'delivery terms': code(
      'Who bears cost and risk of the way: an Incoterms 2020 rule.',
      ['UBL cac:DeliveryTerms/cbc:ID'],
      {
        max: 3,
        examples: ['DAP'],
      },
    ),
    'price list': reference('The price list that holds for it.', ['ERPNext Customer.default_price_list']),
    'credit limit': money(
      'What it may owe at most.',
      ['Business Central customers.creditLimit', 'NetSuite customer.creditLimit'],
      { in: 'currency' },
    ),
    'on hold': flag('Nothing is delivered to it.', [
      'ERPNext Customer.is_frozen',
      'Business Central customers.blocked',
    ]),
    'tax exempt': flag('It pays no tax on sales.', [
      'NetSuite customer.taxable',
      'Business Central customers.taxLiable',
    ]),
    parent: reference(
      'The company it belongs to.',
      ['Salesforce Account.ParentId', 'Dynamics account.parentaccountid'],
      {
        to: 'customer',
      },
    ),
    owner: reference('Who looks after it on our side.', ['Salesforce Account.OwnerId'], { to: 'employee' }),
    notes: text('Free words about it.', [
      'Salesforce Account.Description',
      'HubSpot Company.properties.description',
      'Odoo Partner.comment',
      'ERPNext Customer.customer_details',
    ]),
  },
  lines: {
    addresses: {
      summary: 'Its further addresses, each with what it is for.',
      fields: {
        use: choice('What the address is for.', ['S/4HANA A_BuPaAddressUsage.AddressUsage'], {
          one_of: ['bill-to', 'ship-to', 'main'],
          required: true,
        }),
        name: text('Whom to deliver to there.', ['EN 16931 BT-70']),
        street: text('Street and number.', ['EN 16931 BT-75', 'Salesforce Account.ShippingStreet']),
        'postal code': text('Postal code.', ['EN 16931 BT-78', 'Salesforce Account.ShippingPostalCode']),
        city: text('Town.', ['EN 16931 BT-77', 'Salesforce Account.ShippingCity']),
        region: text('State or province.', ['EN 16931 BT-79', 'Salesforce Account.ShippingState']),
        country: country('Country.', ['EN 16931 BT-80', 'Salesforce Account.ShippingCountryCode']),
        gln: code('Its Global Location Number.', ['GS1 GLN'], { max: 13 }),
      },
    },
  },
};
