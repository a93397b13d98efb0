/** Lines of fixed width. */

import type { Column } from './column.ts';
import { unusable } from './problem.ts';
import type { FixedFormat, Limits } from './schema.ts';
import type { Raw } from './table.ts';

type Columns = Readonly<Record<string, Column>>;

/** Every line that is not blank. One that ends before its last column begins is broken. */
export const rowsOfFixed = (text: string, format: FixedFormat, columns: Columns, limits: Limits): readonly Raw[] => {
  const lines = text.split(/\r\n|\n|\r/);
  const ended = lines.at(-1) === '';
  if (!ended && format.ends_with_newline) throw unusable('the file ends without a line end, so it may be half a file');
  if (lines.length > limits.rows + format.skip + 1)
    throw unusable(`the file has more than ${limits.rows} rows; raise limits.rows or deliver it in parts`);
  const needed = Math.max(
    ...Object.values(columns)
      .filter(({ required }) => required)
      .map(({ at = 1 }) => at),
    1,
  );
  const rows: Raw[] = [];
  for (const [index, line] of lines.entries()) {
    const row = index + 1;
    if (row <= format.skip || line.trim() === '') continue;
    if (line.length > limits.row_bytes) throw unusable(`is longer than ${limits.row_bytes} characters`, row);
    const characters = [...line];
    const short =
      characters.length < needed
        ? `has ${characters.length} characters where a required column begins at ${needed}`
        : undefined;
    rows.push({
      row,
      value: (field) => {
        const { at = 1, width = 1 } = columns[field] ?? {};
        const cell = characters.slice(at - 1, at - 1 + width).join('');
        return cell.trim() === '' ? null : cell;
      },
      text: line,
      ...(short === undefined ? {} : { problem: short }),
    });
  }
  return rows;
};
