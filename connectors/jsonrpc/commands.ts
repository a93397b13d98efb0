/** Parts of a document as the system is told them: ids for codes, commands for children and links. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, sameJson } from '../../src/domain/json.ts';
import { REMOVED } from '../../src/mapping/path.ts';
import { bodyTemplate } from '../engine/template.ts';
import type { Encode } from './codec.ts';
import type { Naming, References } from './references.ts';
import type { Children, JsonRpcPreset, Links, Plain, Reference } from './schema.ts';
import { type Child, fieldOf, isReference, typeOf } from './shape.ts';

/** Makes the parts. Everything throws BAD_VALUE for what cannot be written. */
export interface Parts {
  /** A field with its value. */
  single(spec: Plain | Reference, value: Json, property: string): readonly [string, Json];
  /** What changes the current children into those named, as far as they are named. */
  children(spec: Children, value: Json, current: readonly Child[], property: string): readonly Json[];
  /** The values of each child of a new record. */
  fresh(spec: Children, value: Json, property: string): readonly JsonObject[];
  /** What links those that are not linked yet. */
  links(spec: Links, value: Json, linked: readonly string[], property: string): readonly Json[];
  /** What adds a child with these values. */
  added(values: JsonObject): Json;
  /** What refers to a record with this id. */
  linked(id: Json): Json;
}

/** Why a value cannot be written, with its place. */
export const bad = (message: string, field: string): SyncError =>
  new SyncError('BAD_VALUE', message, { unsent: true, class: 'validation', field });
const blank = (value: Json | undefined): boolean => value === undefined || value === null || value === '';
const elements = (value: Json | undefined, property: string): readonly JsonObject[] => {
  const items = Array.isArray(value) ? (value as readonly Json[]) : [];
  if (!Array.isArray(value) || !items.every(isObject)) throw bad(`${property} must be a list of records`, property);
  return items as readonly JsonObject[];
};

const createSingle =
  (references: References, encode: Encode) =>
  (spec: Plain | Reference, value: Json, property: string): readonly [string, Json] => {
    if (!isReference(spec)) return [fieldOf(spec), encode(value, typeOf(spec))];
    const id = idOf(references, spec, value, property);
    return [spec.reference, id === null ? encode(null, 'integer') : id];
  };
const idOf = (references: References, naming: Naming, value: Json, property: string): Json => {
  if (blank(value)) return null;
  const resolved = references.resolve(naming, String(value));
  if ('problem' in resolved) throw bad(resolved.problem, property);
  return resolved.id;
};

/** What of an element differs from the child that its key names; all that says something for a new one. */
const changedIn = (spec: Children, element: JsonObject, child: Child | undefined): JsonObject =>
  Object.fromEntries(
    Object.entries(element).filter(([each, value]) => {
      if (spec.key.includes(each) || each === spec.number_as) return false;
      return child === undefined
        ? !blank(value)
        : !sameJson(value, Object.hasOwn(child.shown, each) ? (child.shown[each] ?? null) : null);
    }),
  );
const keysIn = (spec: Children, element: JsonObject): JsonObject =>
  Object.fromEntries(spec.key.filter((key) => key !== spec.number_as).map((key) => [key, element[key] ?? null]));
const emptied = ({ drop_when_empty: vital }: Children, element: JsonObject): boolean =>
  vital !== undefined && Object.hasOwn(element, vital) && blank(element[vital]);

/** Compiles the preset's commands. */
export const createParts = (
  record: string,
  commands: JsonRpcPreset['commands'],
  references: References,
  encode: Encode,
): Parts => {
  const [create, update, remove, link] = [commands.create, commands.update, commands.delete, commands.link].map(
    (each) => {
      const make = bodyTemplate(each as Json);
      return (values: Readonly<Record<string, unknown>>): Json => make(values) as Json;
    },
  ) as [Make, Make, Make, Make];
  const single = createSingle(references, encode);
  const written = (spec: Children, properties: JsonObject, property: string): JsonObject =>
    Object.fromEntries(
      Object.entries(properties).map(([each, value]) => {
        const field = Object.hasOwn(spec.fields, each) ? spec.fields[each] : undefined;
        if (field === undefined) throw bad(`${property} of ${record} have no ${each}`, `${property}.${each}`);
        return single(field, value, `${property}.${each}`);
      }),
    );
  const freshChild = (spec: Children, element: JsonObject, changed: JsonObject, property: string): JsonObject => ({
    ...(spec.new as JsonObject),
    ...written(spec, { ...keysIn(spec, element), ...changed }, property),
  });
  const childCommand = (
    spec: Children,
    element: JsonObject,
    current: readonly Child[],
    property: string,
  ): readonly Json[] => {
    const child = current.find(({ shown }) => spec.key.every((key) => String(shown[key]) === String(element[key])));
    if (element[REMOVED] === true || emptied(spec, element))
      return child === undefined ? [] : [remove({ id: child.id })];
    const changed = changedIn(spec, element, child);
    if (Object.keys(changed).length === 0) return [];
    if (child !== undefined) return [update({ id: child.id, values: written(spec, changed, property) })];
    return [create({ values: freshChild(spec, element, changed, property) })];
  };
  return {
    single,
    added: (values) => create({ values }),
    linked: (id) => link({ id }),
    children: (spec, value, current, property) =>
      elements(value, property).flatMap((element) => childCommand(spec, element, current, property)),
    fresh: (spec, value, property) =>
      elements(value, property).flatMap((element) => {
        const said = changedIn(spec, element, undefined);
        const none = element[REMOVED] === true || emptied(spec, element) || Object.keys(said).length === 0;
        return none ? [] : [freshChild(spec, element, said, property)];
      }),
    links: (spec, value, linked, property) =>
      elements(value, property)
        .map((element) => element[spec.by] ?? null)
        .filter((code) => !linked.includes(String(code)))
        .map((code) => link({ id: idOf(references, spec, code, property) })),
  };
};
type Make = (values: Readonly<Record<string, unknown>>) => Json;
