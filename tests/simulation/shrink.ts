/** From a failing run to a short one that fails alike. */
import type { Action } from './draw.ts';
import { replay, type Verdict } from './run.ts';
import type { Mutation, Setup } from './setup.ts';
import type { Ground } from './world.ts';

/** A failing run, short enough to read. */
export interface Short {
  readonly setup: Setup;
  readonly actions: readonly Action[];
  readonly verdict: Verdict;
}

const without = <T>(list: readonly T[], from: number, count: number): readonly T[] => [
  ...list.slice(0, from),
  ...list.slice(from + count),
];

/**
 * Removes actions and beginnings as long as the same promise stays broken, and by the broken rule alone if there is one,
 * until nothing can be spared or the deadline has passed.
 */
export const shrink = async (
  ground: Ground,
  failing: Verdict,
  mutation: Mutation | undefined,
  deadline: number,
): Promise<Short> => {
  const promise = failing.complaints[0]?.promise;
  let best: Short = { setup: failing.setup, actions: failing.actions, verdict: failing };
  const tried = async (setup: Setup, actions: readonly Action[]): Promise<boolean> => {
    const verdict = await replay(ground, setup, actions, mutation);
    if (verdict.complaints[0]?.promise !== promise) return false;
    if (mutation !== undefined && (await replay(ground, setup, actions)).complaints.length > 0) return false;
    best = { setup, actions, verdict };
    return true;
  };
  for (let chunk = Math.ceil(best.actions.length / 2); chunk >= 1 && Date.now() < deadline; ) {
    let spared = false;
    for (let from = 0; from < best.actions.length && Date.now() < deadline; ) {
      if (await tried(best.setup, without(best.actions, from, chunk))) spared = true;
      else from += chunk;
    }
    if (chunk === 1 && !spared) break;
    chunk = Math.max(1, Math.floor(chunk / 2));
  }
  for (let place = 0; place < best.setup.beginnings.length && Date.now() < deadline; ) {
    const fewer = { ...best.setup, beginnings: without(best.setup.beginnings, place, 1) };
    if (!(await tried(fewer, best.actions))) place += 1;
  }
  if (best.setup.capture === 'all') await tried({ ...best.setup, capture: 'equal' }, best.actions);
  return best;
};
