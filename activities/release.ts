import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';
import type { SegmentInput } from './plan.ts';

/** End the queue rows of a segment whose work is done; what is left keeps its rows and its reason. */
export const createRelease = ({ pipeline, log }: Deps) =>
  asActivity({ name: 'release', log }, ({ segment }: SegmentInput): Promise<void> => pipeline.release(segment));
