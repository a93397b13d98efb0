import { continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { LookInput } from './messages.ts';
import { nudges } from './nudges.ts';
import { failedOf } from './recovery.ts';
import { answerOn } from './steps.ts';
import { LOOK_IDLE_MS, ROUNDS_PER_RUN } from './timeouts.ts';

/** Answer what views ask of one connection until nobody asks any more. Who asks, and what, is in the ledger. */
export async function look({ connection }: LookInput): Promise<void> {
  const nudge = nudges();
  for (let round = 0; round < ROUNDS_PER_RUN && !workflowInfo().continueAsNewSuggested; round += 1) {
    if (await answered(connection)) continue;
    if (!(await nudge.within(LOOK_IDLE_MS))) return;
  }
  await continueAsNew<typeof look>({ connection });
}

/** One round of questions: are there more? Who asked is told of a failure by the step itself. */
const answered = async (connection: string): Promise<boolean> => {
  try {
    return (await answerOn(connection).answer({ connection })).more;
  } catch (failure) {
    failedOf(failure);
    return false;
  }
};
