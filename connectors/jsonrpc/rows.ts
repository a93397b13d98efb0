/** Rows as the system gives them, to records of the seam: what is asked for, and how a body is made of the answer. */
import { type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { isKeepable, unkeepable } from '../engine/keepable.ts';
import type { Change, NativeRecord } from '../sdk/seam.ts';
import { decoded } from './codec.ts';
import type { JsonRpcPreset, RecordType } from './schema.ts';
import {
  type Asker,
  askedOf,
  type Child,
  createAsker,
  createChildren,
  idText,
  isChildren,
  list,
  own,
  propertyIn,
} from './shape.ts';
import { createStamps } from './stamps.ts';

/** Readers of one record type's rows. */
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

const LONGEST_RAW = 65_536;

/** All fields that make a record. */
const askedFields = (type: RecordType, asker: Asker): readonly string[] => [
  ...new Set([
    type.id.field,
    ...(type.stamp === undefined ? [] : [type.stamp]),
    ...type.times,
    ...Object.entries(type.times_of).flatMap(([field, times]) => times.map((time) => asker.ask(field, time))),
    ...(type.key === undefined || type.key.children !== undefined ? [] : [type.key.field]),
    ...Object.values(type.body).flatMap((property) => askedOf(property, type, asker)),
  ]),
];

const referencesIn = (row: Json, { key }: RecordType, asker: Asker): readonly string[] => {
  if (key === undefined) return [];
  const carriers = key.children === undefined ? [row] : list(own(row, asker.answer(key.children)));
  return carriers.flatMap((child) => {
    const text = own(child, key.field);
    const ours = Object.entries(key.with).every(([field, value]) => (own(child, field) ?? null) === value);
    return ours && typeof text === 'string' && text.startsWith(key.prefix) ? [text.slice(key.prefix.length)] : [];
  });
};

/** Compiles a record type. */
export const createRows = (name: string, type: RecordType, related: JsonRpcPreset['related']): Rows => {
  const asker = createAsker(related);
  const stamps = createStamps(type, asker);
  const id = (row: Json): string | undefined => idText(own(row, type.id.field));
  const record = (raw: Json): NativeRecord | string => {
    const row = decoded(raw);
    const own = id(row);
    if (own === undefined) return `a row of ${name} has no ${type.id.field}`;
    const properties = Object.entries(type.body).map(([each, spec]) => [each, propertyIn(row, spec, type, asker)]);
    const body: JsonObject = { id: own, ...Object.fromEntries(properties) };
    const [modifiedAt, version] = [stamps.latest(row)?.text, stamps.version(row, body)];
    const [reference] = referencesIn(row, type, asker);
    const made: NativeRecord = {
      id: own,
      body,
      ...(version === undefined ? {} : { version }),
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
      ...(reference === undefined ? {} : { reference }),
    };
    return unkeepable(name, made) ?? made;
  };
  const change = (row: Json): Change => {
    const made = record(row);
    if (typeof made !== 'string') return { op: 'upsert', record: made };
    const stated = id(row);
    const own = stated !== undefined && isKeepable(stated) ? stated : undefined;
    const raw = stringifyJson(row).slice(0, LONGEST_RAW);
    return { op: 'undecodable', ...(own === undefined ? {} : { id: own }), raw, problem: made };
  };
  return {
    fields: askedFields(type, asker),
    id,
    record,
    change,
    references: (row) => referencesIn(row, type, asker),
    children: (row, property) => {
      const spec = type.body[property];
      return spec !== undefined && isChildren(spec) ? createChildren(spec, type, asker)(decoded(row)) : [];
    },
    time: (row) => stamps.latest(row)?.ms,
  };
};
