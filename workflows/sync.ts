import { continueAsNew, uuid4, workflowInfo } from '@temporalio/workflow';
import type { SyncInput } from './messages.ts';
import { type Nudges, nudges } from './nudges.ts';
import { failedOf, settled } from './recovery.ts';
import { ledger, stepsOn } from './steps.ts';
import { FAILED_MS, IDLE_MS, ROUNDS_PER_RUN } from './timeouts.ts';

/** Keep one mapping in agreement, for ever. The ledger knows what is due; this only decides what happens next. */
export async function sync({ mapping }: SyncInput): Promise<never> {
  const nudge = nudges();
  const beside = besideOf(mapping);
  for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
    try {
      await oneRound(mapping, nudge, beside);
    } catch (failure) {
      failedOf(failure);
      await nudge.orAfter(FAILED_MS);
    }
  }
  await beside.ended();
  return continueAsNew<typeof sync>({ mapping });
}

const oneRound = async (mapping: string, nudge: Nudges, beside: Beside): Promise<void> => {
  const { workflowId } = workflowInfo();
  const adopts = beside.runs() ? [] : [beside.lane];
  const claimed = await ledger.claim({ mapping, fresh: uuid4(), workflow: workflowId, adopts });
  const { segment, sources, nextDue, more } = claimed;
  if (segment === null) {
    await nudge.orAfter(nextDue === null ? IDLE_MS : Math.min(IDLE_MS, Date.parse(nextDue) - Date.now()));
    return;
  }
  if (more) beside.start();
  await work(mapping, segment, sources);
};

const work = async (mapping: string, segment: string, sources: readonly string[]): Promise<void> => {
  await settled(segment, sources, (connection) => stepsOn(connection).observe({ segment, connection }));
  const { targets } = await ledger.plan({ segment, mapping });
  await settled(segment, targets, (connection) => stepsOn(connection).writeSegment({ segment, connection }));
  await ledger.release({ segment });
};

/** A second lane: while there is much to do, one lane plans what the other will write next. */
interface Beside {
  readonly lane: string;
  runs(): boolean;
  /** Begins to work beside the main lane, until nothing is due any more; does nothing while it works already. */
  start(): void;
  ended(): Promise<void>;
}

const besideOf = (mapping: string): Beside => {
  const lane = `${workflowInfo().workflowId}/2`;
  let running: Promise<void> | undefined;
  const run = async (): Promise<void> => {
    try {
      for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
        const { segment, sources } = await ledger.claim({ mapping, fresh: uuid4(), workflow: lane });
        if (segment === null) break;
        await work(mapping, segment, sources);
      }
    } catch (failure) {
      // The main lane takes over what is left, after its own pause if it fails the same way.
      failedOf(failure);
    }
    running = undefined;
  };
  return {
    lane,
    runs: () => running !== undefined,
    start: () => {
      running ??= run();
      // What is no step's failure is told when its end is waited for.
      running.catch(() => undefined);
    },
    ended: async () => running,
  };
};
