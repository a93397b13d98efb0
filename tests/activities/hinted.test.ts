import { expect, test } from 'vitest';
import { createCapture } from '../../activities/capture.ts';
import { SyncError } from '../../src/domain/errors.ts';
import { aWorld, CAPABILITIES, found, page } from './deps.ts';

const slot = { slot: 'erp/Partner', connection: 'erp' };
const hint = (id: string) => ({ id, seq: `${id}0` });
const byIds = async (_record: string, by: { readonly ids?: readonly string[]; readonly keys?: readonly string[] }) =>
  (by.ids ?? []).map(found);

test('records that webhooks named are read by their ids, in calls as large as the system takes, and the feed rests until its time', async () => {
  const { deps, told } = aWorld({
    position: { hinted: true, fedMsAgo: 200 },
    hints: ['1', '2', '3', '4'].map(hint),
    connector: { read: byIds },
  });
  expect(await createCapture(deps)(slot)).toEqual({ stored: 0, changed: 4, waitMs: 500 });
  expect(told.hinted.map(({ read }) => read.map((each) => each.hint.seq))).toEqual([['10', '20', '30'], ['40']]);
  expect(told.hinted.map(({ from, deletes }) => [from, deletes])).toEqual([
    ['2026-11-01T00:00:00.000000Z', 'absence'],
    ['2026-11-01T00:00:00.000000Z', 'absence'],
  ]);
  expect(told.nudges).toEqual(['customer', 'customer']);
  expect(told.pages).toEqual([]);
});

test.each([
  ['its time has come', { fedMsAgo: 700 }],
  ['a walk through it is under way', {}],
  ['a full pass is wanted too', { fedMsAgo: 0, pass: { cursor: '' } }],
])('the feed is read behind the hints when %s', async (_when, position) => {
  const { deps, told } = aWorld({
    position: { hinted: true, ...position },
    hints: [hint('1')],
    connector: { read: byIds, changes: async () => page([], 'c', false), list: async () => page([], '', false) },
  });
  await createCapture(deps)(slot);
  expect(told.hinted).toHaveLength(1);
  expect(told.pages[0]).toMatchObject({ kind: 'feed', done: true });
});

test('a record that is not there any more has the feed read now: it may show a deletion', async () => {
  const { deps, told } = aWorld({
    position: { hinted: true, fedMsAgo: 1 },
    hints: [hint('1')],
    connector: { read: async () => [{ absent: true }], changes: async () => page([], 'c', false) },
  });
  await createCapture(deps)(slot);
  expect(told.pages).toHaveLength(1);
});

test('a flood is read in rounds: a full one asks to be called again at once', async () => {
  const { deps } = aWorld({
    position: { hinted: true, fedMsAgo: 1 },
    hints: Array.from({ length: 500 }, (_, i) => hint(String(i))),
    connector: {
      read: byIds,
      capabilities: { Partner: { ...CAPABILITIES, read: { ...CAPABILITIES.read, maxBatch: 500 } } },
    },
  });
  expect(await createCapture(deps)(slot)).toMatchObject({ changed: 500, waitMs: 0 });
});

test('a system that does not answer leaves the hints where they are', async () => {
  const { deps, told } = aWorld({
    position: { hinted: true, fedMsAgo: 1 },
    hints: [hint('1')],
    connector: {
      read: async () => {
        throw new SyncError('UNREACHABLE', 'nobody there');
      },
    },
  });
  await expect(createCapture(deps)(slot)).rejects.toMatchObject({ type: 'UNREACHABLE' });
  expect(told.hinted).toEqual([]);
  expect(told.failures).toMatchObject([{ connection: 'erp', code: 'UNREACHABLE' }]);
});

test('woken without a hint, the feed that was just read rests too', async () => {
  const { deps, told } = aWorld({ position: { fedMsAgo: 100 } });
  expect(await createCapture(deps)(slot)).toMatchObject({ waitMs: 600 });
  expect(told.pages).toEqual([]);
});
