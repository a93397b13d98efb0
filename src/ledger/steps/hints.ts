/** Hints: a webhook said that a record may have changed. Kept until the record was read at its system. */
import type { Change, ReadAnswer } from '../../../connectors/sdk/seam.ts';
import type { Database } from '../database.ts';
import type { CapturePort, Hint, Hinted } from '../port.ts';
import { type Context, connectionOf, mappingsOf } from './context.ts';
import { lockSlot, storeObservations } from './observations.ts';
import { enqueue, nudge } from './queue.ts';
import { rolledUpIn } from './rollups.ts';

// Senders try again for days, each time with a fresh signature.
const REMEMBERED = '30 days';

/** A message as it was heard: by whom, under which id of its own, and the records it names. */
export interface Message {
  readonly connection: string;
  /** Absent where the sender gives none: then a repetition costs a reading and no more. */
  readonly id?: string;
  readonly hints: readonly { readonly slot: string; readonly id: string }[];
  /** How many of its events are about nothing of ours. */
  readonly ignored: number;
}

/** What became of it. `call`: slots whose capture this caller, and nobody else, must wake. */
export interface Heard {
  readonly repeated: boolean;
  readonly call: readonly string[];
}

/** Keep a message's id and its hints, in one transaction; then, in a statement of its own, find out whom to wake. */
export const hear = async (db: Database, message: Message): Promise<Heard> => {
  const repeated = await db.transaction(async (tx) => {
    const fresh = message.id === undefined || (await remembered(tx, message.connection, message.id));
    if (fresh) await keep(tx, message.hints);
    await counted(tx, message.connection, {
      repeated: fresh ? 0 : 1,
      ignored: fresh ? message.ignored : 0,
      received: 1,
    });
    return !fresh;
  });
  return { repeated, call: repeated ? [] : await toCall(db, message.hints) };
};

/** False when the message was heard before. Each new one lets two go that are old enough. */
const remembered = async (tx: Database, connection: string, id: string): Promise<boolean> => {
  const kept = await tx.execute(
    `insert into webhook (connection, id, at) values ($1, $2, ledger_now()) on conflict do nothing`,
    [connection, id],
  );
  if (kept > 0)
    await tx.query(
      `delete from webhook where (connection, id) in
         (select connection, id from webhook where at < ledger_now() - interval '${REMEMBERED}' order by at limit 2 for update skip locked)`,
    );
  return kept > 0;
};

const keep = async (tx: Database, hints: Message['hints']): Promise<void> => {
  if (hints.length === 0) return;
  await tx.query(
    `insert into hint (slot, id, since)
     select slot, id, ledger_now() from (select distinct s, i from unnest($1::text[], $2::text[]) as t(s, i)) as d(slot, id) order by slot, id
     on conflict (slot, id) do update set seq = nextval('hint_seq')`,
    [hints.map(({ slot }) => slot), hints.map(({ id }) => id)],
  );
};

const counted = (
  tx: Database,
  connection: string,
  { received, repeated, ignored }: { readonly received: number; readonly repeated: number; readonly ignored: number },
): Promise<unknown> =>
  tx.query(
    `insert into webhook_count as w (connection, last_at, received, repeated, ignored) values ($1, ledger_now(), $2, $3, $4)
     on conflict (connection) do update set last_at = case when $2 > 0 then ledger_now() else w.last_at end,
       received = w.received + $2, repeated = w.repeated + $3, ignored = w.ignored + $4`,
    [connection, received, repeated, ignored],
  );

const toCall = async (db: Database, hints: Message['hints']): Promise<readonly string[]> => {
  if (hints.length === 0) return [];
  const rows = await db.query<{ slot: string }>(
    `insert into hint_call (slot, called) select slot, true from (select distinct unnest($1::text[])) as t(slot) order by slot
     on conflict (slot) do update set called = true where not hint_call.called returning slot`,
    [hints.map(({ slot }) => slot)],
  );
  return rows.map(({ slot }) => slot);
};

/** Nobody was woken: the next hint calls again. */
export const uncall = async (db: Database, slots: readonly string[]): Promise<void> => {
  await db.query(
    `update hint_call set called = false where slot in (select slot from hint_call where slot = any($1) order by slot for update)`,
    [[...slots]],
  );
};

