import { readdir, readFile } from 'node:fs/promises';
import { SyncError } from '../domain/errors.ts';
import type { Database } from './database.ts';

const FOLDER = new URL('./migrations/', import.meta.url);
// Any number that nobody else uses: one process migrates at a time.
const LOCK = 7402003;

/** Brings the schema up to date, each file in one transaction. Returns the names applied; refuses a schema newer than this program. */
export const migrate = async (db: Database): Promise<readonly string[]> => {
  const files = (await readdir(FOLDER)).filter((name) => name.endsWith('.sql')).sort();
  await db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await tx.query('create schema if not exists tally');
    await tx.query(
      'create table if not exists tally.migration (name text primary key, at timestamptz not null default clock_timestamp())',
    );
  });
  const applied: string[] = [];
  for (const name of files) {
    const sql = await readFile(new URL(name, FOLDER), 'utf8');
    const done = await db.transaction(async (tx) => {
      await tx.query('select pg_advisory_xact_lock($1)', [LOCK]);
      const known = await tx.query<{ name: string }>('select name from tally.migration order by name');
      const newer = known.find((row) => !files.includes(row.name));
      if (newer !== undefined)
        throw new SyncError(
          'CONFIG_INVALID',
          `the ledger was written by a newer version (${newer.name}); start that version, or restore a backup made before it`,
        );
      if (known.some((row) => row.name === name)) return false;
      await tx.query('set local search_path = tally, public');
      await tx.query(sql);
      await tx.query('insert into tally.migration (name) values ($1)', [name]);
      return true;
    });
    if (done) applied.push(name);
  }
  return applied;
};
