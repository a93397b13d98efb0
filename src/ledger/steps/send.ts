import type { WriteItem } from '../../../connectors/sdk/seam.ts';
import { asText, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Sending } from '../port.ts';
import { type Context, recordOf } from './context.ts';
import { hold } from './fence.ts';
import { decodeIntent, doubtSending, endIntents, type IntentBody, keepSent, withdrawStated } from './intents.ts';
import { freeKeys } from './reservations.ts';
import type { StatedBodies } from './stated-bodies.ts';
import { wait } from './wait.ts';

interface Row {
  readonly link: string;
  readonly slot: string;
  readonly no: number;
  readonly op: WriteItem['op'];
  readonly key: string;
  readonly record_id: string | null;
  readonly expect_version: string | null;
  readonly sends: number;
  readonly before: Stored | null;
}

/** Whose stated intents are to be sent, at most how many at once. */
export interface Part {
  readonly segment: string;
  readonly connection: string;
  readonly epoch: number;
  readonly limit: number;
}

/** Rule 8: *stated* becomes *sending* in one statement with the epoch check, right before the send. Null when nothing is left. */
export const beginSend = async (
  context: Context,
  bodies: StatedBodies,
  { segment, connection, epoch, limit }: Part,
): Promise<Sending | null> => {
  const sending = await context.db.transaction(async (db) => {
    const [, others] = await Promise.all([
      hold(context, db, segment, connection, epoch),
      withdrawGone(db, segment, connection, limit),
    ]);
    if (others) while (await withdrawGone(db, segment, connection, limit));
    const key =
      context.mutation === 'key-from-run'
        ? `, key = i.key || case i.op when 'create' then '-' || i.sends else '' end`
        : '';
    const rows = await db.query<Row>(
      `with ${NEXT}, sent as (
         update intent i set state = 'sending', sent_at = ledger_now(), sends = i.sends + 1${key} from chosen c where i.link = c.link and i.slot = c.slot and i.no = c.no
         returning i.link, i.slot, i.no, i.op, i.key, i.record_id, i.expect_version, i.sends
       )
       select s.*, ${asText('r.body')} as before from sent s left join record r on r.slot = s.slot and r.id = s.record_id order by s.link`,
      [segment, connection, limit],
    );
    const slot = rows[0]?.slot;
    if (slot === undefined) return null;
    const read = await readBodies(
      db,
      rows.filter((row) => bodies.of(row) === undefined),
    );
    const items = rows.flatMap((row) => {
      const body = bodies.of(row) ?? read.get(`${row.link} ${row.no}`);
      return body === undefined ? [] : [itemFrom(row, body)];
    });
    return { segment, slot, record: recordOf(slot), items };
  });
  bodies.forget((sending?.items ?? []).map(({ link, no }) => ({ link, no, slot: sending?.slot ?? '' })));
  return sending;
};

/** Bodies of intents that another process stated, or this one before it began anew. All of one slot. */
const readBodies = async (
  db: Database,
  rows: readonly Pick<Row, 'link' | 'slot' | 'no'>[],
): Promise<ReadonlyMap<string, IntentBody>> => {
  if (rows.length === 0) return new Map();
  const found = await db.query<{ link: string; no: number; body: Stored }>(
    `select i.link, i.no, ${asText('i.body')} as body from intent i join unnest($1::uuid[],$2::text[],$3::int[]) as t(link,slot,no)
     on i.link = t.link and i.slot = t.slot and i.no = t.no`,
    [rows.map((row) => row.link), rows.map((row) => row.slot), rows.map((row) => row.no)],
  );
  return new Map(found.map((row) => [`${row.link} ${row.no}`, decodeIntent(row.body)]));
};

/** The next batch: of one slot, in the order of its links. */
const NEXT = `chosen as materialized (
         select link, slot, no, op from intent where segment = $1 and connection = $2 and state = 'stated' and ended_at is null
           and slot = (select min(slot) from intent where segment = $1 and connection = $2 and state = 'stated' and ended_at is null) order by link, slot, no limit $3 for update
       )`;

/**
 * A create is not sent for a source that was found gone since it was stated; whoever found that made the link's rows due.
 * True when the next batch had such: others, not looked at yet, have taken their places in it.
 */
const withdrawGone = async (db: Database, segment: string, connection: string, limit: number): Promise<boolean> => {
  const rows = await db.query<{ link: string; slot: string; no: number }>(
    `with ${NEXT} select i.link, i.slot, i.no from chosen i where i.op = 'create'
       and exists (select from record r where r.link = i.link and r.active)
       and not exists (select from record r where r.link = i.link and r.active and r.slot <> i.slot and r.state <> 'gone')
     order by i.link, i.slot, i.no`,
    [segment, connection, limit],
  );
  await Promise.all([
    endIntents(
      db,
      rows.map((row) => ({ ...row, outcome: 'withdrawn' })),
    ),
    freeKeys(db, rows),
  ]);
  return rows.length > 0;
};

const itemFrom = (row: Row, body: IntentBody): Sending['items'][number] => {
  const item = {
    op: row.op,
    data: body.data,
    idempotencyKey: row.key,
    link: row.link,
    no: row.no,
    sends: row.sends,
    ...(row.record_id === null ? {} : { id: row.record_id }),
    ...(row.expect_version === null ? {} : { expectVersion: row.expect_version }),
    ...(row.before === null ? {} : { before: objectFrom(row.before) }),
  };
  return keepSent(item, body);
};

/** Before an attempt sends: what an earlier one left unanswered is in doubt. Returns how many. */
export const doubtUnanswered = (
  context: Context,
  segment: string,
  connection: string,
  epoch: number,
): Promise<number> =>
  context.db.transaction(async (db) => {
    await hold(context, db, segment, connection, epoch);
    const count = await doubtSending(context, db, segment, connection);
    if (context.mutation === 'blind-retry-of-create')
      await db.query(
        `update intent set state = 'stated', doubt_until = null where segment = $1 and connection = $2 and state = 'doubt' and op = 'create'`,
        [segment, connection],
      );
    return count;
  });

/** Give back what was stated and not sent: its rows wait, for the reason named. */
export const withdraw = (
  context: Context,
  segment: string,
  connection: string,
  reason: string,
  retryAfterMs: number,
): Promise<void> =>
  context.db.transaction(async (db) => {
    const rows = await withdrawStated(db, segment, connection);
    const code =
      reason === 'RATE_LIMITED' || reason === 'CONNECTION_PAUSED' || reason === 'TARGET_UNAVAILABLE'
        ? reason
        : 'UNREACHABLE';
    await wait(
      db,
      segment,
      [...new Set(rows.map((row) => row.link))].map((link) => ({
        link,
        reason: code,
        detail: connection,
        afterMs: Math.max(1_000, retryAfterMs),
      })),
    );
  });
