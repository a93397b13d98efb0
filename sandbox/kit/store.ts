/**
 * State and ledgers in one SQLite file. A record's body lives once: in the commit that made it. The table of a record
 * type only points at its latest commit, so that state and ledger cannot disagree.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { openFile, type Seed } from './file.ts';

/** One record as stored: `stamp` is its change time, `ref` its outer key, `gone` a tombstone. */
export interface Row {
  readonly id: string;
  readonly stamp: string;
  readonly ref: string | null;
  readonly seq: number;
  readonly gone: number;
  readonly body: string;
}

/** What a commit does to one record. `body` is null for a delete. */
export interface Effect {
  readonly actor: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly record: string;
  readonly id: string;
  readonly stamp: string;
  readonly ref: string | null;
  readonly body: string | null;
  readonly previous: number | null;
}

/** One request as the ledger keeps it. */
export interface RequestEntry {
  readonly seq: number;
  readonly at: string;
  readonly actor: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  readonly items: number;
  readonly fault: string | null;
}

interface Statements {
  readonly get: StatementSync;
  readonly byRef: StatementSync;
  readonly page: StatementSync;
  readonly changes: StatementSync;
  readonly put: StatementSync;
  readonly count: StatementSync;
}

/** The file and everything prepared on it. Made by {@link openStore}. */
export interface Store {
  /** Sequence number that the next commit will get. */
  readonly nextSeq: () => number;
  /** Time of the running transaction, ms; never goes back. */
  readonly now: () => number;
  readonly get: (record: string, id: string) => Row | undefined;
  readonly byRef: (record: string, ref: string) => readonly Row[];
  readonly page: (record: string, after: string, limit: number) => readonly Row[];
  /** Rows after a place of {@link placeOf}, in change order, tombstones too. `<stamp>|` is the place before all of that stamp. */
  readonly changes: (record: string, after: string, limit: number) => readonly Row[];
  readonly count: (record: string) => number;
  readonly apply: (effect: Effect, request: number) => void;
  readonly nextRequest: () => number;
  /** Keep a request; durable with the next commit, or within a tenth of a second. */
  readonly note: (entry: RequestEntry) => void;
  readonly flush: () => void;
  readonly transaction: <T>(work: () => T) => T;
  readonly setting: (name: string) => string | undefined;
  readonly keep: (name: string, value: string) => void;
  readonly database: DatabaseSync;
  readonly close: () => void;
}

const prepare = (database: DatabaseSync, record: string): Statements => {
  const columns = 't.id, t.stamp, t.ref, t.seq, t.gone, c.body';
  const from = `from "${record}" t join commits c on c.seq = t.seq`;
  // A tombstone's commit has no body: only its row is of use.
  return {
    get: database.prepare(`select ${columns} ${from} where t.id = ?`),
    byRef: database.prepare(`select ${columns} ${from} where t.ref = ? and t.gone = 0 order by t.id`),
    page: database.prepare(`select ${columns} ${from} where t.id > ? and t.gone = 0 order by t.id limit ?`),
    changes: database.prepare(
      `select ${columns} ${from} where (t.stamp, t.id) > (?, ?) order by t.stamp, t.id limit ?`,
    ),
    put: database.prepare(
      `insert into "${record}" (id, stamp, ref, seq, gone) values (?, ?, ?, ?, ?)
       on conflict (id) do update set stamp = excluded.stamp, ref = excluded.ref, seq = excluded.seq, gone = excluded.gone`,
    ),
    count: database.prepare(`select count(*) as n from "${record}" where gone = 0`),
  };
};

const FLUSH_MS = 100;

/** Open the file `<folder>/<name>.sqlite`, seeding it when it is new. Without a folder everything stays in memory. */
export const openStore = (
  folder: string | undefined,
  name: string,
  records: readonly string[],
  seeds: () => Iterable<Seed>,
): Store => {
  const database = openFile(folder, name, records, seeds);
  const statements = new Map(records.map((record) => [record, prepare(database, record)] as const));
  const of = (record: string): Statements => {
    const found = statements.get(record);
    if (found === undefined) throw new Error(`no record type ${record}`);
    return found;
  };
  const insertCommit = database.prepare('insert into commits values (?, ?, ?, ?, ?, ?, ?, ?, ?)');
  const insertRequest = database.prepare('insert into requests values (?, ?, ?, ?, ?, ?, ?, ?)');
  const getSetting = database.prepare('select value from settings where name = ?');
  const putSetting = database.prepare(
    'insert into settings values (?, ?) on conflict (name) do update set value = excluded.value',
  );
  const last = database
    .prepare(
      'select (select max(seq) from commits) as seq, (select max(seq) from requests) as request, (select at from commits order by seq desc limit 1) as at',
    )
    .get() as { seq: number | null; request: number | null; at: string | null };
  let seq = last.seq ?? 0;
  let request = last.request ?? 0;
  let now = last.at === null ? 0 : Date.parse(last.at);
  let waiting: RequestEntry[] = [];

  const writeRequests = (): void => {
    for (const e of waiting) insertRequest.run(e.seq, e.at, e.actor, e.method, e.path, e.status, e.items, e.fault);
    waiting = [];
  };
  const transaction = <T>(work: () => T): T => {
    const before = { seq, waiting };
    now = Math.max(now, Date.now());
    database.exec('begin immediate');
    try {
      const result = work();
      if (seq !== before.seq) writeRequests();
      database.exec('commit');
      return result;
    } catch (error) {
      database.exec('rollback');
      seq = before.seq;
      waiting = before.waiting;
      throw error;
    }
  };
  const flush = (): void => {
    if (waiting.length === 0) return;
    database.exec('begin immediate');
    writeRequests();
    database.exec('commit');
  };
  const timer = setInterval(flush, FLUSH_MS);
  timer.unref();

  return {
    nextSeq: () => seq + 1,
    now: () => now,
    get: (record, id) => of(record).get.get(id) as Row | undefined,
    byRef: (record, ref) => of(record).byRef.all(ref) as unknown as Row[],
    page: (record, after, limit) => of(record).page.all(after, limit) as unknown as Row[],
    changes: (record, after, limit) => of(record).changes.all(...splitAfter(after), limit) as unknown as Row[],
    count: (record) => (of(record).count.get() as { n: number }).n,
    apply: (effect, by) => {
      seq += 1;
      const { actor, op, record, id, stamp, ref, body, previous } = effect;
      insertCommit.run(seq, new Date(now).toISOString(), actor, op, record, id, previous, by, body);
      of(record).put.run(id, stamp, ref, seq, body === null ? 1 : 0);
    },
    nextRequest: () => {
      request += 1;
      return request;
    },
    note: (entry) => {
      waiting.push(entry);
    },
    flush,
    transaction,
    setting: (key) => (getSetting.get(key) as { value: string } | undefined)?.value,
    keep: (key, value) => {
      putSetting.run(key, value);
    },
    database,
    close: () => {
      clearInterval(timer);
      flush();
      database.close();
    },
  };
};

/** A place in change order: stamp and id in one text, so that it can travel as one cursor. */
export const placeOf = (row: Pick<Row, 'stamp' | 'id'>): string => `${row.stamp}|${row.id}`;
const splitAfter = (after: string): [string, string] => {
  const at = after.indexOf('|');
  return at < 0 ? ['', ''] : [after.slice(0, at), after.slice(at + 1)];
};
