import { hash } from 'node:crypto';
import {
  canonicalJson,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
  sameJson,
  stringifyJson,
} from '../domain/json.ts';
import type { Agreed, Baseline } from '../domain/plan.ts';

/** Format 1 of every body in the ledger: UTF-8 JSON. JSON text escapes lone surrogates and NUL, so bytes keep them. */
export const toBytes = (value: Json): Buffer => Buffer.from(stringifyJson(value), 'utf8');
/** A body as it stands in the ledger, or as text where the statement said `asText`. */
export type Stored = Buffer | string;
/** In a statement: a body as text. Bytes would travel as hexadecimal digits, twice as long, to be made text again. */
export const asText = (column: string): string => `convert_from(${column}, 'UTF8')`;
export const fromBytes = (body: Stored): Json => parseJson(typeof body === 'string' ? body : body.toString('utf8'));
export const objectFrom = (bytes: Stored): JsonObject => {
  const value = fromBytes(bytes);
  return isObject(value) ? value : {};
};
export const hashOf = (value: Json): Buffer => hash('sha256', canonicalJson(value), 'buffer');

/**
 * Many byte strings as three parameters: one value that is sent as it is, with the place and length of each. As an array
 * they would travel as hexadecimal digits. The statement cuts them out with `cut`.
 */
export const packed = (parts: readonly Buffer[]): [Buffer, readonly number[], readonly number[]] => {
  let at = 1;
  const starts = parts.map(({ length }) => {
    at += length;
    return at - length;
  });
  return [Buffer.concat(parts), starts, parts.map(({ length }) => length)];
};
/** In a statement: one of the byte strings that a parameter packs. */
export const cut = (parameter: number, start: string, length: string): string =>
  `substr($${parameter}::bytea, ${start}, ${length})`;

/** A field whose three values are one and the same is kept as `[value]`, others as `[value, crm, erp]`. */
export const compactBaseline = (baseline: Baseline): JsonObject => {
  const compact: Record<string, Json> = {};
  for (const [field, { value, crm, erp }] of Object.entries(baseline)) {
    compact[field] = sameJson(value, crm) && sameJson(value, erp) ? [value] : [value, crm, erp];
  }
  return compact;
};
export const encodeBaseline = (baseline: Baseline): Buffer => toBytes(compactBaseline(baseline));
export const decodeBaseline = (bytes: Stored | null | undefined): Baseline =>
  bytes ? wholeBaseline(objectFrom(bytes)) : {};
/** The baseline that `compactBaseline` made smaller. */
export const wholeBaseline = (compact: JsonObject): Baseline => {
  const baseline: Record<string, Agreed> = {};
  for (const [field, entry] of Object.entries(compact)) {
    const [value = null, crm = value, erp = value] = entry as readonly Json[];
    baseline[field] = { value, crm, erp };
  }
  return baseline;
};
