/**
 * What views keep, and for how long: they are other people's data. Seen to from time to time and not when something is
 * answered, because most of what must go belongs to what nobody asks for any more: a view that was taken out, an older
 * revision of one, a system that is down.
 */
import type { View } from '../../mapping/view.ts';
import type { Database } from '../database.ts';

/** Nobody waits longer than this, for an answer or to read the one just stored. */
export const HELD_MS = 60_000;
// That there is no such record, under any text that somebody asked for: never kept for longer.
const NOTHING_MS = 60_000;
const AT_ONCE = 5_000;

type Kept = Pick<View, 'hash' | 'freshMs' | 'staleMs'>;

// `(select ledger_now())`: so the time is read once, and the indexes can be searched by it.
// Locks are taken in order and never waited for (rule 6): what is just being answered goes next time.
const dying = (table: string, of: string): string =>
  `with dead as materialized (select view, id from ${table} where ${of} order by view, id limit ${AT_ONCE} for update skip locked)
   delete from ${table} t using dead where t.view = dead.view and t.id = dead.id returning 1`;

const OLD = `view = $1 and body is not null and hash = $2 and as_of < (select ledger_now()) - $3::float8 * interval '1 ms'
  and (failed_at is null or failed_at < (select ledger_now()) - ${HELD_MS} * interval '1 ms')`;
const FORMER = `view = $1 and body is not null and (hash < $2 or hash > $2)
  and greatest(as_of, failed_at) < (select ledger_now()) - ${HELD_MS} * interval '1 ms'`;
const NOTHING = `view = $1 and body is null and greatest(as_of, failed_at) < (select ledger_now()) - $2::float8 * interval '1 ms'`;
const UNASKED = `asked_at < (select ledger_now()) - ${HELD_MS} * interval '1 ms'`;

const emptied = async (db: Database, sql: string, values: readonly unknown[] = []): Promise<void> => {
  while ((await db.query(sql, [...values])).length === AT_ONCE);
};

/** Every view of which something is kept: one step through the index for each, however much there is. */
const keptNames = async (db: Database): Promise<readonly string[]> => {
  const rows = await db.query<{ view: string }>(
    `with recursive each(view) as (
       (select view from view_answer order by view limit 1) union all
       select (select a.view from view_answer a where a.view > each.view order by a.view limit 1) from each where each.view is not null)
     select view from each where view is not null`,
  );
  return rows.map(({ view }) => view);
};

/** Forget what nobody may be given any more: too old, of a view that is changed or not in force; and questions that nobody waits for. */
export const discard = async (db: Database, inForce: ReadonlyMap<string, Kept>): Promise<void> => {
  await emptied(db, dying('view_question', UNASKED));
  for (const name of await keptNames(db)) {
    const { hash, freshMs, staleMs } = inForce.get(name) ?? { hash: '', freshMs: 0, staleMs: 0 };
    await emptied(db, dying('view_answer', OLD), [name, hash, Math.max(staleMs, freshMs) + HELD_MS]);
    await emptied(db, dying('view_answer', FORMER), [name, hash]);
    await emptied(db, dying('view_answer', NOTHING), [name, Math.min(freshMs, NOTHING_MS) + HELD_MS]);
  }
};
