import type { Entity } from './entity.ts';
import {
  choice,
  code,
  country,
  date,
  EMAIL_MAX,
  email,
  flag,
  instant,
  language,
  phone,
  reference,
  text,
  timeZone,
} from './fields.ts';

const OURS = { personal: true } as const;

/** A person at a customer. */
export const CONTACT: Entity = {
  entity: 'contact',
  summary: 'A person at a customer whom we talk to.',
  fields: {
    customer: reference('The customer for whom the person speaks.', ['Salesforce Contact.AccountId'], {
      to: 'customer',
    }),
    salutation: text('How the person is addressed: Ms, Dr.', ['Salesforce Contact.Salutation', 'vCard N'], OURS),
    'given name': text(
      'First name.',
      ['Salesforce Contact.FirstName', 'HubSpot Contact.properties.firstname', 'vCard N'],
      OURS,
    ),
    'family name': text(
      'Last name.',
      ['Salesforce Contact.LastName', 'HubSpot Contact.properties.lastname', 'vCard N'],
      { ...OURS, required: true },
    ),
    name: text(
      'The whole name, where a system keeps no parts.',
      ['EN 16931 BT-56', 'Odoo Partner.name', 'vCard FN'],
      OURS,
    ),
    'job title': text(
      'What the person does there.',
      ['Salesforce Contact.Title', 'HubSpot Contact.properties.jobtitle', 'Odoo Partner.function'],
      OURS,
    ),
    department: text('The department.', ['Salesforce Contact.Department'], OURS),
    email: email(
      'The person’s address at work.',
      ['EN 16931 BT-58', 'Salesforce Contact.Email', 'HubSpot Contact.properties.email'],
      { ...OURS, max: EMAIL_MAX },
    ),
    phone: phone(
      'The person’s number at work.',
      ['EN 16931 BT-57', 'Salesforce Contact.Phone', 'HubSpot Contact.properties.phone'],
      OURS,
    ),
    mobile: phone(
      'The person’s mobile number.',
      ['Salesforce Contact.MobilePhone', 'HubSpot Contact.properties.mobilephone'],
      OURS,
    ),
    language: language('The language in which the person is written to.', ['Odoo Partner.lang', 'vCard LANG'], OURS),
    street: text(
      'Street and number, where they differ from the customer’s.',
      ['Salesforce Contact.MailingStreet'],
      OURS,
    ),
    'postal code': text('Postal code.', ['Salesforce Contact.MailingPostalCode'], OURS),
    city: text('Town.', ['Salesforce Contact.MailingCity'], OURS),
    region: text('State or province.', ['Salesforce Contact.MailingState'], OURS),
    country: country('Country.', ['Salesforce Contact.MailingCountry'], OURS),
    'reports to': reference('The person’s superior.', ['Salesforce Contact.ReportsToId'], { ...OURS, to: 'contact' }),
    primary: flag('The one to ask first.', ['ERPNext Contact.is_primary_contact']),
    'no email': flag(
      'The person does not want to be written to by e-mail.',
      ['Salesforce Contact.HasOptedOutOfEmail'],
      OURS,
    ),
    'consent at': instant('When the person last said what we may send.', ['GDPR Article 7'], OURS),
    status: choice('Whether the person still works there.', ['Odoo Partner.active'], {
      ...OURS,
      one_of: ['active', 'inactive'],
    }),
  },
};

/** Somebody who works for us. */
export const EMPLOYEE: Entity = {
  entity: 'employee',
  summary:
    'Somebody who works for us, as far as sales, service and orders need it: no birth, no pay, no home, no number of the state.',
  fields: {
    number: code(
      'The number in personnel.',
      ['SAP HR PERNR', 'NetSuite employee.entityId', 'ERPNext Employee.employee'],
      {
        ...OURS,
        required: true,
      },
    ),
    'given name': text('First name.', ['NetSuite employee.firstName', 'vCard N'], OURS),
    'family name': text('Last name.', ['NetSuite employee.lastName', 'vCard N'], { ...OURS, required: true }),
    name: text('The whole name, where a system keeps no parts.', ['ERPNext Employee.employee_name', 'vCard FN'], OURS),
    email: email('Address at work.', ['NetSuite employee.email', 'ERPNext Employee.company_email'], {
      ...OURS,
      max: EMAIL_MAX,
    }),
    phone: phone('Number at work.', ['NetSuite employee.phone'], OURS),
    'job title': text('What the person does.', ['NetSuite employee.title', 'ERPNext Employee.designation'], OURS),
    department: text('The department.', ['NetSuite employee.department', 'ERPNext Employee.department'], OURS),
    'cost center': code('Where the person’s cost is booked.', ['SAP HR KOSTL', 'ERPNext Employee.payroll_cost_center']),
    company: code('The company that employs the person.', ['SAP HR BUKRS', 'ERPNext Employee.company']),
    location: text('Where the person works.', ['NetSuite employee.location', 'ERPNext Employee.branch'], OURS),
    manager: reference('The person’s superior.', ['NetSuite employee.supervisor', 'ERPNext Employee.reports_to'], {
      ...OURS,
      to: 'employee',
    }),
    employment: choice('On what footing.', ['ERPNext Employee.employment_type'], {
      ...OURS,
      one_of: ['employee', 'contingent', 'intern', 'partner'],
    }),
    status: choice('Whether the person works for us now.', ['ERPNext Employee.status'], {
      ...OURS,
      one_of: ['planned', 'active', 'leave', 'left'],
    }),
    'start date': date('First day.', ['NetSuite employee.hireDate', 'ERPNext Employee.date_of_joining'], OURS),
    'end date': date('Last day.', ['NetSuite employee.releaseDate', 'ERPNext Employee.relieving_date'], OURS),
    login: code('The name by which the person signs in.', ['ERPNext Employee.user_id'], OURS),
    'sales code': code('By what orders name the person.', ['Business Central Salesperson/Purchaser.Code']),
    language: language('The language of what the person is shown.', ['BCP 47'], OURS),
    'time zone': timeZone('The time zone the person works in.', ['IANA time zone database'], OURS),
  },
};
