import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { OrderInput } from './messages.ts';
import { nudges } from './nudges.ts';
import { failedOf } from './recovery.ts';
import { ledger } from './steps.ts';
import { FAILED_MS, LOOKS_PER_RUN } from './timeouts.ts';

/** Lead one order from its gate to its end. The ledger knows where it stands and until when; this wakes in time, for days if need be. */
export async function order({ mapping, record }: OrderInput): Promise<void> {
  const nudge = nudges();
  for (let look = 0; look < LOOKS_PER_RUN && !workflowInfo().continueAsNewSuggested; look += 1) {
    try {
      const { ended, waitMs } = await ledger.order({ mapping, record });
      if (ended) return;
      await nudge.orAfter(waitMs);
    } catch (failure) {
      failedOf(failure);
      await nudge.orAfter(FAILED_MS);
    }
  }
  await continueAsNew<typeof order>({ mapping, record });
}
