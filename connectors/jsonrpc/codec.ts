/**
 * Values that JSON has no word for, as tagged objects: `{"__class__": "Decimal", "decimal": "1.50"}`. They become plain
 * JSON (a number with its digits, ISO 8601 texts, base64) and, by the type a field declares, tagged again.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';

/** The types a field of a preset may declare. */
export const TYPES = [
  ...(['text', 'integer', 'boolean', 'decimal', 'float', 'numeral'] as const),
  ...(['date', 'time', 'instant', 'duration', 'bytes'] as const),
] as const;
export type FieldType = (typeof TYPES)[number];

const TAG = '__class__';
const two = (value: Json | undefined): string => String(value ?? 0).padStart(2, '0');
const day = (tagged: JsonObject): string =>
  `${String(tagged['year'] ?? 0).padStart(4, '0')}-${two(tagged['month'])}-${two(tagged['day'])}`;
const clock = (tagged: JsonObject): string => {
  const micro = Number(tagged['microsecond'] ?? 0);
  const part = micro === 0 ? '' : `.${String(micro).padStart(6, '0').replace(/0+$/, '')}`;
  return `${two(tagged['hour'])}:${two(tagged['minute'])}:${two(tagged['second'])}${part}`;
};

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;
/** A number from its digits: a plain one where a double keeps them. Not a number (`NaN`): its text. */
export const numberOf = (digits: string): Json => {
  if (!NUMBER.test(digits)) return digits;
  return String(Number(digits)) === digits ? Number(digits) : new ExactNumber(digits);
};

const untagged = (tagged: JsonObject): Json | undefined => {
  switch (tagged[TAG]) {
    case 'Decimal':
      return numberOf(String(tagged['decimal'] ?? ''));
    case 'date':
      return day(tagged);
    case 'time':
      return clock(tagged);
    case 'datetime':
      return `${day(tagged)}T${clock(tagged)}Z`;
    case 'timedelta':
      return `PT${String(tagged['seconds'] ?? 0)}S`;
    case 'bytes':
      return String(tagged['base64'] ?? '').replace(/\s+/g, '');
    default:
      return undefined;
  }
};

/** A value as it came, with every tagged one in it made plain. One that nobody described stays as it is. */
export const decoded = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(decoded);
  if (!isObject(value)) return value;
  if (Object.hasOwn(value, TAG)) return untagged(value) ?? value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, decoded(inner)]));
};

/** A plain value as the type says it reads: SQLite's 0 and 1 become flags, ids and numbers of a text are texts. */
export const readAs = (value: Json, type: FieldType): Json => {
  if (type === 'boolean' && (value === 0 || value === 1)) return value === 1;
  if ((type === 'text' || type === 'numeral') && (typeof value === 'number' || value instanceof ExactNumber))
    return String(value);
  return value;
};

const wrong = (value: Json, type: string): SyncError =>
  new SyncError('BAD_VALUE', `${JSON.stringify(value).slice(0, 60)} is no ${type}`, {
    unsent: true,
    class: 'validation',
  });

const DAY = /^(\d{4})-(\d{2})-(\d{2})$/;
const CLOCK = /^(\d{2}):(\d{2})(?::(\d{2})(?:\.(\d{1,6})\d*)?)?$/;

const tagDay = (text: string): JsonObject | undefined => {
  const [, year, month, dayOfMonth] = DAY.exec(text) ?? [];
  if (year === undefined || Number.isNaN(Date.parse(`${text}T00:00:00Z`))) return undefined;
  return { [TAG]: 'date', year: Number(year), month: Number(month), day: Number(dayOfMonth) };
};
const tagClock = (text: string): JsonObject | undefined => {
  const [, hour, minute, second = '0', part = ''] = CLOCK.exec(text) ?? [];
  if (hour === undefined) return undefined;
  const micro = Number(part.padEnd(6, '0'));
  return { [TAG]: 'time', hour: Number(hour), minute: Number(minute), second: Number(second), microsecond: micro };
};

/** An instant as the tagged date and time of its UTC clock. */
export const tagInstant = (text: string): JsonObject | undefined => {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) return undefined;
  const [date = '', rest = ''] = new Date(ms).toISOString().split('T');
  // Date keeps milliseconds; finer digits are taken from the text itself.
  const fine = /\.(\d{1,6})\d*(?:Z|[+-]\d{2}:?\d{2})$/.exec(text)?.[1];
  const at = tagClock(`${rest.slice(0, 8)}${fine === undefined ? '' : `.${fine}`}`);
  return at === undefined ? undefined : { ...tagDay(date), ...at, [TAG]: 'datetime' };
};

const tagged = (value: string, type: FieldType): JsonObject | undefined => {
  switch (type) {
    case 'date':
      return tagDay(value);
    case 'time':
      return tagClock(value);
    case 'instant':
      return tagInstant(value);
    case 'duration': {
      const seconds = /^PT(-?\d+(?:\.\d+)?)S$/.exec(value)?.[1];
      return seconds === undefined ? undefined : { [TAG]: 'timedelta', seconds: numberOf(seconds) };
    }
    case 'bytes':
      return { [TAG]: 'bytes', base64: value };
    default:
      return undefined;
  }
};

/** A number that is no tagged one: a quantity, or the id of another record. */
const bare = (value: Json, type: 'float' | 'numeral'): Json => {
  const digits = String(value);
  if (!(type === 'numeral' ? /^(0|[1-9]\d{0,17})$/ : NUMBER).test(digits))
    throw wrong(value, type === 'numeral' ? 'numeral' : 'number');
  return numberOf(digits);
};

/** How a plain value becomes what the system wants. */
export type Encode = (value: Json, type: FieldType) => Json;

/** For systems with numbers and texts for everything, and perhaps a word of their own for nothing. */
const plainly =
  (nothing: Json): Encode =>
  (value, type) => {
    if (value === null) return nothing;
    if (type === 'decimal') {
      const digits = String(value);
      if (!NUMBER.test(digits)) throw wrong(value, type);
      return numberOf(digits);
    }
    if (type === 'float' || type === 'numeral') return bare(value, type);
    if (type !== 'instant') return encoded(value, type === 'boolean' ? type : 'text');
    if (typeof value !== 'string' || Number.isNaN(Date.parse(value))) throw wrong(value, type);
    return new Date(value).toISOString().slice(0, 19).replace('T', ' ');
  };

/** The way that a preset's values travel. */
export const createEncode = (values: 'tagged' | 'plain', nothing: Json | undefined): Encode => {
  const encode = values === 'plain' ? plainly(nothing ?? null) : encoded;
  return (value, type) => (value === null ? (nothing ?? null) : encode(value, type));
};

/** A plain value as the system wants it. Throws BAD_VALUE for one that is not of its type. */
export const encoded = (value: Json, type: FieldType): Json => {
  if (value === null) return null;
  if (type === 'decimal') {
    const digits = typeof value === 'string' ? value : value instanceof ExactNumber ? value.text : String(value);
    if (!NUMBER.test(digits)) throw wrong(value, type);
    return { [TAG]: 'Decimal', decimal: digits };
  }
  if (type === 'float' || type === 'numeral') return bare(value, type);
  if (type === 'boolean' && typeof value !== 'boolean') throw wrong(value, 'flag');
  if (type === 'text' || type === 'integer' || type === 'boolean') return value;
  const made = typeof value === 'string' ? tagged(value, type) : undefined;
  if (made === undefined) throw wrong(value, type);
  return made;
};
