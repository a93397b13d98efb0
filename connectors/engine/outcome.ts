/** What became of a write: the one place that decides between `failed` (surely not done) and `unknown` (perhaps done). */
import { type ErrorClass, SyncError } from '../../src/domain/errors.ts';
import type { Classified, Outcome } from '../sdk/seam.ts';
import type { Sorted } from './errors.ts';

/** A class for a call that failed on the way, so that it can stand in an outcome. */
const classOf = (error: unknown): ErrorClass => {
  if (!(error instanceof SyncError)) return 'transient';
  if (error.facts.class !== undefined) return error.facts.class;
  if (error.code === 'LOGIN_REFUSED') return 'auth';
  if (error.code === 'RATE_LIMITED') return 'rate-limited';
  return 'transient';
};

const classified = (error: unknown): Classified => {
  const wait = error instanceof SyncError ? error.facts.retryAfterMs : undefined;
  return {
    class: classOf(error),
    message: error instanceof SyncError ? error.message : 'the call was stopped before its answer came',
    scope: 'connection',
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
};

/** Failures that a later try meets again until a person acts: they are thrown while nothing was sent, so that the connection pauses. */
const PAUSING: ReadonlySet<string> = new Set(['EGRESS_DENIED', 'CONFIG_INVALID', 'REDIRECT_REFUSED']);

/**
 * The outcome of each item whose request never got an answer that can be read. `sent` false or an error that says so:
 * nothing was done and the item failed; otherwise nobody knows. Throws only what pauses the connection, only when unsent.
 */
export const outcomeOfLostCall = (error: unknown, sent: boolean): Outcome => {
  const unsent = !sent || (error instanceof SyncError && error.facts.unsent === true);
  if (unsent && error instanceof SyncError && PAUSING.has(error.code)) throw error;
  return { status: unsent ? 'failed' : 'unknown', error: classified(error) };
};

/** The outcome of each item of a request that was answered as a whole with a refusal. */
export const outcomeOfRefusedCall = ({ error, nothingDone }: Sorted): Outcome => ({
  status: nothingDone ? 'failed' : 'unknown',
  error,
});

/** An item that the reply says nothing about, though it says something about others. */
export const unanswered = (why: string): Outcome => ({
  status: 'unknown',
  error: { class: 'transient', message: why, scope: 'item' },
});

/** An item that was never sent, because it cannot be. */
export const refusedByUs = (kind: ErrorClass, message: string): Outcome => ({
  status: 'failed',
  error: { class: kind, message, scope: 'item' },
});
