import type { Logger } from 'pino';
import { SyncError } from '../domain/errors.ts';

// Often enough to go on soon after it is back; seldom enough to leave a log that can be read.
const AGAIN_MS = 500;
const SAY_EVERY_MS = 15_000;

/** Ends early, without a word, when the signal says stop. */
export const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const ended = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', ended);
      resolve();
    };
    const timer = setTimeout(ended, ms);
    signal.addEventListener('abort', ended);
  });

/** What went wrong, in words that may be logged. */
export const saidOf = (error: unknown): { readonly code: string; readonly message: string } => ({
  code: error instanceof SyncError ? error.code : 'INTERNAL',
  message: error instanceof Error ? error.message : String(error),
});

/** Says a lasting trouble once, and again every quarter of a minute, and when it is over. */
export const createComplaint = (log: Logger, what: string) => {
  let said = 0;
  return {
    trouble: (error: unknown): void => {
      const now = performance.now();
      if (said > 0 && now - said < SAY_EVERY_MS) return;
      said = now;
      const { code, message } = saidOf(error);
      log.warn({ code }, `${what}: ${message}; trying again`);
    },
    over: (): void => {
      if (said > 0) log.info(`${what}: goes on`);
      said = 0;
    },
  };
};

/** Tries until it works or the signal says stop (then undefined): a part that waits for another never gives up. */
export const patiently = async <T>(
  log: Logger,
  what: string,
  signal: AbortSignal,
  attempt: () => Promise<T>,
): Promise<T | undefined> => {
  const complaint = createComplaint(log, what);
  while (!signal.aborted) {
    try {
      const result = await attempt();
      complaint.over();
      return result;
    } catch (error) {
      complaint.trouble(error);
      await pause(AGAIN_MS, signal);
    }
  }
  return undefined;
};

/** Does a piece of housekeeping again and again until the signal says stop; its failures are said and do not end it. */
export const every = async (
  log: Logger,
  what: string,
  ms: number,
  signal: AbortSignal,
  work: () => Promise<unknown>,
): Promise<void> => {
  const complaint = createComplaint(log, what);
  while (!signal.aborted) {
    try {
      await work();
      complaint.over();
    } catch (error) {
      complaint.trouble(error);
    }
    await pause(ms, signal);
  }
};
