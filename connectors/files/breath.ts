/** A large file must not hold up the process: heartbeats and other connections get their turn in between. */
import { setImmediate } from 'node:timers/promises';

/** Counts steps; every so often one of them waits for whatever else is due. */
export const breathing = (every: number): (() => Promise<void> | undefined) => {
  let steps = 0;
  return () => {
    steps += 1;
    return steps % every === 0 ? setImmediate() : undefined;
  };
};
