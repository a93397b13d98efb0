import { createHash } from 'node:crypto';
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
export const fromBytes = (bytes: Buffer): Json => parseJson(bytes.toString('utf8'));
export const objectFrom = (bytes: Buffer): JsonObject => {
  const value = fromBytes(bytes);
  return isObject(value) ? value : {};
};
export const hashOf = (value: Json): Buffer => createHash('sha256').update(canonicalJson(value)).digest();

/** A field whose three values are one and the same is kept as `[value]`, others as `[value, crm, erp]`. */
export const encodeBaseline = (baseline: Baseline): Buffer => {
  const compact: Record<string, Json> = {};
  for (const [field, { value, crm, erp }] of Object.entries(baseline)) {
    compact[field] = sameJson(value, crm) && sameJson(value, erp) ? [value] : [value, crm, erp];
  }
  return toBytes(compact);
};
export const decodeBaseline = (bytes: Buffer | null | undefined): Baseline => {
  if (!bytes) return {};
  const baseline: Record<string, Agreed> = {};
  for (const [field, entry] of Object.entries(objectFrom(bytes))) {
    const [value = null, crm = value, erp = value] = entry as readonly Json[];
    baseline[field] = { value, crm, erp };
  }
  return baseline;
};
