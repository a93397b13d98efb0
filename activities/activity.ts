/** What every activity shares: one log line, heartbeats, and errors that say what the caller must do. */
import { ApplicationFailure, asyncLocalStorage, type Context } from '@temporalio/activity';
import { ERRORS, type ErrorCode, SyncError } from '../src/domain/errors.ts';
import type { ActivityLog } from './deps.ts';

/** What an activity may use of the attempt it runs in. */
export interface Attempt {
  /** Aborted when the engine gives the attempt up or the worker stops. */
  readonly signal: AbortSignal;
  /** An attempt before this one failed. */
  readonly again: boolean;
}

// The engine gives an attempt up after missing three of these.
const HEARTBEAT_MS = 1_000;
/** Longer than this a step is not kept open: it ends, and what is left waits as rows. */
export const LONGEST_WAIT_MS = 30_000;
const LEDGER_AGAIN_MS = 1_000;
// A system in trouble is asked again after 1 s, 2 s, 4 s …
const FIRST_PAUSE_MS = 1_000;

/** Words of an input that may stand in a log: never a record's contents. */
const NAMED = ['mapping', 'segment', 'slot', 'connection', 'record'] as const;
const named = (input: object): Record<string, unknown> =>
  Object.fromEntries(
    NAMED.flatMap((name) => {
      const value = (input as Readonly<Record<string, unknown>>)[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );

/** How long the engine is to wait before the next attempt; undefined: as its policy says. */
const pauseAfter = (code: ErrorCode, retryAfterMs: number, attempt: number | undefined): number | undefined => {
  // Not the other system's trouble: work goes on as soon as our own ledger is back.
  if (code === 'LEDGER_DOWN') return LEDGER_AGAIN_MS;
  if (retryAfterMs > 0) return retryAfterMs;
  return attempt === undefined ? undefined : Math.min(LONGEST_WAIT_MS, FIRST_PAUSE_MS * 2 ** (attempt - 1));
};

/**
 * The error as the engine must see it: our code as its type, our recovery as its retry, and no text of another system.
 * With the number of the attempt pauses double; without one the engine's policy stands.
 */
export const failureOf = (error: unknown, attempt?: number): ApplicationFailure => {
  const code: ErrorCode = error instanceof SyncError ? error.code : 'INTERNAL';
  const retryAfterMs = error instanceof SyncError ? (error.facts.retryAfterMs ?? 0) : 0;
  const { recovery, fix } = ERRORS[code];
  const nonRetryable = recovery !== 'retry' || retryAfterMs > LONGEST_WAIT_MS;
  const pause = nonRetryable ? undefined : pauseAfter(code, retryAfterMs, attempt);
  return ApplicationFailure.create({
    type: code,
    message: `${code}: ${fix}`,
    nonRetryable,
    details: [{ retryAfterMs }],
    ...(pause === undefined ? {} : { nextRetryDelay: pause }),
  });
};

const logged = (log: ActivityLog, name: string, input: object, error: unknown, ms: number): void => {
  const known = error instanceof SyncError;
  const line = { ...named(input), code: known ? error.code : 'INTERNAL', ms };
  if (known) log.warn(line, `${name}: ${error.message}`);
  else log.error({ ...line, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) }, name);
};

/**
 * Beats once a second while the work goes on, so that a dead process is noticed within seconds. The beginning needs no beat:
 * the engine counts from there, and most steps are over before the first one, each of which is a call and a write. Returns how to stop.
 */
const beating = (context: Context | undefined): (() => void) => {
  if (context === undefined) return () => undefined;
  const beat = setInterval(() => context.heartbeat(), HEARTBEAT_MS);
  return () => clearInterval(beat);
};

/** What an activity is called, where it logs, and whether its pauses between failed attempts double. */
interface Traits {
  readonly name: string;
  readonly log: ActivityLog;
  readonly doubling?: boolean;
}

/** Makes an activity of a step that may be done twice. */
export const asActivity =
  <Input extends object, Output>(
    { name, log, doubling = false }: Traits,
    step: (input: Input, attempt: Attempt) => Promise<Output>,
  ) =>
  async (input: Input): Promise<Output> => {
    const began = performance.now();
    const ms = (): number => Math.round(performance.now() - began);
    const context = asyncLocalStorage.getStore();
    const signal = context?.cancellationSignal ?? new AbortController().signal;
    const stop = beating(context);
    try {
      const output = await step(input, { signal, again: (context?.info.attempt ?? 1) > 1 });
      log.debug({ ...named(input), ms: ms() }, name);
      return output;
    } catch (error) {
      // Given up by the engine or by a worker that stops: nobody's failure, and the engine knows already.
      if (signal.aborted) throw signal.reason;
      logged(log, name, input, error, ms());
      throw failureOf(error, doubling ? (context?.info.attempt ?? 1) : undefined);
    } finally {
      stop();
    }
  };
