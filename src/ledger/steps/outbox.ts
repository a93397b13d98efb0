/** What a connection of the engine `outbox` keeps in the ledger, as its connector sees it. */
import type { JsonObject } from '../../domain/json.ts';
import { asText, objectFrom, type Stored, toBytes } from '../codec.ts';
import type { Database } from '../database.ts';

/** A write as it is put down; see the connector's own words for each part. */
interface Letter {
  readonly key: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly id?: string;
  readonly fields: JsonObject;
  readonly expectVersion?: string;
}

interface WriteRow {
  readonly key: string;
  readonly op: Letter['op'];
  readonly state: 'waiting' | 'withdrawn' | 'done' | 'refused';
  readonly intent_no: number;
  readonly deliveries: number;
  readonly record_id: string | null;
  readonly answer_id: string | null;
  readonly answer_code: string | null;
  readonly answer_reason: string | null;
  readonly conflict: boolean;
}
const WRITE = `w.key, w.op, w.state, w.intent_no, w.deliveries, w.record_id, w.answer_id, w.answer_code, w.answer_reason, w.conflict`;

interface HeldRow {
  readonly id: string;
  readonly seq: string;
  readonly body: Stored | null;
  readonly version: string | null;
  readonly modified_at: Date | null;
  readonly reference: string | null;
}
const HELD = `h.id, h.seq::text as seq, ${asText('h.body')} as body, h.version, h.modified_at, h.reference`;

/** What the other sides of a link hold, in one text: when it differs, what was planned from it is old. */
export const SOURCES = `coalesce((select string_agg(r.slot || ' ' || r.id || ' ' || r.state || ' ' || encode(r.hash, 'hex'), ',' order by r.slot, r.id)
  from record r where r.link = i.link and r.slot <> i.slot and r.active), '')`;
// Something came between the plan and this: what the plan saw is not known any more.
const CHANGED = `exists (select from record r join pending p on p.slot = r.slot and p.id = r.id
  where r.link = i.link and p.mapping = i.mapping and p.claimed_seq is not null and p.seq > p.claimed_seq)`;

const standingOf = ({ state, op, record_id, answer_id, answer_code: code, answer_reason, conflict }: WriteRow) => {
  if (state === 'waiting' || state === 'withdrawn') return { state } as const;
  if (state === 'done') return { state, op, id: answer_id ?? record_id ?? '' } as const;
  const reason = answer_reason ?? 'the system refused it without a reason';
  return { state, reason, conflict, ...(code === null ? {} : { code }) } as const;
};

const heldOf = ({ id, seq, body, version, modified_at: at, reference }: HeldRow) => ({
  id,
  seq,
  ...(body === null ? {} : { body: objectFrom(body) }),
  ...(version === null ? {} : { version }),
  ...(at === null ? {} : { modifiedAt: at.toISOString() }),
  ...(reference === null ? {} : { reference }),
});

const rowsOf = async (db: Database, connection: string, keys: readonly string[]) => {
  const rows = await db.query<WriteRow>(
    `select ${WRITE} from outbox_write w where w.connection = $1 and w.key = any($2) order by w.key for update`,
    [connection, [...keys]],
  );
  return new Map(rows.map((row) => [row.key, row]));
};

/**
 * Each key is put down once. One that was withdrawn, or that nobody pulled, gives way to what a later plan makes of it;
 * one that was pulled stays as it was read.
 */
const put = (db: Database, connection: string, record: string, letters: readonly Letter[]) =>
  db.transaction(async (tx) => {
    const keys = letters.map(({ key }) => key);
    const intents = await tx.query<{ key: string; no: number; sources: string }>(
      `select i.key, i.no, case when ${CHANGED} then 'changed meanwhile' else ${SOURCES} end as sources
       from intent i where i.key = any($1) and i.connection = $2 and i.ended_at is null order by i.key`,
      [keys, connection],
    );
    const intentOf = new Map(intents.map((intent) => [intent.key, intent]));
    const before = await rowsOf(tx, connection, keys);
    const fresh = letters.filter(({ key }) => {
      const row = before.get(key);
      if (row === undefined) return true;
      const replaceable = row.state === 'withdrawn' || (row.state === 'waiting' && row.deliveries === 0);
      return replaceable && row.intent_no !== intentOf.get(key)?.no;
    });
    for (const { key, op, id, fields, expectVersion } of fresh)
      await tx.query(
        `insert into outbox_write as w (connection, key, record, op, record_id, expect_version, body, intent_no, sources, put_at)
         values ($1,$2,$3,$4,$5,$6,$7,$8,$9,ledger_now())
         on conflict (connection, key) do update set no = nextval('outbox_no'), op = excluded.op, record_id = excluded.record_id,
           expect_version = excluded.expect_version, body = excluded.body, intent_no = excluded.intent_no, sources = excluded.sources,
           state = 'waiting', put_at = excluded.put_at where w.deliveries = 0`,
        [
          ...[connection, key, record, op, id ?? null, expectVersion ?? null, toBytes(fields)],
          ...[intentOf.get(key)?.no ?? 0, intentOf.get(key)?.sources ?? ''],
        ],
      );
    const after = await rowsOf(tx, connection, keys);
    return keys.map((key) => {
      const row = after.get(key);
      return row === undefined ? ({ state: 'waiting' } as const) : standingOf(row);
    });
  });

/** The storage of one connection. */
export const createOutboxStore = (db: Database, connection: string) => ({
  put: (record: string, letters: readonly Letter[]) => put(db, connection, record, letters),
  after: async (record: string, after: string, limit: number) => {
    const rows = await db.query<HeldRow>(
      `select ${HELD} from outbox_record h where connection = $1 and record = $2 and seq > $3::bigint order by seq limit $4`,
      [connection, record, /^\d{1,18}$/.test(after) ? after : '0', limit],
    );
    return rows.map(heldOf);
  },
  byIds: async (record: string, ids: readonly string[]) => {
    const rows = await db.query<HeldRow>(
      `select ${HELD} from outbox_record h where connection = $1 and record = $2 and id = any($3)`,
      [connection, record, [...ids]],
    );
    const found = new Map(rows.map((row) => [row.id, heldOf(row)]));
    return ids.map((id) => found.get(id));
  },
  openOf: async (record: string, ids: readonly string[]): Promise<ReadonlySet<string>> => {
    const rows = await db.query<{ id: string }>(
      `select record_id as id from outbox_write where connection = $1 and record = $2 and record_id = any($3) and state = 'waiting'`,
      [connection, record, [...ids]],
    );
    return new Set(rows.map(({ id }) => id));
  },
  byKeys: async (record: string, keys: readonly string[]) => {
    const writes = await db.query<WriteRow>(
      `select ${WRITE} from outbox_write w where w.connection = $1 and w.record = $2 and w.key = any($3)`,
      [connection, record, [...keys]],
    );
    const records = await db.query<HeldRow>(
      `select ${HELD} from outbox_record h where connection = $1 and record = $2 and reference = any($3)`,
      [connection, record, [...keys]],
    );
    const standings = new Map(writes.map((row) => [row.key, standingOf(row)]));
    const held = new Map(records.map((row) => [row.reference ?? '', heldOf(row)]));
    return keys.map((key) => {
      const [standing, found] = [standings.get(key), held.get(key)];
      return { ...(standing === undefined ? {} : { standing }), ...(found === undefined ? {} : { held: found }) };
    });
  },
  complete: async (record: string): Promise<boolean> =>
    (await db.query(`select from outbox_complete where connection = $1 and record = $2`, [connection, record])).length >
    0,
});
