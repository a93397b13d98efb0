/** A native document to what the system is told: fields, ids of referred records, and commands for children. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import { bodyTemplate } from '../engine/template.ts';
import { encoded } from './codec.ts';
import type { Naming, References } from './references.ts';
import { type Child, fieldOf, isReference, type Rows, typeOf } from './rows.ts';
import type { Children, JsonRpcPreset, Links, Plain, RecordType, Reference } from './schema.ts';

/** What is written, or undefined when the record already is as it should be. */
export type Values = Readonly<Record<string, Json>> | undefined;

export interface Writer {
  /** The codes that a document refers to. */
  codes(data: JsonObject): readonly (Naming & { readonly code: string })[];
  /** Throws BAD_VALUE for a document that cannot be written. `row` is the record as it is; undefined for a new one. */
  values(data: JsonObject, row: Json | undefined): Values;
  /** The values of a new record, with the key it shall carry. */
  fresh(data: JsonObject, key: string): Values;
}

const bad = (message: string, field: string): SyncError =>
  new SyncError('BAD_VALUE', message, { unsent: true, class: 'validation', field });
const blank = (value: Json | undefined): boolean => value === undefined || value === null || value === '';
const elements = (value: Json | undefined, property: string): readonly JsonObject[] => {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [];
  if (!Array.isArray(value) || !items.every(isObject)) throw bad(`${property} must be a list of records`, property);
  return items as readonly JsonObject[];
};

const codesOf = (value: Json | undefined, { of, by }: Naming) =>
  typeof value === 'string' && value !== '' ? [{ of, by, code: value }] : [];

/** Compiles a record type. */
export const createWriter = (
  name: string,
  type: RecordType,
  commands: JsonRpcPreset['commands'],
  rows: Rows,
  references: References,
): Writer => {
  const command = {
    create: bodyTemplate(commands.create as Json),
    update: bodyTemplate(commands.update as Json),
    delete: bodyTemplate(commands.delete as Json),
    link: bodyTemplate(commands.link as Json),
  };
  const idOf = (naming: Naming, value: Json, property: string): Json => {
    if (blank(value)) return null;
    const resolved = references.resolve(naming, String(value));
    if ('problem' in resolved) throw bad(resolved.problem, property);
    return resolved.id;
  };
  const single = (spec: Plain | Reference, value: Json, property: string): readonly [string, Json] =>
    isReference(spec) ? [spec.reference, idOf(spec, value, property)] : [fieldOf(spec), encoded(value, typeOf(spec))];

  const childValues = (spec: Children, properties: JsonObject, property: string): Record<string, Json> =>
    Object.fromEntries(
      Object.entries(properties).map(([each, value]) => {
        const field = spec.fields[each];
        if (field === undefined) throw bad(`${property} of ${name} have no ${each}`, `${property}.${each}`);
        return single(field, value, `${property}.${each}`);
      }),
    );
  const changedOf = (properties: JsonObject, child: Child | undefined): JsonObject =>
    Object.fromEntries(
      Object.entries(properties).filter(([each, value]) =>
        child === undefined ? !blank(value) : !sameJson(value, child.shown[each] ?? null),
      ),
    );
  const childCommand = (
    spec: Children,
    element: JsonObject,
    current: readonly Child[],
    property: string,
  ): Json | undefined => {
    const { [spec.number_as ?? '']: _position, ...named } = element;
    const child = current.find(({ shown }) => spec.key.every((key) => String(shown[key]) === String(element[key])));
    const keys = Object.fromEntries(
      spec.key.filter((key) => key !== spec.number_as).map((key) => [key, element[key] ?? null]),
    );
    const properties = Object.fromEntries(Object.entries(named).filter(([each]) => !spec.key.includes(each)));
    const { drop_when_empty: vital } = spec;
    const emptied = vital !== undefined && Object.hasOwn(properties, vital) && blank(properties[vital]);
    if (child !== undefined && emptied) return command.delete({ id: child.id }) as Json;
    const changed = changedOf(properties, child);
    if (Object.keys(changed).length === 0 || emptied) return undefined;
    const values = childValues(spec, child === undefined ? { ...keys, ...changed } : changed, property);
    if (child !== undefined) return command.update({ id: child.id, values }) as Json;
    return command.create({ values: { ...(spec.new as JsonObject), ...values } }) as Json;
  };
  const linkCommands = (spec: Links, value: Json, row: Json | undefined, property: string): readonly Json[] => {
    const current = linkedCodes(row, property);
    return elements(value, property)
      .map((element) => element[spec.by] ?? null)
      .filter((code) => !current.includes(String(code)))
      .map((code) => command.link({ id: idOf(spec, code, property) }) as Json);
  };
  const linkedCodes = (row: Json | undefined, property: string): readonly string[] => {
    if (row === undefined) return [];
    const record = rows.record(row);
    const linked = typeof record === 'string' ? undefined : record.body[property];
    return Array.isArray(linked)
      ? (linked as readonly JsonObject[]).flatMap((each) => Object.values(each).map(String))
      : [];
  };
  const bodyOf = (row: Json | undefined): JsonObject => {
    const record = row === undefined ? '' : rows.record(row);
    return typeof record === 'string' ? {} : record.body;
  };

  const values: Writer['values'] = (data, row) => {
    const made: Record<string, Json> = {};
    const body = bodyOf(row);
    for (const [property, value] of Object.entries(data)) {
      const spec = Object.hasOwn(type.body, property) ? type.body[property] : undefined;
      if (spec === undefined) throw bad(`${name} has no ${property} that can be written`, property);
      if (typeof spec === 'object' && 'links' in spec) {
        const links = linkCommands(spec, value, row, property);
        if (links.length > 0) made[spec.links] = links;
      } else if (typeof spec === 'object' && 'children' in spec) {
        const current = row === undefined ? [] : rows.children(row, property);
        const changes = elements(value, property)
          .map((element) => childCommand(spec, element, current, property))
          .filter((each) => each !== undefined);
        if (changes.length > 0) made[spec.children] = changes;
      } else if (row === undefined ? value !== null : !sameJson(value, body[property] ?? null)) {
        const [field, written] = single(spec, value, property);
        made[field] = written;
      }
    }
    return Object.keys(made).length === 0 ? undefined : made;
  };
  return {
    values,
    codes: (data) =>
      Object.entries(data).flatMap(([property, value]) => {
        const spec = type.body[property];
        if (typeof spec !== 'object' || 'field' in spec) return [];
        if (isReference(spec)) return codesOf(value, spec);
        const items = Array.isArray(value) ? (value as readonly Json[]).filter(isObject) : [];
        if ('links' in spec) return items.flatMap((item) => codesOf(item[spec.by], spec));
        return items.flatMap((item) =>
          Object.entries(spec.fields).flatMap(([each, field]) =>
            isReference(field) ? codesOf(item[each], field) : [],
          ),
        );
      }),
    fresh: (data, key) => {
      const made = values(data, undefined) ?? {};
      const { key: carrier } = type;
      if (carrier === undefined) return made;
      const keyed = command.create({
        values: { ...(carrier.with as JsonObject), [carrier.field]: `${carrier.prefix}${key}` },
      }) as Json;
      const others = made[carrier.children];
      return { ...made, [carrier.children]: [...(Array.isArray(others) ? (others as readonly Json[]) : []), keyed] };
    },
  };
};
