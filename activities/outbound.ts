/** Activities that go out: what became of the call is written to the connection's row, so that all workers agree. */
import { type ErrorCode, SyncError } from '../src/domain/errors.ts';
import { type Attempt, asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

// These say something about the connection; any other code is about the request, a record or ourselves.
const OF_CONNECTION: ReadonlySet<ErrorCode> = new Set([
  'UNREACHABLE',
  'TARGET_UNAVAILABLE',
  'TIMED_OUT',
  'RATE_LIMITED',
  'PROTOCOL_ERROR',
  'REPLY_TOO_LARGE',
  'CONFIG_INVALID',
  // Of one record these stand in its outcome; thrown, they refuse the whole call.
  'NO_PERMISSION',
  'UNSUPPORTED',
]);

/** Pauses the connection or counts the failure, as the code's recovery says. */
const recorded = async ({ pipeline }: Deps, connection: string, error: unknown): Promise<void> => {
  if (!(error instanceof SyncError)) return;
  if (error.recovery === 'pause') await pipeline.pauseConnection(connection, error.code, error.message);
  else if (OF_CONNECTION.has(error.code))
    await pipeline.recordFailure(connection, error.code, error.message, error.facts.retryAfterMs);
};

/** An attempt that goes out. */
export interface OutboundAttempt extends Attempt {
  /** The system answered. A step that had nothing to ask says nothing of it: its breaker stays as it is. */
  readonly heard: () => void;
  /** Write down that it answered, if it did since the last time: done at the step's end, and between the looks of one that stays. */
  readonly settled: () => Promise<void>;
}

/** Makes an activity of a step that calls one connection. */
export const asOutbound = <Input extends { readonly connection: string }, Output>(
  deps: Deps,
  name: string,
  step: (input: Input, attempt: OutboundAttempt) => Promise<Output>,
) =>
  asActivity({ name, log: deps.log, doubling: true }, async (input: Input, attempt): Promise<Output> => {
    let answered = false;
    const heard = (): void => {
      answered = true;
    };
    const settled = async (): Promise<void> => {
      if (!answered) return;
      answered = false;
      await deps.pipeline.recordSuccess(input.connection);
    };
    try {
      const output = await step(input, { ...attempt, heard, settled });
      await settled();
      return output;
    } catch (error) {
      // What ended because the attempt was given up says nothing about the other system.
      if (!attempt.signal.aborted) await recorded(deps, input.connection, error);
      throw error;
    }
  });

/**
 * Several pieces at once. `next` does one and says whether there may be more; the first failure keeps new pieces from
 * beginning and is thrown when those under way have ended.
 */
export const inLanes = async (lanes: number, next: () => Promise<boolean>): Promise<void> => {
  const failures: unknown[] = [];
  let open = true;
  const lane = async (): Promise<void> => {
    while (open) {
      try {
        if (!(await next())) open = false;
      } catch (error) {
        failures.push(error);
        open = false;
      }
    }
  };
  await Promise.all(Array.from({ length: lanes }, lane));
  if (failures.length > 0) throw failures[0];
};

/** Calls that take turns, each beginning when the one before has ended. */
export const turns = (): (<T>(call: () => Promise<T>) => Promise<T>) => {
  let before: Promise<unknown> = Promise.resolve();
  return (call) => {
    const mine = before.then(call);
    before = mine.catch(() => undefined);
    return mine;
  };
};

/** A list cut into pieces of at most `size`. */
export const pieces = <T>(items: readonly T[], size: number): readonly (readonly T[])[] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, i) => items.slice(i * size, (i + 1) * size));
