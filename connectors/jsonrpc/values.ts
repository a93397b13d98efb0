/** A native document to what the system is told, compared with the record as it is. */
import { isObject, type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import { createEncode } from './codec.ts';
import { bad, createParts } from './commands.ts';
import type { Naming, References } from './references.ts';
import type { Rows } from './rows.ts';
import type { JsonRpcPreset, Property, RecordType } from './schema.ts';
import { isChildren, isMoved, isReference } from './shape.ts';

/** What is written, or undefined when the record already is as it should be. */
export type Values = Readonly<Record<string, Json>> | undefined;

/** Makes values of documents of one record type. */
export interface Writer {
  /** The codes that a document refers to. */
  codes(data: JsonObject): readonly (Naming & { readonly code: string })[];
  /** Throws BAD_VALUE for a document that cannot be written. `row` is the record as it is; undefined for a new one. */
  values(data: JsonObject, row: Json | undefined): Values;
  /** A new record as far as its document says it. */
  draft(data: JsonObject): Draft;
  /** The values of a new record, with the key it shall carry. */
  fresh(draft: Draft, key: string): Readonly<Record<string, Json>>;
}

/** The values of a new record or child before it is sent, and ids of other records by the field that refers to them. */
export interface Part {
  readonly values: JsonObject;
  readonly linked: Readonly<Record<string, readonly Json[]>>;
  /** What is never written, and only shown where the system is asked. */
  readonly aside: JsonObject;
}
/** A new record before it is sent, with its new children by the field that holds them. */
export interface Draft {
  readonly own: Part;
  readonly children: Readonly<Record<string, readonly Part[]>>;
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
  const worked = new Set((type.write.create?.asks ?? []).flatMap(({ compare }) => Object.keys(compare)));
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
    if (isMoved(spec)) return undefined;
    if (worked.has(property))
      throw bad(`${property} of ${name} is worked out by the system and is not written`, property);
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
  const wired = ({ values: own, linked }: Part): JsonObject => ({
    ...own,
    ...Object.fromEntries(Object.entries(linked).map(([field, ids]) => [field, ids.map(parts.linked)])),
  });
  return {
    values,
    codes: (data) => Object.entries(data).flatMap(([property, value]) => codesIn(type.body[property], value)),
    draft: (data) => {
      const own: Record<string, Json> = {};
      const children: Record<string, readonly Part[]> = {};
      for (const [property, value] of Object.entries(data)) {
        const spec = Object.hasOwn(type.body, property) ? type.body[property] : undefined;
        if (worked.has(property)) continue;
        if (spec !== undefined && isChildren(spec))
          children[spec.children] = parts
            .fresh(spec, value, property)
            .map((values) => ({ values, linked: {}, aside: {} }));
        else {
          const pair = told(property, value, undefined, {});
          if (pair !== undefined) own[pair[0]] = pair[1];
        }
      }
      return { own: { values: own, linked: {}, aside: {} }, children };
    },
    fresh: ({ own, children }, key) => {
      const made: Record<string, Json> = { ...wired(own) };
      for (const [field, list] of Object.entries(children))
        if (list.length > 0) made[field] = list.map((child) => parts.added(wired(child)));
      const { key: carrier } = type;
      if (carrier === undefined) return made;
      const coded = { [carrier.field]: `${carrier.prefix}${key}` };
      if (carrier.children === undefined) return { ...made, ...coded };
      const others = made[carrier.children];
      const keyed = parts.added({ ...(carrier.with as JsonObject), ...coded });
      return { ...made, [carrier.children]: [...(Array.isArray(others) ? (others as readonly Json[]) : []), keyed] };
    },
  };
};
