import { SyncError } from '../domain/errors.ts';
import { type Database, openDatabase } from './database.ts';
import { migrate } from './migrate.ts';

// The journal's own role: it may insert and read, never change.
const ROLE = 'tally_app';
// Since PostgreSQL 16 whoever makes a role may grant it, but may not become it until he grants himself that too.
const GRANTED_APART = 160_000;
// As the first migration grants them where the role exists by then; here for a role made later, and for tables added since.
const GRANTS = `
  grant usage on schema tally to ${ROLE};
  grant select, insert, update, delete on all tables in schema tally to ${ROLE};
  revoke update, delete, truncate on tally.journal, tally.journal_chain from ${ROLE};
  revoke update, truncate on tally.journal_value from ${ROLE};
  revoke update, delete, truncate on tally.order_approval, tally.order_event from ${ROLE};
  grant usage on all sequences in schema tally to ${ROLE};`;

/** Opens the ledger with its schema up to date, as the role that cannot change the journal. Never as the owner, who can. */
export const openLedger = async (url: string, size: number): Promise<Database> => {
  const owner = openDatabase(url, { size: 1 });
  try {
    await migrate(owner);
    if (!(await mayBecome(owner))) throw await unguarded(owner);
    await granted(owner);
    return openDatabase(url, { size, role: ROLE });
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

const unguarded = async (owner: Database): Promise<SyncError> => {
  const [row] = await owner.query<{ user: string }>(`select quote_ident(current_user) as user`);
  const user = row?.user ?? '';
  return new SyncError(
    'CONFIG_INVALID',
    `the user of DATABASE_URL cannot become the role ${ROLE}, which keeps the journal from being changed: as an administrator run "create role ${ROLE} nologin" if it does not exist, then "grant ${ROLE} to ${user}"`,
  );
};

/** A role that was made after the schema has no rights in it yet; and none may rewrite who approved what. */
const granted = async (owner: Database): Promise<void> => {
  const [row] = await owner.query<{ may: boolean }>(
    `select has_schema_privilege($1, 'tally', 'usage') and coalesce(bool_and(has_table_privilege($1, c.oid, 'insert')
       and not (c.relname in ('order_approval', 'order_event') and has_table_privilege($1, c.oid, 'update, delete, truncate'))), true) as may
     from pg_class c where c.relnamespace = 'tally'::regnamespace and c.relkind = 'r'`,
    [ROLE],
  );
  if (row?.may !== true) await owner.query(GRANTS);
};
