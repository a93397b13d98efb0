import type { Claimed } from '../src/ledger/port.ts';
import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

export interface ClaimInput {
  readonly mapping: string;
  /** The segment's id, made by the workflow, so that a repeated claim answers with the same segment. */
  readonly fresh: string;
  /** Who claims: an unfinished segment of this workflow comes first. */
  readonly workflow: string;
}

/** Lease what is due of one mapping, or say when to look again. */
export const createClaim = ({ pipeline, log }: Deps) =>
  asActivity({ name: 'claim', log }, (input: ClaimInput): Promise<Claimed> => pipeline.claim(input));
