import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import { doubtSending, withdrawStated } from './intents.ts';
import { enqueue, keepDue } from './queue.ts';

/** End a segment: rows that nothing newer raised are done, links are free again, what is in doubt is due when it can be settled. */
export const release = (context: Context, segment: string): Promise<void> =>
  context.db.transaction(async (db) => {
    const [row] = await db.query<{ mapping: string }>(
      `select mapping from segment where id = $1 and finished_at is null for update`,
      [segment],
    );
    if (row === undefined) return;
    await doubtSending(context, db, segment);
    await takeBack(db, segment, row.mapping);
    await db.query(`select 1 from pending where segment = $1 order by mapping, slot, id for update`, [segment]);
    await endRows(context, db, segment);
    await keepDoubt(db, segment);
    await finish(db, segment);
  });

/**
 * Give up a segment whose mapping may not go on now: its rows are due again, and its links are free for other mappings.
 * What was being sent goes in doubt with whoever holds its link next.
 */
export const putBack = async (db: Database, segment: string): Promise<void> => {
  const held = await db.query(`select id from segment where id = $1 and finished_at is null for update`, [segment]);
  if (held.length === 0) return;
  await withdrawStated(db, segment);
  await keepDue(db, segment);
  await dueAgain(db, segment);
  await finish(db, segment);
};

const finish = async (db: Database, segment: string): Promise<void> => {
  // Its intents are counted by its links, as long as it holds them: those that ended stand in no index by their segment.
  const finished = db.query(
    `update segment set finished_at = ledger_now(), writes = (
       select count(*) from link l cross join lateral (select from intent i where i.link = l.id and i.segment = $1 offset 0) i where l.segment = $1
     ) where id = $1`,
    [segment],
  );
  const freed = db.query(
    `with mine as (select id from link where segment = $1 order by id for update) update link set segment = null where id in (select id from mine)`,
    [segment],
  );
  await Promise.all([finished, freed, db.query(`delete from fence where segment = $1`, [segment])]);
};

/** What was only stated is withdrawn; its rows are raised, so that no release of this segment ends them unplanned. */
export const takeBack = async (db: Database, segment: string, mapping: string): Promise<void> => {
  const withdrawn = await withdrawStated(db, segment);
  const rows = await rowsOf(
    db,
    mapping,
    withdrawn.map((each) => each.link),
  );
  await enqueue(db, rows, 'withdrawn');
};

/** Rule 4: work ends a row only at the number it was claimed with; what came meanwhile stays due. */
const endRows = async (context: Context, db: Database, segment: string): Promise<void> => {
  // Who was told of a wait is told of its end: one more plan, once the writes have taken effect.
  await db.query(
    `with held as materialized (select mapping, slot, id from pending where segment = $1 and told is not null order by mapping, slot, id for update)
     update pending p set told = null, seq = nextval('pending_seq') from held h where p.mapping = h.mapping and p.slot = h.slot and p.id = h.id`,
    [segment],
  );
  const seq = context.mutation === 'delete-without-seq' ? '' : 'and p.seq = p.claimed_seq';
  await db.query(
    `delete from pending p where p.segment = $1 ${seq} and not exists (
       select from record r join intent i on i.link = r.link and i.ended_at is null and i.mapping = p.mapping where r.slot = p.slot and r.id = p.id)`,
    [segment],
  );
  await dueAgain(db, segment);
};

const dueAgain = async (db: Database, segment: string): Promise<void> => {
  await db.query(
    `update pending p set state = 'due', segment = null, due = ledger_now(), reason = null, detail = null, since = ledger_now(), tries = 0, claimed_seq = null
     where p.segment = $1 and p.seq <> p.claimed_seq`,
    [segment],
  );
};

/** Every link whose intent is in doubt has a row that is due when the doubt can be settled. */
const keepDoubt = async (db: Database, segment: string): Promise<void> => {
  const open = await db.query<{ mapping: string; slot: string; id: string; until: Date }>(
    `select distinct on (i.link, i.mapping) i.mapping, r.slot, r.id, i.doubt_until as until from intent i join mapping m on m.name = i.mapping
     join record r on r.link = i.link and r.active and r.slot in (m.crm_slot, m.erp_slot) where i.segment = $1 and i.state = 'doubt' and i.ended_at is null order by i.link, i.mapping, r.slot`,
    [segment],
  );
  await enqueue(db, open, 'doubt');
  await db.query(
    `update pending p set state = 'doubt', reason = 'IN_DOUBT', detail = null, segment = null, claimed_seq = null, due = coalesce(i.until, ledger_now())
     from (select r.slot, r.id, i.mapping, max(i.doubt_until) as until from intent i join record r on r.link = i.link where i.segment = $1 and i.state = 'doubt' and i.ended_at is null group by 1, 2, 3) i
     where p.mapping = i.mapping and p.slot = i.slot and p.id = i.id`,
    [segment],
  );
};

const rowsOf = (db: Database, mapping: string, links: readonly string[]) =>
  db.query<{ mapping: string; slot: string; id: string }>(
    `select distinct on (r.link) m.name as mapping, r.slot, r.id from mapping m join record r on r.slot in (m.crm_slot, m.erp_slot) and r.active where m.name = $1 and r.link = any($2::uuid[]) order by r.link, r.slot`,
    [mapping, links],
  );
