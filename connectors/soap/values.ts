/**
 * Simple values, exactly: a number keeps its digits and never becomes a float, a date or time stays the text that it is,
 * in whatever zone it was written. What does not have the form of its type stays text, so that nothing is lost.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, type Json } from '../../src/domain/json.ts';
import { illegalIn } from './characters.ts';
import type { Meaning, SimpleType } from './types.ts';

const JSON_NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
const FORMS: Readonly<Partial<Record<Meaning, readonly [RegExp, string]>>> = {
  integer: [/^[+-]?\d+$/, 'a whole number'],
  decimal: [/^[+-]?(?:\d+(?:\.\d*)?|\.\d+)$/, 'a decimal number without an exponent'],
  float: [/^(?:[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?|-?INF|NaN)$/, 'a number'],
  date: [/^-?\d{4,}-\d{2}-\d{2}(?:Z|[+-]\d{2}:\d{2})?$/, 'a date as in 2024-12-31'],
  instant: [
    /^-?\d{4,}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/,
    'a date with time as in 2024-12-31T08:00:00Z',
  ],
  time: [/^\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:\d{2})?$/, 'a time as in 08:00:00'],
};

const numberOf = (text: string): Json => {
  if (!JSON_NUMBER.test(text)) return text;
  const plain = Number(text);
  return String(plain) === text ? plain : new ExactNumber(text);
};

const single = (meaning: Meaning, text: string): Json => {
  if (meaning === 'text') return text;
  const trimmed = text.trim();
  if (meaning === 'boolean') {
    if (trimmed === 'true' || trimmed === '1') return true;
    return trimmed === 'false' || trimmed === '0' ? false : text;
  }
  const isNumber = meaning === 'integer' || meaning === 'decimal' || meaning === 'float';
  return isNumber ? numberOf(trimmed) : trimmed;
};

/** The value of an element's or attribute's text. */
export const readValue = ({ meaning, list }: SimpleType, text: string): Json =>
  list
    ? text
        .split(/\s+/)
        .filter((part) => part !== '')
        .map((part) => single(meaning, part))
    : single(meaning, text);

const refused = (place: string, why: string): SyncError =>
  new SyncError('BAD_VALUE', `"${place}" ${why}`, { unsent: true, class: 'validation', field: place });

const written = (value: Json, place: string): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber) return String(value);
  throw refused(
    place,
    `holds one value, and not ${Array.isArray(value) ? 'a list' : value === null ? 'nothing' : 'an object'}`,
  );
};

const writtenOne = (meaning: Meaning, value: Json, place: string): string => {
  const text = written(value, place);
  const form = FORMS[meaning];
  if (form !== undefined && !form[0].test(text)) throw refused(place, `must be ${form[1]}`);
  if (meaning === 'boolean' && !/^(?:true|false|0|1)$/.test(text)) throw refused(place, 'must be true or false');
  return text;
};

/** The text of a value; BAD_VALUE when it has not the form of its type, INVALID_TEXT for what XML cannot hold. */
export const writeValue = ({ meaning, list }: SimpleType, value: Json, place: string): string => {
  const text =
    list && Array.isArray(value)
      ? (value as readonly Json[]).map((part) => writtenOne(meaning, part, place)).join(' ')
      : writtenOne(meaning, value, place);
  const illegal = illegalIn(text);
  if (illegal !== undefined)
    throw new SyncError('INVALID_TEXT', `"${place}" has the character ${illegal}, which XML cannot hold`, {
      unsent: true,
      class: 'validation',
      field: place,
    });
  return text;
};
