/** Each rule of the ledger broken once: a simulation that does not notice could not have found a fault there. */
import type { Lanes } from './lanes.ts';
import type { Verdict } from './run.ts';
import { broke, kept, ordersOf, type Range } from './seeds.ts';
import { MUTATIONS, type Mutation } from './setup.ts';

/** Seeds after which a broken rule counts as not found. */
const PATIENCE = 300;

/**
 * Where to look first: the seed at which each broken rule was first seen to break a promise, from seed 1 on. It saves CI
 * the seeds that show nothing, and no more: when a change of the ledger or of what is drawn makes another run of it,
 * looking goes on from there.
 */
const FIRST_SEEN: Readonly<Record<Mutation, number>> = {
  'blind-retry-of-create': 40,
  'cursor-before-commit': 3,
  'key-from-run': 7,
  'no-first-pass-gate': 45,
  'no-reservation': 8,
  'delete-without-seq': 14,
  'no-epoch': 116,
  'no-stale-check': 6,
  'blind-plan-in-doubt': 16,
  'no-watch': 9,
  'believe-older': 12,
  'canonical-compare': 1,
};

/** The first seed, from where it was first seen on, at which a broken rule shows. */
const breakRule = async (lanes: Lanes, { order }: Range, mutation: Mutation): Promise<boolean> => {
  let tried = 0;
  let found: Verdict | undefined;
  const orders = ordersOf({ seeds: PATIENCE, from: FIRST_SEEN[mutation], order: { ...order, mutation } });
  await lanes.over(orders, async (answer) => {
    tried += 1;
    if (!broke(answer)) return 'go on';
    found ??= answer.verdict;
    await kept(answer, { ...order, mutation });
    return 'stop';
  });
  const [first] = found?.complaints ?? [];
  const how =
    first === undefined
      ? `NOT found in ${tried} seeds`
      : `seed ${String(found?.setup.seed).padStart(3)}  ${first.promise}: ${first.text.slice(0, 120)}`;
  console.log(`${mutation.padEnd(22)} ${how}`);
  return first !== undefined;
};

/** Breaks one rule after the other. True when each was found. */
export const breakRules = async (lanes: Lanes, range: Range): Promise<boolean> => {
  let found = 0;
  for (const mutation of MUTATIONS) found += (await breakRule(lanes, range, mutation)) ? 1 : 0;
  console.log(`${found} of ${MUTATIONS.length} broken rules found`);
  return found === MUTATIONS.length;
};
