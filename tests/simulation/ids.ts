/** Imported before anything of the ledger: its random ids are drawn from the seed, so that a seed is the same run each time. */
import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { type Random, randomFrom } from './random.ts';

let random: Random = randomFrom(0);
crypto.randomUUID = () => random.uuid() as ReturnType<typeof crypto.randomUUID>;
syncBuiltinESMExports();

/** From here on ids follow from this seed. */
export const seedIds = (seed: number): void => {
  random = randomFrom(seed);
};
