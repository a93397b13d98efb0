/** What every way of writing a file comes to: rows whose cells can be asked for by column. */
import type { Json } from '../../src/domain/json.ts';
import type { Column } from './column.ts';
import { unusable } from './problem.ts';

/** What stands in a cell: text as it is in the file, or nothing. */
export type Cell = string | null;

/** Rows of cells, before anybody knows what the columns are. */
export interface Table {
  readonly rows: readonly {
    readonly cells: readonly Cell[];
    readonly row: number;
    /** What is wrong with the row as a whole. */
    readonly problem?: string;
    /** What is wrong with single cells, by their place from 0; it matters where the column does. */
    readonly faults?: ReadonlyMap<number, string>;
  }[];
  /** False when the last row has no end of its own. */
  readonly ended: boolean;
}

/** One row of a file. */
export interface Raw {
  /** As a spreadsheet counts it, from 1. */
  readonly row: number;
  /** What stands there for a field; undefined when its place is missing. */
  readonly value: (field: string) => Json | undefined;
  /** What the file itself says is wrong with a field's cell. */
  readonly fault?: (field: string) => string | undefined;
  /** The row for the ledger, as far as it can be shown as text. */
  readonly text: string;
  readonly problem?: string;
}

type Columns = Readonly<Record<string, Column>>;

/** What the file calls a field's column. */
export const nameOf = (field: string, column: Column | undefined): string =>
  column?.from ?? (column?.at === undefined ? field : String(column.at));

const placesByHeader = (header: readonly Cell[], columns: Columns): ReadonlyMap<string, number> => {
  const names = header.map((cell) => cell?.trim() ?? '');
  const twice = names.find((name, at) => name !== '' && names.indexOf(name) !== at);
  const wanted = Object.entries(columns).map(([field, column]) => [field, nameOf(field, column)] as const);
  const missing = wanted.filter(([, name]) => !names.includes(name)).map(([, name]) => `"${name}"`);
  if (missing.length > 0)
    throw unusable(
      `the header has no column ${missing.join(', ')}; it has ${
        names
          .filter((name) => name !== '')
          .slice(0, 20)
          .map((name) => `"${name}"`)
          .join(', ') || 'nothing'
      }`,
    );
  if (twice !== undefined && wanted.some(([, name]) => name === twice))
    throw unusable(`the header has two columns "${twice}"`);
  return new Map(wanted.map(([field, name]) => [field, names.indexOf(name)]));
};

const placesByNumber = (columns: Columns): ReadonlyMap<string, number> =>
  new Map(Object.entries(columns).map(([field, { at }]) => [field, (at ?? 1) - 1]));

/** How rows of cells become rows of fields. */
export interface TableShape {
  readonly header: boolean;
  readonly skip: number;
  /** A row with another number of cells than the header is broken. */
  readonly exact: boolean;
}

/** Gives the cells of a table their fields. */
export const rowsOfTable = ({ rows, ended }: Table, shape: TableShape, columns: Columns): readonly Raw[] => {
  const useful = rows.slice(rows.findIndex(({ row }) => row > shape.skip)).filter(({ row }) => row > shape.skip);
  const [first] = useful;
  if (first === undefined) throw unusable('the file has no row');
  const places = shape.header ? placesByHeader(first.cells, columns) : placesByNumber(columns);
  const width = shape.exact ? first.cells.length : undefined;
  const data = shape.header ? useful.slice(1) : useful;
  const last = data.at(-1);
  if (!ended && last !== undefined && width !== undefined && last.cells.length < width)
    throw unusable(`the file ends in the middle of it: ${last.cells.length} cells of ${width}`, last.row);
  return data.map(({ cells, row, problem, faults }) => {
    const ragged =
      width !== undefined && cells.length !== width
        ? `has ${cells.length} cells where the first row has ${width}`
        : undefined;
    const wrong = problem ?? ragged;
    return {
      row,
      value: (field) => cells[places.get(field) ?? -1],
      text: JSON.stringify(cells),
      ...(faults === undefined ? {} : { fault: (field: string) => faults.get(places.get(field) ?? -1) }),
      ...(wrong === undefined ? {} : { problem: wrong }),
    };
  });
};
