import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

// The journal's own role: it may insert and read, never change.
const ROLE = 'tally_app';

/** Opens the ledger with its schema up to date, as the role that cannot change the journal where that role exists. */
export const openLedger = async (url: string, size: number): Promise<Database> => {
  const owner = openDatabase(url, { size: 1 });
  try {
    await migrate(owner);
    const [role] = await owner.query<{ usable: boolean }>(
      `select coalesce((select pg_has_role(current_user, oid, 'member') from pg_roles where rolname = $1), false) as usable`,
      [ROLE],
    );
    return openDatabase(url, { size, ...(role?.usable === true ? { role: ROLE } : {}) });
  } finally {
    await owner.close();
  }
};
