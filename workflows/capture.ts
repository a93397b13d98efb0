import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { CaptureInput } from './messages.ts';
import { nudges } from './nudges.ts';
import { failedOf } from './recovery.ts';
import { stepsOn } from './steps.ts';
import { FAILED_MS, ROUNDS_PER_RUN } from './timeouts.ts';

/** Read what changes in one slot, for ever. Where it stands and what it wants next is in the ledger. */
export async function capture({ slot, connection }: CaptureInput): Promise<never> {
  const nudge = nudges();
  for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
    try {
      const { waitMs } = await stepsOn(connection).capture({ slot, connection });
      if (waitMs > 0) await nudge.orAfter(waitMs);
    } catch (failure) {
      failedOf(failure);
      await nudge.orAfter(FAILED_MS);
    }
  }
  return continueAsNew<typeof capture>({ slot, connection });
}
