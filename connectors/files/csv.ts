/** Rows of text with a delimiter, as RFC 4180 and spreadsheets write them. */
import { unusable } from './problem.ts';
import type { Cell, Table } from './table.ts';

/** What rows look like. */
export interface CsvShape {
  readonly delimiter: string;
  readonly quote: string;
}
interface Most {
  readonly rows: number;
  readonly rowLength: number;
}

interface Scan {
  readonly cells: Cell[];
  readonly next: number;
  readonly ended: boolean;
  readonly problem?: string;
}

const isEnd = (text: string, at: number): boolean => text[at] === '\n' || text[at] === '\r';

/** A cell in quotes that begins at `at`: its text, and where it ends. Undefined when it never does. */
const quotedCell = (
  text: string,
  at: number,
  quote: string,
): { readonly cell: string; readonly next: number } | undefined => {
  let cell = '';
  let from = at + 1;
  for (;;) {
    const end = text.indexOf(quote, from);
    if (end === -1) return undefined;
    cell += text.slice(from, end);
    if (text[end + 1] !== quote) return { cell, next: end + 1 };
    cell += quote;
    from = end + 2;
  }
};

const plainEnd = (text: string, at: number, delimiter: string): number => {
  let end = at;
  while (end < text.length && text[end] !== delimiter && !isEnd(text, end)) end += 1;
  return end;
};

/** One row from `at` on. An empty cell without quotes is nothing (null); with quotes it is an empty text. */
const scanRow = (text: string, start: number, { delimiter, quote }: CsvShape, row: number): Scan => {
  const cells: Cell[] = [];
  let problem: string | undefined;
  let at = start;
  for (;;) {
    if (text[at] === quote) {
      const read = quotedCell(text, at, quote);
      if (read === undefined)
        throw unusable('a quote is opened and never closed, so nothing behind it can be told apart', row);
      cells.push(read.cell);
      at = read.next;
      const end = plainEnd(text, at, delimiter);
      if (end > at) problem = `cell ${cells.length} has text behind its closing quote`;
      at = end;
    } else {
      const end = plainEnd(text, at, delimiter);
      cells.push(end === at ? null : text.slice(at, end));
      at = end;
    }
    if (text[at] === delimiter) {
      at += 1;
      continue;
    }
    const ended = at < text.length;
    const next = text[at] === '\r' && text[at + 1] === '\n' ? at + 2 : at + 1;
    return { cells, next, ended, ...(problem === undefined ? {} : { problem }) };
  }
};

/** All rows. UNDECODABLE where the rows cannot be told apart; a row that only looks wrong has its problem. */
export const readCsv = (text: string, shape: CsvShape, most: Most): Table => {
  const rows: { cells: readonly Cell[]; row: number; problem?: string }[] = [];
  let ended = true;
  for (let at = 0, row = 1; at < text.length; row += 1) {
    if (row > most.rows)
      throw unusable(`the file has more than ${most.rows} rows; raise limits.rows or deliver it in parts`);
    const scan = scanRow(text, at, shape, row);
    if (scan.next - at > most.rowLength) throw unusable(`is longer than ${most.rowLength} characters`, row);
    at = scan.next;
    ended = scan.ended;
    if (scan.cells.length === 1 && scan.cells[0] === null) continue;
    rows.push({ cells: scan.cells, row, ...(scan.problem === undefined ? {} : { problem: scan.problem }) });
  }
  return { rows, ended };
};

/** A cell as it is written: nothing for null, quotes where they are needed and around an empty text. */
export const csvCell = (cell: string | null, { delimiter, quote }: CsvShape): string => {
  if (cell === null) return '';
  const bare =
    cell !== '' && !cell.includes(delimiter) && !cell.includes(quote) && !/[\r\n]/.test(cell) && cell.trim() === cell;
  return bare ? cell : `${quote}${cell.replaceAll(quote, quote + quote)}${quote}`;
};
