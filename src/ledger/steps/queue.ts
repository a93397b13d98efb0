import type { Database } from '../database.ts';

/** A record of a mapping that must be looked at. */
export interface Due {
  readonly mapping: string;
  readonly slot: string;
  readonly id: string;
}

/**
 * Rule 4: one row per mapping and record; every enqueue raises `seq`, so work claimed before does not end what came
 * meanwhile. Rows in doubt keep their due time: only the read that settles them may end that.
 */
export const enqueue = async (db: Database, rows: readonly Due[], cause: string): Promise<void> => {
  if (rows.length === 0) return;
  const sorted = [...rows]
    .sort((a, b) => (key(a) < key(b) ? -1 : 1))
    .filter((row, i, all) => i === 0 || key(row) !== key(all[i - 1] as Due));
  await db.query(
    `insert into pending (mapping, slot, id, due, since, cause)
     select m, s, i, ledger_now(), ledger_now(), $4 from unnest($1::text[],$2::text[],$3::text[]) with ordinality as t(m,s,i,n) order by n
     on conflict (mapping, slot, id) do update set
       seq = nextval('pending_seq'), cause = excluded.cause,
       state = case when pending.state = 'waiting' then 'due' else pending.state end,
       reason = case when pending.state = 'waiting' then null else pending.reason end,
       due = case when pending.state in ('doubt', 'claimed') then pending.due else least(pending.due, excluded.due) end,
       since = least(pending.since, excluded.since)`,
    [sorted.map((r) => r.mapping), sorted.map((r) => r.slot), sorted.map((r) => r.id), cause],
  );
};
/** Raise all rows of a segment: whoever releases it leaves them due. */
export const keepDue = async (db: Database, segment: string): Promise<void> => {
  await db.query(
    `with held as materialized (select mapping, slot, id from pending where segment = $1 order by mapping, slot, id for update)
     update pending p set seq = nextval('pending_seq') from held h where p.mapping = h.mapping and p.slot = h.slot and p.id = h.id`,
    [segment],
  );
};
const key = (row: Due): string => `${row.mapping}\0${row.slot}\0${row.id}`;

/** Rule "nudge": in a statement of its own; who flips the flag signals. */
export const nudge = (db: Database, mappings: readonly string[]): Promise<string[]> => flipped(db, mappings, '');
/** The same, by capture: while a gate is shut nothing can be claimed, and the page that opens it nudges. */
export const nudgeOpen = (db: Database, mappings: readonly string[]): Promise<string[]> =>
  flipped(db, mappings, 'and gate_open');

const flipped = async (db: Database, mappings: readonly string[], and: string): Promise<string[]> => {
  if (mappings.length === 0) return [];
  const rows = await db.query<{ name: string }>(
    `update mapping set nudged = true where name in (select name from mapping where name = any($1) and not nudged ${and} order by name for update skip locked) and not nudged returning name`,
    [[...mappings]],
  );
  return rows.map((row) => row.name);
};
