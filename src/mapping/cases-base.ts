/** What a case says was agreed on, as it would stand in the ledger. */
import { isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { Agreed, Baseline } from '../domain/plan.ts';
import type { Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { canonicalOf, type Field, render } from './field.ts';
import { type Lines, lineName, lineNamed } from './lines.ts';
import type { CompiledMapping } from './mapping.ts';
import { type References, translated } from './reference.ts';
import type { FieldFile } from './schema.ts';

const agreedFor = (field: Field, file: FieldFile, value: Json): Agreed | Fault => {
  const canonical = canonicalOf(file, value);
  if (canonical instanceof Fault) return canonical;
  const rendering = (side: Side): Json => {
    const rendered = render(field, side, canonical);
    return rendered instanceof Fault ? canonical : rendered.native;
  };
  return { value: canonical, crm: rendering('crm'), erp: rendering('erp') };
};

/** The last agreement on a field or a collection, had we written both sides. */
export const agreedOn = (mapping: CompiledMapping, name: string, value: Json, links: References): Baseline | Fault => {
  const lines = mapping.lines.find((each) => each.name === name);
  if (lines !== undefined) return linesAgreedOn(mapping, lines, value, links);
  const field = mapping.fields.find((each) => each.name === name);
  const file = mapping.definition.fields[name];
  if (field === undefined || file === undefined) return {};
  const agreed = agreedFor(translated(field, links), file, value);
  return agreed instanceof Fault ? agreed : { [name]: agreed };
};

/** The same for the elements of a collection, given as a list. */
const linesAgreedOn = (mapping: CompiledMapping, lines: Lines, value: Json, links: References): Baseline | Fault => {
  const entries: Record<string, Agreed> = {};
  const files = mapping.definition.lines?.[lines.name]?.fields ?? {};
  if (!Array.isArray(value) || !(value as readonly Json[]).every(isObject))
    return new Fault('BAD_VALUE', 'a collection is a list, each element with its fields by name', 'no list');
  for (const element of value as readonly JsonObject[]) {
    const key = element[lines.key.name];
    if (key === undefined || key === null)
      return new Fault('BAD_VALUE', `an element has no "${lines.key.name}"`, 'no key');
    for (const [name, said] of Object.entries(element)) {
      const field = lines.fields.find((each) => each.name === name);
      const file = files[name];
      if (field === undefined || file === undefined)
        return new Fault('BAD_VALUE', `"${name}" is no field of ${lines.name}`, 'unknown field');
      const agreed = agreedFor(translated(field, links), file, said);
      if (agreed instanceof Fault) return agreed;
      entries[lineName(lines, String(key), name)] = agreed;
    }
  }
  return entries;
};

/** A field of any element: `positions[10].quantity` without its key. */
export const unkeyed = (name: string): string => {
  const named = lineNamed(name);
  return named === undefined ? name : `${named.lines}.${named.field}`;
};

/** All that a case may name: fields, collections, and the fields of collections. */
export const fieldNames = (mapping: CompiledMapping): readonly string[] => [
  ...mapping.fields.map(({ name }) => name),
  ...mapping.lines.flatMap(({ name, fields }) => [name, ...fields.map((field) => `${name}.${field.name}`)]),
];
