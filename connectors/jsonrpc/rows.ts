/** Rows as the system gives them, to records of the seam: what is asked for, and how a body is made of the answer. */
import { createHash } from 'node:crypto';
import { canonicalJson, isObject, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { textTemplate } from '../engine/template.ts';
import type { Change, NativeRecord } from '../sdk/seam.ts';
import { decoded, readAs } from './codec.ts';
import type { Children, JsonRpcPreset, Plain, Property, RecordType, Reference } from './schema.ts';

/** A child as it came, with the properties made of it. */
export interface Child {
  readonly id: Json;
  readonly shown: JsonObject;
}

export interface Rows {
  /** The fields to ask for. */
  readonly fields: readonly string[];
  id(row: Json): string | undefined;
  record(row: Json): NativeRecord | string;
  change(row: Json): Change;
  /** Latest time of change, ms. */
  time(row: Json): number | undefined;
  /** The children under a property, by property. */
  children(row: Json, property: string): readonly Child[];
  /** All keys of ours that the row carries. */
  references(row: Json): readonly string[];
}

export const fieldOf = (plain: Plain): string => (typeof plain === 'string' ? plain : plain.field);
export const typeOf = (plain: Plain) => (typeof plain === 'string' ? ('text' as const) : plain.type);
export const isReference = (property: Property): property is Reference =>
  typeof property === 'object' && 'reference' in property;
export const isChildren = (property: Property): property is Children =>
  typeof property === 'object' && 'children' in property;

/** The stamps in a version, by the guarded rows' names. */
export const stampsOf = (version: string): JsonObject =>
  Object.fromEntries(
    (version.split('#')[0] ?? '')
      .split(';')
      .filter((part) => part.includes('='))
      .map((part) => [part.slice(0, part.lastIndexOf('=')), part.slice(part.lastIndexOf('=') + 1)]),
  );

const own = (row: Json | undefined, name: string): Json | undefined =>
  row !== undefined && isObject(row) && Object.hasOwn(row, name) ? row[name] : undefined;
const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? (value as readonly Json[]) : []);
const idText = (value: Json | undefined): string | undefined =>
  typeof value === 'number' || (typeof value === 'string' && value !== '') ? String(value) : undefined;

const createAsker = (related: JsonRpcPreset['related']) => {
  const asked = textTemplate(related.ask);
  const answered = textTemplate(related.answer);
  return {
    ask: (field: string, inner: string): string => asked({ field, inner }) ?? '',
    answer: (field: string): string => answered({ field }) ?? '',
  };
};
type Asker = ReturnType<typeof createAsker>;

const askedOf = (property: Property, type: RecordType, asker: Asker): readonly string[] => {
  if (typeof property === 'string' || 'field' in property) return [fieldOf(property)];
  if ('reference' in property) return [asker.ask(property.reference, property.by)];
  if ('links' in property) return [asker.ask(property.links, property.by)];
  const inner = [
    type.id.field,
    ...(type.stamp === undefined ? [] : [type.stamp]),
    ...type.times,
    ...(type.key?.children === property.children ? [type.key.field, ...Object.keys(type.key.with)] : []),
    ...Object.values(property.fields).flatMap((each) => askedOf(each, type, asker)),
  ];
  return inner.map((field) => asker.ask(property.children, field));
};

const read = (row: Json, property: Plain | Reference, asker: Asker): Json => {
  if (isReference(property)) return own(own(row, asker.answer(property.reference)), property.by) ?? null;
  return readAs(own(row, fieldOf(property)) ?? null, typeOf(property));
};

const createChildren =
  (property: Children, type: RecordType, asker: Asker) =>
  (row: Json): readonly Child[] =>
    list(own(row, asker.answer(property.children))).map((child, index) => ({
      id: own(child, type.id.field) ?? null,
      shown: {
        ...(property.number_as === undefined ? {} : { [property.number_as]: String(index + 1) }),
        ...Object.fromEntries(
          Object.entries(property.fields).map(([name, field]) => [name, read(child, field, asker)]),
        ),
      },
    }));

