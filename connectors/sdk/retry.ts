/** The only place that sends again on its own: one dropped socket, when that can do no harm, in under two seconds. */
import pRetry from 'p-retry';
import { SyncError } from '../../src/domain/errors.ts';

/** What a request is for: a `read` may be repeated, a `write` only when no byte of it was sent. */
export type Intent = 'read' | 'write';

const QUICK_MS = 1_000;

/** Runs `send`; runs it once more after a dropped socket on a read, or when nothing was sent. */
export const retryDropped = <T>(send: () => Promise<T>, intent: Intent, signal: AbortSignal): Promise<T> => {
  const started = performance.now();
  return pRetry(send, {
    retries: 1,
    minTimeout: 50,
    maxTimeout: 50,
    signal,
    shouldRetry: ({ error }) =>
      error instanceof SyncError &&
      error.code === 'UNREACHABLE' &&
      (intent === 'read' || error.facts.unsent === true) &&
      performance.now() - started < QUICK_MS,
  });
};
