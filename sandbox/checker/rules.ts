/**
 * What must be true of customers in the sandbox's CRM and ERP, written down a second time and independently: who wins,
 * what flows where, what identifies a business. Replace this table to judge another pair of systems.
 */
import { decimal, email, flag, pairs, phone, plain, taxNumber, twoLetters, upperCut } from './readers.ts';
import type { FieldRule, Rules } from './words.ts';

const KINDS = pairs([
  { crm: 'Customer', erp: 'Z001' },
  { crm: 'Distributor', erp: 'Z002' },
]);
const TERMS = pairs([
  { crm: 'Due on receipt', erp: 'ZB00' },
  { crm: 'Prepaid', erp: 'ZB00' },
  { crm: 'Net 14', erp: 'ZB14' },
  { crm: 'Net 30', erp: 'ZB30' },
  { crm: 'Net 60', erp: 'ZB60' },
  { crm: 'Net 45', erp: 'ZB45', late: true },
]);
const LANGUAGES = new Set('DE EN FR IT ES NL PL CS SV DA FI NO PT EL RU UK JA ZH AR HE KO TR HU'.split(' '));
const onHold = flag(true, 'X');
const BILL_TO = 'addresses[use=bill-to]';
const both = { flow: 'both' } as const;

const FIELDS: readonly FieldRule[] = [
  {
    name: 'name',
    crm: 'name',
    erp: 'organization_name',
    ...both,
    conflict: 'crm',
    read: plain,
    maxErp: 80,
    required: ['crm', 'erp'],
  },
  {
    name: 'search term',
    crm: 'name',
    erp: 'search_term',
    flow: 'to_erp',
    drift: 'keep',
    read: upperCut(20),
    derivedFrom: 'organization_name',
  },
  {
    name: 'kind',
    crm: 'kind',
    erp: 'grouping',
    flow: 'to_erp',
    createOnly: true,
    read: KINDS,
    required: ['erp'],
    standard: { crm: 'Z001' },
  },
  {
    name: 'language',
    crm: 'language',
    erp: 'language',
    ...both,
    conflict: 'newest',
    read: twoLetters,
    standard: { erp: 'EN' },
    accepted: LANGUAGES,
  },
  {
    name: 'phone',
    crm: 'phone',
    erp: 'contact.phone',
    ...both,
    conflict: 'newest',
    read: phone,
    empty: 'clear',
    maxErp: 30,
  },
  { name: 'email', crm: 'email', erp: 'contact.email', ...both, conflict: 'newest', read: email, maxErp: 120 },
  {
    name: 'street',
    crm: 'billing.street',
    erp: `${BILL_TO}.street`,
    ...both,
    conflict: 'erp',
    read: plain,
    maxErp: 60,
  },
  {
    name: 'postal code',
    crm: 'billing.postal_code',
    erp: `${BILL_TO}.postal_code`,
    ...both,
    conflict: 'erp',
    read: plain,
    maxErp: 10,
  },
  { name: 'city', crm: 'billing.city', erp: `${BILL_TO}.city`, ...both, conflict: 'erp', read: plain, maxErp: 60 },
  {
    name: 'country',
    crm: 'billing.country',
    erp: `${BILL_TO}.country`,
    ...both,
    conflict: 'erp',
    read: twoLetters,
    required: ['erp'],
  },
  { name: 'tax id', crm: 'vat_number', erp: 'tax_number', ...both, conflict: 'park', read: taxNumber, maxErp: 20 },
  {
    name: 'payment terms',
    crm: 'payment_terms',
    erp: 'payment_terms',
    ...both,
    conflict: 'erp',
    read: TERMS,
    standard: { erp: 'ZB30' },
  },
  { name: 'credit limit', crm: 'credit_limit', erp: 'credit_limit', flow: 'to_crm', drift: 'restore', read: decimal },
  { name: 'on hold', crm: 'on_hold', erp: 'blocked', flow: 'to_crm', drift: 'report', read: onHold },
];

/** The sandbox's customers. */
export const CUSTOMER_RULES: Rules = {
  actor: 'tally',
  fields: FIELDS,
  matchOn: [['tax id'], ['name', 'postal code']],
  claim: 'erp_number',
  skewMs: 2000,
  sides: {
    crm: {
      record: 'account',
      id: 'id',
      stamp: 'modified_at',
      include: { path: 'kind', values: ['Customer', 'Distributor'] },
      reference: 'external_id',
      ignored: ['id', 'created_at', 'modified_at', 'etag', 'erp_number', 'sync_state', 'sync_message'],
    },
    erp: {
      record: 'partner',
      id: 'number',
      stamp: 'changed_at',
      include: { path: 'grouping', values: ['Z001', 'Z002'] },
      reference: 'reference',
      ignored: ['number', 'row_version', 'changed_at'],
    },
  },
};
