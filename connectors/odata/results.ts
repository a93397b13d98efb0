/** What became of written records, as the common machinery reads it. */
import { isObject, type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type Entity, etagOf, idOf, keyValues, toBody } from './entity.ts';
import type { Part } from './multipart.ts';
import type { Operation } from './operations.ts';
import { signalOf } from './refusal.ts';
import type { Ask } from './requests.ts';

type Write = Extract<Ask, { kind: 'write' }>;

const bodyOf = (text: string): Json => {
  try {
    return text.trim() === '' ? {} : parseJson(text);
  } catch {
    return {};
  }
};

/** A literal of an address without the marks of its kind. */
const bare = (text: string): string => {
  const quoted = /^(?:guid|datetime|datetimeoffset|time|binary)?'((?:[^']|'')*)'$/.exec(text);
  return quoted?.[1]?.replaceAll("''", "'") ?? text.replace(/^(-?\d+(?:\.\d+)?)[MLmld]$/, '$1');
};

/** The id of a new record in the address that the service gives it. */
export const idInAddress = ({ keys }: Entity, address: string | undefined): string | undefined => {
  const inside = /\(([^()]*)\)\/?$/.exec(address ?? '')?.[1];
  if (inside === undefined) return undefined;
  let text: string;
  try {
    text = decodeURIComponent(inside);
  } catch {
    return undefined;
  }
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) {
    const prefix = `${only[0]}=`;
    return bare(text.startsWith(prefix) ? text.slice(prefix.length) : text);
  }
  const values = keyValues(keys, text.replace(/=(?:guid|datetime|datetimeoffset|time)'/g, "='"));
  return values === undefined ? undefined : idOf(keys, Object.fromEntries(values));
};

/** Reads the replies to writes. */
export const createOutcomes = () => ({
  /** `If-Match: *` fails only where there is nothing: that is no clash but an absence. */
  statusOf: (status: number, { headers }: Operation): number =>
    status === 412 && headers['if-match'] === '*' ? 404 : status,

  /** Id, tag and record of a write that went well. */
  done: ({ entity, act }: Write, { headers, text }: Pick<Part, 'headers' | 'text'>): JsonObject => {
    const parsed = bodyOf(text);
    const row = isObject(parsed) && Object.hasOwn(parsed, 'd') ? (parsed['d'] ?? null) : parsed;
    const body = act === 'delete' ? {} : toBody(entity, row);
    const record = isObject(body) ? body : {};
    const address = headers['location'] ?? headers['odata-entityid'];
    const id = record['@id'] ?? (act === 'create' ? idInAddress(entity, address) : undefined);
    const etag = (isObject(row) ? etagOf(row) : undefined) ?? headers['etag'];
    const whole = entity.type.capabilities.returns_record && record['@id'] !== undefined;
    return {
      ...(id === undefined ? {} : { '@id': id }),
      ...(etag === undefined ? {} : { '@etag': etag }),
      ...(whole ? { record: { ...record, ...(etag === undefined ? {} : { '@etag': etag }) } } : {}),
    };
  },

  /** Code, sentence and fields of one that did not. */
  refused: (part: Part): JsonObject => {
    const { code, message, fields } = signalOf(part);
    return {
      ...(code === undefined ? {} : { code }),
      ...(message === undefined ? {} : { message }),
      ...(fields === undefined ? {} : { fields }),
    };
  },
});
/** What `createOutcomes` gives. */
export type Outcomes = ReturnType<typeof createOutcomes>;
