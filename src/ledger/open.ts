import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

// The journal's own role: it may insert and read, never change.
const ROLE = 'tally_app';
// Since PostgreSQL 16 whoever makes a role may grant it, but may not become it until he grants himself that too.
const GRANTED_APART = 160_000;

/** Opens the ledger with its schema up to date, as the role that cannot change the journal where that role exists. */
export const openLedger = async (url: string, size: number): Promise<Database> => {
  const owner = openDatabase(url, { size: 1 });
  try {
    await migrate(owner);
    return openDatabase(url, { size, ...((await mayBecome(owner)) ? { role: ROLE } : {}) });
  } finally {
    await owner.close();
  }
};

const mayBecome = async (owner: Database): Promise<boolean> => {
  const [server] = await owner.query<{ version: number }>(
    `select current_setting('server_version_num')::int as version`,
  );
  const apart = (server?.version ?? 0) >= GRANTED_APART;
  const may = async (privilege: string): Promise<boolean> => {
    const [row] = await owner.query<{ may: boolean }>(
      `select coalesce((select pg_has_role(current_user, oid, $2) from pg_roles where rolname = $1), false) as may`,
      [ROLE, privilege],
    );
    return row?.may === true;
  };
  if (await may(apart ? 'set' : 'member')) return true;
  if (!apart || !(await may('member with admin option'))) return false;
  await owner.query(`grant ${ROLE} to current_user with set true`);
  return true;
};