/** Slots whose capture was called and has not begun to look since. */
export const calledSlots = async (db: Database): Promise<readonly string[]> =>
  (await db.query<{ slot: string }>('select slot from hint_call where called')).map(({ slot }) => slot);

/** What the capture activity asks of hints. */
export const createHints = (context: Context): Pick<CapturePort, 'hints' | 'storeHinted'> => ({
  hints: async (slot, limit) => {
    // Committed before anything is read: who hints from here on calls again.
    await context.db.query(`update hint_call set called = false where slot = $1 and called`, [slot]);
    return context.db.query<Hint>(`select id, seq from hint where slot = $1 order by since, id limit $2`, [
      slot,
      limit,
    ]);
  },
  storeHinted: (hinted) => storeHinted(context, hinted),
});

// Asked again, it may be told.
const PASSING: ReadonlySet<string> = new Set(['transient', 'rate-limited']);

const isPassing = (answer: ReadAnswer | undefined): boolean =>
  answer !== undefined && 'error' in answer && PASSING.has(answer.error.class);

/** What hinted records look like at their system, and the end of their hints: one transaction. */
const storeHinted = async (context: Context, hinted: Hinted) => {
  const { slot, from, read } = hinted;
  const found = read.flatMap(({ answer }): Change[] =>
    'found' in answer ? answer.found.map((record) => ({ op: 'upsert', record })) : [],
  );
  const { changed, missing } = await context.db.transaction(async (db) => {
    await lockSlot(db, slot);
    const ids = await storeObservations(context, db, { slot, from, pass: null, cause: 'change' }, found);
    const absent = await notThere(context, db, hinted);
    const over = read.filter(({ answer }) => !isPassing(answer)).map(({ hint }) => hint);
    await db.query(
      `delete from hint where (slot, id, seq) in
         (select slot, id, seq from hint where slot = $1 and (id, seq) in (select i, s from unnest($2::text[], $3::bigint[]) as t(i, s)) order by slot, id for update)`,
      [slot, over.map(({ id }) => id), over.map(({ seq }) => seq)],
    );
    const nothing = over.length - found.length - absent.known;
    if (nothing > 0) await counted(db, connectionOf(slot), { received: 0, repeated: 0, ignored: nothing });
    return { changed: ids.length + absent.suspects, missing: absent.known };
  });
  const names = [...mappingsOf(context, slot).map(({ mapping }) => mapping.name), ...rolledUpIn(context, slot)];
  return { changed, missing, nudge: await nudge(context.db, changed > 0 ? names : []) };
};

/**
 * Records known to us that reading by id did not find. Rule 12: where absence is all that shows a deletion they are suspect,
 * and read again beside a control record; where the feed shows deletions it says more, and is read now.
 */
const notThere = async (
  context: Context,
  db: Database,
  { slot, from, read, deletes }: Hinted,
): Promise<{ readonly known: number; readonly suspects: number }> => {
  const ids = read.flatMap(({ hint, answer }) => ('absent' in answer ? [hint.id] : [])).sort();
  if (ids.length === 0) return { known: 0, suspects: 0 };
  const rows = await db.query<{ id: string; settled: boolean }>(
    `select r.id, r.seen_from < $3::timestamptz and (r.written_at is null or r.written_at < $3::timestamptz)
              and not exists (select from intent i where i.link = r.link and i.slot = r.slot and i.ended_at is null) as settled
     from record r where r.slot = $1 and r.id = any($2) and r.state = 'present' order by r.id for update`,
    [slot, ids, from],
  );
  const suspects = deletes === 'absence' ? rows.filter(({ settled }) => settled).map(({ id }) => id) : [];
  await db.query(`update record set state = 'suspect' where slot = $1 and id = any($2)`, [slot, suspects]);
  await enqueue(
    db,
    mappingsOf(context, slot).flatMap(({ mapping }) => suspects.map((id) => ({ mapping: mapping.name, slot, id }))),
    'absent',
  );
  return { known: rows.length, suspects: suspects.length };
};