/** Compiles a record type. */
export const createRows = (name: string, type: RecordType, related: JsonRpcPreset['related']): Rows => {
  const asker = createAsker(related);
  const { stamp, key } = type;
  const collections = new Map(
    Object.entries(type.body).flatMap(([property, spec]) =>
      isChildren(spec) ? [[property, { spec, children: createChildren(spec, type, asker) }] as const] : [],
    ),
  );
  const guardName = type.guard === undefined ? undefined : textTemplate(type.guard.name);
  const fields = [
    ...new Set([
      type.id.field,
      ...(stamp === undefined ? [] : [stamp]),
      ...type.times,
      ...Object.values(type.body).flatMap((property) => askedOf(property, type, asker)),
    ]),
  ];
  const id = (row: Json): string | undefined => idText(own(row, type.id.field));
  /** The row itself and its children, each with its model. */
  const family = (row: Json): readonly (readonly [string, Json])[] => [
    [type.model, row],
    ...[...collections.values()].flatMap(({ spec }) =>
      list(own(row, asker.answer(spec.children))).map((child) => [spec.of, child] as const),
    ),
  ];
  const times = (row: Json): readonly string[] =>
    family(row).flatMap(([, each]) =>
      type.times.map((time) => decoded(own(each, time) ?? null)).filter((text) => typeof text === 'string'),
    );
  const latest = (row: Json): string | undefined =>
    times(row)
      .toSorted((a, b) => Date.parse(a) - Date.parse(b))
      .at(-1);
  const version = (row: Json, body: JsonObject): string | undefined => {
    if (stamp === undefined) return undefined;
    const stamps = family(row).map(([model, each]) => {
      const rowId = idText(own(each, type.id.field)) ?? '';
      return `${guardName?.({ model, id: rowId }) ?? `${model},${rowId}`}=${String(own(each, stamp) ?? '')}`;
    });
    // The content too: stamps are coarse, and two writes within one step of them look alike.
    return `${stamps.toSorted().join(';')}#${createHash('sha256').update(canonicalJson(body)).digest('base64url').slice(0, 16)}`;
  };
  const property = (row: Json, spec: Property): Json => {
    if (typeof spec === 'string' || 'field' in spec || 'reference' in spec) return read(row, spec, asker);
    if ('links' in spec)
      return list(own(row, asker.answer(spec.links))).map((each) => ({ [spec.by]: own(each, spec.by) ?? null }));
    return createChildren(spec, type, asker)(row).map(({ shown }) => shown);
  };
  const references = (row: Json): readonly string[] => {
    if (key === undefined) return [];
    return list(own(row, asker.answer(key.children))).flatMap((child) => {
      const text = own(child, key.field);
      const ours = Object.entries(key.with).every(([field, value]) => (own(child, field) ?? null) === value);
      return ours && typeof text === 'string' && text.startsWith(key.prefix) ? [text.slice(key.prefix.length)] : [];
    });
  };
  const record = (raw: Json): NativeRecord | string => {
    const row = decoded(raw);
    const rowId = id(row);
    if (rowId === undefined) return `a row of ${name} has no ${type.id.field}`;
    const body: JsonObject = {
      id: rowId,
      ...Object.fromEntries(Object.entries(type.body).map(([each, spec]) => [each, property(row, spec)])),
    };
    const [modifiedAt, moved, reference] = [latest(row), version(row, body), references(row)[0]];
    return {
      id: rowId,
      body,
      ...(moved === undefined ? {} : { version: moved }),
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
      ...(reference === undefined ? {} : { reference }),
    };
  };
  return {
    fields,
    id,
    record,
    references,
    children: (row, each) => collections.get(each)?.children(decoded(row)) ?? [],
    time: (row) => {
      const text = latest(row);
      return text === undefined ? undefined : Date.parse(text);
    },
    change: (row) => {
      const made = record(row);
      if (typeof made !== 'string') return { op: 'upsert', record: made };
      const rowId = id(row);
      return {
        op: 'undecodable',
        ...(rowId === undefined ? {} : { id: rowId }),
        raw: stringifyJson(row).slice(0, 65_536),
        problem: made,
      };
    },
  };
};
