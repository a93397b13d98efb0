/** What a partner looks like, and what the ERP refuses. */
import { Digits, type Doc, isDoc, same, type Value } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import type { Hand } from './books.ts';

/** Why one item was not done. */
export interface Refusal {
  readonly code: 'REQUIRED' | 'TOO_LONG' | 'BAD_VALUE' | 'DUPLICATE_REFERENCE' | 'STALE' | 'NOT_FOUND' | 'RULE';
  readonly message: string;
  readonly field?: string;
}

/** Is it why something was not done? */
export const isRefusal = (what: Doc | Refusal): what is Refusal =>
  typeof what['code'] === 'string' && typeof what['message'] === 'string';

const LONGEST: Readonly<Record<string, number>> = {
  organization_name: 80,
  search_term: 20,
  grouping: 4,
  tax_number: 20,
  language: 2,
  payment_terms: 4,
  sales_rep: 10,
  territory: 20,
  note: 500,
};
const CONTACT: Readonly<Record<string, number>> = { phone: 30, email: 120 };
const ADDRESS: Readonly<Record<string, number>> = { use: 20, street: 60, postal_code: 10, city: 60, country: 2 };
const LANGUAGES = new Set([
  'DE',
  'EN',
  'FR',
  'IT',
  'ES',
  'NL',
  'PL',
  'CS',
  'SV',
  'DA',
  'FI',
  'NO',
  'PT',
  'EL',
  'RU',
  'UK',
  'JA',
  'ZH',
  'AR',
  'HE',
  'KO',
  'TR',
  'HU',
]);
const TERMS = new Set(['ZB00', 'ZB14', 'ZB30', 'ZB45', 'ZB60']);
const GROUPINGS = new Set(['Z001', 'Z002', 'Z009']);

const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

/** The number as the ERP writes it: ten digits, the zeros matter. */
export const numberOf = (number: number): string => String(number).padStart(10, '0');

/** A partner with nothing in it yet. */
export const BLANK: Doc = {
  number: '',
  reference: null,
  organization_name: '',
  search_term: '',
  grouping: '',
  tax_number: '',
  language: '',
  payment_terms: '',
  credit_limit: null,
  blocked: '',
  contact: { phone: '', email: '' },
  addresses: [],
  sales_rep: '',
  territory: '',
  note: '',
};

