import { ApplicationFailure } from '@temporalio/activity';
import { expect, test } from 'vitest';
import { asActivity, failureOf } from '../../activities/activity.ts';
import { ERRORS, type ErrorCode, SyncError } from '../../src/domain/errors.ts';
import { OUTBOUND } from '../../workflows/timeouts.ts';
import { aWorld } from './deps.ts';

test.each(Object.keys(ERRORS) as ErrorCode[])('%s is tried again by the engine only if that can help', (code) => {
  const failure = failureOf(new SyncError(code, 'Acme GmbH is not allowed'));
  expect(failure).toMatchObject({ type: code, nonRetryable: ERRORS[code].recovery !== 'retry' });
});

test('a failure carries no text of another system into the history', () => {
  const failure = failureOf(new SyncError('TARGET_REFUSED', 'Acme GmbH, +49 30 123, is not allowed'));
  expect(JSON.stringify([failure.message, failure.details])).not.toContain('Acme');
});

test('when a system says how long to wait, the engine waits that long', () => {
  expect(failureOf(new SyncError('RATE_LIMITED', 'slow down', { retryAfterMs: 12_000 }))).toMatchObject({
    nextRetryDelay: 12_000,
    nonRetryable: false,
  });
});

test('a system in trouble is asked again after pauses that double, up to half a minute', () => {
  const away = new SyncError('UNREACHABLE', 'connection refused');
  const pauses = [1, 2, 3, 4, 5, 6, 7].map((attempt) => failureOf(away, attempt).nextRetryDelay);
  expect(pauses).toEqual([1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
});

test('our own ledger is asked again after a second, however often it was down', () => {
  expect(failureOf(new SyncError('LEDGER_DOWN', 'gone'), 6).nextRetryDelay).toBe(1_000);
});

test('a worker that dies again and again does not lengthen the pause: only failures of a system do', () => {
  expect(OUTBOUND.retry).toEqual({ initialInterval: 1_000, backoffCoefficient: 1, maximumAttempts: 7 });
});

test('a wait of more than half a minute is not kept open: its writes become rows that wait', () => {
  const failure = failureOf(new SyncError('RATE_LIMITED', 'slow down', { retryAfterMs: 45_000 }));
  expect(failure.nonRetryable).toBe(true);
  expect(failure.details).toEqual([{ retryAfterMs: 45_000 }]);
});

test('a fault of ours is logged with its place and tried again', async () => {
  const { deps, told } = aWorld();
  const faulty = asActivity({ name: 'plan', log: deps.log }, async ({ segment }: { readonly segment: string }) => {
    throw new TypeError(`cannot read ${typeof segment}`);
  });
  await expect(faulty({ segment: 'S1' })).rejects.toThrow(ApplicationFailure);
  expect(told.lines).toEqual([
    {
      level: 'error',
      line: 'plan',
      facts: {
        segment: 'S1',
        code: 'INTERNAL',
        ms: expect.any(Number),
        fault: expect.stringContaining('activity.test.ts'),
      },
    },
  ]);
});

test('a log line names mapping, segment and connection, and never what else an activity was given', async () => {
  const { deps, told } = aWorld();
  const step = asActivity(
    { name: 'claim', log: deps.log },
    async (_: { readonly mapping: string; readonly body: string }) => 1,
  );
  await step({ mapping: 'customer', body: 'Acme GmbH' });
  expect(told.lines).toEqual([
    { level: 'debug', line: 'claim', facts: { mapping: 'customer', ms: expect.any(Number) } },
  ]);
});
