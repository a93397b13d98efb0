import type { Database } from '../database.ts';
import type { Claimed, ClaimRequest } from '../port.ts';
import type { Context } from './context.ts';
import { doubtSending } from './intents.ts';
import { sourcesOf } from './readings.ts';
import { putBack, takeBack } from './release.ts';
import { nextTurn, turnDue } from './rollups.ts';
import { type Tell, toTell } from './tell.ts';

/** Records of one round at most: so few that while one lane writes the other has something to plan. */
export const SEGMENT_SIZE = 1_000;
// How soon to look again when a row is leased to another segment, or its connection is paused.
const LEASED_MS = 500;
const PAUSED_MS = 5_000;

interface Leased {
  readonly id: string;
  readonly records: number;
  readonly changes: boolean;
  readonly more: boolean;
}

/** Rule 5: an unfinished segment of this lane goes on under a new epoch; else what is due is leased under the id the workflow made. */
export const claim = async (context: Context, request: ClaimRequest): Promise<Claimed> => {
  // Committed before anything is read: what is enqueued from here on flips the flag again and signals.
  await context.db.query(`update mapping set nudged = false where name = $1 and nudged`, [request.mapping]);
  const idle = await notNow(context, request.mapping);
  const lanes = [request.workflow, ...(request.adopts ?? [])];
  if (idle !== undefined) {
    await givenUp(context, lanes);
    return telling(context, request, idle);
  }
  await turnDue(context, request.mapping);
  return context.db.transaction(async (db) => {
    const open = await reopened(context, db, request.workflow, lanes);
    const segment = open ?? (await leased(db, request));
    if (segment === undefined)
      return {
        segment: null,
        records: 0,
        changes: false,
        sources: [],
        nextDue: await nextDue(context, db, request.mapping),
        more: false,
      };
    return {
      segment: segment.id,
      records: segment.records,
      changes: segment.changes,
      sources: await sourcesOf(context, db, segment.id),
      nextDue: null,
      more: segment.more,
    };
  });
};

/** While nothing may be planned, records that have waited for long are leased to be told of, and nothing else. */
const telling = (context: Context, request: ClaimRequest, idle: string | null): Promise<Claimed> =>
  context.db.transaction(async (db) => {
    const mapping = context.mappings().get(request.mapping);
    const tell = mapping === undefined ? undefined : await toTell(db, mapping);
    const leasedNow = tell === undefined ? undefined : await lease(db, request, tell.due, tell.reason);
    if (leasedNow !== undefined)
      return {
        segment: leasedNow.id,
        records: leasedNow.records,
        changes: false,
        sources: [],
        nextDue: null,
        more: false,
      };
    const [nextDue = null] = [idle, tell?.next ?? null].filter((at) => at !== null).sort();
    return { segment: null, records: 0, changes: false, sources: [], nextDue, more: false };
  });

/** An unfinished segment that may not go on now would hold its links up for every other mapping. */
const givenUp = async (context: Context, lanes: readonly string[]): Promise<void> => {
  const open = await context.db.query<{ id: string }>(
    `select id from segment where workflow = any($1) and finished_at is null order by claimed_at`,
    [lanes],
  );
  for (const { id } of open) await context.db.transaction((db) => putBack(db, id));
};

/** ISO time to look again when nothing may be claimed now: gate shut, mapping or one of its connections paused. */
const notNow = async (context: Context, mapping: string): Promise<string | null | undefined> => {
  const compiled = context.mappings().get(mapping);
  if (compiled === undefined) return null;
  const [row] = await context.db.query<{ gate: boolean; paused: boolean; until: string | null }>(
    `select m.gate_open as gate, m.paused_reason is not null as paused, to_char(max(case when c.paused_code is not null then ledger_now() + $3 * interval '1 ms'
        when c.closed_until > ledger_now() then c.closed_until end) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as until
     from mapping m left join connection c on c.name = any($2) where m.name = $1 group by m.name`,
    [mapping, [compiled.between.crm.connection, compiled.between.erp.connection], PAUSED_MS],
  );
  if (row === undefined || row.paused) return null;
  // Rule 2: before both sides were read once from end to end nothing is linked or created. The pass that ends the wait nudges.
  if (!row.gate && context.mutation !== 'no-first-pass-gate') return null;
  return row.until ?? undefined;
};