const checkText = (value: Value, most: number, field: string): Refusal | undefined => {
  if (value === null) return undefined;
  if (typeof value !== 'string') return refuse('BAD_VALUE', `${field} must be text`, field);
  return [...value].length > most ? refuse('TOO_LONG', `${field} holds at most ${most} characters`, field) : undefined;
};
/** Why the ERP cannot read an object of texts, or undefined; `field` is where the object stands. */
export const checkTexts = (part: Value, limits: Readonly<Record<string, number>>, field = ''): Refusal | undefined => {
  if (!isDoc(part)) return refuse('BAD_VALUE', `${field} must be an object`, field);
  for (const [key, value] of Object.entries(part)) {
    const most = Object.hasOwn(limits, key) ? limits[key] : undefined;
    const name = field === '' ? key : `${field}.${key}`;
    const problem =
      most === undefined ? refuse('BAD_VALUE', `there is no ${name}`, name) : checkText(value, most, name);
    if (problem !== undefined) return problem;
  }
  return undefined;
};
const checkAddresses = (list: Value): Refusal | undefined => {
  if (!Array.isArray(list)) return refuse('BAD_VALUE', 'addresses must be a list', 'addresses');
  for (const address of list as readonly Value[]) {
    const use = isDoc(address) ? address['use'] : undefined;
    if (typeof use !== 'string' || use === '') return refuse('REQUIRED', 'an address needs its use', 'addresses.use');
    const problem = checkTexts(address as Doc, ADDRESS, `addresses[use=${use}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
};
const checkCredit = (value: Value): Refusal | undefined => {
  if (value === null) return undefined;
  const digits = typeof value === 'number' || value instanceof Digits ? String(value) : undefined;
  if (digits === undefined) return refuse('BAD_VALUE', 'credit_limit must be a number', 'credit_limit');
  const fits = /^-?\d+(\.\d+)?$/.test(digits) && digits.replace(/\D/g, '').length <= 18;
  return fits ? undefined : refuse('BAD_VALUE', 'credit_limit holds at most 18 digits', 'credit_limit');
};

const checkField = (key: string, value: Value): Refusal | undefined => {
  if (key === 'contact') return checkTexts(value, CONTACT, key);
  if (key === 'addresses') return checkAddresses(value);
  if (key === 'credit_limit') return checkCredit(value);
  if (key === 'blocked')
    return value === 'X' || value === '' ? undefined : refuse('BAD_VALUE', 'blocked is "X" or ""', key);
  const most = Object.hasOwn(LONGEST, key) ? LONGEST[key] : undefined;
  return most === undefined
    ? refuse('BAD_VALUE', `there is no field ${key} that can be set`, key)
    : checkText(value, most, key);
};

/** Why the ERP cannot even read these values, or undefined. */
export const misshapen = (partner: Doc): Refusal | undefined => {
  for (const [key, value] of Object.entries(partner)) {
    const problem = checkField(key, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const blank = (value: Value | undefined): boolean => typeof value !== 'string' || value.trim() === '';
const known = (set: ReadonlySet<string>, partner: Doc, field: string): Refusal | undefined => {
  const value = partner[field];
  if (typeof value !== 'string' || value === '' || set.has(value)) return undefined;
  return refuse('BAD_VALUE', `${field} "${value}" is not known here`, field);
};

/** The address of this use. */
export const addressOf = (partner: Doc, use: string): Doc | undefined => {
  const list = partner['addresses'];
  return Array.isArray(list) ? list.filter(isDoc).find((address) => address['use'] === use) : undefined;
};

/** Why a whole partner may not stand so, or undefined. */
export const broken = (partner: Doc, old: Doc | undefined): Refusal | undefined => {
  if (blank(partner['organization_name'])) return refuse('REQUIRED', 'a partner needs a name', 'organization_name');
  if (blank(partner['grouping'])) return refuse('REQUIRED', 'a partner needs a grouping', 'grouping');
  const country = addressOf(partner, 'bill-to')?.['country'];
  if (blank(country))
    return refuse('REQUIRED', 'a partner needs the country of its bill-to address', 'addresses[use=bill-to].country');
  if (!/^[A-Z]{2}$/.test(String(country)))
    return refuse('BAD_VALUE', 'a country has two capital letters', 'addresses[use=bill-to].country');
  if (old !== undefined && old['grouping'] !== partner['grouping'])
    return refuse('RULE', 'the grouping of a partner cannot change', 'grouping');
  return (
    known(GROUPINGS, partner, 'grouping') ??
    known(LANGUAGES, partner, 'language') ??
    known(TERMS, partner, 'payment_terms')
  );
};

const mergeAddresses = (old: Value | undefined, list: readonly Value[]): Value => {
  const merged: Doc[] = Array.isArray(old) ? [...old].filter(isDoc) : [];
  for (const address of list.filter(isDoc)) {
    const at = merged.findIndex((known) => known['use'] === address['use']);
    const base = merged[at] ?? { use: '', street: '', postal_code: '', city: '', country: '' };
    const next = { ...base, ...Object.fromEntries(Object.entries(address).map(([key, value]) => [key, value ?? ''])) };
    if (at < 0) merged.push(next);
    else merged[at] = next;
  }
  return merged;
};
const normal = (key: string, value: Value, old: Value | undefined): Value => {
  if (key === 'addresses' && Array.isArray(value)) return mergeAddresses(old, value as readonly Value[]);
  if (key === 'contact' && isDoc(value)) {
    const texts = Object.entries(value).map(([part, inner]) => [part, inner ?? '']);
    return { ...(isDoc(old) ? old : {}), ...Object.fromEntries(texts) };
  }
  if (key === 'credit_limit') return value;
  // This ERP keeps languages in capitals, however they come.
  return key === 'language' && typeof value === 'string' ? value.toUpperCase() : (value ?? '');
};

/** The partner with these values changed, or the very same object when nothing changes. */
export const changed = (partner: Doc, values: Doc): Doc => {
  let next: Record<string, Value> | undefined;
  for (const [key, value] of Object.entries(values)) {
    const wanted = normal(key, value, partner[key]);
    if (same(wanted, partner[key])) continue;
    next ??= { ...partner };
    next[key] = wanted;
  }
  return next ?? partner;
};

/** The record with these texts and lists in the place of its own. */
export const texts = (record: Doc, values: Doc): Doc => {
  const next = { ...record, ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value ?? ''])) };
  return same(next, record) ? record : next;
};

/** One kind of record of the ERP, and its own rules. */
export interface Kind {
  /** Its name, also the key of its values in an item. */
  readonly record: string;
  /** The number before its first. */
  readonly first: number;
  readonly blank: Doc;
  readonly misshapen: (values: Doc) => Refusal | undefined;
  readonly broken: (next: Doc, old: Doc | undefined, store: Store) => Refusal | undefined;
  readonly changed: (record: Doc, values: Doc) => Doc;
  /** Fields whose change does not move the date of the record. */
  readonly undated?: ReadonlySet<string>;
  /** A changed record with what the ERP works out itself, or why it may not stand so. */
  readonly complete?: (next: Doc, old: Doc | undefined, store: Store) => Doc | Refusal;
  /** What a new record brings about in others. Whatever could stand against it was asked before. */
  readonly posted?: (record: Doc, store: Store, hand: Hand) => void;
  /** The same of every write; `old` is what stood before. */
  readonly followed?: (record: Doc, old: Doc | undefined, store: Store, hand: Hand) => void;
}

/** Partners as a kind. */
export const PARTNERS: Kind = { record: 'partner', first: 100_000, blank: BLANK, misshapen, broken, changed };
