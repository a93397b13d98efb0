/** One run: actions drawn from a seed or given, then healing, the promises, a sweep, and the promises again. */
// First of all: what is loaded after it draws its ids from the seed.
import './ids.ts';

import { createHash } from 'node:crypto';
import { syncMapping } from '../../src/ledger/steps/acts.ts';
import { perform } from './actions.ts';
import { check } from './check.ts';
import { type Action, draw } from './draw.ts';
import { heal } from './heal.ts';
import { seedIds } from './ids.ts';
import { randomFrom } from './random.ts';
import { type Mutation, type Setup, setupFrom } from './setup.ts';
import { moodOf, weightsFrom } from './weights.ts';
import { type Complaint, createWorld, type Ground, type World } from './world.ts';

/** What became of a run. */
export interface Verdict {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  readonly complaints: readonly Complaint[];
  readonly commits: number;
  /** A digest of all that happened in both systems: two runs alike have the same. */
  readonly trace: string;
}

export interface RunOptions {
  readonly mutation?: Mutation | undefined;
  readonly late?: boolean | undefined;
  readonly steps?: number | undefined;
  /** Press on one kind of trouble. */
  readonly hard?: boolean | undefined;
}

/** Draws a run from a seed and judges it. */
export const runSeed = async (
  ground: Ground,
  seed: number,
  { mutation, late = false, steps, hard = false }: RunOptions = {},
): Promise<Verdict> => {
  const mood = moodOf(seed, hard);
  const setup = setupFrom(seed, late, mood);
  const random = randomFrom(seed ^ 0x7f3d);
  const weights = weightsFrom(random, mood);
  // Hard runs are short: what they press on shows soon, or in another run.
  const count = steps ?? (hard ? 20 + random.below(80) : 50 + random.below(250));
  const drawn = Array.from({ length: count }, () => draw(random, weights));
  // Edits are pressed on, and they come after the first agreement.
  const actions: readonly Action[] = ['hurried', 'frozen', 'belated', 'lagging'].includes(mood)
    ? [{ do: 'rest' }, ...drawn]
    : drawn;
  return replay(ground, setup, actions, mutation);
};

/** Performs the actions given in a world of that setup and judges it. */
export const replay = async (
  ground: Ground,
  setup: Setup,
  actions: readonly Action[],
  mutation?: Mutation,
): Promise<Verdict> => {
  seedIds(setup.seed);
  const world = await createWorld(ground, setup, mutation);
  await judged(world, actions);
  const { complaints } = world;
  const commits = world.commits();
  const trace = createHash('sha256')
    .update(JSON.stringify([commits, complaints]))
    .digest('hex');
  return { setup, actions, complaints, commits: commits.length, trace };
};

export const judged = async (world: World, actions: readonly Action[]): Promise<void> => {
  try {
    for (const action of actions) {
      await perform(world, action);
      if (action.do === 'rest' && world.complaints.length > 0) return;
    }
    await heal(world);
    await check(world, 'before a sweep');
    if (world.complaints.length > 0) return;
    await sweep(world);
    await check(world, 'after a sweep');
  } catch (error) {
    world.complain('step failed', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }
};

const ours = (world: World): number => world.commits().filter((commit) => commit.actor === 'tally').length;

/** R8: a full comparison at rest writes nothing. The first may find deletions that only absence shows. */
const sweep = async (world: World): Promise<void> => {
  const unseen =
    world.systems.erp.manners.deletes === 'absence' &&
    world.systems.erp.commits.some((commit) => commit.op === 'delete');
  for (const first of [true, false]) {
    const before = ours(world);
    await syncMapping(world.db, { name: 'steward', mappings: null }, 'customer');
    await heal(world);
    if (ours(world) > before && !(first && unseen))
      world.complain('R8 a sweep at rest writes nothing', `${ours(world) - before} writes`);
  }
};
