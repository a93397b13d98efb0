/** What the runs of one entity come to: the product beside the bare loop. */
import type { Span } from './recorded.ts';

/** What was measured of one entity. */
export interface Measured extends Span {
  readonly records_per_s: number;
  readonly bare_per_s: number;
  readonly ratio: number;
  readonly requests_per_record: number;
  readonly bare_requests_per_record: number;
}

const round = (value: number, digits: number): number => Number(value.toFixed(digits));

/** The product beside the mean of the bare runs. */
export const compared = (span: Span, bare: readonly { readonly ms: number; readonly requests: number }[]): Measured => {
  const ms = bare.reduce((sum, each) => sum + each.ms, 0) / bare.length;
  return {
    ...span,
    records_per_s: Math.round((span.records * 1_000) / span.ms),
    bare_per_s: Math.round((span.records * 1_000) / ms),
    ratio: round(ms / span.ms, 3),
    requests_per_record: round(span.requests / span.records, 4),
    bare_requests_per_record: round((bare[0]?.requests ?? 0) / span.records, 4),
  };
};

const COLUMNS = [18, 7, 8, 8, 9, 9, 7, 10, 10] as const;
const line = (cells: readonly (string | number)[]): string =>
  cells
    .map((cell, i) => (i === 0 ? String(cell).padEnd(COLUMNS[i] ?? 0) : String(cell).padStart(COLUMNS[i] ?? 0)))
    .join('');
/** The head of the table. */
export const HEAD = line(['entity', 'answer', 'created', 'updated', 'a second', 'bare', 'ratio', 'req./rec.', 'bare']);
/** One entity as a row of it. */
export const rowOf = (mapping: string, latencyMs: number, one: Measured): string =>
  line([
    ...[mapping, `${latencyMs} ms`, one.records, one.updates, one.records_per_s, one.bare_per_s, one.ratio],
    ...[one.requests_per_record, one.bare_requests_per_record],
  ]);

/** By entity what `--json` tells: figures without a delay of the answers, and the ratio with one where it was measured. */
export const ratiosOf = (all: Readonly<Record<string, Readonly<Record<number, Measured>>>>) =>
  Object.fromEntries(
    Object.entries(all).map(([entity, { 0: plain, ...slow }]) => [
      entity,
      {
        records: plain?.records ?? 0,
        ratio_0ms: plain?.ratio ?? null,
        ...Object.fromEntries(Object.entries(slow).map(([latency, { ratio }]) => [`ratio_${latency}ms`, ratio])),
        records_per_s: plain?.records_per_s ?? null,
        requests_per_record: plain?.requests_per_record ?? null,
      },
    ]),
  );
