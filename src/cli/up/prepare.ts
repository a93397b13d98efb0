/** What a group needs between its ledger's start and that of worker and server: a schema, and the workflows as one file. */
import type { Say } from '../../../scripts/say.mjs';
import { demanded, readSettings } from '../../config/settings.ts';
import { openLedger } from '../../ledger/open.ts';
import { workflowBundle } from '../../worker/bundle.ts';

/** The preparation of a group; it shows its steps. Both are quick when they were done before. */
export const prepareGroup =
  (say: Say) =>
  async (env: Readonly<Record<string, string>>): Promise<void> => {
    const settings = readSettings(env);
    const db = await openLedger(demanded(settings, 'DATABASE_URL'), 1);
    await db.close();
    await say.step('Preparing the workflows', 3, () => workflowBundle(settings.TALLY_CACHE));
  };
