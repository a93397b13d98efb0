/** The one place where a failed step is recognised: by the code in its type, never by its message. */
import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import type { ErrorCode } from '../src/domain/errors.ts';
import { ledger } from './steps.ts';

interface Failed {
  readonly code: ErrorCode;
  readonly retryAfterMs: number;
}

/** What a step failed of; what is not a step's failure is thrown on. */
export const failedOf = (failure: unknown): Failed => {
  if (isCancellation(failure) || !(failure instanceof ActivityFailure)) throw failure;
  const { cause } = failure;
  // No worker took it up, or every attempt fell silent.
  if (cause instanceof TimeoutFailure) return { code: 'TIMED_OUT', retryAfterMs: 0 };
  if (!(cause instanceof ApplicationFailure)) throw failure;
  const details = cause.details?.[0] as Partial<Failed> | undefined;
  // The type is a code of ours: activities throw nothing else.
  return { code: (cause.type ?? 'INTERNAL') as ErrorCode, retryAfterMs: details?.retryAfterMs ?? 0 };
};

/** Outbound steps of one segment, each for itself: where one fails for good its writes are given back, and the others go on. */
export const settled = async (
  segment: string,
  connections: readonly string[],
  step: (connection: string) => Promise<unknown>,
): Promise<void> => {
  await Promise.all(
    connections.map(async (connection) => {
      try {
        await step(connection);
      } catch (failure) {
        const failed = failedOf(failure);
        await ledger.giveBack({ segment, connection, ...failed });
      }
    }),
  );
};
