import type { Claimed, ClaimRequest } from '../src/ledger/port.ts';
import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

/** Lease what is due of one mapping, or say when to look again. */
export const createClaim = ({ pipeline, precedence, log }: Deps) =>
  asActivity({ name: 'claim', log }, async (input: ClaimRequest): Promise<Claimed> => {
    const claimed = await pipeline.claim(input);
    if (claimed.segment !== null) precedence.began(input.mapping, claimed.segment, claimed);
    return claimed;
  });
