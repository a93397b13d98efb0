/** What a view is asked by when that is several things: records by the asking side's ids, and values. */
import { canonicalJson, type JsonObject } from '../domain/json.ts';
import { otherSide, type Side, slotName } from '../domain/record.ts';
import { CODECS } from './codecs.ts';
import { Fault } from './fault.ts';
import type { LookupEntry } from './lookup.ts';
import type { CompiledMapping } from './mapping.ts';
import type { PartFile } from './schema-view.ts';

/** A record among the parts: where the asking side's id stands, and where the one that is asked with. */
export interface LinkedPart {
  readonly mapping: string;
  readonly from: string;
  readonly to: string;
}

/** One part of a key. */
export interface KeyPart {
  readonly name: string;
  readonly optional: boolean;
  readonly linked?: LinkedPart;
  /** Its record says whose the answer is, where the view says `{ field: … }`. */
  readonly tells: boolean;
  /** The text of an address as it is kept and compared; of a record its id as it is. */
  read(text: string): string | Fault;
  /** The same in the words of the system that is asked. */
  write(value: string): string | Fault;
}

/** What parts are compiled with. */
export interface KeyContext {
  readonly side: Side;
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  readonly lookups: ReadonlyMap<string, LookupEntry>;
  /** The part whose record tells whose it is. */
  readonly of?: string | undefined;
}

const textFrom = (value: unknown): string | Fault => (value instanceof Fault ? value : String(value));
const EMPTY = new Fault('BAD_VALUE', 'it is empty');

const linkedOf = ({ mapping: name }: PartFile, { side, mappings }: KeyContext): LinkedPart | undefined => {
  const mapping = name === undefined ? undefined : mappings.get(name);
  if (mapping === undefined) return undefined;
  return {
    mapping: mapping.name,
    from: slotName(mapping.between[otherSide(side)]),
    to: slotName(mapping.between[side]),
  };
};

/** A part that passed lint. */
export const keyPart = (file: PartFile, context: KeyContext): KeyPart => {
  const { side, lookups, of } = context;
  const asking = otherSide(side);
  const linked = linkedOf(file, context);
  const table = file.lookup === undefined ? undefined : lookups.get(file.lookup)?.lookup;
  const codec = file.as === undefined ? undefined : CODECS[file.as];
  const decode = codec?.decode((file.with ?? {}) as JsonObject, asking, 1) ?? table?.decode[asking];
  return {
    name: file.part,
    optional: file.optional,
    ...(linked === undefined ? {} : { linked }),
    tells: file.part === of,
    read: (text) => {
      const value = decode === undefined ? text : decode(text);
      return value === null ? EMPTY : textFrom(value);
    },
    write: (value) => (table === undefined ? value : textFrom(table.encode[side](value))),
  };
};

/** Parts as one text: equal for equal parts, whatever order they were given in. */
export const keyText = (parts: Readonly<Record<string, string>>): string => canonicalJson(parts);

/** The parts in such a text. */
export const partsOf = (key: string): Readonly<Record<string, string>> =>
  JSON.parse(key) as Readonly<Record<string, string>>;

/** The id of a question at the system: `ids` are those of the records there. Undefined: one is linked to nothing. */
export const questionId = (
  parts: readonly KeyPart[],
  key: string,
  ids: (part: LinkedPart, id: string) => string | undefined,
): string | undefined => {
  const given = partsOf(key);
  const made: Record<string, string> = {};
  for (const { name, linked, write } of parts) {
    const value = given[name];
    if (value === undefined) continue;
    const said = linked === undefined ? write(value) : ids(linked, value);
    if (said === undefined || said instanceof Fault) return undefined;
    made[name] = said;
  }
  return keyText(made);
};
