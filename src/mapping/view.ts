/** Views, compiled: what is kept of a record that was asked for, and what of it a person is shown. */
import { createHash } from 'node:crypto';
import { canonicalJson, type Json, type JsonObject } from '../domain/json.ts';
import { otherSide, type Side, slotName } from '../domain/record.ts';
import type { Translate } from './codec.ts';
import { CODECS } from './codecs.ts';
import { Fault } from './fault.ts';
import { nativeOf } from './field.ts';
import type { LookupEntry } from './lookup.ts';
import type { CompiledMapping } from './mapping.ts';
import { getPath, pathOf } from './path.ts';
import type { ViewFile } from './schema-view.ts';
import { type KeyPart, keyPart } from './view-key.ts';
import { partsIn } from './view-subject.ts';

/** What the ledger keeps of an answer: values as they are shown, codes of those that could not be read, and whose it is. */
export interface KeptAnswer {
  readonly values: JsonObject;
  readonly faults: Readonly<Record<string, string>>;
  readonly whose: Readonly<Partial<Record<Belonging, string>>>;
}
export const BELONGINGS = ['owner', 'team', 'branch'] as const;
export type Belonging = (typeof BELONGINGS)[number];
export type Rows = NonNullable<ViewFile['roles']>[string]['rows'];

/** A view, ready to be asked. */
export interface View {
  readonly name: string;
  readonly revision: number;
  readonly summary: string;
  readonly connection: string;
  readonly record: string;
  /** The side that is read; whoever asks stands at the other. */
  readonly side: Side;
  readonly slot: string;
  /** Asked by the other side's id: the mapping that links both, and the slot where that id stands. */
  readonly asks?: { readonly mapping: string; readonly slot: string };
  /** Asked by several things: a question of the preset, whose id is made of them. */
  readonly parts?: readonly KeyPart[];
  /** Every mapping by which it asks. */
  readonly mappings: readonly string[];
  readonly fields: readonly string[];
  readonly freshMs: number;
  readonly staleMs: number;
  readonly waitMs: number;
  /** Another one when anything of it changes: answers kept for it before are then none. */
  readonly hash: string;
  readonly roles?: Readonly<Record<string, { readonly rows: Rows; readonly fields?: readonly string[] | undefined }>>;
  /** Where it is said whose a record is: in the record that is read, or by the mapping's fields at the asking side's own. */
  readonly told: Readonly<Partial<Record<Belonging, 'record' | 'asking'>>>;
  keep(body: JsonObject): KeptAnswer;
  /** Whose a record is by the mapping's fields, read at the asking side's own record. */
  whoseAsked(body: JsonObject): KeptAnswer['whose'];
}

/** What a view is compiled with. */
export interface ViewParts {
  readonly side: Side;
  readonly mapping?: CompiledMapping | undefined;
  /** The mapping of the part that tells whose it is, and that part. */
  readonly telling?: CompiledMapping | undefined;
  readonly of?: string | undefined;
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  readonly lookups: ReadonlyMap<string, LookupEntry>;
}

type Read = (body: JsonObject) => Json | Fault;

const through = (value: Json | Fault, next: Translate | undefined): Json | Fault =>
  value === null || value instanceof Fault || next === undefined ? value : next(value);

/** A field of the mapping as it is read there; what a lookup table translates comes in the asking side's words. */
const mapped = (mapping: CompiledMapping, name: string, side: Side): Read => {
  const field = mapping.fields.find((each) => each.name === name);
  if (field === undefined) return () => null;
  const words = mapping.definition.fields[name]?.lookup === undefined ? undefined : field[otherSide(side)].encode;
  return (body) => through(field[side].decode(nativeOf(field[side], body)), words);
};

const readerOf = (name: string, field: ViewFile['fields'][string], { side, mapping, lookups }: ViewParts): Read => {
  if (field === 'mapped') return mapping === undefined ? () => null : mapped(mapping, name, side);
  const path = pathOf(field.at);
  const codec = field.as === undefined ? undefined : CODECS[field.as];
  const lookup = field.lookup === undefined ? undefined : lookups.get(field.lookup)?.lookup;
  const decode = codec?.decode((field.with ?? {}) as JsonObject, side, 1) ?? lookup?.decode[side];
  return (body) => through(through(getPath(body, path) ?? null, decode), lookup?.encode[otherSide(side)]);
};

