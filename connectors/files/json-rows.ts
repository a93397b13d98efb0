/** One JSON object on each line. */
import { isObject, type Json, parseJson } from '../../src/domain/json.ts';
import { getPath, pathOf } from '../../src/mapping/path.ts';
import type { Column } from './column.ts';
import { unusable } from './problem.ts';
import type { Limits } from './schema.ts';
import type { Raw } from './table.ts';

type Columns = Readonly<Record<string, Column>>;

const parsed = (line: string): Json | undefined => {
  try {
    return parseJson(line);
  } catch {
    return undefined;
  }
};

/** Every line that is not blank. A line that is no object is a row with a problem; the others go on. */
export const rowsOfJson = (text: string, columns: Columns, limits: Limits): readonly Raw[] => {
  const lines = text.split('\n');
  if (lines.length > limits.rows + 1)
    throw unusable(`the file has more than ${limits.rows} rows; raise limits.rows or deliver it in parts`);
  const paths = new Map(Object.entries(columns).map(([field, { from }]) => [field, pathOf(from ?? field)]));
  const rows: Raw[] = [];
  for (const [at, line] of lines.entries()) {
    const row = at + 1;
    if (line.trim() === '') continue;
    if (line.length > limits.row_bytes) throw unusable(`is longer than ${limits.row_bytes} characters`, row);
    const value = parsed(line);
    if (value !== undefined && isObject(value)) {
      rows.push({
        row,
        value: (field) => {
          const path = paths.get(field);
          return path === undefined ? undefined : getPath(value, path);
        },
        text: line,
      });
    } else if (at === lines.length - 1) {
      throw unusable('the file ends in the middle of it: the last line is no whole JSON object', row);
    } else
      rows.push({
        row,
        value: () => undefined,
        text: line,
        problem: value === undefined ? 'is not JSON' : 'is no JSON object',
      });
  }
  return rows;
};
