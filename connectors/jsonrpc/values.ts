/** A native document to what the system is told, compared with the record as it is. */
import { isObject, type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import { createEncode } from './codec.ts';
import { bad, createParts } from './commands.ts';
import type { Naming, References } from './references.ts';
import type { Rows } from './rows.ts';
import type { JsonRpcPreset, Property, RecordType } from './schema.ts';
import { isChildren, isReference } from './shape.ts';

/** What is written, or undefined when the record already is as it should be. */
export type Values = Readonly<Record<string, Json>> | undefined;

/** Makes values of documents of one record type. */
export interface Writer {
  /** The codes that a document refers to. */
  codes(data: JsonObject): readonly (Naming & { readonly code: string })[];
  /** Throws BAD_VALUE for a document that cannot be written. `row` is the record as it is; undefined for a new one. */
  values(data: JsonObject, row: Json | undefined): Values;
  /** The values of a new record, with the key it shall carry. */
  fresh(data: JsonObject, key: string): Values;
}

type Coded = Naming & { readonly code: string };

const codesOf = (value: Json | undefined, { of, by }: Naming): readonly Coded[] =>
  typeof value === 'string' && value !== '' ? [{ of, by, code: value }] : [];

/** The codes of other records in a property's value. */
const codesIn = (spec: Property | undefined, value: Json): readonly Coded[] => {
  if (typeof spec !== 'object' || 'field' in spec) return [];
  if (isReference(spec)) return codesOf(value, spec);
  const items = Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
  if ('links' in spec) return items.flatMap((item) => codesOf(item[spec.by], spec));
  const references = Object.entries(spec.fields).flatMap(([each, field]) =>
    isReference(field) ? [[each, field] as const] : [],
  );
  return items.flatMap((item) => references.flatMap(([each, field]) => codesOf(item[each], field)));
};

const linkedIn = (value: Json | undefined): readonly string[] =>
  Array.isArray(value) ? (value as readonly JsonObject[]).flatMap((each) => Object.values(each).map(String)) : [];

/** Compiles a record type. */
export const createWriter = (
  name: string,
  type: RecordType,
  { commands, values: style, nothing }: Pick<JsonRpcPreset, 'commands' | 'values' | 'nothing'>,
  rows: Rows,
  references: References,
): Writer => {
  const parts = createParts(name, commands, references, createEncode(style, nothing as Json | undefined));
  /** The field to write and what to write there; undefined where nothing differs. */
  const told = (
    property: string,
    value: Json,
    row: Json | undefined,
    body: JsonObject,
  ): readonly [string, Json] | undefined => {
    const spec = Object.hasOwn(type.body, property) ? type.body[property] : undefined;
    if (spec === undefined) throw bad(`${name} has no ${property} that can be written`, property);
    if (isChildren(spec)) {
      const current = row === undefined ? [] : rows.children(row, property);
      const made = parts.children(spec, value, current, property);
      return made.length === 0 ? undefined : [spec.children, made];
    }
    if (typeof spec === 'object' && 'links' in spec) {
      const made = parts.links(spec, value, linkedIn(body[property]), property);
      return made.length === 0 ? undefined : [spec.links, made];
    }
    return sameJson(value, body[property] ?? null) ? undefined : parts.single(spec, value, property);
  };
  const values: Writer['values'] = (data, row) => {
    const record = row === undefined ? '' : rows.record(row);
    const body = typeof record === 'string' ? {} : record.body;
    const made = Object.entries(data)
      .map(([property, value]) => told(property, value, row, body))
      .filter((pair) => pair !== undefined);
    return made.length === 0 ? undefined : Object.fromEntries(made);
  };
  return {
    values,
    codes: (data) => Object.entries(data).flatMap(([property, value]) => codesIn(type.body[property], value)),
    fresh: (data, key) => {
      const made = values(data, undefined) ?? {};
      const { key: carrier } = type;
      if (carrier === undefined) return made;
      if (carrier.children === undefined) return { ...made, [carrier.field]: `${carrier.prefix}${key}` };
      const keyed = parts.added({ ...(carrier.with as JsonObject), [carrier.field]: `${carrier.prefix}${key}` });
      const others = made[carrier.children];
      return { ...made, [carrier.children]: [...(Array.isArray(others) ? (others as readonly Json[]) : []), keyed] };
    },
  };
};
