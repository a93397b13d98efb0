import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Captured, CapturePort, CapturePosition } from '../port.ts';
import { type Context, connectionOf, mappingsOf, recordOf } from './context.ts';
import { createHints } from './hints.ts';
import { lockSlot, storeObservations } from './observations.ts';
import { enqueue, nudgeOpen } from './queue.ts';
import { allRead, rolledUpIn } from './rollups.ts';
import { decodedAgain, parkUndecodable } from './undecodable.ts';

interface SlotRow {
  readonly name: string;
  readonly connection: string;
  readonly record: string;
  readonly feed_cursor: string;
  readonly pass_open: boolean;
  readonly pass_cursor: string;
  readonly pass_no: number;
  readonly passes: number;
  readonly closed: string | null;
  readonly hinted: boolean;
  readonly fed_ms_ago: number | null;
}

/** What the capture activity asks of the ledger. */
export const createCapture = (context: Context): CapturePort => ({
  position: async (slot) => position(context.db, slot),
  now: async () =>
    (
      await context.db.query<{ now: string }>(
        `select to_char(ledger_now() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as now`,
      )
    )[0]?.now ?? '',
  beginPass: async (slot, feeds) => {
    // The first pass of a complete feed is the feed itself, read from its beginning.
    const begun = await context.db.execute(
      `update slot set pass_open = true, pass_no = pass_no + 1, pass_cursor = '', pass_feed_at = ledger_now(), pass_wanted = false
       where name = $1 and not pass_open and (not $3 or passes > 0)
         and (pass_wanted or passes = 0 or ($2 > 0 and passed_at < ledger_now() - $2 * interval '1 millisecond'))`,
      [slot, context.traits(slot).sweepMs, feeds],
    );
    return begun > 0;
  },
  storePage: (page) => storePage(context, page),
  ...createHints(context),
});

const position = async (db: Database, slot: string): Promise<CapturePosition> => {
  const [row] = await db.query<SlotRow>(
    `select s.*, case when c.paused_code is not null then to_char((ledger_now() + interval '5 s') at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
                      when c.closed_until > ledger_now() then to_char(c.closed_until at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') end as closed,
            exists (select from hint h where h.slot = s.name) or exists (select from hint_call h where h.slot = s.name and h.called) as hinted,
            case when s.feed_from is null and s.passes > 0 then (extract(epoch from ledger_now() - s.feed_at) * 1000)::float8 end as fed_ms_ago
     from slot s left join connection c on c.name = s.connection where s.name = $1`,
    [slot],
  );
  if (row === undefined) return { slot, connection: connectionOf(slot), record: recordOf(slot), feedCursor: '' };
  return {
    slot,
    connection: row.connection,
    record: row.record,
    feedCursor: row.feed_cursor,
    ...(row.pass_open ? { pass: { cursor: row.pass_cursor } } : {}),
    ...(row.closed === null ? {} : { closed: row.closed }),
    ...(row.hinted ? { hinted: true as const } : {}),
    ...(row.fed_ms_ago === null ? {} : { fedMsAgo: row.fed_ms_ago }),
  };
};

/** Capture, in one transaction: what a page showed and the cursor behind it. A cursor never passes a row that was not stored. */
const storePage = async (context: Context, page: Parameters<CapturePort['storePage']>[0]): Promise<Captured> => {
  if (context.mutation === 'cursor-before-commit') await moveCursor(context, context.db, page, 1);
  const { changed, opened } = await context.db.transaction(async (db) => {
    const [, [slot]] = await Promise.all([
      lockSlot(db, page.slot),
      db.query<SlotRow & { readonly later: boolean }>(
        `select *, coalesce(pass_feed_at > $2::timestamptz, false) as later from slot where name = $1 for update`,
        [page.slot, page.from],
      ),
    ]);
    if (slot === undefined) return { changed: [], opened: [] };
    // A page asked for before the present pass began is stored (rule 11 judges it), but belongs to an earlier pass.
    const earlier = page.kind === 'pass' && slot.later;
    const pass = earlier ? null : page.kind === 'pass' ? slot.pass_no : slot.passes === 0 ? 1 : null;
    const changed = await storeObservations(
      context,
      db,
      { slot: page.slot, from: page.from, pass, cause: page.kind === 'pass' ? 'sweep' : 'change' },
      page.changes,
    );
    await parkUndecodable(context, db, page.slot, page.from, page.changes);
    await decodedAgain(context, db, page.slot, page.changes);
    const opened = earlier ? [] : await moveCursor(context, db, page, pass);
    const read = slot.passes === 0 && page.done ? await allRead(context, db, page.slot) : [];
    return { changed, opened: [...opened, ...read] };
  });
  const names = [
    ...mappingsOf(context, page.slot).map(({ mapping }) => mapping.name),
    ...rolledUpIn(context, page.slot),
  ];
  const woken = page.done ? await waitingForFeed(context, names) : [];
  return {
    stored: page.changes.length,
    changed: changed.length,
    nudge: await nudgeOpen(context.db, changed.length > 0 ? names : [...new Set([...woken, ...opened])]),
  };
};

