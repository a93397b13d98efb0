import { expect, test } from 'vitest';
import { createCapture } from '../../activities/capture.ts';
import { createClaim } from '../../activities/claim.ts';
import { createPlan } from '../../activities/plan.ts';
import { createPrecedence } from '../../activities/precedence.ts';
import { createRelease } from '../../activities/release.ts';
import { createWriteSegment } from '../../activities/write-segment.ts';
import { aWorld, created, page, upsert } from './deps.ts';

/** A precedence whose clock the test moves, and whose rests it counts. */
const watched = () => {
  let at = 0;
  const rests: number[] = [];
  const precedence = createPrecedence(
    () => at,
    async (ms) => void rests.push(ms),
  );
  return {
    precedence,
    rests,
    pass: (ms: number): void => {
      at += ms;
    },
  };
};
const LOAD = { records: 1_000, changes: false };
const CHANGE = { records: 3, changes: true };

test('a load yields while a few records of another mapping that somebody changed are under way', async () => {
  const { precedence, rests } = watched();
  precedence.began('product', 'L', LOAD);
  expect(precedence.yields('L')).toBe(false);
  precedence.began('order', 'C', CHANGE);
  expect(precedence.yields('L')).toBe(true);
  expect(precedence.yields('C')).toBe(false);
  await precedence.rest('L', 120);
  await precedence.rest('C', 120);
  expect(rests).toEqual([240]);
});

test('it goes on at once when nothing was changed for two seconds', () => {
  const { precedence, pass } = watched();
  precedence.began('product', 'L', LOAD);
  precedence.began('order', 'C', CHANGE);
  pass(10_000);
  expect(precedence.yields('L')).toBe(true);
  precedence.ended('C');
  pass(1_999);
  expect(precedence.yields('L')).toBe(true);
  pass(1);
  expect(precedence.yields('L')).toBe(false);
});

test.each([
  ['changes of its own mapping, which come with the load', 'product', CHANGE],
  ['few records that nobody changed: children of what was loaded', 'contact', { records: 3, changes: false }],
  ['very many changes at once', 'order', { records: 51, changes: true }],
])('a load does not yield to %s', (_what, mapping, of) => {
  const { precedence } = watched();
  precedence.began('product', 'L', LOAD);
  precedence.began(mapping, 'C', of);
  expect(precedence.yields('L')).toBe(false);
});

test('what is neither few nor many yields to nobody', () => {
  const { precedence } = watched();
  precedence.began('product', 'L', { records: 200, changes: false });
  precedence.began('order', 'C', CHANGE);
  expect(precedence.yields('L')).toBe(false);
});

test('no rest is longer than two seconds, and a round whose end nobody told is waited for half a minute', async () => {
  const { precedence, rests, pass } = watched();
  precedence.began('product', 'L', LOAD);
  precedence.began('order', 'C', CHANGE);
  await precedence.rest('L', 60_000);
  expect(rests).toEqual([2_000]);
  pass(30_000);
  expect(precedence.yields('L')).toBe(false);
});

test('who yields plans and writes in small pieces, with a rest after each, until the change is done', async () => {
  const { precedence, rests, pass } = watched();
  const world = aWorld({ settings: { concurrency: 1 }, batches: [['a'], ['b']], msPerLook: 10 });
  const claims = [
    { segment: 'L', ...LOAD, sources: [], nextDue: null, more: false },
    { segment: 'C', ...CHANGE, sources: [], nextDue: null, more: false },
  ];
  const sizes: number[] = [];
  const pipeline = {
    ...world.deps.pipeline,
    claim: async () => claims.shift() as (typeof claims)[number],
    plan: async (_segment: string, piece?: (work: (most: number) => Promise<void>) => Promise<void>) => {
      await piece?.(async (most) => void sizes.push(most));
      return { targets: [], nudge: [], orders: [] as const };
    },
  };
  const deps = { ...world.deps, precedence, pipeline: pipeline as typeof world.deps.pipeline };
  const claim = createClaim(deps);
  const plan = createPlan(deps);
  await claim({ mapping: 'product', fresh: 'L', workflow: 'sync-product' });
  await plan({ segment: 'L', mapping: 'product' });
  await claim({ mapping: 'order', fresh: 'C', workflow: 'sync-order' });
  await plan({ segment: 'L', mapping: 'product' });
  await plan({ segment: 'C', mapping: 'order' });
  expect(sizes).toEqual([500, 100, 500]);
  expect(rests).toEqual([20]);
  const write = async (_record: string, items: Parameters<typeof created>[0][]) => items.map(created);
  const connections = aWorld({ settings: { concurrency: 1 }, connector: { write: write as never } }).deps.connections;
  await createWriteSegment({ ...deps, connections })({ segment: 'L', connection: 'erp' });
  expect(world.told.calls.filter((each) => each.startsWith('beginSend'))).toEqual(Array(3).fill('beginSend 7 50'));
  expect(rests).toEqual([20, 20, 20]);
  await createRelease(deps)({ segment: 'C' });
  pass(2_000);
  await plan({ segment: 'L', mapping: 'product' });
  expect(sizes.at(-1)).toBe(500);
  expect(rests).toHaveLength(3);
});

test('between long pages a look rests too while somebody’s changes are under way, and between short ones it does not', async () => {
  const { precedence, rests } = watched();
  precedence.began('order', 'C', CHANGE);
  const looked = async (records: number): Promise<void> => {
    const changes = Array.from({ length: records }, (_, i) => upsert(`P${i}`));
    const pages = [{ changes, next: '1', more: true }, page([], '2', false)];
    const world = aWorld({ msPerLook: 10, connector: { changes: async () => pages.shift() ?? page([], '2', false) } });
    await createCapture({ ...world.deps, precedence })({ slot: 'erp/Partner', connection: 'erp' });
    expect(world.told.pages).toHaveLength(2);
  };
  await looked(200);
  expect(rests).toEqual([]);
  await looked(201);
  expect(rests).toEqual([20]);
});
