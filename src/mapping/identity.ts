/** By which keys a record is recognised. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { foldText } from './codec.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf } from './field.ts';
import { isMissing } from './path.ts';
import type { IdentityKey } from './port.ts';
import { showValue } from './show.ts';

const LONGEST_KEY = 300;

const keyPart = (value: Json): string => (typeof value === 'string' ? foldText(value) : canonicalJson(value));

/** The key of a rule, whose fields are given. An empty part gives none, and neither does one that cannot be read. */
export const identityKey = (rule: readonly Field[], fields: string, side: Side, body: JsonObject): IdentityKey => {
  const parts: string[] = [];
  let unread: IdentityKey['unread'];
  for (const field of rule) {
    const columns = field[side];
    const value = columns.decode(nativeOf(columns, body));
    if (value instanceof Fault) {
      unread = 'unreadable';
      continue;
    }
    const part = value === null ? '' : keyPart(value);
    if (part !== '') {
      // The two sides say it by ids of their own: who matches compares what they lead to.
      if (field.link === undefined) parts.push(part);
      continue;
    }
    if (!columns.paths.some((path) => isMissing(body, path))) return { fields, key: null };
    unread ??= 'missing';
  }
  if (unread !== undefined) return { fields, key: null, unread };
  const key = JSON.stringify(parts);
  // An index takes no page-long keys.
  return { fields, key: key.length > LONGEST_KEY ? `#${createHash('sha256').update(key).digest('hex')}` : key };
};

/** The fields of a rule as people say them. */
export const named = (rule: readonly Field[]): string => rule.map(({ name }) => name).join(' and ');

/** What a rule sees in a record, as people say it. */
export const identitySaid = (rule: readonly Field[], side: Side, body: JsonObject): string => {
  const parts = rule.map((field) => ({ field, value: field[side].decode(nativeOf(field[side], body)) }));
  const empty = parts.some(({ value }) => value === null || value instanceof Fault || keyPart(value) === '');
  return empty
    ? named(rule)
    : parts.map(({ field, value }) => `${field.name} ${showValue(value as Json)}`).join(' and ');
};
