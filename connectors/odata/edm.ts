/**
 * Kinds of values in OData: their text in a record, on the wire, and as a literal in an address. In a record a value has
 * one writing whatever the version of the protocol: digits as text, dates and times as ISO 8601.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, type Json } from '../../src/domain/json.ts';

/** Every kind, by the word that a preset uses. */
export const KINDS = [
  'string',
  'guid',
  'boolean',
  'integer',
  'int64',
  'decimal',
  'double',
  'date',
  'time',
  'datetime',
  'instant',
  'binary',
] as const;
/** One of them. */
export type Kind = (typeof KINDS)[number];

/** How a service writes. */
export interface Dialect {
  readonly version: 'v2' | 'v4';
  /** V2: a decimal literal ends with M, and a long one with L. */
  readonly suffix: boolean;
}

const bad = (text: string, kind: Kind): SyncError =>
  new SyncError('BAD_VALUE', `"${text.slice(0, 60).toWellFormed()}" is no ${kind}`, {
    unsent: true,
    class: 'validation',
  });

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const FORMS: Readonly<Partial<Record<Kind, RegExp>>> = {
  guid: /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  boolean: /^(?:true|false)$/,
  integer: /^-?\d{1,15}$/,
  int64: /^-?\d{1,19}$/,
  decimal: /^-?\d{1,60}(?:\.\d{1,60})?$/,
  double: /^-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,3})?$/,
  date: DATE,
  time: /^([01]\d|2[0-3]):[0-5]\d(?::[0-5]\d(?:\.\d{1,12})?)?$/,
  datetime: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?$/,
  instant: /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(?::\d{2}(?:\.\d{1,12})?)?(?:Z|[+-]\d{2}:\d{2})$/,
  binary: /^[\w+/-]*={0,2}$/,
};

/** The text of a scalar as a value of this kind; BAD_VALUE when it is none. */
const textOf = (kind: Kind, value: Json): string => {
  const scalar = typeof value !== 'object' || value instanceof ExactNumber;
  if (!scalar) throw bad(value === null ? 'null' : 'a document', kind);
  const text = String(value);
  const form = FORMS[kind];
  if (form !== undefined && !form.test(text)) throw bad(text, kind);
  if (kind === 'string' && !text.isWellFormed()) throw bad(text, kind);
  return text;
};

const asDuration = (time: string): string => {
  const [hours = '00', minutes = '00', seconds = '00'] = time.split(':');
  return `PT${hours}H${minutes}M${seconds}S`;
};
const ticksOf = (text: string): string => `/Date(${Date.parse(/T/.test(text) ? text : `${text}T00:00:00Z`)})/`;
const utc = (local: string): string => `${local}Z`;

const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const V2_LITERALS: Readonly<Partial<Record<Kind, (text: string) => string>>> = {
  guid: (text) => `guid'${text}'`,
  date: (text) => `datetime'${text}T00:00:00'`,
  datetime: (text) => `datetime'${text}'`,
  instant: (text) => `datetimeoffset'${text}'`,
  time: (text) => `time'${asDuration(text)}'`,
  binary: (text) => `binary'${Buffer.from(text, 'base64').toString('hex').toUpperCase()}'`,
};

/** A value as it stands in a filter or a key, not yet encoded for an address. BAD_VALUE for what has not its form. */
export const literal = (kind: Kind, value: Json, { version, suffix }: Dialect): string => {
  if (value === null) return 'null';
  const text = textOf(kind, value);
  if (kind === 'string') return quoted(text);
  if (version === 'v4') return kind === 'binary' ? `binary'${text}'` : text;
  if (kind === 'double') return `${text}d`;
  if (suffix && kind === 'decimal') return `${text}M`;
  if (suffix && kind === 'int64') return `${text}L`;
  return V2_LITERALS[kind]?.(text) ?? text;
};

const NUMBERS: ReadonlySet<Kind> = new Set(['integer', 'double']);

/** A value of a record as a property of a body. Digits travel as text, which IEEE754Compatible and V2 both want. */
export const toWire = (kind: Kind, value: Json, { version }: Dialect): Json => {
  if (value === null) return null;
  const text = textOf(kind, value);
  if (kind === 'boolean') return text === 'true';
  if (NUMBERS.has(kind)) return String(Number(text)) === text ? Number(text) : new ExactNumber(text);
  if (version === 'v4') return kind === 'time' && text.length === 5 ? `${text}:00` : text;
  if (kind === 'date' || kind === 'instant') return ticksOf(text);
  if (kind === 'datetime') return ticksOf(utc(text));
  return kind === 'time' ? asDuration(text) : text;
};

const TICKS = /^\/Date\((-?\d{1,15})(?:[+-]\d{1,4})?\)\/$/;
const DURATION = /^PT(?:(\d{1,2})H)?(?:(\d{1,2})M)?(?:(\d{1,2})(\.\d{1,12})?S)?$/;

const fromTicks = (kind: Kind, text: string): string | undefined => {
  const ms = Number(TICKS.exec(text)?.[1] ?? Number.NaN);
  const iso = Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString() : undefined;
  if (kind === 'date') return iso?.slice(0, 10);
  return kind === 'datetime' ? iso?.slice(0, -1) : iso;
};

const fromDuration = (text: string): string | undefined => {
  const found = DURATION.exec(text);
  if (found === null) return undefined;
  const [hours = '', minutes = '', seconds = '', fraction = ''] = found.slice(1).map((part) => part ?? '');
  return `${[hours, minutes, seconds].map((part) => part.padStart(2, '0')).join(':')}${fraction}`;
};

const DIGITS: ReadonlySet<Kind> = new Set(['decimal', 'int64']);

/** A property of a body as a value of a record. What has not its form stays as it came, so that a codec can judge it. */
export const fromWire = (kind: Kind, value: Json): Json => {
  if (DIGITS.has(kind) && (typeof value === 'number' || value instanceof ExactNumber)) return String(value);
  if (typeof value !== 'string') return value;
  if (kind === 'time') return fromDuration(value) ?? value;
  if (kind === 'date' && /^\d{4}-\d{2}-\d{2}T00:00:00/.test(value)) return value.slice(0, 10);
  return kind === 'date' || kind === 'datetime' || kind === 'instant' ? (fromTicks(kind, value) ?? value) : value;
};
