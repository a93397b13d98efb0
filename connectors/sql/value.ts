/** Values of a column, out and in, without losing a digit, a second or the difference between empty and absent. */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { instantOf } from '../rest/time.ts';
import type { Bound, Cell, Column, Dialect, Kind } from './dialect.ts';
import { wallAt } from './wall.ts';

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
const UTC_TEXT = /^(\d{4}-\d{2}-\d{2})[ T](\d{2}:\d{2}:\d{2}(?:\.\d+)?)(?:Z|\+00(?::?00)?)?$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const WHOLE = /^(0|-?[1-9]\d{0,37})$/;

const textOf = (cell: Exclude<Cell, null>): string => (Buffer.isBuffer(cell) ? cell.toString('utf8') : String(cell));

const binary = (cell: Exclude<Cell, null>): string => {
  if (Buffer.isBuffer(cell)) return cell.toString('base64');
  const text = String(cell);
  return text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex').toString('base64') : text;
};

const TRUE = new Set(['t', 'true', '1']);

/** What a cell says, as JSON. What does not look like its kind (infinity, a year before Christ) stays as the database wrote it. */
export const decoded = (cell: Cell, kind: Kind): Json => {
  if (cell === null) return null;
  if (kind === 'binary') return binary(cell);
  const text = textOf(cell);
  switch (kind) {
    case 'integer':
    case 'decimal':
      return NUMBER.test(text) ? parseJson(text) : text;
    case 'boolean':
      return TRUE.has(text);
    case 'json':
      return parseJson(text);
    case 'instant':
      return text.replace(UTC_TEXT, '$1T$2Z');
    case 'local':
      return text.replace(UTC_TEXT, '$1T$2');
    default:
      return text;
  }
};

const bad = (message: string): SyncError => new SyncError('BAD_VALUE', message, { unsent: true, class: 'validation' });

/** A value as plain text, for drivers that let the server make of it what the column is. */
export const boundText = (value: Exclude<Json, null>): string => {
  if (typeof value === 'string') return value;
  if (typeof value === 'object' && !(value instanceof ExactNumber)) return stringifyJson(value);
  return String(value);
};

/** A moment as the column keeps it: one that knows no zone keeps what its own zone's clocks show. */
const timed = (text: string, kind: Kind, zone: string): string => {
  if (!/(?:[zZ]|[+-]\d{2}:?\d{2})$/.test(text)) return text;
  const at = instantOf(text, 'UTC');
  if (at === undefined) return text;
  const [, fraction = ''] = /[.,](\d+)/.exec(text) ?? [];
  return `${wallAt(at.ms, kind === 'instant' ? 'UTC' : zone)}${fraction === '' ? '' : `.${fraction}`}${kind === 'instant' ? 'Z' : ''}`;
};

/** A value of a record as it is bound to a column. BAD_VALUE names the column and never the value. */
export const encoded = (dialect: Dialect, value: Json, column: Pick<Column, 'name' | 'kind'>, zone: string): Bound => {
  if (value === null) return null;
  const { name, kind } = column;
  if (kind === 'json') return stringifyJson(value);
  if (isObject(value) || Array.isArray(value))
    throw bad(`${name} is a column of one value; a list or an object cannot stand in it`);
  if (typeof value === 'string') {
    if (!value.isWellFormed() || value.includes('\0')) throw bad(`${name} would get half a character or a zero byte`);
    if (kind === 'binary') return Buffer.from(value, 'base64');
    if (kind === 'instant' || kind === 'local') return dialect.bind(timed(value, kind, zone), kind);
  }
  return dialect.bind(value, kind);
};

/** False when no row can have this text in such a column: it need not be asked for, and asking would be an error. */
export const couldBe = (text: string, { kind, bits = 64 }: Pick<Column, 'kind' | 'bits'>): boolean => {
  if (!text.isWellFormed() || text.includes('\0')) return false;
  if (kind === 'integer')
    return WHOLE.test(text) && BigInt(text) >> BigInt(bits) <= 0n && -BigInt(text) >> BigInt(bits) <= 0n;
  if (kind === 'decimal') return NUMBER.test(text);
  if (kind === 'uuid') return UUID.test(text);
  if (kind === 'instant' || kind === 'local') return instantOf(text, 'UTC') !== undefined;
  return kind !== 'date' || /^\d{4}-\d{2}-\d{2}$/.test(text);
};

/** A cell as an id, a version or a place in a list: the text that finds it again. */
export const keyText = (cell: Cell, kind: Kind): string | undefined => {
  const value = decoded(cell, kind);
  if (value === null || isObject(value) || Array.isArray(value)) return undefined;
  return String(value);
};
