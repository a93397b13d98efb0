import type { Claimed, ClaimRequest } from '../src/ledger/port.ts';
import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

/** Lease what is due of one mapping, or say when to look again. */
export const createClaim = ({ pipeline, log }: Deps) =>
  asActivity({ name: 'claim', log }, (input: ClaimRequest): Promise<Claimed> => pipeline.claim(input));
