import type { Database } from '../ledger/database.ts';
import { CHAINED_AT_ONCE, chain, chainedUpTo } from '../ledger/steps/journal.ts';

// An entry may be committed after one with a higher id was numbered; so long after at most, it is found too.
const WHOLE_LOOK_MS = 60_000;

/** Numbers what the journal got since the last time. Only now and then is the whole journal looked through, so that a second's work does not grow with the years. */
export const numbering = (db: Database, now: () => number = () => performance.now()): (() => Promise<void>) => {
  let looked = Number.NEGATIVE_INFINITY;
  let floor = '0';
  return async () => {
    const [at, from] = [now(), floor];
    const whole = at - looked >= WHOLE_LOOK_MS;
    while ((await chain(db, whole ? '0' : from)) >= CHAINED_AT_ONCE);
    if (whole) [looked, floor] = [at, await chainedUpTo(db)];
  };
};
