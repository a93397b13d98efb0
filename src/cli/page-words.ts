/** What every part of a mapping's page is written with. */
import type { Json } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { showValue } from '../mapping/show.ts';

export const NAMES: Readonly<Record<Side, string>> = { crm: 'CRM', erp: 'ERP' };

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s*\n\s*/g, ' ');
export const row = (cells: readonly string[]): string => `| ${cells.map(cell).join(' | ')} |`;
export const code = (text: string): string => `\`${text}\``;
export const shown = (value: unknown): string => showValue(value as Json);
export const words = (values: readonly unknown[]): string => values.map(shown).join(', ');
/** Columns with the values that they may have. */
export const where = (columns: Readonly<Record<string, readonly unknown[]>>): string =>
  Object.entries(columns)
    .map(([path, values]) => `${code(path)} is ${words(values)}`)
    .join(' and ');
