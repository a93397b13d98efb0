/** A range of seeds, run and judged. */
import { keep } from './kept.ts';
import type { Answer, Order } from './lane.ts';
import type { Lanes } from './lanes.ts';
import type { Verdict } from './run.ts';

/** What all runs of this call share, and which seeds. */
export interface Range {
  readonly seeds: number;
  readonly from: number;
  readonly order: Omit<Order, 'seed'>;
}

// One seed in so many is run twice.
const TWICE = 20;

/** One order for each seed. */
export const ordersOf = ({ seeds, from, order }: Range): readonly Order[] =>
  Array.from({ length: seeds }, (_, place) => ({ ...order, seed: from + place }));

/** A run with a broken rule says something about it only if the same run keeps every promise without. */
export const broke = ({ verdict, anyway }: Answer): boolean => verdict.complaints.length > 0 && anyway !== true;

/** The shortest run found that fails alike is written down. */
export const kept = async ({ short }: Answer, order: Range['order']): Promise<void> => {
  if (short === undefined) return;
  const [first] = short.verdict.complaints;
  console.log(`  shrunk to ${short.actions.length} actions: kept/${await keep(short, order)}.json`);
  console.log(`  ${first?.promise}: ${first?.text}`);
};

const show = ({ setup, actions, complaints }: Verdict): string =>
  [
    `seed ${setup.seed}: ${actions.length} actions, ${complaints.length} complaints`,
    ...complaints.slice(0, 3).map(({ promise, text }) => `  ${promise}: ${text}`),
  ].join('\n');

const progress = (ran: number, seeds: number): void => {
  if (process.stdout.isTTY) process.stdout.write(`\r${ran} of ${seeds} seeds`);
  else if (ran % 100 === 0 && ran < seeds) console.log(`${ran} of ${seeds} seeds`);
};

/** Runs a range of seeds, some of them twice. True when no promise was broken. */
export const simulate = async (lanes: Lanes, range: Range): Promise<boolean> => {
  const began = Date.now();
  const failing: number[] = [];
  let [ran, actions, commits] = [0, 0, 0];
  const orders = ordersOf(range).map((order) => ({ ...order, twice: order.seed % TWICE === 0 }));
  await lanes.over(orders, async (answer) => {
    const { verdict } = answer;
    ran += 1;
    actions += verdict.actions.length;
    commits += verdict.commits;
    if (broke(answer)) {
      failing.push(verdict.setup.seed);
      console.log(show(verdict));
      await kept(answer, range.order);
    }
    progress(ran, range.seeds);
    return 'go on';
  });
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  const broken = failing.sort((a, b) => a - b).join(' ');
  const judged = failing.length === 0 ? 'every promise kept' : `${failing.length} broke a promise: ${broken}`;
  console.log(`${ran} seeds, ${actions} actions, ${commits} commits in ${seconds} s: ${judged}`);
  return failing.length === 0;
};
