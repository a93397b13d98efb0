/** One database and one process: runs the seeds it is sent. Started by `lanes.ts` with the database's URL. */
import { runSeed, type Verdict } from './run.ts';
import type { Mutation } from './setup.ts';
import { type Short, shrink } from './shrink.ts';
import { openGround } from './world.ts';

/** A seed to run. */
export interface Order {
  readonly seed: number;
  readonly late: boolean;
  readonly steps?: number;
  readonly mutation?: Mutation;
  /** How long to look for a shorter run that fails alike, ms; 0: not at all. */
  readonly shrinkMs: number;
}
/** What became of it. */
export interface Answer {
  readonly verdict: Verdict;
  readonly short?: Short;
}

const ground = await openGround(process.argv[2] ?? '');
const answered = async (order: Order): Promise<Answer> => {
  const verdict = await runSeed(ground, order.seed, order);
  if (verdict.complaints.length === 0 || order.shrinkMs === 0) return { verdict };
  return { verdict, short: await shrink(ground, verdict, order.mutation, Date.now() + order.shrinkMs) };
};
process.on('message', (order: Order) => void answered(order).then((answer) => process.send?.(answer)));
process.on('disconnect', () => process.exit(0));
process.send?.({ ready: {} });