/** A segment this lane, or one that runs no more, began and did not finish: what was being sent goes in doubt, what was only stated is withdrawn. */
const reopened = async (
  context: Context,
  db: Database,
  workflow: string,
  lanes: readonly string[],
): Promise<Leased | undefined> => {
  const [row] = await db.query<{ id: string; records: number; mapping: string }>(
    `update segment set epoch = epoch + 1, claimed_at = ledger_now(), workflow = $1 where id = (select id from segment where workflow = any($2) and finished_at is null order by claimed_at limit 1 for update) returning id, records, mapping`,
    [workflow, lanes],
  );
  if (row === undefined) return undefined;
  await db.query(`update fence set epoch = epoch + 1 where segment = $1`, [row.id]);
  await doubtSending(context, db, row.id);
  // The one that holds it may live, and release what it can no longer send.
  await takeBack(db, row.id, row.mapping);
  return { id: row.id, records: row.records, changes: false, more: false };
};

/** Lease due records: queue rows are locked before links, and what others hold is passed over, so that nobody waits in a circle. */
const leased = async (db: Database, request: ClaimRequest): Promise<Leased | undefined> => {
  const due = await db.query<{ slot: string; id: string; link: string }>(
    `with held as materialized (
       select slot, id from pending where mapping = $1 and state in ('due','waiting','doubt') and due <= (select ledger_now())
       order by due, slot, id limit $2 for update skip locked
     )
     select h.slot, h.id, r.link from held h join record r on r.slot = h.slot and r.id = h.id`,
    [request.mapping, SEGMENT_SIZE],
  );
  return lease(db, request, due, null);
};

const lease = async (
  db: Database,
  { mapping, fresh, workflow }: ClaimRequest,
  due: Tell['due'],
  reason: string | null,
): Promise<Leased | undefined> => {
  if (due.length === 0) return undefined;
  const links = await db.query<{ id: string }>(
    `with free as materialized (select id from link where id = any($2::uuid[]) and segment is null order by id for update skip locked)
     update link l set segment = $1 from free where l.id = free.id returning l.id`,
    [fresh, [...new Set(due.map((row) => row.link))].sort()],
  );
  if (links.length === 0) return undefined;
  const ids = links.map((link) => link.id);
  // The lease is on the link: its other rows of this mapping come along, due or not.
  const [rows] = await db.query<{ records: string; changes: boolean }>(
    // Each link's members are looked up by themselves, those in use and former ones each in their own index.
    `with free as materialized (
       select q.slot, q.id from unnest($3::uuid[]) as l(id)
       cross join lateral (select slot, id from record where link = l.id and active union all select slot, id from record where link = l.id and not active) r
       join pending q on q.mapping = $2 and q.slot = r.slot and q.id = r.id order by q.slot, q.id for update of q skip locked
     ), held as (
       update pending p set state = 'claimed', segment = $1, claimed_seq = p.seq, claimed_since = p.since
       from free f where p.mapping = $2 and p.slot = f.slot and p.id = f.id returning p.cause)
     select count(*) as records, coalesce(bool_or(cause = 'change'), false) as changes from held`,
    [fresh, mapping, ids],
  );
  const records = Number(rows?.records ?? 0);
  await db.query(
    `insert into segment (id, workflow, mapping, claimed_at, records, telling) values ($1,$2,$3,ledger_now(),$4,$5)`,
    [fresh, workflow, mapping, records, reason],
  );
  await db.query(`update intent set segment = $1 where link = any($2::uuid[]) and ended_at is null`, [fresh, ids]);
  return { id: fresh, records, changes: rows?.changes ?? false, more: due.length === SEGMENT_SIZE };
};

/** When the next row is due: one that is due already is leased to another segment. */
const nextDue = async (context: Context, db: Database, mapping: string): Promise<string | null> => {
  const [row] = await db.query<{ at: string | null }>(
    `select to_char(case when count(*) > 0 then greatest(min(due), ledger_now() + $2 * interval '1 ms') end at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at
     from pending where mapping = $1 and state in ('due','waiting','doubt')`,
    [mapping, LEASED_MS],
  );
  const turns = context.mappings().get(mapping)?.rollups.length === 0 ? null : await nextTurn(db, mapping);
  return [row?.at ?? null, turns].filter((at) => at !== null).sort()[0] ?? null;
};
