import type { Change, ReadAnswer } from '../../../connectors/sdk/seam.ts';
import type { Database } from '../database.ts';
import type { Reading, ReadResult } from '../port.ts';
import { type Context, connectionOf, recordOf } from './context.ts';
import { decideDoubts } from './doubt.ts';
import { hold } from './fence.ts';
import { lockSlot, storeGone, storeObservations } from './observations.ts';
import { enqueue } from './queue.ts';

interface Wanted {
  readonly slot: string;
  readonly id: string | null;
  readonly key: string | null;
  readonly suspect: boolean;
}

/** Rule 11: what must be seen afresh before a segment is planned: stale and suspect records, targets that guard nothing, what is in doubt. */
const wanted = async (
  context: Context,
  db: Database,
  segment: string,
  connection?: string,
): Promise<readonly Wanted[]> => {
  const slots = await db.query<{ slot: string }>(
    `select s.name as slot from segment g join mapping m on m.name = g.mapping join slot s on s.name in (m.crm_slot, m.erp_slot) where g.id = $1`,
    [segment],
  );
  const mine = slots
    .map((row) => row.slot)
    .filter((slot) => connection === undefined || connectionOf(slot) === connection);
  const fresh = mine.filter((slot) => context.traits(slot).fresh);
  // Each link is looked up by itself (`offset 0` keeps it so): in a first load the tables grow faster than their statistics.
  return db.query<Wanted>(
    `select r.slot, r.id, null as key, r.state = 'suspect' as suspect from link l
       cross join lateral (select * from record m where m.link = l.id and m.active and m.slot = any($2) offset 0) r
     where l.segment = $1 and (r.state <> 'gone' or r.stale)
       and (r.stale or r.state = 'suspect'
         or (r.slot, r.id) in (select p.slot, p.id from pending p where p.segment = $1 and p.cause in ('reread', 'asked'))
         or (r.slot = any($3) and exists (select from record o where o.link = r.link and o.active and o.slot <> r.slot)
             and r.seen_from < (select claimed_at from segment where id = $1)))
     union
     select i.slot, i.record_id, case when i.op = 'create' and i.slot <> all($4) then i.key end, false from link l
       cross join lateral (select * from intent o where o.link = l.id and o.slot = any($2) and o.ended_at is null offset 0) i
     where l.segment = $1 and i.state = 'doubt' and i.doubt_until <= ledger_now()
     order by 1, 2, 3`,
    [segment, mine, fresh, mine.filter((slot) => context.traits(slot).idempotency === 'none')],
  );
};

/** Connections at which a segment must read before it is planned. */
export const sourcesOf = async (context: Context, db: Database, segment: string): Promise<readonly string[]> =>
  [...new Set((await wanted(context, db, segment)).map((row) => connectionOf(row.slot)))].sort();

export const readings = async (
  context: Context,
  segment: string,
  connection: string,
  epoch: number,
): Promise<readonly Reading[]> =>
  context.db.transaction(async (db) => {
    await hold(context, db, segment, connection, epoch);
    const rows = await wanted(context, db, segment, connection);
    const slots = [...new Set(rows.map((row) => row.slot))];
    const controls = new Map(
      (
        await db.query<{ name: string; control_id: string | null }>(
          `select name, control_id from slot where name = any($1)`,
          [slots],
        )
      ).map((row) => [row.name, row.control_id]),
    );
    return slots.map((slot) => {
      const here = rows.filter((row) => row.slot === slot);
      return {
        slot,
        record: recordOf(slot),
        ids: [...new Set(here.flatMap((row) => (row.id === null ? [] : [row.id])))],
        keys: here.flatMap((row) => (row.key === null ? [] : [row.key])),
        control: here.some((row) => row.suspect) ? (controls.get(slot) ?? null) : null,
      };
    });
  });

/** Store what a reading showed, and decide with it what became of the writes in doubt. One transaction. */
export const storeReading = (
  context: Context,
  segment: string,
  connection: string,
  epoch: number,
  result: ReadResult,
): Promise<void> =>
  context.db.transaction(async (db) => {
    await lockSlot(db, result.slot);
    await hold(context, db, segment, connection, epoch);
    const [owner] = await db.query<{ mapping: string }>(`select mapping from segment where id = $1`, [segment]);
    const answers = new Map<string, ReadAnswer>(result.ids.map(({ id, answer }) => [id, answer]));
    const keyed = new Map<string, ReadAnswer>(result.keys.map(({ key, answer }) => [key, answer]));
    const decided = await decideDoubts(context, db, {
      segment,
      slot: result.slot,
      from: result.from,
      ids: answers,
      keys: keyed,
    });
    const rest = result.ids.filter(({ id }) => !decided.has(id));
    const seen = rest.flatMap(({ answer }): Change[] =>
      'found' in answer ? answer.found.map((record) => ({ op: 'upsert', record })) : [],
    );
    await storeObservations(
      context,
      db,
      {
        slot: result.slot,
        from: result.from,
        pass: null,
        cause: 'read',
        ...(owner === undefined ? {} : { except: owner.mapping }),
      },
      seen,
    );
    // Rule 12: absent counts only beside a control record that the same credentials can see.
    const missing = rest.flatMap(({ id, answer }) => ('absent' in answer ? [id] : []));
    const young = await tooYoung(context, db, result.slot, missing, result.from);
    const absent = missing.filter((id) => !young.has(id));
    await stillGone(db, result.slot, absent, result.from);
    if (result.controlPresent === true) await storeGone(context, db, result.slot, absent, result.from);
    else if (absent.length > 0) await suspect(db, result.slot, absent, owner?.mapping);
  });

/** What we made a moment ago a copy that lags does not have yet: it is read again. */
const tooYoung = async (
  context: Context,
  db: Database,
  slot: string,
  ids: readonly string[],
  from: string,
): Promise<ReadonlySet<string>> => {
  const lagMs = context.traits(slot).lagMs ?? 0;
  if (ids.length === 0 || lagMs === 0) return new Set();
  const rows = await db.query<{ id: string }>(
    `update record r set stale = true where slot = $1 and id = any($2) and state <> 'gone' and written_at is not null
       and first_seen + $4 * interval '1 ms' > $3::timestamptz returning id`,
    [slot, [...ids].sort(), from, lagMs],
  );
  return new Set(rows.map(({ id }) => id));
};

/** A record known to be gone, which an older page showed once more, is not there still. */
const stillGone = async (db: Database, slot: string, ids: readonly string[], from: string): Promise<void> => {
  if (ids.length === 0) return;
  await db.query(
    `update record set stale = false where slot = $1 and id = any($2) and state = 'gone' and stale and seen_from <= $3::timestamptz`,
    [slot, [...ids].sort(), from],
  );
};

/** Not found, but no control record vouches for our sight: suspect, and looked at again with one. */
const suspect = async (
  db: Database,
  slot: string,
  ids: readonly string[],
  mapping: string | undefined,
): Promise<void> => {
  const rows = await db.query<{ id: string }>(
    `update record set state = 'suspect', stale = false where slot = $1 and id = any($2) and state = 'present' returning id`,
    [slot, [...ids].sort()],
  );
  if (mapping !== undefined)
    await enqueue(
      db,
      rows.map(({ id }) => ({ mapping, slot, id })),
      'absent',
    );
};
