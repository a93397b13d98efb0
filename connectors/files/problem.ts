/** What is wrong with a file, a row or a cell: where, of what kind, and a sentence. */
import type { ErrorClass, ErrorCode } from '../../src/domain/errors.ts';
import { SyncError } from '../../src/domain/errors.ts';

/** One thing that is wrong. Never holds a cell's content: a result file may be read by others than the record. */
export interface Problem {
  /** The row as a spreadsheet counts it; absent when the whole file is meant. */
  readonly row?: number;
  /** What the file calls the column. */
  readonly column?: string;
  readonly class: ErrorClass;
  readonly code: ErrorCode;
  readonly reason: string;
}

/** A file that cannot be used at all. */
export const unusable = (reason: string, row?: number): SyncError =>
  new SyncError('UNDECODABLE', row === undefined ? reason : `row ${row}: ${reason}`, {
    class: 'validation',
    ...(row === undefined ? {} : { line: row }),
  });

/** The same as a problem. Anything else that was thrown is not about the file and goes on. */
export const problemOfFile = (error: unknown): Problem => {
  if (error instanceof SyncError && (error.code === 'UNDECODABLE' || error.code === 'REPLY_TOO_LARGE')) {
    const { line } = error.facts;
    return {
      class: error.facts.class ?? 'validation',
      code: error.code,
      reason: error.message,
      ...(line === undefined ? {} : { row: line }),
    };
  }
  throw error;
};

/** One sentence with its place. */
export const sentenceOf = ({ row, column, reason }: Problem): string => {
  const place = [row === undefined ? undefined : `row ${row}`, column === undefined ? undefined : `column "${column}"`];
  const written = place.filter((part) => part !== undefined).join(', ');
  return written === '' || reason.startsWith(written) ? reason : `${written}: ${reason}`;
};
