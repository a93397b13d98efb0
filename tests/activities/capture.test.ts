import { expect, test } from 'vitest';
import { createCapture } from '../../activities/capture.ts';
import type { ChangePage } from '../../connectors/sdk/seam.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { aWorld, CAPABILITIES, page } from './deps.ts';

const slot = { slot: 'erp/Partner', connection: 'erp' };
const pages =
  (all: Readonly<Record<string, ChangePage>>) => async (_record: string, request: { readonly cursor: string }) => {
    const answer = all[request.cursor];
    if (answer === undefined) throw new Error(`no page at "${request.cursor}"`);
    return answer;
  };

test('the feed is read to its end, page and cursor together, and the mapping is nudged', async () => {
  const { deps, told } = aWorld({
    connector: { changes: pages({ '': page(['1', '2'], 'c1', true), c1: page(['3'], 'c2', false) }) },
  });
  expect(await createCapture(deps)(slot)).toEqual({ stored: 3, changed: 3, waitMs: 700 });
  expect(told.pages.map(({ kind, next, done, from }) => ({ kind, next, done, from }))).toEqual([
    { kind: 'feed', next: 'c1', done: false, from: '2026-11-01T00:00:00.000000Z' },
    { kind: 'feed', next: 'c2', done: true, from: '2026-11-01T00:00:00.000000Z' },
  ]);
  expect(told.nudges).toEqual(['customer']);
  expect(told.calls).toContain('recordSuccess erp');
});

test('a full pass comes after the feed, so that it does not hold up what changes meanwhile', async () => {
  const { deps, told } = aWorld({
    position: { feedCursor: 'f', pass: { cursor: 'p' } },
    connector: { changes: pages({ f: page([], 'f', false) }), list: pages({ p: page(['1'], '', false) }) },
  });
  await createCapture(deps)(slot);
  expect(told.pages.map(({ kind, done }) => [kind, done])).toEqual([
    ['feed', true],
    ['pass', true],
  ]);
});

test('a system without a feed is read by full passes alone', async () => {
  const changes = { ...CAPABILITIES.changes, mode: 'none' as const };
  const { deps, told } = aWorld({ connector: { capabilities: { Partner: { ...CAPABILITIES, changes } } } });
  expect(await createCapture(deps)(slot)).toEqual({ stored: 0, changed: 0, waitMs: 700 });
  // Nothing was asked, so nothing is known of the system.
  expect(told.calls).toEqual(['beginPass erp/Partner false']);
});

test('after ten seconds the activity ends where it is and asks to be called again at once', async () => {
  // More than anybody reads in ten seconds, yet not endless: one that reads on must fail here, not hang.
  const long = async (_record: string, { cursor }: { readonly cursor: string }) =>
    page(['1'], `${cursor}+`, cursor.length < 50);
  const { deps, told } = aWorld({ msPerLook: 3_000, connector: { changes: long } });
  expect(await createCapture(deps)(slot)).toMatchObject({ waitMs: 0 });
  expect(told.pages.length).toBeGreaterThan(1);
  expect(told.pages.length).toBeLessThan(5);
  expect(told.pages.at(-1)).toMatchObject({ done: false });
});

test('a look that took long is followed by a pause as long, so that looking takes half the time at most', async () => {
  const { deps } = aWorld({ msPerLook: 900, connector: { changes: async () => page([], 'c', false) } });
  expect(await createCapture(deps)(slot)).toMatchObject({ waitMs: 900 });
});

test('a cursor that the system no longer knows is reported as a gap, not as an end', async () => {
  const { deps, told } = aWorld({
    connector: { changes: async () => ({ changes: [], next: '', more: false, gap: 'cursor-expired' }) },
  });
  expect(await createCapture(deps)(slot)).toMatchObject({ waitMs: 0 });
  expect(told.pages).toMatchObject([{ gap: true, done: false }]);
});

test('a row that cannot be decoded does not stop its page', async () => {
  const bad = { op: 'undecodable' as const, raw: '{', problem: 'not JSON' };
  const { deps, told } = aWorld({ connector: { changes: async () => ({ changes: [bad], next: 'c', more: false }) } });
  await createCapture(deps)(slot);
  expect(told.pages[0]?.changes).toEqual([bad]);
});

test('a connection that is closed is left alone until it opens', async () => {
  const { deps, told } = aWorld({ position: { closed: '2026-11-01T00:00:03.500Z' } });
  expect(await createCapture(deps)(slot)).toEqual({ stored: 0, changed: 0, waitMs: 3_500 });
  expect(told.pages).toEqual([]);
  expect(told.calls).not.toContain('recordSuccess erp');
});

test('a page that fails stores nothing, counts against the connection and is asked for again', async () => {
  const changes = async (): Promise<never> => Promise.reject(new SyncError('TIMED_OUT', 'no answer in 30 s'));
  const { deps, told } = aWorld({ connector: { changes } });
  await expect(createCapture(deps)(slot)).rejects.toMatchObject({ type: 'TIMED_OUT', nonRetryable: false });
  expect(told.pages).toEqual([]);
  expect(told.failures).toEqual([{ connection: 'erp', code: 'TIMED_OUT' }]);
});

test.each(['NO_PERMISSION', 'UNSUPPORTED'] as const)(
  'a list that is refused as a whole with %s is shown at the connection',
  async (code) => {
    const changes = async (): Promise<never> => Promise.reject(new SyncError(code, 'a list was answered with 403'));
    const { deps, told } = aWorld({ connector: { changes } });
    await expect(createCapture(deps)(slot)).rejects.toMatchObject({ type: code });
    expect(told.failures).toEqual([{ connection: 'erp', code }]);
  },
);

test('a page stored stays stored when the next one fails', async () => {
  const changes = pages({ '': page(['1'], 'gone', true) });
  const { deps, told } = aWorld({ connector: { changes } });
  await expect(createCapture(deps)(slot)).rejects.toMatchObject({ type: 'INTERNAL' });
  expect(told.pages).toHaveLength(1);
});

test('while nothing changes one step looks again and again, each time by the configuration in force, and says that the system answered', async () => {
  const { deps, told } = aWorld({ rests: 2, connector: { changes: async () => page([], 'c', false) } });
  const uses: string[] = [];
  const { use } = deps.connections;
  const connections: typeof deps.connections = {
    use: (name, work) => {
      uses.push(name);
      return use(name, work);
    },
  };
  expect(await createCapture({ ...deps, connections })(slot)).toEqual({ stored: 0, changed: 0, waitMs: 700 });
  expect(uses).toHaveLength(3);
  expect(told.calls.filter((call) => call === 'recordSuccess erp')).toHaveLength(3);
});

test('a step that looks again and again ends after a minute, rested, so that the next one follows at once', async () => {
  // One that looks on for ever must fail here, not hang.
  const looks = { rests: 500, msPerLook: 2_000 };
  const { deps, told } = aWorld({ ...looks, connector: { changes: async () => page([], 'c', false) } });
  expect(await createCapture(deps)(slot)).toMatchObject({ waitMs: 0 });
  expect(told.pages.length).toBeGreaterThan(2);
  expect(told.pages.length).toBeLessThan(40);
});

test('a slot that is looked at seldom rests in its workflow, where any process may be told to wake it', async () => {
  const settings = { pollMs: 60_000 };
  const { deps, told } = aWorld({ rests: 2, settings, connector: { changes: async () => page([], 'c', false) } });
  expect(await createCapture(deps)(slot)).toMatchObject({ waitMs: 60_000 });
  expect(told.pages).toHaveLength(1);
});
