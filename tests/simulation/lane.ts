/** One database and one process: runs the seeds it is sent. Started by `lanes.ts` with the database's URL. */
import { runSeed, type Verdict } from './run.ts';
import type { Mutation } from './setup.ts';
import { type Short, shrink } from './shrink.ts';
import { openGround } from './world.ts';

/** A seed to run. */
export interface Order {
  readonly seed: number;
  readonly late: boolean;
  /** Press on one kind of trouble in each run. */
  readonly hard: boolean;
  readonly steps?: number;
  readonly mutation?: Mutation;
  /** Run it a second time: the same must come of it. */
  readonly twice?: boolean;
  /** How long to look for a shorter run that fails alike, ms; 0: not at all. */
  readonly shrinkMs: number;
}
/** What became of it. */
export interface Answer {
  readonly verdict: Verdict;
  readonly short?: Short;
  /** The run fails without its broken rule as well, so that it says nothing about it. */
  readonly anyway?: true;
}

const ground = await openGround(process.argv[2] ?? '');

const answered = async (order: Order): Promise<Answer> => {
  const verdict = await runSeed(ground, order.seed, order);
  if (order.twice === true) {
    const again = await runSeed(ground, order.seed, order);
    if (again.trace !== verdict.trace) return { verdict: unlike(verdict, again) };
  }
  if (verdict.complaints.length === 0) return { verdict };
  if (order.mutation !== undefined) {
    const whole = await runSeed(ground, order.seed, { ...order, mutation: undefined });
    if (whole.complaints.length > 0) return { verdict, anyway: true };
  }
  if (order.shrinkMs === 0) return { verdict };
  return { verdict, short: await shrink(ground, verdict, order.mutation, Date.now() + order.shrinkMs) };
};

const unlike = (one: Verdict, other: Verdict): Verdict => ({
  ...one,
  complaints: [
    { promise: 'the same run each time', text: `${one.commits} commits, then ${other.commits}, or others` },
    ...one.complaints,
  ],
});

process.on('message', (order: Order) => void answered(order).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: {} });