/** Rows that wait for the feed to be read on become due with it. */
const waitingForFeed = async (context: Context, names: readonly string[]): Promise<string[]> => {
  const rows = await context.db.query<{ mapping: string }>(
    `update pending set due = ledger_now() where (mapping, slot, id) in (select mapping, slot, id from pending where mapping = any($1) and state = 'waiting' and reason in ('WAITING_FOR_FEED', 'WAITING_FOR_FIRST_PASS') and due > ledger_now() order by 1,2,3 for update skip locked) returning mapping`,
    [names],
  );
  return [...new Set(rows.map((row) => row.mapping))];
};

/** Returns the mappings whose gate that opened. */
const moveCursor = async (
  context: Context,
  db: Database,
  page: Parameters<CapturePort['storePage']>[0],
  pass: number | null,
): Promise<readonly string[]> => {
  if (page.gap === true) {
    await db.query(`update slot set feed_cursor = '', feed_from = null, pass_wanted = true where name = $1`, [
      page.slot,
    ]);
    return [];
  }
  if (page.kind === 'feed') {
    await db.query(
      `update slot set feed_cursor = $2, feed_at = case when $3 then greatest(feed_at, coalesce(feed_from, $4::timestamptz)) else feed_at end,
         feed_from = case when $3 then null else coalesce(feed_from, $4::timestamptz) end,
         passes = case when $3 and passes = 0 then 1 else passes end, pass_no = greatest(pass_no, coalesce($5, 0)),
         passed_at = case when $3 and passes = 0 then ledger_now() else passed_at end, pass_wanted = case when $3 and passes = 0 then false else pass_wanted end
       where name = $1`,
      [page.slot, page.next, page.done, page.from, pass],
    );
  } else {
    await db.query(`update slot set pass_cursor = $2 where name = $1 and pass_open`, [page.slot, page.next]);
    if (page.done) await endPass(context, db, page.slot);
  }
  return page.done ? openGates(context, db, page.slot) : [];
};

/** A finished pass makes what it did not show suspect, and the feed counts as read up to where the pass began. */
const endPass = async (context: Context, db: Database, slot: string): Promise<void> => {
  const suspects = await db.query<{ id: string }>(
    `update record r set state = 'suspect' from slot s where s.name = $1 and s.pass_open and r.slot = s.name and r.state = 'present'
       and r.pass_no < s.pass_no and r.seen_from < s.pass_feed_at and not exists (select from intent i where i.link = r.link and i.slot = r.slot and i.ended_at is null) returning r.id`,
    [slot],
  );
  await enqueue(
    db,
    mappingsOf(context, slot).flatMap(({ mapping }) => suspects.map(({ id }) => ({ mapping: mapping.name, slot, id }))),
    'absent',
  );
  await db.query(
    `update slot set pass_open = false, passes = passes + 1, passed_at = ledger_now(), feed_at = greatest(feed_at, pass_feed_at),
       control_id = (select id from record r where r.slot = slot.name and r.state = 'present' and r.pass_no = slot.pass_no order by id limit 1) where name = $1 and pass_open`,
    [slot],
  );
};

/** Rule 2: nothing is linked or created until both sides were read once from end to end, and keys follow the present rules. */
const openGates = async (context: Context, db: Database, slot: string): Promise<readonly string[]> => {
  const ready = await db.query<{ name: string; rekey: boolean; crm_slot: string; erp_slot: string }>(
    `select m.name, m.crm_slot, m.erp_slot, m.rekeyed_hash is not null and m.rekeyed_hash <> m.identity_hash as rekey
     from mapping m join slot c on c.name = m.crm_slot join slot e on e.name = m.erp_slot
     where (m.crm_slot = $1 or m.erp_slot = $1) and not m.gate_open and c.passes > 0 and e.passes > 0 and not c.pass_wanted and not e.pass_wanted and not c.pass_open and not e.pass_open`,
    [slot],
  );
  for (const mapping of ready) {
    if (mapping.rekey) for (const each of [mapping.crm_slot, mapping.erp_slot]) await rekey(context, db, each);
    await db.query(
      `update mapping set gate_open = true, gated_at = ledger_now(), rekeyed_hash = identity_hash, nudged = false where name = $1`,
      [mapping.name],
    );
    await db.query(
      `update pending set due = ledger_now() where mapping = $1 and state = 'due' and due > ledger_now()`,
      [mapping.name],
    );
  }
  return ready.map(({ name }) => name);
};

/** Build all identity keys of a slot again from the stored bodies. */
export const rekey = async (context: Context, db: Database, slot: string): Promise<void> => {
  const places = mappingsOf(context, slot);
  await db.query(`delete from record_key where slot = $1`, [slot]);
  for (let after = ''; ; ) {
    const rows = await db.query<{ id: string; body: Buffer }>(
      `select id, body from record where slot = $1 and id > $2 and state <> 'gone' order by id limit 5000`,
      [slot, after],
    );
    const keys = rows
      .flatMap(({ id, body }) =>
        places.flatMap(({ mapping, side }) =>
          mapping.identityKeys(side, objectFrom(body)).map((key) => ({ ...key, id })),
        ),
      )
      .filter((key) => key.key !== null);
    await db.query(
      `insert into record_key (slot, fields, key, id) select $1, f, k, i from unnest($2::text[],$3::text[],$4::text[]) as t(f,k,i) on conflict do nothing`,
      [slot, keys.map((k) => k.fields), keys.map((k) => k.key), keys.map((k) => k.id)],
    );
    if (rows.length < 5000) return;
    after = rows.at(-1)?.id ?? '';
  }
};
