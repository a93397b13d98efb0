import type { Claimed, ClaimRequest } from '../src/ledger/port.ts';
import type { createClaim } from './claim.ts';
import type { createPlan } from './plan.ts';
import type { createRelease } from './release.ts';

export interface TurnInput extends ClaimRequest {
  /** The segment whose work is done. */
  readonly done?: string;
}
export interface Turn extends Claimed {
  /** Which connections have something to write: the segment is planned already. Absent: records must be read first, or it is a load. */
  readonly targets?: readonly string[];
}

/**
 * From one round to the next in one step, for somebody waits for the change in it and each step costs the engine a tenth of a
 * second on a busy machine: end what is done, claim what is due, and plan it where nothing must be read first. A load's plan stays
 * a step of its own, beside which its second lane works. Safe to repeat, as each of the three is: a claim repeated under the same
 * id is the same segment.
 */
export const createTurn =
  (steps: {
    readonly claim: ReturnType<typeof createClaim>;
    readonly plan: ReturnType<typeof createPlan>;
    readonly release: ReturnType<typeof createRelease>;
  }) =>
  async ({ done, ...request }: TurnInput): Promise<Turn> => {
    if (done !== undefined) await steps.release({ segment: done });
    const claimed = await steps.claim(request);
    const { segment, sources, more } = claimed;
    if (segment === null || more || sources.length > 0) return claimed;
    return { ...claimed, ...(await steps.plan({ segment, mapping: request.mapping })) };
  };
