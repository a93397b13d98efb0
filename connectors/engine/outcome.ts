/** What became of a write: the one place that decides between `failed` (surely not done) and `unknown` (perhaps done). */
import { type ErrorClass, SyncError } from '../../src/domain/errors.ts';
import type { Classified, Outcome } from '../sdk/seam.ts';
import { CONNECTION_WIDE, type Sorted } from './errors.ts';

/** Failures that every later try meets again until a person acts. Of the classes, only `auth` pauses a connection. */
const PAUSING: ReadonlySet<string> = new Set(['LOGIN_REFUSED', 'EGRESS_DENIED', 'CONFIG_INVALID', 'REDIRECT_REFUSED']);

/** A class for a call that failed on the way, so that it can stand in an outcome. */
const classOf = (error: unknown): ErrorClass => {
  if (!(error instanceof SyncError)) return 'transient';
  if (error.facts.class !== undefined) return error.facts.class;
  if (PAUSING.has(error.code)) return 'auth';
  return error.code === 'RATE_LIMITED' ? 'rate-limited' : 'transient';
};

const classified = (error: unknown): Classified => {
  const kind = classOf(error);
  const wait = error instanceof SyncError ? error.facts.retryAfterMs : undefined;
  return {
    class: kind,
    message: error instanceof SyncError ? error.message : 'the call was stopped before its answer came',
    scope: CONNECTION_WIDE.has(kind) ? 'connection' : 'item',
    ...(wait === undefined ? {} : { retryAfterMs: wait }),
  };
};

/**
 * The outcome of each item whose request never got an answer that can be read. `sent` false or an error that says so:
 * nothing was done and the item failed; otherwise nobody knows. Never throws, so that no other item's outcome is lost.
 */
export const outcomeOfLostCall = (error: unknown, sent: boolean): Outcome => {
  const unsent = !sent || (error instanceof SyncError && error.facts.unsent === true);
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

/** After such an outcome the next request would fare no better: the rest is surely not sent. */
export const stops = (outcome: Outcome): boolean =>
  (outcome.status === 'failed' || outcome.status === 'unknown') && outcome.error.scope === 'connection';

/** The outcome of what was not sent because of another's. */
export const notSent = (outcome: Outcome): Outcome =>
  outcome.status === 'unknown'
    ? { status: 'failed', error: { ...outcome.error, message: `not sent: ${outcome.error.message}` } }
    : outcome;

/** Two new records cannot have one id: which of them it is nobody knows. */
export const withoutTwins = (outcomes: readonly Outcome[]): readonly Outcome[] => {
  const created = outcomes.flatMap((each) => (each.status === 'created' ? [each.id] : []));
  const twins = new Set(created.filter((id, index) => created.indexOf(id) !== index));
  if (twins.size === 0) return outcomes;
  return outcomes.map((each) =>
    each.status === 'created' && twins.has(each.id) ? unanswered('the reply gives several new records one id') : each,
  );
};
