/** Rows of a table to records of the seam. */
import { type Json, type JsonObject, sameJson, stringifyJson } from '../../src/domain/json.ts';
import { pathOf, setPath } from '../../src/mapping/path.ts';
import { instantOf } from '../rest/time.ts';
import type { Change, NativeRecord, Undecodable } from '../sdk/seam.ts';
import type { RecordType } from './schema.ts';
import type { Row, Shape } from './source.ts';
import { decoded, keyText } from './value.ts';

const LONGEST_RAW = 65_536;

/** Readers of one record type's rows. */
export interface Rows {
  id(row: Row, shape: Shape): string | undefined;
  /** The record, or in words why it is none. */
  record(row: Row, shape: Shape): NativeRecord | string;
  change(row: Row, shape: Shape): Change;
  /** Changes of rows in the order of their ids; those that share one id are none. */
  changes(rows: readonly Row[], shape: Shape): readonly Change[];
}

/** Compiles a record type's columns. */
export const createRows = (name: string, type: RecordType): Rows => {
  const fields = Object.entries(type.columns).map(([path, column]) => ({
    path: pathOf(path),
    column: typeof column === 'string' ? column : column.column,
  }));
  const kindOf = (shape: Shape, column: string) => shape.get(column)?.kind ?? 'unknown';
  const key = (row: Row, shape: Shape, column: string | undefined): string | undefined =>
    column === undefined ? undefined : keyText(row(column), kindOf(shape, column));
  const id = (row: Row, shape: Shape): string | undefined => key(row, shape, type.id);
  const momentOf = (row: Row, shape: Shape): string | undefined => {
    const { modified_at } = type;
    if (modified_at === undefined) return undefined;
    return instantOf(decoded(row(modified_at), kindOf(shape, modified_at)), type.zone)?.text;
  };
  const bodyOf = (row: Row, shape: Shape): JsonObject => {
    const body: Record<string, unknown> = {};
    for (const { path, column } of fields) setPath(body, path, decoded(row(column), kindOf(shape, column)));
    return body as JsonObject;
  };
  const record = (row: Row, shape: Shape): NativeRecord | string => {
    const own = id(row, shape);
    if (own === undefined) return `a row of ${name} has no ${type.id}; give it one, or leave such rows out with a view`;
    let body: JsonObject;
    try {
      body = bodyOf(row, shape);
    } catch {
      return `row ${own} of ${name} holds JSON that cannot be read; correct it in the database`;
    }
    const [version, modifiedAt, reference] = [
      key(row, shape, type.version),
      momentOf(row, shape),
      key(row, shape, type.reference),
    ];
    return {
      id: own,
      body,
      ...(version === undefined ? {} : { version }),
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
      ...(reference === undefined ? {} : { reference }),
    };
  };
  const isDeleted = (row: Row, shape: Shape): boolean => {
    const { deleted } = type;
    return (
      deleted !== undefined && sameJson(decoded(row(deleted.column), kindOf(shape, deleted.column)), deleted.is as Json)
    );
  };
  const undecodable = (row: Row, shape: Shape, problem: string): Undecodable => {
    const own = id(row, shape);
    const raw = Object.fromEntries(fields.map(({ column }) => [column, String(row(column) ?? '')]));
    return {
      op: 'undecodable',
      ...(own === undefined ? {} : { id: own }),
      raw: stringifyJson(raw).slice(0, LONGEST_RAW),
      problem,
    };
  };
  const change = (row: Row, shape: Shape): Change => {
    const own = id(row, shape);
    if (own !== undefined && isDeleted(row, shape)) {
      const at = momentOf(row, shape);
      return { op: 'delete', id: own, ...(at === undefined ? {} : { at }) };
    }
    const made = record(row, shape);
    return typeof made === 'string' ? undecodable(row, shape, made) : { op: 'upsert', record: made };
  };
  const changes = (rows: readonly Row[], shape: Shape): readonly Change[] => {
    const groups = new Map<string, Row[]>();
    for (const row of rows) {
      const own = id(row, shape) ?? '';
      groups.set(own, [...(groups.get(own) ?? []), row]);
    }
    return [...groups].flatMap(([own, group]) => {
      const [first] = group;
      if (first === undefined) return [];
      if (group.length === 1) return [change(first, shape)];
      const problem = `more than one row of ${name} has the ${type.id} "${own}"; make it unique, in the table or in the view`;
      return [undecodable(first, shape, problem)];
    });
  };
  return { id, record, change, changes };
};
