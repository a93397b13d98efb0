/** What must be true of customers in the CRM and in Tryton, written down independently of the mapping. */
import { email, pairs, phone, plain, taxNumber, twoLetters } from '../checker/readers.ts';
import type { FieldRule, Reader, Rules } from '../checker/words.ts';
import { knownVat } from './businesses.ts';

const TERMS = pairs([
  { crm: 'Due on receipt', erp: 'Direct' },
  { crm: 'Prepaid', erp: 'Direct' },
  { crm: 'Net 14', erp: 'Net 14' },
  { crm: 'Net 30', erp: 'Net 30' },
  { crm: 'Net 60', erp: 'Net 60' },
  { crm: 'Net 45', erp: 'Net 45', late: true },
]);
const both = { flow: 'both' } as const;
/** A kind of the CRM that is a customer, and the category that makes a party one. */
const customer: Reader = (native, side) => ({
  value: String(side === 'crm' ? native === 'Customer' || native === 'Distributor' : native),
});
/** Tryton takes a tax id whose check digits are right. */
const ACCEPTED: ReadonlySet<string> = Object.assign(new Set<string>(), { has: knownVat });

const FIELDS: readonly FieldRule[] = [
  { name: 'name', crm: 'name', erp: 'name', ...both, conflict: 'crm', read: plain, required: ['crm', 'erp'] },
  { name: 'kind', crm: 'kind', erp: 'customer', flow: 'to_erp', createOnly: true, read: customer },
  { name: 'language', crm: 'language', erp: 'language', ...both, conflict: 'newest', read: twoLetters },
  { name: 'email', crm: 'email', erp: 'email', ...both, conflict: 'newest', read: email },
  { name: 'phone', crm: 'phone', erp: 'phone', ...both, conflict: 'newest', read: phone, empty: 'clear' },
  { name: 'street', crm: 'billing.street', erp: 'street', ...both, conflict: 'erp', read: plain },
  { name: 'postal code', crm: 'billing.postal_code', erp: 'postal_code', ...both, conflict: 'erp', read: plain },
  { name: 'city', crm: 'billing.city', erp: 'city', ...both, conflict: 'erp', read: plain },
  { name: 'country', crm: 'billing.country', erp: 'country', ...both, conflict: 'erp', read: twoLetters },
  {
    name: 'tax id',
    crm: 'vat_number',
    erp: 'tax_number',
    ...both,
    conflict: 'park',
    read: taxNumber,
    accepted: ACCEPTED,
  },
  { name: 'payment terms', crm: 'payment_terms', erp: 'payment_term', ...both, conflict: 'erp', read: TERMS },
];

/** What must be true of customers in the CRM and in Tryton. */
export const TRYTON_RULES: Rules = {
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
      record: 'party',
      id: 'id',
      stamp: 'changed_at',
      include: { path: 'customer', values: ['true'] },
      ignored: [],
    },
  },
};
