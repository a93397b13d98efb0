import type { Database } from '../database.ts';
import { hashAfter, LINE, ORIGIN } from '../steps/journal.ts';

/** A place in the chain, written down outside the ledger: what was there then must be there still. */
export interface Checkpoint {
  readonly number: number;
  /** Hexadecimal. */
  readonly hash: string;
}

/** The first entry that is not as it was written. */
export interface Broken {
  /** Its number in the chain. */
  readonly number: number;
  /** The journal entry it stands for, where that is known. */
  readonly journal: string | null;
  readonly reason: string;
}

/** What a reading of the whole chain showed. */
export interface Verified {
  /** Entries that fit, up to the first that does not. */
  readonly entries: number;
  /** Entries among them whose values were erased: the entry fits, what it said of a record is gone. */
  readonly erased: number;
  /** Entries the sequencer has not come to yet. */
  readonly unchained: number;
  /** Where the chain ends; written down elsewhere it is the next checkpoint. */
  readonly head: Checkpoint | null;
  readonly broken: Broken | null;
}

interface Row {
  readonly number: string;
  readonly journal: string;
  readonly hash: Buffer;
  readonly digest: Buffer | null;
  readonly line: string;
  readonly at: number;
  readonly erased: boolean;
  readonly foreign: boolean;
}

const PAGE = 5_000;
// Entries get their number as they are committed. One that comes this much after newer ones was not written when it says.
const BACKDATED_MS = 60 * 60_000;

/** Computes every hash of the journal's chain anew and names the first entry that does not fit. A checkpoint also shows a tail that was cut off, or a chain that was made anew. */
export const verifyJournal = async (db: Database, checkpoints: readonly Checkpoint[] = []): Promise<Verified> => {
  const anchors = new Map(checkpoints.map(({ number, hash }) => [number, hash.toLowerCase()]));
  let [number, erased, newest, hash] = [0, 0, 0, ORIGIN];
  const ended = async (broken: Broken | null): Promise<Verified> => ({
    entries: number,
    erased,
    unchained: await unchained(db),
    head: number === 0 ? null : { number, hash: hash.toString('hex') },
    broken,
  });
  for (let rows = await page(db, number); rows.length > 0; rows = await page(db, number)) {
    for (const row of rows) {
      const next = row.digest === null ? hash : hashAfter(hash, { digest: row.digest, line: row.line });
      const reason =
        misfit(row, number + 1, next) ??
        (row.at < newest - BACKDATED_MS
          ? 'it says that it is older than entries that were there before it'
          : undefined) ??
        (anchored(anchors.get(number + 1), next) ? undefined : 'its hash is not the one of the checkpoint');
      if (reason !== undefined) return ended({ number: number + 1, journal: row.journal, reason });
      number += 1;
      erased += row.erased ? 1 : 0;
      newest = Math.max(newest, row.at);
      hash = next;
    }
  }
  const cut = Math.max(0, ...anchors.keys()) > number;
  return ended(
    cut ? { number: number + 1, journal: null, reason: 'it is missing, and a checkpoint knows of it' } : null,
  );
};

const page = (db: Database, after: number): Promise<Row[]> =>
  db.query<Row>(
    `select c.number, c.journal, c.hash, j.digest, ${LINE} as line, coalesce(extract(epoch from j.at) * 1000, 0)::float8 as at,
            v.journal is null as erased, coalesce(sha256(v.salt || v.body) <> j.digest, false) as foreign
     from journal_chain c left join journal j on j.id = c.journal left join journal_value v on v.journal = c.journal
     where c.number > $1 order by c.number limit ${PAGE}`,
    [after],
  );

const misfit = (row: Row, expected: number, hash: Buffer): string | undefined => {
  if (Number(row.number) !== expected) return `it is missing: number ${row.number} comes next`;
  if (row.digest === null) return 'the entry is missing';
  if (row.foreign) return 'its values are not those that were written';
  if (!row.hash.equals(hash)) return 'the entry is not the one that was written there';
  return undefined;
};

const anchored = (anchor: string | undefined, hash: Buffer): boolean =>
  anchor === undefined || anchor === hash.toString('hex');

const unchained = async (db: Database): Promise<number> => {
  const [row] = await db.query<{ entries: number }>(
    `select count(*)::int as entries from journal j where not exists (select from journal_chain c where c.journal = j.id)`,
  );
  return row?.entries ?? 0;
};
