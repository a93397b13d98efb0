/**
 * Entities to records and back. A record's body has the declared fields alone, and beside them what every service gives in
 * its own way: `@id`, `@etag` and `@modified`.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { type Dialect, fromWire, type Kind, literal, toWire } from './edm.ts';
import type { ODataPreset, ODataRecordType } from './schema.ts';

/** Names with their kinds, in the preset's order. */
export type Fields = readonly (readonly [string, Kind])[];

/** Rows below a record, of one navigation property. */
export interface Children {
  readonly name: string;
  /** Their own entity set, where they are written one by one. */
  readonly set: string | undefined;
  /** What names one of them within its parent. */
  readonly keys: Fields;
  readonly fields: Fields;
  /** The field by which a mapping picks one. */
  readonly selector: string;
}

/** One record type, as requests and replies need it. */
export interface Entity {
  readonly name: string;
  readonly set: string;
  readonly keys: Fields;
  /** All declared fields, keys included. */
  readonly fields: Fields;
  readonly kinds: ReadonlyMap<string, Kind>;
  readonly children: readonly Children[];
  readonly type: ODataRecordType;
  readonly dialect: Dialect;
}

const entries = (fields: Readonly<Record<string, Kind>>): Fields => Object.entries(fields);

/** The record types of a preset. */
export const entitiesOf = ({ version, number_suffix, records }: ODataPreset): ReadonlyMap<string, Entity> => {
  const dialect = { version, suffix: number_suffix };
  const made = Object.entries(records).map(([name, type]): readonly [string, Entity] => {
    const all = { ...type.keys, ...type.fields };
    const children = Object.entries(type.children).map(([property, { set, keys, fields, select_by }]) => ({
      name: property,
      set,
      keys: entries(keys),
      fields: entries({ ...keys, ...fields }),
      selector: select_by ?? Object.keys(keys).at(-1) ?? '',
    }));
    const { set, keys } = type;
    return [
      name,
      { name, set, keys: entries(keys), fields: entries(all), kinds: new Map(entries(all)), children, type, dialect },
    ];
  });
  return new Map(made);
};

const QUOTED: ReadonlySet<Kind> = new Set(['string', 'binary']);

/** A record's id: its key alone, or `Name='text',Other=7` where a key has parts. The same in both versions. */
export const idOf = (keys: Fields, body: JsonObject): string | undefined => {
  const parts: string[] = [];
  for (const [name, kind] of keys) {
    const value = Object.hasOwn(body, name) ? body[name] : undefined;
    if (value === undefined || value === null || isObject(value) || Array.isArray(value)) return undefined;
    const text = String(value);
    if (keys.length === 1) return text === '' ? undefined : text;
    parts.push(`${name}=${QUOTED.has(kind) ? `'${text.replaceAll("'", "''")}'` : text}`);
  }
  return parts.length === 0 ? undefined : parts.join(',');
};

const PART = /([A-Za-z_]\w*)=(?:'((?:[^']|'')*)'|([^,']*))(?:,|$)/y;

/** The values of an id's parts, by the names of the keys; undefined for what is no id of this type. */
export const keyValues = (keys: Fields, id: string): ReadonlyMap<string, string> | undefined => {
  const [only] = keys;
  if (keys.length === 1 && only !== undefined) return new Map([[only[0], id]]);
  const values = new Map<string, string>();
  PART.lastIndex = 0;
  while (PART.lastIndex < id.length) {
    const found = PART.exec(id);
    if (found === null) return undefined;
    values.set(found[1] ?? '', found[2]?.replaceAll("''", "'") ?? found[3] ?? '');
  }
  return values.size === keys.length && keys.every(([name]) => values.has(name)) ? values : undefined;
};

const noId = (id: string, why: string, kind: 'not-found' | 'validation'): SyncError =>
  new SyncError('BAD_VALUE', `"${id.slice(0, 60).toWellFormed()}" ${why}`, { unsent: true, class: kind });

/** Encoded, a slash stays inside the brackets; but not every server decodes a path only after it has resolved the dots. */
const leadsUp = (text: string): boolean => text.split(/[/\\]/).some((step) => step === '.' || step === '..');

