/** The file of a store: its tables, and how a new one is filled. */
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

const tables = (records: readonly string[]): string =>
  records
    .map(
      (
        record,
      ) => `create table if not exists "${record}" (id text primary key, stamp text not null, ref text, seq integer not null,
        gone integer not null default 0) without rowid;`,
    )
    .join('\n');

const schema = (records: readonly string[]): string => `
  create table commits (seq integer primary key, at text not null, actor text not null, op text not null, record text not null,
    id text not null, previous integer, request integer not null, body text);
  create table requests (seq integer primary key, at text not null, actor text not null, method text not null, path text not null,
    status integer not null, items integer not null, fault text);
  create table settings (name text primary key, value text not null);
  create table truth (record text not null, id text not null, business integer not null, primary key (record, id)) without rowid;
  ${tables(records)}`;

const indexes = (records: readonly string[]): string =>
  records
    .map(
      (record) => `create index if not exists ${record}_stamp on "${record}" (stamp, id);
        create index if not exists ${record}_ref on "${record}" (ref) where ref is not null;`,
    )
    .join('\n');

/** What a new file is filled with: record, id, stamp, body and the business it stands for. */
export interface Seed {
  readonly record: string;
  readonly id: string;
  readonly stamp: string;
  readonly body: string;
  readonly business?: number;
}

const fill = (database: DatabaseSync, records: readonly string[], seeds: Iterable<Seed>): void => {
  database.exec(schema(records));
  database.exec('begin');
  const at = new Date().toISOString();
  const commit = database.prepare(`insert into commits values (?, '${at}', 'seed', 'create', ?, ?, null, 0, ?)`);
  const truth = database.prepare('insert into truth values (?, ?, ?)');
  const put = new Map(
    records.map((record) => [record, database.prepare(`insert into "${record}" values (?, ?, null, ?, 0)`)] as const),
  );
  let seq = 0;
  for (const seed of seeds) {
    seq += 1;
    commit.run(seq, seed.record, seed.id, seed.body);
    put.get(seed.record)?.run(seed.id, seed.stamp, seq);
    if (seed.business !== undefined) truth.run(seed.record, seed.id, seed.business);
  }
  database.exec('commit');
  database.exec(indexes(records));
};

/** A file being seeded has another name until it is complete, so a kill in between leaves nothing half-made. */
const seedFile = (file: string, records: readonly string[], seeds: () => Iterable<Seed>): void => {
  const unfinished = `${file}.unfinished`;
  rmSync(unfinished, { force: true });
  const database = new DatabaseSync(unfinished);
  database.exec('pragma journal_mode = off; pragma synchronous = off; pragma cache_size = -65536');
  fill(database, records, seeds());
  database.close();
  const handle = openSync(unfinished, 'r+');
  fsyncSync(handle);
  closeSync(handle);
  renameSync(unfinished, file);
};

/** Open `<folder>/<name>.sqlite`, filled when it is new; in memory without a folder. */
export const openFile = (
  folder: string | undefined,
  name: string,
  records: readonly string[],
  seeds: () => Iterable<Seed>,
) => {
  if (folder === undefined) {
    const database = new DatabaseSync(':memory:');
    fill(database, records, seeds());
    return database;
  }
  mkdirSync(folder, { recursive: true });
  const file = join(folder, `${name}.sqlite`);
  if (!existsSync(file)) seedFile(file, records, seeds);
  const database = new DatabaseSync(file);
  database.exec(
    'pragma journal_mode = wal; pragma synchronous = full; pragma cache_size = -131072; pragma wal_autocheckpoint = 4000',
  );
  // Kinds of records that this file, filled by an earlier version, does not know yet.
  database.exec(tables(records) + indexes(records));
  return database;
};
