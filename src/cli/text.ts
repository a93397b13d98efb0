import type { Json } from '../domain/json.ts';
import { safeText, showValue } from '../mapping/show.ts';

const WIDEST = 60;

/** Rows of aligned columns under headings; the last column runs on. Everything is safe for a terminal. */
export const table = (headings: readonly string[], rows: readonly (readonly string[])[]): string => {
  const all = [headings.map((heading) => heading.toUpperCase()), ...rows].map((row) =>
    row.map((cell) => safeText(cell)),
  );
  const fitted = all.map((row) =>
    row.map((cell, i) => (i < row.length - 1 && cell.length > WIDEST ? `${cell.slice(0, WIDEST - 1)}…` : cell)),
  );
  const widths = headings.map((_, i) => Math.max(...fitted.map((row) => row[i]?.length ?? 0)));
  return fitted
    .map(
      (row) =>
        `${row
          .map((cell, i) => (i === row.length - 1 ? cell : cell.padEnd(widths[i] ?? 0)))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
};

/** 1234567 → 1,234,567. */
export const number = (value: number): string => value.toLocaleString('en');

const UNITS: readonly (readonly [number, string])[] = [
  [86_400_000, 'd'],
  [3_600_000, 'h'],
  [60_000, 'min'],
  [1_000, 's'],
];

/** A time span in its largest unit: 90500 → 1.5 min. */
export const span = (ms: number): string => {
  const [unit, name] = UNITS.find(([size]) => ms >= size) ?? [1, 'ms'];
  const value = ms / unit;
  return `${unit === 1 || value >= 10 ? Math.round(value) : Math.round(value * 10) / 10} ${name}`;
};

/** How long ago an instant was. */
export const ago = (at: string | null | undefined, now: number): string =>
  at === null || at === undefined ? 'never' : `${span(Math.max(0, now - Date.parse(at)))} ago`;

/** `CONFLICT 2, LOOKUP_MISS 1` */
export const counts = (of: Readonly<Record<string, number>>): string =>
  Object.entries(of)
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => `${name} ${number(count)}`)
    .join(', ');

/** A value in one short line. What may not be seen is shown as it comes. */
export const value = (shown: Json | undefined): string => (shown === '•••' ? '•••' : showValue(shown));

/** Members of a link: `crm/Account A1 “Acme” = erp/Partner 100`. */
export const members = (
  all: readonly { readonly slot: string; readonly id: string; readonly label: string }[],
): string => {
  const name = all.find(({ label }) => label !== '' && label !== '•••')?.label;
  const ids = all.map(({ slot, id }) => `${slot} ${id}`).join(' = ');
  return safeText(name === undefined ? ids : `${ids} “${name}”`);
};
