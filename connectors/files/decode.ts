/** The bytes of a file to its rows, by the way it is written. */
import { readCsv } from './csv.ts';
import { decodeText } from './encoding.ts';
import { unusable } from './problem.ts';
import type { Column, Format, Limits } from './schema.ts';
import { type Raw, rowsOfTable } from './table.ts';

type Columns = Readonly<Record<string, Column>>;

/** Every row of a file; UNDECODABLE when they cannot be told apart or are not the ones that are configured. */
export const decodeFile = (bytes: Buffer, format: Format, columns: Columns, limits: Limits): readonly Raw[] => {
  if (bytes.length === 0) throw unusable('the file is empty');
  const most = { rows: limits.rows, rowLength: limits.row_bytes };
  switch (format.kind) {
    case 'csv': {
      const table = readCsv(decodeText(bytes, format.encoding), format, most);
      if (format.ends_with_newline && !table.ended)
        throw unusable('the file ends without a line end, so it may be half a file');
      return rowsOfTable(table, { header: format.header, skip: format.skip, exact: true }, columns);
    }
    default:
      throw unusable(`${format.kind} is not read yet`);
  }
};
