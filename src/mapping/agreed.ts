/** What both sides agree on once a write was confirmed. */
import { type Json, type JsonObject, sameJson } from '../domain/json.ts';
import type { Agreed } from '../domain/plan.ts';
import type { Side } from '../domain/record.ts';
import { Fault } from './fault.ts';
import { type Field, nativeOf } from './field.ts';
import { elementsOf, type Lines, lineField, lineNamed } from './lines.ts';
import type { Plannable } from './planner.ts';
import type { Mapping } from './port.ts';

/** The baseline entry after a write, or undefined when the target made something else of the value. */
const confirmed = (
  field: Field,
  side: Side,
  intended: Agreed,
  record: JsonObject,
  again: boolean,
): Agreed | undefined => {
  const native = nativeOf(field[side], record);
  if (sameJson(native, intended[side])) return intended;
  const { decode } = field[side];
  const said = decode(native);
  if (said instanceof Fault) return undefined;
  const entry = { ...intended, [side]: said === null ? null : native };
  if (again || sameJson(said, intended.value)) return entry;
  const meant = decode(intended[side]);
  if (meant instanceof Fault) return undefined;
  return sameJson(said, meant) || field.near(said, meant) ? entry : undefined;
};

/** Where a field is to be read in a record: at its top, or in the element that its name says. */
type Reader = (name: string) => { readonly field: Field; readonly body: JsonObject } | undefined;

const readerOf = (
  all: readonly Lines[],
  byName: ReadonlyMap<string, Field>,
  side: Side,
  record: JsonObject,
): Reader => {
  const lists = new Map<string, ReturnType<typeof elementsOf>>();
  return (name) => {
    const named = lineNamed(name);
    if (named === undefined) {
      const field = byName.get(name);
      return field === undefined ? undefined : { field, body: record };
    }
    const lines = all.find((each) => each.name === named.lines);
    const field = lines?.fields.find((each) => each.name === named.field);
    if (lines === undefined || field === undefined) return undefined;
    if (!lists.has(named.lines)) lists.set(named.lines, elementsOf(lines, side, record));
    const elements = lists.get(named.lines);
    // A reply without the list confirms what was sent as a reply without a body does.
    if (elements === undefined) return undefined;
    return { field, body: elements instanceof Map ? (elements.get(named.key)?.body ?? {}) : {} };
  };
};

/** See {@link Mapping.agreedAfter}. */
export const agreedAfter =
  (lines: readonly Lines[], byName: ReadonlyMap<string, Field>): Mapping['agreedAfter'] =>
  (side, intended, record, read) => {
    const entries: Record<string, Agreed> = {};
    const reader = record === undefined ? undefined : readerOf(lines, byName, side, record);
    for (const [name, entry] of Object.entries(intended)) {
      const at = reader?.(name);
      const seen = at === undefined ? entry : confirmed(at.field, side, entry, at.body, read === 'again');
      if (seen !== undefined) entries[name] = seen;
    }
    return entries;
  };

/** Does a field say the same in two bodies, but for spelling or rounding? */
const saysAlike = ({ near, ...field }: Field, side: Side, one: Json, other: Json): boolean => {
  if (sameJson(one, other)) return true;
  const [a, b] = [field[side].decode(one), field[side].decode(other)];
  return !(a instanceof Fault) && !(b instanceof Fault) && (sameJson(a, b) || near(a, b));
};

/** The fields of a body and of the elements in it, each with where it reads. */
const everyField = ({ fields, lines }: Pick<Plannable, 'fields' | 'lines'>, side: Side, body: JsonObject) => [
  ...fields.map((field) => ({ field, at: body })),
  ...lines.flatMap((each) => {
    const elements = elementsOf(each, side, body);
    if (!(elements instanceof Map)) return [];
    return [...elements].flatMap(([key, { body: at, native }]) =>
      each.fields.map((field) => ({ field: lineField(each, field, key, { crm: native, erp: native }), at })),
    );
  }),
];

/** See {@link Mapping.standing}. */
export const standing = (
  parts: Pick<Plannable, 'fields' | 'lines'>,
  side: Side,
  sent: JsonObject,
  body: JsonObject,
): ReturnType<Mapping['standing']> =>
  Object.fromEntries(
    everyField(parts, side, body).flatMap(({ field, at }): [string, readonly string[]][] => {
      const { texts } = field[side];
      if (!texts.every((text) => Object.hasOwn(sent, text))) return [];
      const values = texts.map((text) => sent[text] ?? null);
      const told = values.length === 1 ? (values[0] ?? null) : values;
      return saysAlike(field, side, told, nativeOf(field[side], at)) ? [[field.name, texts]] : [];
    }),
  );
