/** What records of goods have in common at the ERP: its words, numbers digit by digit, and lists told apart by a key. */
import { Digits, type Doc, isDoc, same, type Value } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import type { Refusal } from './shape.ts';

/** The ERP's own words for units. */
export const UNITS: ReadonlySet<string> = new Set([
  'ST',
  'KG',
  'G',
  'M',
  'CM',
  'MM',
  'M2',
  'M3',
  'L',
  'STD',
  'TAG',
  'PAA',
  'SATZ',
  'KAR',
  'PAL',
  '%',
]);
/** The currencies it keeps books in. */
export const CURRENCIES: ReadonlySet<string> = new Set(['EUR', 'USD', 'CHF', 'GBP', 'PLN', 'JPY']);

/** A sentence of refusal. */
export const refuse = (code: Refusal['code'], message: string, field: string): Refusal => ({ code, message, field });

/** Is there nothing in it but blanks? */
export const blank = (value: Value | undefined): boolean => typeof value !== 'string' || value.trim() === '';

/** Text of at most so many characters. */
export const checkText = (value: Value, most: number, field: string): Refusal | undefined => {
  if (value === null) return undefined;
  if (typeof value !== 'string') return refuse('BAD_VALUE', `${field} must be text`, field);
  return [...value].length > most ? refuse('TOO_LONG', `${field} holds at most ${most} characters`, field) : undefined;
};

const MOST_DIGITS = 30;
const isNumber = (value: Value | undefined): value is number | Digits =>
  typeof value === 'number' || value instanceof Digits;

/** A plain decimal number, kept as it comes. */
export const checkNumber = (value: Value, field: string): Refusal | undefined => {
  if (value === null) return undefined;
  if (!isNumber(value)) return refuse('BAD_VALUE', `${field} must be a number`, field);
  const digits = String(value);
  const fits = /^-?\d+(\.\d+)?$/.test(digits) && digits.replace(/\D/g, '').length <= MOST_DIGITS;
  return fits ? undefined : refuse('BAD_VALUE', `${field} holds at most ${MOST_DIGITS} digits`, field);
};

/** A number above zero, told by its digits. */
export const positive = (value: Value | undefined): boolean => isNumber(value) && /^\d*\.?\d*[1-9]/.test(String(value));

/** What a field may hold: text of so many characters, a number, a flag (`X` or nothing), or rows told apart by a key. */
export type Part = number | 'number' | 'flag' | { readonly key: string; readonly row: Readonly<Record<string, Part>> };

const checkRows = (list: Value, { key, row }: Exclude<Part, number | string>, field: string): Refusal | undefined => {
  if (!Array.isArray(list)) return refuse('BAD_VALUE', `${field} must be a list`, field);
  for (const item of list as readonly Value[]) {
    const id = isDoc(item) ? item[key] : undefined;
    if (typeof id !== 'string' || id === '') return refuse('REQUIRED', `a row needs its ${key}`, `${field}.${key}`);
    const { delete: _gone, ...rest } = item as Doc;
    const problem = checkParts(rest, row, `${field}[${key}=${id}]`);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const checkPart = (part: Part, value: Value, field: string): Refusal | undefined => {
  if (typeof part === 'number') return checkText(value, part, field);
  if (part === 'number') return checkNumber(value, field);
  if (part === 'flag')
    return value === 'X' || value === '' ? undefined : refuse('BAD_VALUE', `${field} is "X" or ""`, field);
  return checkRows(value, part, field);
};

/** Why the ERP cannot even read these values, or undefined. */
export const checkParts = (values: Doc, parts: Readonly<Record<string, Part>>, at = ''): Refusal | undefined => {
  for (const [key, value] of Object.entries(values)) {
    const field = at === '' ? key : `${at}.${key}`;
    const part = Object.hasOwn(parts, key) ? parts[key] : undefined;
    const problem =
      part === undefined
        ? refuse('BAD_VALUE', `there is no field ${field} that can be set`, field)
        : checkPart(part, value, field);
    if (problem !== undefined) return problem;
  }
  return undefined;
};

const emptyOf = (part: Part): Value => (typeof part === 'object' ? [] : part === 'number' ? null : '');

/** A record, or a row, with nothing in it yet. */
export const emptied = (parts: Readonly<Record<string, Part>>): Doc =>
  Object.fromEntries(Object.entries(parts).map(([key, part]) => [key, emptyOf(part)]));

/** Rows named are changed or added, those that say `delete` go, all others stay as they are. */
const mergedRows = (old: Value | undefined, list: readonly Value[], part: Exclude<Part, number | string>): Value => {
  const merged: Doc[] = Array.isArray(old) ? [...old].filter(isDoc) : [];
  for (const { delete: gone, ...row } of list.filter(isDoc)) {
    const at = merged.findIndex((known) => known[part.key] === row[part.key]);
    if (gone === true) {
      if (at >= 0) merged.splice(at, 1);
      continue;
    }
    const next = changedBy(part.row)(merged[at] ?? emptied(part.row), row);
    if (at < 0) merged.push(next);
    else merged[at] = next;
  }
  return merged;
};

/** The record with these values changed, or the very same object when nothing changes. */
export const changedBy =
  (parts: Readonly<Record<string, Part>>) =>
  (record: Doc, values: Doc): Doc => {
    let next: Record<string, Value> | undefined;
    for (const [key, value] of Object.entries(values)) {
      const part = parts[key];
      const wanted =
        typeof part === 'object' && Array.isArray(value)
          ? mergedRows(record[key], value as readonly Value[], part)
          : part === 'number'
            ? value
            : (value ?? '');
      if (same(wanted, record[key])) continue;
      next ??= { ...record };
      next[key] = wanted;
    }
    return next ?? record;
  };

/** A word that the ERP does not know, or undefined. */
export const known = (words: ReadonlySet<string>, record: Doc, field: string): Refusal | undefined => {
  const value = record[field];
  if (typeof value !== 'string' || value === '' || words.has(value)) return undefined;
  return refuse('BAD_VALUE', `${field} "${value}" is not known here`, field);
};

/** The number of a record that must be there, where one is given. */
export const exists = (store: Store, kind: string, record: Doc, field: string): Refusal | undefined => {
  const number = record[field];
  if (typeof number !== 'string' || number === '') return undefined;
  const row = store.get(kind, number);
  return row !== undefined && row.gone === 0
    ? undefined
    : refuse('RULE', `${field}: there is no ${kind} ${number}`, field);
};
