/** Which changes the CRM takes. */
import { Digits, type Doc, isDoc, same, type Value } from '../kit/json.ts';
import { KINDS, type Leaf, type Part } from './kinds.ts';

/** A sentence of refusal with its field. */
export interface Refusal {
  readonly status: number;
  readonly code: string;
  readonly message: string;
  readonly field?: string;
}

const LONGEST = 4000;

/** The id with this number: `A-000123`. */
export const idOf = (record: string, number: number): string =>
  `${KINDS.get(record)?.prefix}-${String(number).padStart(6, '0')}`;

const empty = (part: Part): Value => {
  if (part === 'rows') return [];
  if (typeof part === 'object') return Object.fromEntries(Object.keys(part).map((key) => [key, null]));
  return part === 'flag' ? false : null;
};
const blanks = new Map(
  [...KINDS].map(
    ([record, { fields }]) =>
      [record, Object.fromEntries(Object.entries(fields).map(([key, part]) => [key, empty(part)]))] as const,
  ),
);

/** A record with nothing in it yet. */
export const blank = (record: string): Doc => ({ id: '', ...blanks.get(record) });

const fits = (kind: Leaf, value: Value): boolean => {
  if (kind === 'flag') return typeof value === 'boolean';
  if (kind === 'rows') return Array.isArray(value) && value.every((row) => isDoc(row));
  if (value === null) return true;
  if (kind === 'number') return typeof value === 'number' || value instanceof Digits;
  return typeof value === 'string' && value.length <= LONGEST;
};

const refuse = (code: string, message: string, field: string): Refusal => ({ status: 400, code, message, field });
const WORDS = {
  text: `text of at most ${LONGEST} characters or null`,
  number: 'a number or null',
  flag: 'true or false',
  rows: 'a list of objects',
};

const checkPart = (kind: Leaf, value: Value, field: string): Refusal | undefined =>
  fits(kind, value) ? undefined : refuse('INVALID_VALUE', `${field} must be ${WORDS[kind]}`, field);

/** Why the CRM refuses these fields, or undefined. */
export const refusal = (record: string, fields: Doc): Refusal | undefined => {
  const kinds = KINDS.get(record)?.fields ?? {};
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
