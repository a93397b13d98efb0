import { condition, defineSignal, setHandler } from '@temporalio/workflow';
import { NUDGE } from './messages.ts';
import { LEAST_MS } from './timeouts.ts';

const nudgeSignal = defineSignal(NUDGE);

/** What wakes a workflow before its time. A nudge that comes while it works ends the next wait at once. */
export interface Nudges {
  /** Wait so many ms, or until nudged. */
  orAfter(ms: number): Promise<void>;
  /** Wait so many ms at most for a nudge: did one come? */
  within(ms: number): Promise<boolean>;
}

/** Begin to listen. Nudges left over when the workflow begins anew need no draining: its first act is to look. */
export const nudges = (): Nudges => {
  let nudged = false;
  setHandler(nudgeSignal, () => {
    nudged = true;
  });
  return {
    orAfter: async (ms) => {
      await condition(() => nudged, Math.max(LEAST_MS, Math.ceil(ms)));
      nudged = false;
    },
    within: async (ms) => {
      if (!nudged) await condition(() => nudged, ms);
      const came = nudged;
      nudged = false;
      return came;
    },
  };
};
