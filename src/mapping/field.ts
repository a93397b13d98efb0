/** One line of a mapping, compiled: paths parsed, translations chosen, words turned into facts. */
import type { Json, JsonObject } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { type Codec, plainText, type Translate } from './codec.ts';
import { CODECS } from './codecs.ts';
import { Fault } from './fault.ts';
import type { Lookup } from './lookup.ts';
import { getPath, type Path, pathOf } from './path.ts';
import type { FieldFile } from './schema.ts';

/** A field at one side. */
export interface Columns {
  readonly side: Side;
  readonly texts: readonly string[];
  readonly paths: readonly Path[];
  /** Native to canonical; `null` is empty. Several columns come and go as a list. */
  readonly decode: Translate;
  readonly encode: Translate;
  readonly max?: number;
}

/** A field, ready to plan. */
export interface Field {
  readonly name: string;
  readonly flow: 'both' | Side;
  readonly crm: Columns;
  readonly erp: Columns;
  /** How it is translated, in words: `text`, `lookup payment-terms`. */
  readonly translation: string;
  readonly near: (a: Json, b: Json) => boolean;
  readonly conflict: NonNullable<FieldFile['conflict']>;
  readonly drift: NonNullable<FieldFile['drift']>;
  readonly cut: boolean;
  readonly clear: boolean;
  readonly createOnly: boolean;
  /** Needed to create a record at this side. */
  readonly required: Readonly<Record<Side, boolean>>;
  /** The mapping whose links translate it; `cyclic` when references lead back here, so that neither record can be first. */
  readonly link?: { readonly mapping: string; readonly cyclic: boolean };
  /** Canonical value that stands in for an empty one when a record is created at this side. */
  readonly defaults: Readonly<Partial<Record<Side, Json>>>;
}

const never = (): boolean => false;

const bySide = <T>(make: (side: Side) => T): Readonly<Record<Side, T>> => ({ crm: make('crm'), erp: make('erp') });

/** The paths of a field's column(s) at a side. */
export const columnTexts = (file: FieldFile, side: Side): readonly string[] => {
  const at = file[side];
  return typeof at === 'string' ? [at] : at;
};

const codecOf = (file: FieldFile): Codec | undefined => (file.as === undefined ? undefined : CODECS[file.as]);

/** A value as people write it in YAML (`1000`, `de`), as the canonical value. */
export const canonicalOf = (file: FieldFile, value: Json): Json | Fault => {
  const codec = codecOf(file);
  if (codec === undefined) return value;
  const { crm: _crm, erp: _erp, ...options } = (file.with ?? {}) as JsonObject;
  return codec.decode(options, 'crm', 1)(value);
};

const columnsOf = (file: FieldFile, side: Side, lookup: Lookup | undefined): Columns => {
  const texts = columnTexts(file, side);
  const codec = codecOf(file);
  const options = (file.with ?? {}) as JsonObject;
  // An id as its own system says it; what it leads to is known when the link is planned.
  const empty: Translate = file.link === undefined ? (value) => value : plainText;
  return {
    side,
    texts,
    paths: texts.map(pathOf),
    decode: codec?.decode(options, side, texts.length) ?? lookup?.decode[side] ?? empty,
    encode: codec?.encode(options, side, texts.length) ?? lookup?.encode[side] ?? empty,
    ...(file.max?.[side] === undefined ? {} : { max: file.max[side] }),
  };
};

/** Compile a field that passed lint. */
export const compileField = (name: string, file: FieldFile, lookup: Lookup | undefined, cyclic = false): Field => {
  const required = file.required ?? false;
  const defaults: Partial<Record<Side, Json>> = {};
  for (const side of SIDES) {
    const value = file.default?.[`to_${side}`];
    const canonical = value === undefined || value === null ? null : canonicalOf(file, value);
    if (canonical !== null && !(canonical instanceof Fault)) defaults[side] = canonical;
  }
  return {
    name,
    flow: file.flow === 'crm <-> erp' ? 'both' : file.flow === 'crm -> erp' ? 'erp' : 'crm',
    ...bySide((side) => columnsOf(file, side, lookup)),
    translation: file.as ?? (file.link === undefined ? `lookup ${file.lookup ?? ''}` : `link ${file.link}`),
    near: codecOf(file)?.near ?? never,
    conflict: file.conflict ?? 'park',
    drift: file.drift ?? 'restore',
    cut: file.too_long === 'cut',
    clear: file.empty === 'clear',
    createOnly: file.create_only === true,
    ...(file.link === undefined ? {} : { link: { mapping: file.link, cyclic } }),
    required: bySide((side) => required === true || required === `to_${side}`),
    defaults,
  };
};

/** What stands in a field's columns: null when missing, a list for several. `pending` is what is about to stand there. */
export const nativeOf = (columns: Columns, body: JsonObject, pending?: Readonly<Record<string, Json>>): Json => {
  const at = (path: Path, i: number): Json => {
    const text = columns.texts[i];
    if (pending !== undefined && text !== undefined && Object.hasOwn(pending, text)) return pending[text] ?? null;
    return getPath(body, path) ?? null;
  };
  const [first] = columns.paths;
  return columns.paths.length === 1 && first !== undefined ? at(first, 0) : columns.paths.map(at);
};

/** A value rendered for a side, or why it cannot stand there. `cut` when it was shortened. */
export interface Rendered {
  readonly native: Json;
  readonly cut?: { readonly from: number; readonly to: number };
}

/** Characters are code points: no limit splits a pair of surrogates. */
const lengthOf = (part: Json, enough: number): number => {
  if (typeof part !== 'string') return 0;
  return part.length <= enough ? part.length : [...part].length;
};

/** Encode a canonical value for a side, within its length. */
export const render = (field: Field, side: Side, value: Json): Rendered | Fault => {
  if (value === null) return { native: null };
  const { encode, max } = field[side];
  const native = encode(value);
  if (native instanceof Fault) return native;
  if (max === undefined) return { native };
  const parts = Array.isArray(native) ? (native as readonly Json[]) : [native];
  const longest = Math.max(...parts.map((part) => lengthOf(part, max)));
  if (longest <= max) return { native };
  if (!field.cut || typeof native !== 'string') {
    const message = `the value has ${longest} characters where the ${side.toUpperCase()} takes ${max}`;
    return new Fault('TOO_LONG', message, `more than ${max} characters`);
  }
  const kept = [...native].slice(0, max).join('').trimEnd();
  return { native: kept, cut: { from: longest, to: [...kept].length } };
};

/** The values of a field's columns as a write names them. */
export const columnValues = (columns: Columns, native: Json): readonly (readonly [string, Json])[] =>
  columns.texts.map(
    (text, i) =>
      [
        text,
        columns.texts.length === 1 ? native : Array.isArray(native) ? ((native as readonly Json[])[i] ?? null) : null,
      ] as const,
  );
