/** Cells to values and back. A number keeps every digit; a date stays a calendar date. */
import type { ErrorCode } from '../../src/domain/errors.ts';
import { ExactNumber, type Json } from '../../src/domain/json.ts';
import { instantOf } from '../rest/time.ts';
import type { Column } from './column.ts';

/** A value, or why the cell has none. */
export type Read = { readonly value: Json } | { readonly code: ErrorCode; readonly reason: string };

const bad = (reason: string): Read => ({ code: 'BAD_VALUE', reason });

/** A number with exactly these digits. */
export const exact = (text: string): Json => (String(Number(text)) === text ? Number(text) : new ExactNumber(text));

const PLAIN = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,3})?$/;

/** A number as JSON writes it: no plus, no leading zeros, a digit on both sides of the point. */
const jsonNumber = (text: string): string => {
  const [, sign = '', whole = '', fraction = '', exponent = ''] =
    /^([+-]?)(\d*)(?:\.(\d*))?([eE].*)?$/.exec(text) ?? [];
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  const negative = sign === '-' && /[1-9]/.test(whole + fraction) ? '-' : '';
  return `${negative}${digits}${fraction === '' ? '' : `.${fraction}`}${exponent}`;
};

const numberOf = (text: string, { decimal, group, type }: Column): Read => {
  let plain = text;
  if (group !== '' && plain.includes(group)) {
    const [whole = '', fraction = ''] = plain.split(decimal);
    const threes = whole.replace(/^[+-]/, '').split(group);
    if (fraction.includes(group) || !threes.every((part, at) => (at === 0 ? /^\d{1,3}$/ : /^\d{3}$/).test(part)))
      return bad(`is not grouped in threes by "${group}"`);
    plain = plain.replaceAll(group, '');
  }
  if (decimal === ',') {
    if (plain.includes('.')) return bad('has a point where a comma is the decimal sign');
    plain = plain.replace(',', '.');
  }
  if (!PLAIN.test(plain)) return bad('is not a number');
  if (type === 'integer' && !/^[+-]?\d+(\.0*)?$/.test(plain)) return bad('is not a whole number');
  return { value: exact(jsonNumber(type === 'integer' ? plain.replace(/\..*$/, '') : plain)) };
};

const ISO_DATE = /^(\d{4})-(\d{2})-(\d{2})(?:T00:00:00)?$/;
const TOKENS: Readonly<Record<string, string>> = {
  yyyy: '(?<y>\\d{4})',
  yy: '(?<s>\\d{2})',
  MM: '(?<m>\\d{2})',
  M: '(?<m>\\d{1,2})',
  dd: '(?<d>\\d{2})',
  d: '(?<d>\\d{1,2})',
};
const TOKEN = /yyyy|yy|MM|M|dd|d/g;
const patterns = new Map<string, RegExp>();
const patternOf = (format: string): RegExp => {
  const known = patterns.get(format);
  if (known !== undefined) return known;
  const escaped = format.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const made = new RegExp(`^${escaped.replace(TOKEN, (token) => TOKENS[token] ?? token)}$`);
  patterns.set(format, made);
  return made;
};

/** True for a format that says year, month and day once each. */
export const isDateFormat = (format: string): boolean => {
  const kinds = (format.match(TOKEN) ?? []).map((token) => token[0]);
  return kinds.length === 3 && new Set(kinds).size === 3;
};

const dateOf = (text: string, format: string): Read => {
  const parts = patternOf(format).exec(text)?.groups;
  const iso = ISO_DATE.exec(text);
  const [year, month, day] =
    parts !== undefined
      ? [
          parts['y'] ?? (Number(parts['s']) < 70 ? `20${parts['s']}` : `19${parts['s']}`),
          parts['m'] ?? '',
          parts['d'] ?? '',
        ]
      : [iso?.[1] ?? '', iso?.[2] ?? '', iso?.[3] ?? ''];
  if (year === '') return bad(`is not a date written as ${format}`);
  const date = `${year}-${month.padStart(2, '0')}-${day.padStart(2, '0')}`;
  const at = new Date(`${date}T00:00:00Z`);
  if (Number.isNaN(at.getTime()) || at.toISOString().slice(0, 10) !== date) return bad('is no day of the calendar');
  return { value: date };
};

