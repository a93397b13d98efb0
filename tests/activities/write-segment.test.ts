import { expect, test } from 'vitest';
import { createWriteSegment } from '../../activities/write-segment.ts';
import type { Outcome } from '../../connectors/sdk/seam.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { aWorld, CAPABILITIES, created } from './deps.ts';

const part = { segment: 'S1', connection: 'erp' };
const alone = { settings: { concurrency: 1 } };
const failed = (kind: 'rate-limited' | 'auth' | 'validation', scope: 'item' | 'connection', ms?: number): Outcome => ({
  status: 'failed',
  error: { class: kind, message: 'no', scope, ...(ms === undefined ? {} : { retryAfterMs: ms }) },
});

test('what an earlier attempt may have sent goes in doubt before anything is sent', async () => {
  const write = async (_record: string, items: Parameters<typeof created>[0][]) => items.map(created);
  const { deps, told } = aWorld({ ...alone, batches: [['a', 'b'], ['c']], connector: { write: write as never } });
  const counts = await createWriteSegment(deps)(part);
  expect(counts).toEqual({ created: 3, updated: 0, failed: 0, unknown: 0 });
  expect(told.calls).toEqual([
    'fence S1 erp',
    'doubtUnanswered 7',
    'beginSend 7 200',
    'remember',
    'beginSend 7 200',
    'remember',
    'beginSend 7 200',
    'recordSuccess erp',
  ]);
});

test('a batch is never larger than the system takes', async () => {
  const small = { Partner: { ...CAPABILITIES, write: { ...CAPABILITIES.write, maxBatch: 20 } } };
  const { deps, told } = aWorld({ ...alone, connector: { capabilities: small } });
  await createWriteSegment(deps)(part);
  expect(told.calls).toContain('beginSend 7 20');
});

test('what is only read makes no batch smaller', async () => {
  const { write } = CAPABILITIES;
  const only = { create: false, update: false, delete: false, maxBatch: 1 };
  const both = {
    Partner: { ...CAPABILITIES, write: { ...write, maxBatch: 20 } },
    Invoice: { ...CAPABILITIES, write: { ...write, ...only } },
  };
  const { deps, told } = aWorld({ ...alone, connector: { capabilities: both } });
  await createWriteSegment(deps)(part);
  expect(told.calls).toContain('beginSend 7 20');
});

test('an item that is refused or in doubt is an outcome, and the next batch goes on', async () => {
  const answers: Outcome[][] = [
    [
      failed('validation', 'item'),
      { status: 'unknown', error: { class: 'transient', message: 'reset', scope: 'batch' } },
    ],
    [{ status: 'updated', id: 'P1' }],
  ];
  const write = async () => answers.shift() ?? [];
  const { deps, told } = aWorld({ ...alone, batches: [['a', 'b'], ['c']], connector: { write } });
  expect(await createWriteSegment(deps)(part)).toEqual({ created: 0, updated: 1, failed: 1, unknown: 1 });
  expect(told.failures).toEqual([]);
});

test('several batches are under way at once, as many as the connection allows', async () => {
  let under = 0;
  let most = 0;
  const all = Promise.withResolvers<void>();
  const write = async () => {
    under += 1;
    most = Math.max(most, under);
    if (under === 3) all.resolve();
    await all.promise;
    under -= 1;
    return [{ status: 'updated' as const, id: 'P1' }];
  };
  const batches = [['a'], ['b'], ['c'], ['d'], ['e'], ['f']];
  const { deps } = aWorld({ settings: { concurrency: 3 }, batches, connector: { write } });
  await createWriteSegment(deps)(part);
  expect(most).toBe(3);
});

test('a segment with nothing left to send says nothing of the system', async () => {
  const { deps, told } = aWorld(alone);
  await createWriteSegment(deps)(part);
  expect(told.calls).not.toContain('recordSuccess erp');
});

test('writes whose answers are all lost do not count as a system that answers', async () => {
  const lost: Outcome = { status: 'unknown', error: { class: 'transient', message: 'reset', scope: 'batch' } };
  const { deps, told } = aWorld({ ...alone, batches: [['a']], connector: { write: async () => [lost] } });
  await createWriteSegment(deps)(part);
  expect(told.calls).not.toContain('recordSuccess erp');
});

test('lanes take their batches in turn', async () => {
  const { deps } = aWorld({ settings: { concurrency: 4 } });
  let asking = 0;
  let most = 0;
  const beginSend = async () => {
    asking += 1;
    most = Math.max(most, asking);
    await new Promise(setImmediate);
    asking -= 1;
    return null;
  };
  await createWriteSegment({ ...deps, pipeline: { ...deps.pipeline, beginSend } })(part);
  expect(most).toBe(1);
});

test('a system that is away is counted once, nothing of the batch is in doubt, and no further batch is sent', async () => {
  const away = new SyncError('UNREACHABLE', 'connection refused', { unsent: true });
  const write = async (): Promise<never> => Promise.reject(away);
  const { deps, told } = aWorld({ ...alone, batches: [['a'], ['b']], connector: { write } });
  await expect(createWriteSegment(deps)(part)).rejects.toMatchObject({
    type: 'UNREACHABLE',
    nonRetryable: false,
    nextRetryDelay: 1_000,
  });
  expect(told.remembered).toHaveLength(1);
  expect(told.remembered[0]?.outcomes).toEqual([
    { status: 'failed', error: { class: 'transient', message: 'connection refused', scope: 'connection' } },
  ]);
  expect(told.failures).toEqual([{ connection: 'erp', code: 'UNREACHABLE' }]);
});

test('a fault of the connector after it sent leaves its items in doubt, never refused', async () => {
  const write = async (): Promise<never> => Promise.reject(new TypeError('undefined is not a function'));
  const { deps, told } = aWorld({ ...alone, batches: [['a']], connector: { write } });
  await expect(createWriteSegment(deps)(part)).rejects.toMatchObject({ type: 'INTERNAL' });
  expect(told.remembered[0]?.outcomes).toMatchObject([{ status: 'unknown' }]);
});

test('a limit that the system states is obeyed by the engine and told to all workers', async () => {
  const write = async () => [failed('rate-limited', 'connection', 5_000)];
  const { deps, told } = aWorld({ ...alone, batches: [['a'], ['b']], connector: { write } });
  await expect(createWriteSegment(deps)(part)).rejects.toMatchObject({ type: 'RATE_LIMITED', nextRetryDelay: 5_000 });
  expect(told.failures).toEqual([{ connection: 'erp', code: 'RATE_LIMITED', retryAfterMs: 5_000 }]);
  expect(told.remembered).toHaveLength(1);
});

test('wrong credentials pause the connection, and no record is blamed', async () => {
  const write = async (): Promise<never> => Promise.reject(new SyncError('LOGIN_REFUSED', 'invalid_client'));
  const { deps, told } = aWorld({ ...alone, batches: [['a'], ['b']], connector: { write } });
  await expect(createWriteSegment(deps)(part)).rejects.toMatchObject({ type: 'LOGIN_REFUSED', nonRetryable: true });
  expect(told.pauses).toEqual([{ connection: 'erp', code: 'LOGIN_REFUSED' }]);
  expect(told.remembered[0]?.outcomes).toMatchObject([
    { status: 'failed', error: { class: 'auth', scope: 'connection' } },
  ]);
});
