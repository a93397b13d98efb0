/** Rows of a reply to records of the seam. The body stays as it came. */
import { isObject, type Json, type JsonObject, sameJson, stringifyJson } from '../../src/domain/json.ts';
import { isKeepable, unkeepable } from '../engine/keepable.ts';
import type { Change, NativeRecord, Undecodable } from '../sdk/seam.ts';
import { compilePath, textOf } from './request.ts';
import type { RecordType } from './schema.ts';
import { type Instant, instantOf } from './time.ts';

/** Readers of one record type's rows. */
export interface Rows {
  /** The record, or in words why it is none. */
  record(row: Json): NativeRecord | string;
  /** The change that a row of a list or feed stands for. */
  change(row: Json): Change;
  id(row: Json): string | undefined;
  instant(row: Json): Instant | undefined;
  /** The change time as the system wrote it. */
  rawTime(row: Json): string | undefined;
  /** Whether a record says which key we gave it. */
  readonly hasReference: boolean;
}

const LONGEST_RAW = 65_536;

const undecodable = (row: Json, id: string | undefined, problem: string): Undecodable => ({
  op: 'undecodable',
  ...(id === undefined ? {} : { id }),
  raw: stringifyJson(row).slice(0, LONGEST_RAW),
  problem,
});

const build = (
  id: string,
  body: JsonObject,
  version: string | undefined,
  modifiedAt: string | undefined,
  reference: string | undefined,
): NativeRecord => ({
  id,
  body,
  ...(version === undefined ? {} : { version }),
  ...(modifiedAt === undefined ? {} : { modifiedAt }),
  ...(reference === undefined ? {} : { reference }),
});

const nothing = (): undefined => undefined;

/** Compiles a record type's paths. */
export const createRows = (name: string, type: RecordType): Rows => {
  const optional = (path: string | undefined) => (path === undefined ? nothing : compilePath(path));
  const readId = compilePath(type.id);
  const readVersion = optional(type.version);
  const readTime = optional(type.modified_at);
  const readReference = optional(type.reference);
  const marker = type.deleted;
  const readMarker = optional(marker?.path);
  const id = (row: Json): string | undefined => textOf(readId(row));
  const keptId = (row: Json): string | undefined => {
    const own = id(row);
    return own !== undefined && isKeepable(own) ? own : undefined;
  };
  const instant = (row: Json): Instant | undefined => instantOf(readTime(row), type.zone);

  const record = (row: Json): NativeRecord | string => {
    if (!isObject(row)) return `a row of ${name} is ${row === null ? 'null' : 'not an object'}`;
    const own = id(row);
    if (own === undefined) return `a row of ${name} has no id at "${type.id}"`;
    const made = build(own, row, textOf(readVersion(row)), instant(row)?.text, textOf(readReference(row)));
    return unkeepable(name, made) ?? made;
  };
  const change = (row: Json): Change => {
    const own = marker === undefined ? undefined : keptId(row);
    if (own !== undefined && sameJson(readMarker(row), marker?.is as Json)) {
      const at = instant(row)?.text;
      return { op: 'delete', id: own, ...(at === undefined ? {} : { at }) };
    }
    const read = record(row);
    return typeof read === 'string' ? undecodable(row, keptId(row), read) : { op: 'upsert', record: read };
  };
  const hasReference = type.reference !== undefined;
  return { record, change, id, instant, rawTime: (row) => textOf(readTime(row)), hasReference };
};
