import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';
import type { SegmentInput } from './plan.ts';

/** End the queue rows of a segment whose work is done; what is left keeps its rows and its reason. */
export const createRelease = ({ pipeline, precedence, log }: Deps) =>
  asActivity({ name: 'release', log }, async ({ segment }: SegmentInput): Promise<void> => {
    await pipeline.release(segment);
    precedence.ended(segment);
  });
