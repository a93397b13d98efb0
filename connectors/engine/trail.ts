/**
 * Notices a walk that leads in circles. A cursor carries one earlier place, kept ever longer (Brent's method): a place
 * met again is a circle, and none goes unnoticed for longer than twice its way and its length.
 */
import { createHash } from 'node:crypto';
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json } from '../../src/domain/json.ts';

/** The earlier place, how many steps it is kept for, and how many of them are done. */
export interface Trail {
  readonly mark: string;
  readonly lap: number;
  readonly step: number;
}

/** A short print of a place or page: the same for the same, and small enough for a cursor. */
export const printOf = (text: string): string => createHash('sha256').update(text).digest('base64url').slice(0, 22);

const circular = (): SyncError =>
  new SyncError('PROTOCOL_ERROR', 'the pages of a list lead back to one that was read before, so it would never end');

/** The trail one step on. Throws PROTOCOL_ERROR when `next` was met before. */
export const followed = (trail: Trail | undefined, at: string, next: string): Trail => {
  const { mark, lap, step } = trail ?? { mark: printOf(at), lap: 1, step: 0 };
  const here = printOf(next);
  if (here === mark) throw circular();
  return step + 1 >= lap ? { mark: here, lap: lap * 2, step: 0 } : { mark, lap, step: step + 1 };
};

/** The trail that a cursor carries; undefined for none, from where it begins anew. */
export const trailOf = (value: Json | undefined): Trail | undefined => {
  if (value === undefined || !isObject(value)) return undefined;
  const { mark, lap, step } = value;
  return typeof mark === 'string' && typeof lap === 'number' && typeof step === 'number'
    ? { mark, lap, step }
    : undefined;
};

// A system that looks for rows page by page may show some without any; none shows so many and is not lost.
const EMPTY_AT_MOST = 1_000;

/** How many pages without a row came one after the other. Throws PROTOCOL_ERROR when no end can be seen. */
export const emptied = (before: number | undefined, rows: number): number => {
  const empty = rows > 0 ? 0 : (before ?? 0) + 1;
  if (empty <= EMPTY_AT_MOST) return empty;
  throw new SyncError(
    'PROTOCOL_ERROR',
    `a list goes on and on: more than ${EMPTY_AT_MOST} pages in a row were empty, and each says that another follows`,
  );
};
