/** What people change: per system, fields and how a new value is made. Each value is new and unlike any other. */
import { Digits, type Doc } from '../kit/json.ts';
import type { Tokens } from './tokens.ts';

/** One kind of edit: the field by the name that people would call it, and the values to write. */
export interface EditKind {
  readonly field: string;
  /** How often, in proportion. */
  readonly weight: number;
  readonly values: (tokens: Tokens, record: Doc) => Doc;
}

/** The name with another mark at its end. */
export const renamed = (name: unknown, word: string): string =>
  `${String(name ?? '')
    .trim()
    .replace(/ ~\w+$/, '')
    .slice(0, 50)} ~${word}`.trim();
const address = (values: Doc): Doc => ({ addresses: [{ use: 'bill-to', ...values }] });

/** Edits in the CRM. */
export const CRM_EDITS: readonly EditKind[] = [
  { field: 'name', weight: 3, values: (t, record) => ({ name: renamed(record['name'], t.word()) }) },
  { field: 'phone', weight: 4, values: (t) => ({ phone: t.phone() }) },
  { field: 'email', weight: 3, values: (t) => ({ email: `${t.word()}@crm.example` }) },
  { field: 'street', weight: 2, values: (t) => ({ billing: { street: `Vertriebsweg ${t.word()}` } }) },
  { field: 'city', weight: 1, values: (t) => ({ billing: { city: `Neustadt ${t.word()}` } }) },
  {
    field: 'payment terms',
    weight: 1,
    values: (t) => ({ payment_terms: t.luck.pick(['Net 14', 'Net 30', 'Net 60', 'Prepaid']) }),
  },
  { field: 'language', weight: 1, values: (t) => ({ language: t.luck.pick(['de', 'en', 'fr', 'nl']) }) },
  { field: 'phone', weight: 0.3, values: () => ({ phone: null }) },
  {
    field: 'credit limit',
    weight: 0.3,
    values: (t) => ({ credit_limit: new Digits(`${1 + t.luck.below(99_999)}.25`) }),
  },
  { field: 'note', weight: 1, values: (t) => ({ note: `Called about ${t.word()}` }) },
];

/** Edits in the ERP. */
export const ERP_EDITS: readonly EditKind[] = [
  {
    field: 'name',
    weight: 1,
    values: (t, record) => ({ organization_name: renamed(record['organization_name'], t.word()) }),
  },
  { field: 'phone', weight: 3, values: (t) => ({ contact: { phone: t.phone() } }) },
  { field: 'email', weight: 2, values: (t) => ({ contact: { email: `${t.word()}@erp.example` } }) },
  { field: 'street', weight: 3, values: (t) => address({ street: `Finanzplatz ${t.word()}` }) },
  { field: 'city', weight: 2, values: (t) => address({ city: `Altstadt ${t.word()}` }) },
  {
    field: 'payment terms',
    weight: 2,
    values: (t) => ({ payment_terms: t.luck.pick(['ZB00', 'ZB14', 'ZB30', 'ZB60']) }),
  },
  {
    field: 'credit limit',
    weight: 3,
    values: (t) => ({ credit_limit: new Digits(`${1 + t.luck.below(999_999)}.${10 + t.luck.below(90)}`) }),
  },
  { field: 'on hold', weight: 1, values: (_t, record) => ({ blocked: record['blocked'] === 'X' ? '' : 'X' }) },
  { field: 'search term', weight: 0.5, values: (t) => ({ search_term: `OWN ${t.word().toUpperCase()}` }) },
  { field: 'note', weight: 1, values: (t) => ({ note: `Checked ${t.word()}` }) },
];

/** Both sides' values of one field in disagreement. */
export const CONFLICTS = {
  'tax id': (t: Tokens) => ({ crm: { vat_number: t.taxId() }, erp: { tax_number: t.taxId() } }),
  name: (t: Tokens) => ({
    crm: { name: `Vertrieb ~${t.word()}` },
    erp: { organization_name: `Finanzen ~${t.word()}` },
  }),
  phone: (t: Tokens) => ({ crm: { phone: t.phone() }, erp: { contact: { phone: t.phone() } } }),
  street: (t: Tokens) => ({
    crm: { billing: { street: `Weg ${t.word()}` } },
    erp: address({ street: `Platz ${t.word()}` }),
  }),
} as const satisfies Record<string, (tokens: Tokens) => { readonly crm: Doc; readonly erp: Doc }>;

/** A customer that neither system has. */
export const NEWCOMERS = {
  crm: (t: Tokens): Doc => ({
    name: `Neukunde ~${t.word()} GmbH`,
    kind: 'Customer',
    vat_number: t.taxId(),
    phone: t.phone(),
    language: 'de',
    payment_terms: 'Net 14',
    billing: { street: `Am Markt ${t.word()}`, postal_code: '01067', city: 'Dresden', country: 'DE' },
  }),
  erp: (t: Tokens): Doc => ({
    organization_name: `Neupartner ~${t.word()} AG`,
    grouping: 'Z001',
    tax_number: t.taxId(),
    language: 'DE',
    payment_terms: 'ZB60',
    credit_limit: new Digits('25000.50'),
    contact: { phone: t.phone() },
    ...address({ street: `Am Kai ${t.word()}`, postal_code: '20457', city: 'Hamburg', country: 'DE' }),
  }),
} as const;
