/** What views keep goes in time: whatever nobody may be given any more, also of views that nobody asks. */
import { expect, test } from 'vitest';
import type { Database } from '../../src/ledger/database.ts';
import { openDatabase } from '../../src/ledger/database.ts';
import { discard } from '../../src/ledger/steps/views-kept.ts';
import { aLedger } from '../kit/ledger.ts';

const FINANCE = new Map([['finance', { hash: 'h2', freshMs: 86_400_000, staleMs: 3 * 86_400_000 }]]);

const inLedger = async (work: (db: Database, url: string) => Promise<void>): Promise<void> => {
  const { url, drop } = await aLedger();
  const db = openDatabase(url);
  try {
    await work(db, url);
  } finally {
    await db.close();
    await drop();
  }
};

interface Row {
  readonly view?: string;
  readonly hash?: string;
  readonly read?: number;
  readonly failed?: number;
  readonly nothing?: true;
}
/** Ages in seconds. */
const kept = (db: Database, id: string, { view = 'finance', hash = 'h2', read, failed, nothing }: Row) =>
  db.query(
    `insert into view_answer (view, id, hash, as_of, failed_at, failed_code, body)
     values ($1, $2, $3, ledger_now() - $4::int * interval '1 s', ledger_now() - $5::int * interval '1 s', 'UNREACHABLE', $6)`,
    [view, id, hash, read ?? null, failed ?? null, nothing === true || read === undefined ? null : Buffer.from('{}')],
  );
const left = async (db: Database): Promise<readonly string[]> =>
  (await db.query<{ id: string }>('select id from view_answer order by view, id')).map(({ id }) => id);

const DAY = 86_400;
test.each<[string, Row, boolean]>([
  ['an answer that may still be given, though an old one', { read: 2 * DAY }, true],
  ['an answer that nobody may be given any more', { read: 3 * DAY + 120 }, false],
  ['an old answer whose asker is just told that the system failed', { read: 3 * DAY + 120, failed: 5 }, true],
  ['an answer of a view that is not in force', { view: 'former', read: 120 }, false],
  ['an answer just given while another worker knows its view', { view: 'coming', read: 5 }, true],
  ['an answer of the view as it was before', { hash: 'h1', read: 120 }, false],
  ['an answer of the view as another worker just knows it', { hash: 'h3', read: 5 }, true],
  ['that there is none, for any text that was asked for', { read: 180, nothing: true }, false],
  ['that there is none, said just now', { read: 5, nothing: true }, true],
  ['a failure that nobody waits for', { hash: '', failed: 180 }, false],
  ['a failure that somebody is being told', { hash: '', failed: 5 }, true],
])('%s', (_, row, stays) =>
  inLedger(async (db) => {
    await kept(db, 'A', row);
    await discard(db, FINANCE);
    expect(await left(db)).toEqual(stays ? ['A'] : []);
  }),
);

test('with no view in force nothing is kept, nor which keys were asked for', () =>
  inLedger(async (db) => {
    await kept(db, 'A', { read: 120 });
    await kept(db, 'B', { view: 'other', hash: '', failed: 120 });
    await db.query(
      `insert into view_question values ('finance', 'A', 'erp', now(), now() - interval '2 minutes'), ('finance', 'B', 'erp', now(), now())`,
    );
    await discard(db, new Map());
    expect(await left(db)).toEqual([]);
    expect(await db.query('select id from view_question')).toEqual([{ id: 'B' }]);
  }));

test('more than goes at once goes in one look', () =>
  inLedger(async (db) => {
    await db.query(
      `insert into view_answer (view, id, hash, failed_at) select 'finance', n::text, '', now() - interval '1 hour' from generate_series(1, 10001) n`,
    );
    await discard(db, FINANCE);
    expect(await left(db)).toEqual([]);
  }));

test('what is just being answered is not waited for', () =>
  inLedger(async (db, url) => {
    await kept(db, 'A', { view: 'former', read: 120 });
    await kept(db, 'B', { view: 'former', read: 120 });
    const other = openDatabase(url);
    try {
      await other.transaction(async (tx) => {
        await tx.query(`select 1 from view_answer where id = 'A' for update`);
        await discard(db, FINANCE);
        expect(await left(db)).toEqual(['A']);
      });
    } finally {
      await other.close();
    }
    await discard(db, FINANCE);
    expect(await left(db)).toEqual([]);
  }));

test('what must go is found by an index', () =>
  inLedger(async (db) => {
    await db.query(
      `insert into view_answer (view, id, hash, as_of, body) select 'finance', n::text, 'h2', now(), case when n % 2 = 0 then '\\x7b7d'::bytea end
       from generate_series(1, 20000) n`,
    );
    await db.query('analyze view_answer');
    const asked: string[] = [];
    const listening: Database = {
      ...db,
      query: (sql, values) => {
        asked.push(sql);
        return db.query(sql, values);
      },
    };
    await discard(listening, FINANCE);
    const searches = asked.filter((sql) => sql.includes('delete from view_answer'));
    expect(searches).toHaveLength(3);
    const plans = await Promise.all(
      searches.map(async (sql) => {
        const values = ['finance', ...(sql.includes('$2::float8') ? [1] : ['h2', ...(sql.includes('$3') ? [1] : [])])];
        const rows = await db.query<{ 'QUERY PLAN': string }>(`explain ${sql}`, values);
        return rows.map((row) => row['QUERY PLAN']).join('\n');
      }),
    );
    for (const plan of plans) expect(plan).toMatch(/Scan (using|on) view_answer_(kept|nothing)/);
  }));
