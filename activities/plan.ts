import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';
import { turns } from './outbound.ts';

// Links planned in one transaction: the slots' observers wait that long, and while a load yields so does everybody.
const MANY_LINKS = 500;
const FEW_LINKS = 100;

export interface SegmentInput {
  readonly segment: string;
}
export interface PlanInput extends SegmentInput {
  /** Whose segment it is. Absent where a workflow begun by an earlier version asks. */
  readonly mapping?: string;
}

/**
 * Plan a segment: intents stated, fields parked, agreement remembered. Says which connections have something to write.
 * The two lanes of a mapping plan one after the other, not chunk by chunk in turn: so that one writes while the other plans.
 */
export const createPlan = ({ pipeline, precedence, elapsed, nudge, nudgeOrders, log }: Deps) => {
  const turnsOf = new Map<string, ReturnType<typeof turns>>();
  return asActivity(
    { name: 'plan', log },
    async ({ segment, mapping = '' }: PlanInput, { signal }): Promise<{ readonly targets: readonly string[] }> => {
      const inTurn = turnsOf.get(mapping) ?? turns();
      turnsOf.set(mapping, inTurn);
      const planned = await inTurn(async () => {
        signal.throwIfAborted();
        return pipeline.plan(segment, async (work) => {
          const began = elapsed();
          const done = await work(precedence.yields(segment) ? FEW_LINKS : MANY_LINKS);
          await precedence.rest(segment, elapsed() - began);
          return done;
        });
      });
      if (planned.nudge.length > 0) await nudge(planned.nudge);
      if (planned.orders.length > 0) await nudgeOrders(planned.orders);
      return { targets: planned.targets };
    },
  );
};
