/** Changes as CSV: RFC 4180, UTF-8, one line of names first. */
import { COLUMNS, type FeedRow } from './feed-rows.ts';

// What a spreadsheet takes for a formula. A cell that begins so would be worked out by whoever opens the file.
const FORMULA = /^[=+\-@\t\r]/;

const quoted = (text: string): string => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** The file's text. Cells that a spreadsheet would work out begin with an apostrophe, unless `raw`. Nothing is an empty cell. */
export const csvOf = (rows: readonly FeedRow[], { raw }: { readonly raw: boolean }): string => {
  const cell = (value: string | number | null): string => {
    const text = value === null ? '' : String(value);
    return quoted(!raw && FORMULA.test(text) ? `'${text}` : text);
  };
  const lines = rows.map((row) => COLUMNS.map((name) => cell(row[name])).join(','));
  return [COLUMNS.join(','), ...lines, ''].join('\r\n');
};