/** Whose it is, as text. What cannot be read is nobody's, '', and not that of whoever would come next. */
const named = (value: Json | Fault | undefined): string | undefined => {
  if (value === undefined || value === null) return undefined;
  if (value instanceof Fault || typeof value === 'object') return '';
  const text = String(value).trim();
  return text === '' ? undefined : text;
};

type Given = NonNullable<ViewFile['rows']>[Belonging];

const whoseOf = (file: ViewFile, read: (given: Given) => string | undefined): KeptAnswer['whose'] =>
  Object.fromEntries(
    BELONGINGS.flatMap((what) => {
      const found = read(file.rows?.[what]);
      return found === undefined ? [] : [[what, found]];
    }),
  );

const toldOf = ({ rows }: ViewFile): View['told'] =>
  Object.fromEntries(
    BELONGINGS.flatMap((what) => {
      const given = rows?.[what];
      if (given === undefined) return [];
      return [[what, typeof given === 'object' && 'field' in given ? 'asking' : 'record']];
    }),
  );

const translations = (file: ViewFile, { mapping, mappings, lookups }: ViewParts): Json => {
  const rowsOf = (lookup: string | undefined): Json =>
    lookup === undefined ? null : ((lookups.get(lookup)?.file.rows ?? null) as unknown as Json);
  const shown = Object.entries(file.fields).map(([name, field]): Json => {
    const lookup = field === 'mapped' ? mapping?.definition.fields[name]?.lookup : field.lookup;
    return [
      rowsOf(lookup),
      field === 'mapped' ? ((mapping?.definition.fields[name] ?? null) as unknown as Json) : null,
    ];
  });
  const whose = BELONGINGS.map((what): Json => {
    const given = file.rows?.[what];
    return typeof given === 'object' && 'at' in given ? rowsOf(given.lookup) : null;
  });
  const asked = (partsIn(file) ?? []).map(
    ({ lookup, mapping: name }): Json => [
      rowsOf(lookup),
      (mappings.get(name ?? '')?.between ?? null) as unknown as Json,
    ],
  );
  return [...shown, ...whose, ...asked];
};

/** Compile a view that passed lint. */
export const createView = (file: ViewFile, parts: ViewParts): View => {
  const { side, mapping, telling = mapping } = parts;
  const key = partsIn(file)?.map((each) => keyPart(each, parts));
  const by = [mapping?.name ?? [], ...(key ?? []).map(({ linked }) => linked?.mapping ?? [])].flat();
  const readers = Object.entries(file.fields).map(([name, field]) => [name, readerOf(name, field, parts)] as const);
  const text = canonicalJson([file as unknown as Json, translations(file, parts)]);
  return {
    name: file.view,
    revision: file.revision,
    summary: file.summary,
    connection: file.reads.connection,
    record: file.reads.record,
    side,
    slot: slotName({
      connection: file.reads.connection,
      record: file.reads.record,
      ...(file.reads.scope === undefined ? {} : { scope: file.reads.scope }),
    }),
    ...(mapping === undefined
      ? {}
      : { asks: { mapping: mapping.name, slot: slotName(mapping.between[otherSide(side)]) } }),
    ...(key === undefined ? {} : { parts: key }),
    mappings: [...new Set(by)],
    fields: readers.map(([name]) => name),
    freshMs: file.fresh_for * 1_000,
    staleMs: file.stale_for * 1_000,
    waitMs: file.wait * 1_000,
    hash: createHash('sha256').update(text).digest('hex'),
    ...(file.roles === undefined ? {} : { roles: file.roles }),
    told: toldOf(file),
    keep: (body) => {
      const values: Record<string, Json> = {};
      const faults: Record<string, string> = {};
      for (const [name, read] of readers) {
        const value = read(body);
        values[name] = value instanceof Fault ? null : value;
        if (value instanceof Fault) faults[name] = value.code;
      }
      const own = (given: Given): string | undefined => {
        if (typeof given === 'string') return named(getPath(body, pathOf(given)));
        if (given === undefined || 'field' in given) return undefined;
        const words = parts.lookups.get(given.lookup)?.lookup.decode[side];
        return named(through(getPath(body, pathOf(given.at)) ?? null, words));
      };
      return { values, faults, whose: whoseOf(file, own) };
    },
    whoseAsked: (body) =>
      whoseOf(file, (given) => {
        if (typeof given !== 'object' || !('field' in given)) return undefined;
        const field = telling?.fields.find(({ name }) => name === given.field);
        const at = field?.[otherSide(side)];
        return at === undefined ? undefined : named(at.decode(nativeOf(at, body)));
      }),
  };
};