const flagOf = (text: string, { yes, no }: Column): Read => {
  const word = text.toLowerCase();
  if (yes.some((each) => each.toLowerCase() === word)) return { value: true };
  if (no.some((each) => each.toLowerCase() === word)) return { value: false };
  return bad(`is none of ${[...yes, ...no].map((each) => `"${each}"`).join(', ')}`);
};

const textOf = (text: string, { max }: Column): Read => {
  if (!text.isWellFormed()) return { code: 'INVALID_TEXT', reason: 'has half a character' };
  const odd = /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/.exec(text)?.[0];
  if (odd !== undefined)
    return {
      code: 'INVALID_TEXT',
      reason: `has the character U+${odd.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0')}`,
    };
  const length = [...text].length;
  if (max !== undefined && length > max)
    return { code: 'TOO_LONG', reason: `has ${length} characters, at most ${max} are allowed` };
  return { value: text };
};

const fromText = (text: string, column: Column): Read => {
  switch (column.type) {
    case 'text':
    case 'any':
      return textOf(text, column);
    case 'integer':
    case 'decimal':
      return numberOf(text, column);
    case 'flag':
      return flagOf(text, column);
    case 'date':
      return dateOf(text, column.format);
    case 'instant': {
      const instant = instantOf(text, column.zone);
      return instant === undefined ? bad('is not a time') : { value: instant.text };
    }
    default:
      return column.type satisfies never;
  }
};

/** What stands in a cell, as the column says. Nothing is null; blanks alone are nothing but in a text that keeps them. */
export const readCell = (cell: Json | undefined, column: Column): Read => {
  if (cell === undefined || cell === null)
    return column.required ? { code: 'REQUIRED', reason: 'is empty' } : { value: null };
  if (column.type === 'any') return { value: cell };
  if (typeof cell === 'object' && !(cell instanceof ExactNumber)) return bad('is a list or an object');
  const written = String(cell);
  const text = column.trim ? written.trim() : written;
  if (text === '' && (column.required || column.type !== 'text' || written !== ''))
    return column.required ? { code: 'REQUIRED', reason: 'is empty' } : { value: null };
  return fromText(text, column);
};

const writtenDate = (iso: string, format: string): string | undefined => {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})$/.exec(iso) ?? [];
  if (year === '') return undefined;
  const parts: Readonly<Record<string, string>> = {
    yyyy: year,
    yy: year.slice(2),
    MM: month,
    M: String(Number(month)),
    dd: day,
    d: String(Number(day)),
  };
  return format.replace(TOKEN, (token) => parts[token] ?? token);
};

const GROUPS = /\B(?=(\d{3})+(?!\d))/g;

/** A value as text for a cell, or why it cannot stand there. */
export const writeCell = (
  value: Json | undefined,
  column: Column,
): { readonly cell: string | null } | { readonly code: ErrorCode; readonly reason: string } => {
  if (value === undefined || value === null)
    return column.required ? { code: 'REQUIRED', reason: 'is empty' } : { cell: null };
  if (typeof value === 'object' && !(value instanceof ExactNumber))
    return { code: 'BAD_VALUE', reason: 'is a list or an object' };
  if (typeof value === 'boolean')
    return column.type === 'flag'
      ? { cell: (value ? column.yes : column.no)[0] ?? '' }
      : { code: 'BAD_VALUE', reason: 'is true or false' };
  const text = String(value);
  const read = fromText(text, { ...column, decimal: '.', group: '', format: 'yyyy-MM-dd' });
  if ('code' in read) return read;
  if (column.type === 'date') return { cell: writtenDate(String(read.value), column.format) ?? null };
  if (column.type !== 'integer' && column.type !== 'decimal') return { cell: text };
  const [whole = '', fraction] = String(read.value).split('.');
  const grouped = column.group === '' ? whole : whole.replace(GROUPS, column.group);
  return { cell: fraction === undefined ? grouped : `${grouped}${column.decimal}${fraction}` };
};
