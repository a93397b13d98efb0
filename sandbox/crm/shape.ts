/** What an account and a contact look like, and which changes the CRM takes. */
import { Digits, type Doc, isDoc, same, type Value } from '../kit/json.ts';

/** A sentence of refusal with its field. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

type Kind = 'text' | 'number' | 'flag' | Readonly<Record<string, 'text'>>;

const BILLING = { street: 'text', postal_code: 'text', city: 'text', country: 'text' } as const;
const FIELDS: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  account: {
    external_id: 'text',
    name: 'text',
    kind: 'text',
    vat_number: 'text',
    phone: 'text',
    email: 'text',
    website: 'text',
    language: 'text',
    payment_terms: 'text',
    credit_limit: 'number',
    on_hold: 'flag',
    billing: BILLING,
    erp_number: 'text',
    sync_state: 'text',
    sync_message: 'text',
    note: 'text',
  },
  contact: {
    external_id: 'text',
    account_id: 'text',
    first_name: 'text',
    last_name: 'text',
    email: 'text',
    phone: 'text',
    role: 'text',
    note: 'text',
  },
};
const LONGEST = 4000;

/** The record types of the CRM and how their ids begin. */
export const PREFIX: Readonly<Record<string, string>> = { account: 'A', contact: 'C' };

/** The id with this number: `A-000123`. */
export const idOf = (record: string, number: number): string => `${PREFIX[record]}-${String(number).padStart(6, '0')}`;

const empty = (kind: Kind): Value => {
  if (typeof kind === 'object') return Object.fromEntries(Object.keys(kind).map((key) => [key, null]));
  return kind === 'flag' ? false : null;
};
const blanks = new Map(
  Object.entries(FIELDS).map(
    ([record, fields]) =>
      [record, Object.fromEntries(Object.entries(fields).map(([key, kind]) => [key, empty(kind)]))] as const,
  ),
);

/** A record with nothing in it yet. */
export const blank = (record: string): Doc => ({ id: '', ...blanks.get(record) });

const fits = (kind: 'text' | 'number' | 'flag', value: Value): boolean => {
  if (kind === 'flag') return typeof value === 'boolean';
  if (value === null) return true;
  if (kind === 'number') return typeof value === 'number' || value instanceof Digits;
  return typeof value === 'string' && value.length <= LONGEST;
};

const refuse = (code: string, message: string, field: string): Refusal => ({ status: 400, code, message, field });
const WORDS = {
  text: `text of at most ${LONGEST} characters or null`,
  number: 'a number or null',
  flag: 'true or false',
};

const checkPart = (kind: 'text' | 'number' | 'flag', value: Value, field: string): Refusal | undefined =>
  fits(kind, value) ? undefined : refuse('INVALID_VALUE', `${field} must be ${WORDS[kind]}`, field);

/** Why the CRM refuses these fields, or undefined. */
export const refusal = (record: string, fields: Doc): Refusal | undefined => {
  const kinds = FIELDS[record] ?? {};
  for (const [key, value] of Object.entries(fields)) {
    const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
    if (kind === undefined) return refuse('UNKNOWN_FIELD', `there is no field ${key} that can be set`, key);
    if (typeof kind === 'string') {
      const problem = checkPart(kind, value, key);
      if (problem !== undefined) return problem;
      continue;
    }
    if (!isDoc(value)) return refuse('INVALID_VALUE', `${key} must be an object`, key);
    for (const [part, inner] of Object.entries(value)) {
      const innerKind = Object.hasOwn(kind, part) ? kind[part] : undefined;
      if (innerKind === undefined) return refuse('UNKNOWN_FIELD', `there is no field ${key}.${part}`, `${key}.${part}`);
      const problem = checkPart(innerKind, inner, `${key}.${part}`);
      if (problem !== undefined) return problem;
    }
  }
  return undefined;
};

/** The record with these fields changed, or the very same object when nothing changes. */
export const changed = (record: Doc, fields: Doc): Doc => {
  let next: Record<string, Value> | undefined;
  for (const [key, value] of Object.entries(fields)) {
    const old = record[key];
    const merged = isDoc(value) && isDoc(old) ? changed(old, value) : value;
    if (merged === old || same(merged, old)) continue;
    next ??= { ...record };
    next[key] = merged;
  }
  return next ?? record;
};
