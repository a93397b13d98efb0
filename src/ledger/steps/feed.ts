/**
 * What a warehouse is told: one row per change that was taken into agreement. The rows themselves are made by the ledger's
 * triggers on baselines; here is what baselines do not show, and the numbers by which readers go on where they ended.
 */
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf } from './context.ts';

/** Mappings begin and cease to tell. One that begins tells first what was agreed on before; of one that ceases nothing is kept. */
export const registerFeeds = (db: Database, mappings: readonly Mapping[]): Promise<void> =>
  db.transaction(async (tx) => {
    const rows = await tx.query<{ mapping: string }>(`select mapping from feed`);
    const telling = new Set(rows.map(({ mapping }) => mapping));
    const ceased = mappings.flatMap(({ name, fed }) => (!fed && telling.has(name) ? [name] : []));
    for (const table of ['feed', 'change'])
      if (ceased.length > 0) await tx.query(`delete from ${table} where mapping = any($1)`, [ceased]);
    const beginning = mappings.flatMap(({ name, fed }) => (fed && !telling.has(name) ? [name] : []));
    if (beginning.length === 0) return;
    // Whoever writes a baseline has committed before, or waits and sees the new row of `feed`: nothing is told twice, nothing is left out.
    await tx.query(`lock table baseline in share row exclusive mode`);
    const begun = await tx.query<{ mapping: string }>(
      `insert into feed (mapping) select unnest($1::text[]) on conflict do nothing returning mapping`,
      [beginning.sort()],
    );
    await tx.query(
      `insert into change (at, mapping, link, operation, crm_id, erp_id, body)
       select b.at, b.mapping, b.link, 'agreed', c.id, e.id, b.body from baseline b join mapping m on m.name = b.mapping
       left join record c on c.link = b.link and c.slot = m.crm_slot and c.active and c.state <> 'gone'
       left join record e on e.link = b.link and e.slot = m.erp_slot and e.active and e.state <> 'gone'
       where b.mapping = any($1) order by b.at, b.link`,
      [begun.map(({ mapping }) => mapping)],
    );
  });

/** Records of a slot are gone, or are there again: what was agreed on about them stands, and yet there is something to tell. */
export const tellLife = async (
  context: Context,
  db: Database,
  slot: string,
  ids: readonly string[],
  operation: 'gone' | 'back',
): Promise<void> => {
  const names = mappingsOf(context, slot).flatMap(({ mapping }) => (mapping.fed ? [mapping.name] : []));
  if (names.length === 0 || ids.length === 0) return;
  await db.query(
    `insert into change (at, mapping, link, operation, crm_id, erp_id, body)
     select ledger_now(), b.mapping, b.link, $4, c.id, e.id, case when $4 = 'back' then b.body end
     from record r join baseline b on b.link = r.link join feed f on f.mapping = b.mapping join mapping m on m.name = b.mapping
     left join record c on c.link = b.link and c.slot = m.crm_slot and c.active and c.state <> 'gone'
     left join record e on e.link = b.link and e.slot = m.erp_slot and e.active and e.state <> 'gone'
     where r.slot = $1 and r.id = any($2) and r.active and b.mapping = any($3) order by b.mapping, b.link`,
    [slot, ids, names, operation],
  );
};

// As many as one reading may have to number before it reads.
const AT_ONCE = 50_000;

/** Numbers what was committed since the last time, one reader at a time. */
export const numberChanges = (db: Database): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.query(`select pg_advisory_xact_lock(7402018)`);
    await tx.query(
      `with next as materialized (select id from change where number is null order by id limit ${AT_ONCE}),
       given as materialized (select id, nextval('change_number') as number from (select id from next order by id) s)
       update change c set number = g.number from given g where c.id = g.id`,
    );
  });
