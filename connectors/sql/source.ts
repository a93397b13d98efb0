/** Where the rows of one record type come from: its columns as the database describes them, and how they are selected. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Call } from '../sdk/seam.ts';
import type { Bound, Cell, Column, Dialect, Kind } from './dialect.ts';
import { Refusal, readingError } from './failure.ts';
import type { RecordType } from './schema.ts';
import type { Sessions, Talk } from './sessions.ts';
import { couldBe, encoded } from './value.ts';

/** A row with its columns by name. */
export type Row = (column: string) => Cell;
/** Columns by name, with the kind that the connection file may have corrected. */
export type Shape = ReadonlyMap<string, Column>;

/** What all record types of one connection share. */
export interface Base {
  readonly dialect: Dialect;
  readonly sessions: Sessions;
  /** The connection file, for messages. */
  readonly file: string;
  readonly rows: number;
  /** How many transactions may run at once. */
  readonly lanes: number;
}

/** A condition with the values it binds; `?` stands for each in turn. */
export interface Where {
  readonly text: string;
  readonly values: readonly (readonly [text: string, column: string])[];
}

/** One record type's table, view or query. */
export interface Source {
  readonly name: string;
  readonly type: RecordType;
  readonly base: Base;
  readonly columns: readonly string[];
  quoted(column: string): string;
  /** The columns, asked once. CONFIG_INVALID names what is not there. */
  shape(talk: Talk): Promise<Shape>;
  /** False when a condition has a text that its column cannot have: the columns are others than when it was written down. */
  fits(talk: Talk, where: Where): Promise<boolean>;
  /** The columns as the last statement found them. */
  known(): Shape;
  /** Rows that fit, in this order, at most so many. */
  select(
    talk: Talk,
    where: Where,
    order: readonly string[],
    most: number,
    only?: readonly string[],
  ): Promise<readonly Row[]>;
  /** A value of ours as the column takes it. */
  bind(shape: Shape, column: string, text: string): Bound;
  /** False when no row can have this text in the column. */
  couldHave(shape: Shape, column: string, text: string): boolean;
  /** Reads with a connection that cannot write; failures become errors of ours. */
  reading<T>(what: string, call: Call, work: (talk: Talk) => Promise<T>): Promise<T>;
}

/** A table's name, each part quoted. */
export const quotedTable = (table: string, dialect: Dialect): string =>
  table
    .split('.')
    .map((part) => dialect.quote(part))
    .join('.');

const OVERRIDES: Readonly<Record<string, Kind>> = { boolean: 'boolean', json: 'json', text: 'text' };

/** Every column that is read, and what the file says it is. */
const wantedOf = (type: RecordType): ReadonlyMap<string, Kind | undefined> => {
  const { id, version, modified_at, reference, deleted, changes } = type;
  const keys = [
    id,
    version,
    modified_at,
    reference,
    deleted?.column,
    changes?.strategy === 'log' ? undefined : changes?.column,
  ];
  const wanted = new Map<string, Kind | undefined>(
    keys.flatMap((key) => (key === undefined ? [] : [[key, undefined]])),
  );
  for (const column of Object.values(type.columns)) {
    if (typeof column === 'string') wanted.set(column, wanted.get(column));
    else wanted.set(column.column, column.as === undefined ? undefined : OVERRIDES[column.as]);
  }
  return wanted;
};

/** Binds the values of a condition, in order, to places that begin at 1. */
const placed = (where: Where, dialect: Dialect, kindOf: (column: string) => Kind): string => {
  let number = 0;
  return where.text.replaceAll('?', () => {
    const column = where.values[number]?.[1] ?? '';
    number += 1;
    return dialect.place(number, kindOf(column));
  });
};

/** Compiles where a record type's rows come from. */
export const createSource = (name: string, type: RecordType, base: Base): Source => {
  const { dialect, sessions, file } = base;
  const wanted = wantedOf(type);
  const columns = [...wanted.keys()];
  const from = type.table === undefined ? `(${type.query}) source` : quotedTable(type.table, dialect);
  const quoted = (column: string): string => dialect.quote(column);
  let known: Shape | undefined;
  let last: Shape = new Map();

  /** Says which column is missing, and which there are. */
  const explain = async (talk: Talk, refusal: Refusal): Promise<never> => {
    const place = `${file}: "records.${name}"`;
    const all = await talk.run(`SELECT * FROM ${from} WHERE 1 = 0`, []).catch(() => undefined);
    if (all === undefined) throw readingError(`${place}: ${type.table ?? 'its query'} cannot be read`, refusal);
    const there = all.columns.map((column) => column.name);
    const missing = columns.filter((column) => !there.includes(column));
    if (missing.length === 0) throw readingError(place, refusal);
    throw new SyncError(
      'CONFIG_INVALID',
      `${place}: ${type.table ?? 'the query'} has no column ${missing.map((column) => `"${column}"`).join(', ')}; use one of ${there.join(', ')}, or restore it in the database`,
    );
  };
  const shape = async (talk: Talk): Promise<Shape> => {
    if (known !== undefined) return known;
    try {
      const { columns: found } = await talk.run(
        `SELECT ${columns.map(quoted).join(', ')} FROM ${from} WHERE 1 = 0`,
        [],
      );
      known = new Map(
        columns.map((column, at) => {
          const described = found[at] ?? { name: column, kind: 'unknown', type: 'unknown' };
          return [column, { ...described, name: column, kind: wanted.get(column) ?? described.kind }];
        }),
      );
      last = known;
      return known;
    } catch (error) {
      if (error instanceof Refusal && error.about === 'schema') return explain(talk, error);
      throw error;
    }
  };
  const kindIn = (here: Shape, column: string): Kind => here.get(column)?.kind ?? 'unknown';
  const bind: Source['bind'] = (here, column, text) =>
    encoded(dialect, text, { name: column, kind: kindIn(here, column) }, type.zone);
  const select: Source['select'] = async (talk, where, order, most, only = columns) => {
    const here = await shape(talk);
    const listed = only.map((column) => dialect.shown?.(quoted(column), kindIn(here, column)) ?? quoted(column));
    const text = `SELECT ${listed.join(', ')} FROM ${from} WHERE ${placed(where, dialect, (column) => kindIn(here, column))}`;
    const ordered = order.length === 0 ? text : `${text} ORDER BY ${order.map(quoted).join(', ')}`;
    const values = where.values.map(([value, column]) => bind(here, column, value));
    const { rows } = await talk.run(dialect.limited(ordered, most), values);
    const places = new Map(only.map((column, at) => [column, at]));
    return rows.map(
      (cells): Row =>
        (column) =>
          cells[places.get(column) ?? -1] ?? null,
    );
  };
  const reading: Source['reading'] = async (what, call, work) => {
    try {
      return await sessions.use('read', call, work);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.about === 'schema') known = undefined;
      throw readingError(what, error);
    }
  };
  return {
    ...{ name, type, base, columns, quoted, shape, select, bind, reading },
    known: () => last,
    fits: async (talk, where) => {
      const here = await shape(talk);
      return where.values.every(([text, column]) => couldBe(text, here.get(column) ?? { kind: 'unknown' }));
    },
    couldHave: (here, column, text) => couldBe(text, here.get(column) ?? { kind: 'unknown' }),
  };
};
