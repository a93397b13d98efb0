/** Keyed collections inside a record: their elements are planned like records of their own, field by field. */
import { canonicalJson, ExactNumber, isObject, type Json, type JsonObject } from '../domain/json.ts';
import type { WaitingField } from '../domain/plan.ts';
import type { Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { type Columns, compileField, type Field, nativeOf, render } from './field.ts';
import type { Lookup } from './lookup.ts';
import { getPath, type Path, pathOf } from './path.ts';
import type { LinesFile } from './schema.ts';

/** A collection, compiled. The paths of its fields begin inside an element. */
export interface Lines {
  readonly name: string;
  /** The list at each side, and the name that the key has in an element. */
  readonly at: Readonly<Record<Side, { readonly text: string; readonly path: Path; readonly key: string }>>;
  readonly key: Field;
  readonly fields: readonly Field[];
  /** What becomes of an element at this side that the other side took away. */
  readonly onMissing: Readonly<Record<Side, 'delete' | 'keep' | 'park'>>;
  readonly whole: boolean;
}

/** One element as it stands in its list. */
export interface Element {
  readonly body: JsonObject;
  /** The key as this side writes it. */
  readonly native: Json;
}

const bySide = <T>(make: (side: Side) => T): Readonly<Record<Side, T>> => ({ crm: make('crm'), erp: make('erp') });

/** Compile a collection that passed lint. */
export const compileLines = (
  name: string,
  file: LinesFile,
  lookupOf: (name: string | undefined) => Lookup | undefined,
  cyclic: (link: string) => boolean,
): Lines => {
  const fields = Object.entries(file.fields).map(([each, field]) =>
    compileField(each, field, lookupOf(field.lookup), field.link !== undefined && cyclic(field.link)),
  );
  const key = fields.find((field) => field.name === file.key);
  if (key === undefined) throw new TypeError(`"${file.key}" is no field of ${name}`);
  return {
    name,
    at: bySide((side) => ({ text: file[side], path: pathOf(file[side]), key: key[side].texts[0] ?? '' })),
    key,
    fields,
    onMissing: bySide((side) => file.on_missing?.[`to_${side}`] ?? 'park'),
    whole: file.whole === true,
  };
};

// A key stands in a path between these.
const IN_PATHS = /[[\]=]/;

const keyText = (value: Json): string => (typeof value === 'string' ? value : canonicalJson(value));

const isScalar = (value: Json): boolean => typeof value !== 'object' || value instanceof ExactNumber;

/** The elements of a body by key; undefined when the body does not show the list; or why it cannot be planned, in words. */
export const elementsOf = (
  lines: Lines,
  side: Side,
  body: JsonObject,
): ReadonlyMap<string, Element> | string | undefined => {
  const list = getPath(body, lines.at[side].path);
  if (list === undefined) return undefined;
  const found = new Map<string, Element>();
  if (list === null) return found;
  if (!Array.isArray(list)) return `${lines.name} is no list`;
  for (const element of list as readonly Json[]) {
    if (!isObject(element)) return `an element of ${lines.name} is no record`;
    const native = nativeOf(lines.key[side], element);
    const value = lines.key[side].decode(native);
    if (value === null) return `an element of ${lines.name} has no ${lines.key.name}`;
    if (value instanceof Fault) return `${lines.key.name} of an element of ${lines.name}: ${value.message}`;
    const key = keyText(value);
    if (!isScalar(native) || IN_PATHS.test(key) || IN_PATHS.test(String(native)))
      return `${lines.key.name} of an element of ${lines.name} has a character that a key cannot have ([, ] or =)`;
    if (found.has(key)) return `two elements of ${lines.name} have the ${lines.key.name} "${key}"`;
    found.set(key, { body: element, native });
  }
  return found;
};

/** What a field of an element is called: `order lines[10].quantity`. */
export const lineName = (lines: Pick<Lines, 'name'>, key: string, field: string): string =>
  `${lines.name}[${key}].${field}`;

const LINE_NAME = /^([^[\]]+)\[([^[\]]+)\]\.([^[\].]+)$/;

/** The collection, key and field of such a name, or undefined when it is a field of the record itself. */
export const lineNamed = (
  name: string,
): { readonly lines: string; readonly key: string; readonly field: string } | undefined => {
  const [, lines, key, field] = LINE_NAME.exec(name) ?? [];
  return lines === undefined || key === undefined || field === undefined ? undefined : { lines, key, field };
};

/** The field of an element that waits for what it refers to; what is tied after it is created waits behind it. */
export const waitingIn = (lines: Lines, waiting: readonly WaitingField[] = []): string | undefined =>
  waiting.find(({ field }) => {
    const part = lineNamed(field)?.field;
    return lines.fields.find(({ name }) => name === part)?.link?.cyclic !== true;
  })?.field;

/** How a side that has no such element yet would write its key. */
export const nativeKey = (lines: Lines, side: Side, key: string, value: Json): Json => {
  const rendered = render(lines.key, side, value);
  return rendered instanceof Fault ? key : rendered.native;
};

/** The path of an element: `items[no=10]`. */
export const elementText = ({ at }: Lines, side: Side, native: Json): string =>
  `${at[side].text}[${at[side].key}=${String(native)}]`;

/** A field of one element: it reads inside the element and writes from the record's top. */
export const lineField = (lines: Lines, field: Field, key: string, natives: Readonly<Record<Side, Json>>): Field => {
  const columns = (side: Side): Columns => ({
    ...field[side],
    texts: field[side].texts.map((text) => `${elementText(lines, side, natives[side])}.${text}`),
  });
  return { ...field, name: lineName(lines, key, field.name), crm: columns('crm'), erp: columns('erp') };
};
