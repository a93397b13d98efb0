import { continueAsNew, uuid4, workflowInfo } from '@temporalio/workflow';
import type { SyncInput } from './messages.ts';
import { type Nudges, nudges } from './nudges.ts';
import { failedOf, settled } from './recovery.ts';
import { ledger, stepsOn } from './steps.ts';
import { FAILED_MS, IDLE_MS, ROUNDS_PER_RUN } from './timeouts.ts';

/** Keep one mapping in agreement, for ever. The ledger knows what is due; this only decides what happens next. */
export async function sync({ mapping }: SyncInput): Promise<never> {
  const nudge = nudges();
  for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
    try {
      await oneRound(mapping, nudge);
    } catch (failure) {
      failedOf(failure);
      await nudge.orAfter(FAILED_MS);
    }
  }
  return continueAsNew<typeof sync>({ mapping });
}

const oneRound = async (mapping: string, nudge: Nudges): Promise<void> => {
  const { workflowId } = workflowInfo();
  const { segment, sources, nextDue } = await ledger.claim({ mapping, fresh: uuid4(), workflow: workflowId });
  if (segment === null) {
    await nudge.orAfter(nextDue === null ? IDLE_MS : Math.min(IDLE_MS, Date.parse(nextDue) - Date.now()));
    return;
  }
  await settled(segment, sources, (connection) => stepsOn(connection).observe({ segment, connection }));
  const { targets } = await ledger.plan({ segment });
  await settled(segment, targets, (connection) => stepsOn(connection).writeSegment({ segment, connection }));
  await ledger.release({ segment });
};
