import { aLedger } from '../kit/ledger.ts';
import { aRig, type Rig, type RigOptions } from './rig.ts';

/** A rig on a database of its own, closed whatever happens. */
export const withRig = async (options: RigOptions, work: (rig: Rig) => Promise<void>): Promise<void> => {
  const database = await aLedger();
  const rig = await aRig(database.url, options);
  try {
    await work(rig);
  } finally {
    await rig.close();
    await database.drop();
  }
};
