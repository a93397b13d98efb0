import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

export interface SegmentInput {
  readonly segment: string;
}

/** Plan a segment: intents stated, fields parked, agreement remembered. Says which connections have something to write. */
export const createPlan = ({ pipeline, log }: Deps) =>
  asActivity(
    { name: 'plan', log },
    ({ segment }: SegmentInput): Promise<{ readonly targets: readonly string[] }> => pipeline.plan(segment),
  );
