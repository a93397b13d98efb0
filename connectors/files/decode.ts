/** The bytes of a file to its rows, by the way it is written. */

import type { Column } from './column.ts';
import { readCsv } from './csv.ts';
import { decodeText } from './encoding.ts';
import { rowsOfFixed } from './fixed-rows.ts';
import { rowsOfJson } from './json-rows.ts';
import { unusable } from './problem.ts';
import type { CsvFormat, Format, Limits } from './schema.ts';
import { type Raw, rowsOfTable, type Table } from './table.ts';
import { readXlsx } from './xlsx.ts';
import { rowsOfXml } from './xml-rows.ts';

type Columns = Readonly<Record<string, Column>>;

const csvTable = (bytes: Buffer, format: CsvFormat, limits: Limits): Table => {
  const table = readCsv(decodeText(bytes, format.encoding), format, { rows: limits.rows, rowLength: limits.row_bytes });
  if (format.ends_with_newline && !table.ended)
    throw unusable('the file ends without a line end, so it may be half a file');
  return table;
};

const xmlText = (bytes: Buffer): string => {
  const declared = /^\s*<\?xml[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/.exec(
    bytes.subarray(0, 200).toString('latin1'),
  )?.[1];
  const encoding = declared?.toLowerCase() ?? 'utf-8';
  if (encoding === 'utf-8' || encoding === 'us-ascii') return decodeText(bytes, 'utf-8');
  if (encoding === 'utf-16') return decodeText(bytes, bytes[0] === 0xfe ? 'utf-16be' : 'utf-16le');
  if (encoding === 'iso-8859-1' || encoding === 'windows-1252') return decodeText(bytes, 'windows-1252');
  throw unusable(`the file says it is in ${encoding}; deliver it in UTF-8`);
};

/** Every row of a file; UNDECODABLE when they cannot be told apart or are not the ones that are configured. */
export const decodeFile = async (
  bytes: Buffer,
  format: Format,
  columns: Columns,
  limits: Limits,
): Promise<readonly Raw[]> => {
  if (bytes.length === 0) throw unusable('the file is empty');
  switch (format.kind) {
    case 'csv':
      return rowsOfTable(
        csvTable(bytes, format, limits),
        { header: format.header, skip: format.skip, exact: true },
        columns,
      );
    case 'xlsx':
      return rowsOfTable(
        await readXlsx(bytes, format, limits),
        { header: format.header, skip: format.skip, exact: false },
        columns,
      );
    case 'json_lines':
      return rowsOfJson(decodeText(bytes, 'utf-8'), columns, limits);
    case 'xml':
      return rowsOfXml(xmlText(bytes), format, columns, limits);
    case 'fixed':
      return rowsOfFixed(decodeText(bytes, format.encoding), format, columns, limits);
    default:
      return format satisfies never;
  }
};
