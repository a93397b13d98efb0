/** Single values of a row by their property: which fields are asked for, where the answer stands. */
import { ExactNumber, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { textTemplate } from '../engine/template.ts';
import { readAs } from './codec.ts';
import type { Children, JsonRpcPreset, Moved, Plain, Property, RecordType, Reference } from './schema.ts';

/** A child as it came, with the properties made of it. */
export interface Child {
  readonly id: Json;
  readonly shown: JsonObject;
}

/** The name of a plain field. */
export const fieldOf = (plain: Plain | Moved): string => (typeof plain === 'string' ? plain : plain.field);
/** What a plain field holds. */
export const typeOf = (plain: Plain | Moved) =>
  typeof plain === 'string' || 'moves' in plain ? ('text' as const) : plain.type;
/** Is it one record of another model? */
export const isReference = (property: Property): property is Reference =>
  typeof property === 'object' && 'reference' in property;
/** Is it a collection of children? */
export const isChildren = (property: Property): property is Children =>
  typeof property === 'object' && 'children' in property;
/** Is it a state that calls move? */
export const isMoved = (property: Property): property is Moved => typeof property === 'object' && 'moves' in property;

/** An own property of a row, or undefined. */
export const own = (row: Json | undefined, name: string): Json | undefined =>
  row !== undefined && isObject(row) && Object.hasOwn(row, name) ? row[name] : undefined;
/** The elements of a list; none for anything else. */
export const list = (value: Json | undefined): readonly Json[] =>
  Array.isArray(value) ? (value as readonly Json[]) : [];
/** An id as text, or undefined for what can be none. */
export const idText = (value: Json | undefined): string | undefined =>
  typeof value === 'number' || value instanceof ExactNumber || (typeof value === 'string' && value !== '')
    ? String(value)
    : undefined;

/** How fields of referred records are asked for and answered. */
export const createAsker = (related: JsonRpcPreset['related']) => {
  const asked = textTemplate(related.ask);
  const answered = textTemplate(related.answer);
  return {
    ask: (field: string, inner: string): string => asked({ field, inner }) ?? '',
    answer: (field: string): string => answered({ field }) ?? '',
  };
};
export type Asker = ReturnType<typeof createAsker>;

/** The fields to ask for to know a property. */
export const askedOf = (property: Property, type: RecordType, asker: Asker): readonly string[] => {
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

const valueIn = (row: Json, property: Plain | Moved | Reference, asker: Asker): Json => {
  if (isReference(property)) return own(own(row, asker.answer(property.reference)), property.by) ?? null;
  return readAs(own(row, fieldOf(property)) ?? null, typeOf(property));
};

/** Reads the children under a property. */
export const createChildren =
  (property: Children, type: RecordType, asker: Asker) =>
  (row: Json): readonly Child[] =>
    list(own(row, asker.answer(property.children))).map((child, index) => ({
      id: own(child, type.id.field) ?? null,
      shown: {
        ...(property.number_as === undefined ? {} : { [property.number_as]: String(index + 1) }),
        ...Object.fromEntries(
          Object.entries(property.fields).map(([name, field]) => [name, valueIn(child, field, asker)]),
        ),
      },
    }));

/** Reads a property of a row. */
export const propertyIn = (row: Json, spec: Property, type: RecordType, asker: Asker): Json => {
  if (isChildren(spec)) return createChildren(spec, type, asker)(row).map(({ shown }) => shown);
  if (typeof spec === 'object' && 'links' in spec)
    return list(own(row, asker.answer(spec.links))).map((each) => ({ [spec.by]: own(each, spec.by) ?? null }));
  return valueIn(row, spec, asker);
};
