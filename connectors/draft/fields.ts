/** The fields of a record as a sample shows them: names and kinds, never a value. */
import { ExactNumber, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import type { TimeFormat } from '../rest/time.ts';
import type { FieldDescription } from '../sdk/seam.ts';
import { at, leavesOf } from './guess.ts';

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const INSTANT = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}/;

const typeOf = (value: Json | undefined): FieldDescription['type'] => {
  if (typeof value === 'string') return DATE.test(value) ? 'date' : INSTANT.test(value) ? 'instant' : 'text';
  if (typeof value === 'boolean') return 'boolean';
  if (value instanceof ExactNumber || typeof value === 'number')
    return /^-?\d+$/.test(String(value)) ? 'integer' : 'decimal';
  if (Array.isArray(value)) return 'list';
  return value !== undefined && isObject(value) ? 'object' : 'unknown';
};

const joined = (types: readonly FieldDescription['type'][]): FieldDescription['type'] => {
  const known = [...new Set(types.filter((type) => type !== 'unknown'))];
  if (known.length === 1) return known[0] ?? 'unknown';
  if (known.every((type) => type === 'integer' || type === 'decimal') && known.length > 0) return 'decimal';
  return known.every((type) => type === 'text' || type === 'date' || type === 'instant') && known.length > 0
    ? 'text'
    : 'unknown';
};

/** Every field that any row has, in the order met; those the system itself keeps cannot be written. */
export const fieldsIn = (
  rows: readonly JsonObject[],
  kept: readonly (string | undefined)[],
): readonly FieldDescription[] => {
  const paths = [...new Set(rows.flatMap((row) => leavesOf(row).map(({ path }) => path)))];
  return paths.map((path) => ({
    path,
    type: joined(rows.map((row) => typeOf(at(row, path)))),
    ...(kept.includes(path) ? { readOnly: true } : {}),
  }));
};

/** The format of the window's lower bound: as the system itself writes its times. */
export const formatOf = (value: Json | undefined): TimeFormat => {
  if (typeof value !== 'string') return Number(String(value)) < 1e11 ? 'epoch_s' : 'epoch_ms';
  // OData 2 shows ticks and asks for a time without a zone.
  if (value.startsWith('/Date(')) return 'local_t';
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value);
  if (!zoned) return value.includes('T') ? 'local_t' : 'local';
  return /\.\d/.test(value) ? 'iso' : 'iso_seconds';
};
