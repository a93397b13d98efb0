/** Rows to the bytes of a file. */
import type { ErrorCode } from '../../src/domain/errors.ts';
import { ExactNumber, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { getPath, pathOf, setPath } from '../../src/mapping/path.ts';
import type { Column } from './column.ts';
import { csvCell } from './csv.ts';
import { encodeText, unwritable } from './encoding.ts';
import type { CsvFormat, FixedFormat, Format, XmlFormat } from './schema.ts';
import { nameOf } from './table.ts';
import { writeCell } from './values.ts';
import { xmlDocument } from './xml-write.ts';

type Columns = Readonly<Record<string, Column>>;

/** What cannot be written, and where. */
export interface Unwritable {
  readonly field: string;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** One row, ready to be put into a file. */
export type Row = string;

/** Writes rows of one record type. */
export interface Encoder {
  /** A row with these values; fields that are not among them stay empty. */
  row(values: ReadonlyMap<string, Json>): Row | Unwritable;
  /** The whole file. */
  file(rows: readonly Row[]): Buffer;
}

const END = { crlf: '\r\n', lf: '\n' } as const;
// What spreadsheets take for the beginning of a formula, also behind a quote.
const FORMULA = /^[=+\-@\t\r]/;

type Cells = ReadonlyMap<string, string | null>;

const cellsOf = (values: ReadonlyMap<string, Json>, columns: Columns): Cells | Unwritable => {
  const cells = new Map<string, string | null>();
  for (const [field, value] of values) {
    const column = columns[field];
    if (column === undefined) continue;
    const written = writeCell(value, column);
    if (!('cell' in written)) return { field, ...written };
    cells.set(field, written.cell);
  }
  return cells;
};

const strange = (cells: Cells, encoding: CsvFormat['encoding']): Unwritable | undefined => {
  for (const [field, cell] of cells) {
    const character = cell === null ? undefined : unwritable(cell, encoding);
    if (character !== undefined)
      return {
        field,
        code: 'INVALID_TEXT',
        reason: `has "${character.toWellFormed()}", which ${encoding} cannot write`,
      };
  }
  return undefined;
};

const byPlace = (columns: Columns): readonly (readonly [string, Column])[] =>
  Object.entries(columns)
    .map((entry, index) => ({ entry, at: entry[1].at ?? index + 1 }))
    .sort((a, b) => a.at - b.at)
    .map(({ entry }) => entry);

const csv = (format: CsvFormat, columns: Columns, formulas: 'guard' | 'plain'): Encoder => {
  const ordered = byPlace(columns);
  const end = END[format.newline];
  const safe = (cell: string | null, { type }: Column): string | null =>
    cell !== null && formulas === 'guard' && type === 'text' && FORMULA.test(cell) ? `'${cell}` : cell;
  const header = ordered.map(([field, column]) => csvCell(nameOf(field, column), format)).join(format.delimiter);
  return {
    row: (values) => {
      const cells = cellsOf(values, columns);
      if ('code' in cells) return cells;
      return (
        strange(cells, format.encoding) ??
        ordered.map(([field, column]) => csvCell(safe(cells.get(field) ?? null, column), format)).join(format.delimiter)
      );
    },
    file: (rows) =>
      encodeText([...(format.header ? [header] : []), ...rows, ''].join(end), format.encoding, format.bom),
  };
};

const fixed = (format: FixedFormat, columns: Columns): Encoder => {
  const ordered = byPlace(columns);
  const end = END[format.newline];
  return {
    row: (values) => {
      const cells = cellsOf(values, columns);
      if ('code' in cells) return cells;
      const odd = strange(cells, format.encoding);
      if (odd !== undefined) return odd;
      let line = '';
      for (const [field, { at = 1, width = 1, pad }] of ordered) {
        const text = cells.get(field) ?? '';
        const length = [...text].length;
        if (/[\r\n]/.test(text))
          return { field, code: 'INVALID_TEXT', reason: 'has a line break, which a line of fixed width cannot hold' };
        if (length > width)
          return { field, code: 'TOO_LONG', reason: `has ${length} characters, its place has ${width}` };
        const blanks = ' '.repeat(width - length);
        line = `${line.padEnd(at - 1)}${pad === 'left' ? blanks + text : text + blanks}`;
      }
      return line;
    },
    file: (rows) => encodeText([...rows, ''].join(end), format.encoding, false),
  };
};

/** Numbers and flags stay what they are; everything else is written as the column says. */
const jsonValue = (
  value: Json,
  column: Column,
): { readonly value: Json } | { readonly code: ErrorCode; readonly reason: string } => {
  if (column.type === 'any') return { value };
  const written = writeCell(value, column);
  if ('code' in written) return written;
  const native = typeof value === 'number' || typeof value === 'boolean' || value instanceof ExactNumber;
  return { value: native || written.cell === null ? value : written.cell };
};

const jsonLines = (columns: Columns): Encoder => ({
  row: (values) => {
    const draft: Record<string, Json> = {};
    for (const [field, value] of values) {
      const column = columns[field];
      if (column === undefined) continue;
      const read = jsonValue(value, column);
      if ('code' in read) return { field, ...read };
      setPath(draft, pathOf(column.from ?? field), read.value);
    }
    return stringifyJson(draft);
  },
  file: (rows) => Buffer.from(rows.map((row) => `${row}\n`).join('')),
});

const xml = (format: XmlFormat, columns: Columns): Encoder => {
  const document = xmlDocument(format.row);
  return {
    row: (values) => {
      const cells = cellsOf(values, columns);
      if ('code' in cells) return cells;
      return document.row([...cells].map(([field, cell]) => [nameOf(field, columns[field]), cell] as const));
    },
    file: (rows) => Buffer.from(document.file(rows)),
  };
};

/** The encoder of a format. */
export const createEncoder = (
  format: Exclude<Format, { kind: 'xlsx' }>,
  columns: Columns,
  formulas: 'guard' | 'plain',
): Encoder => {
  switch (format.kind) {
    case 'csv':
      return csv(format, columns, formulas);
    case 'fixed':
      return fixed(format, columns);
    case 'json_lines':
      return jsonLines(columns);
    case 'xml':
      return xml(format, columns);
    default:
      return format satisfies never;
  }
};

/** The values of a body by field; what is not in it is left out. */
export const valuesOf = (body: JsonObject, columns: Columns): Map<string, Json> => {
  const values = new Map<string, Json>();
  for (const field of Object.keys(columns)) {
    const value = getPath(body, pathOf(field));
    if (value !== undefined) values.set(field, value);
  }
  return values;
};