/** What stands in the brackets of an address: one literal, or `Name=literal` for each part. Encoded. */
export const predicateOf = ({ keys, dialect }: Pick<Entity, 'keys' | 'dialect'>, id: string): string => {
  const values = keyValues(keys, id);
  if (values === undefined) throw noId(id, 'is no id of this record', 'not-found');
  const parts = keys.map(([name, kind]) => {
    const value = values.get(name) ?? null;
    if (value !== null && /[/\\]/.test(value) && leadsUp(value))
      throw noId(id, 'cannot stand in an address', 'validation');
    const written = encodeURIComponent(literal(kind, value, dialect));
    return keys.length === 1 ? written : `${name}=${written}`;
  });
  return parts.join(',');
};

const own = (row: JsonObject, name: string): Json | undefined => (Object.hasOwn(row, name) ? row[name] : undefined);

const picked = (fields: Fields, row: JsonObject): Record<string, Json> => {
  const body: Record<string, Json> = {};
  for (const [name, kind] of fields) {
    const value = own(row, name);
    if (value !== undefined) body[name] = fromWire(kind, value);
  }
  return body;
};

/** The rows of a navigation property that was expanded; undefined for one that was not. */
const childRows = (value: Json | undefined): readonly Json[] | undefined => {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value as readonly Json[];
  const nested = isObject(value) ? own(value, 'results') : undefined;
  return Array.isArray(nested) ? (nested as readonly Json[]) : undefined;
};

/** The entity's own tag: an annotation in V4, in the metadata of the entity in V2. */
export const etagOf = (row: JsonObject): string | undefined => {
  const metadata = own(row, '__metadata');
  const tag = own(row, '@odata.etag') ?? own(row, '@etag') ?? (isObject(metadata) ? own(metadata, 'etag') : undefined);
  return typeof tag === 'string' && tag !== '' ? tag : undefined;
};

const filledText = (body: JsonObject, name: string | undefined): string | undefined => {
  const value = name === undefined ? undefined : own(body, name);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/** The time of the last change as one text: of one field, or of a date and a time; the creation's where there was none. */
const modifiedOf = ({ modified_at: at, created_at: created }: ODataRecordType, body: JsonObject) => {
  for (const place of [at, created]) {
    if (place === undefined) continue;
    const date = filledText(body, typeof place === 'string' ? place : place.date);
    if (date === undefined) continue;
    return typeof place === 'string' ? date : `${date}T${filledText(body, place.time) ?? '00:00:00'}`;
  }
  return undefined;
};

/** What the service gave for one entity, as a record's body. What is no object stays what it is: then it is no record. */
export const toBody = (entity: Entity, row: Json): Json => {
  if (!isObject(row)) return row;
  const body = picked(entity.fields, row);
  for (const { name, fields } of entity.children) {
    const rows = childRows(own(row, name));
    if (rows !== undefined) body[name] = rows.filter(isObject).map((child) => picked(fields, child));
  }
  const id = idOf(entity.keys, body);
  const etag = etagOf(row);
  const modified = modifiedOf(entity.type, body);
  return {
    ...body,
    ...(id === undefined ? {} : { '@id': id }),
    ...(etag === undefined ? {} : { '@etag': etag }),
    ...(modified === undefined ? {} : { '@modified': modified }),
  };
};

const undeclared = (place: string): SyncError =>
  new SyncError('BAD_VALUE', `"${place}" is not among the fields that the preset declares`, {
    unsent: true,
    class: 'validation',
  });

const wired = (fields: ReadonlyMap<string, Kind>, row: JsonObject, place: string, dialect: Dialect) => {
  const body: Record<string, Json> = {};
  for (const [name, value] of Object.entries(row)) {
    const kind = fields.get(name);
    if (kind === undefined) throw undeclared(`${place}${name}`);
    try {
      body[name] = toWire(kind, value, dialect);
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      throw new SyncError(error.code, `${place}${name}: ${error.message}`, error.facts);
    }
  }
  return body;
};

/** A child's fields as the wire has them. */
export const childToWire = ({ name, fields }: Children, row: Json, dialect: Dialect): Record<string, Json> => {
  if (!isObject(row)) throw undeclared(`${name}[]`);
  return wired(new Map(fields), row, `${name}.`, dialect);
};

/** A record's own fields as the wire has them, and its children as they were given. BAD_VALUE names what cannot be sent. */
export const toWireParts = ({ kinds, children, dialect }: Entity, data: JsonObject) => {
  const nested = new Map<Children, readonly Json[]>();
  const plain: Record<string, Json> = {};
  for (const [name, value] of Object.entries(data)) {
    const child = children.find((each) => each.name === name);
    if (child === undefined) plain[name] = value;
    else nested.set(child, Array.isArray(value) ? (value as readonly Json[]) : [value]);
  }
  return { own: wired(kinds, plain, '', dialect), nested };
};
