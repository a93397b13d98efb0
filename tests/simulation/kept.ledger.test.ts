import { afterAll, beforeAll, expect, test } from 'vitest';
import { aDatabase } from '../kit/ledger.ts';
import { type Kept, keptRuns } from './kept.ts';
import type { Mutation } from './setup.ts';

let promises: (run: Kept, mutation?: Mutation) => Promise<readonly string[]>;
const closing: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  const database = await aDatabase();
  closing.push(() => database.drop());
  // Not before: from here on every id is drawn from a seed, and the database's name must not be.
  const { replay } = await import('./run.ts');
  const { openGround } = await import('./world.ts');
  const ground = await openGround(database.url);
  closing.unshift(() => ground.db.close());
  promises = async ({ setup, actions }, mutation) =>
    (await replay(ground, setup, actions, mutation)).complaints.map(({ promise }) => promise);
});
afterAll(async () => {
  for (const close of closing) await close();
});

const runs = await keptRuns();

test.each(runs)('the kept run $name keeps every promise', async ({ run }) => {
  expect(await promises(run)).toEqual([]);
});

test.each(runs.filter(({ run }) => run.mutation !== undefined))(
  'the kept run $name breaks “$run.promise” once its rule is broken',
  async ({ run }) => {
    expect(await promises(run, run.mutation)).toContain(run.promise);
  },
);
