import type { JsonObject } from '../../domain/json.ts';
import type { KeptAnswer, View } from '../../mapping/view.ts';
import { asText, fromBytes, objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { iso, type Stamp } from './values.ts';
import { type LinkedKey, linkedKeys } from './views-linked.ts';

/** What the ledger knows of one question. */
export interface KnownAnswer {
  /** The record's own id; absent: nothing is linked to what was asked for. */
  readonly id?: string;
  /** The asking side's own record, as far as mappings name its columns. */
  readonly asking?: JsonObject;
  /** When it was read (ISO), and how long ago, ms. Absent: never, for this view as it is now. */
  readonly asOf?: string;
  readonly ageMs?: number;
  /** Absent though it was read: there is no such record. */
  readonly kept?: KeptAnswer;
  readonly version?: string;
  /** The last attempt failed, so long ago, ms. */
  readonly failed?: { readonly code: string; readonly reason: string; readonly agoMs: number };
}

interface Row {
  readonly key: string;
  readonly id: string | null;
  readonly asking: string | null;
  readonly as_of: Stamp;
  readonly age: number | null;
  readonly body: string | null;
  readonly version: string | null;
  readonly failed_code: string | null;
  readonly failed_reason: string | null;
  readonly failed_ago: number | null;
}

const ANSWERS = `t.key, t.id, a.as_of, extract(epoch from ledger_now() - a.as_of)::float8 * 1000 as age,
  ${asText('a.body')} as body, a.version, f.failed_code, f.failed_reason, extract(epoch from ledger_now() - f.failed_at)::float8 * 1000 as failed_ago`;

/** What is known of these keys, by key. One statement for however many; two where keys have several parts. */
export const knownAnswers = async (
  db: Database,
  view: View,
  keys: readonly string[],
): Promise<ReadonlyMap<string, KnownAnswer>> => {
  if (view.parts !== undefined) return questionAnswers(db, view, await linkedKeys(db, view.parts, keys));
  const rows = await db.query<Row>(
    `select ${ANSWERS}, ${asText('t.asking')} as asking
     from (select k.key, case when $2::text is null then k.key else o.id end as id, r.body as asking
       from unnest($1::text[]) as k(key)
       left join lateral (select link, body from record where slot = $2 and id = k.key and state <> 'gone' offset 0) r on true
       left join lateral (select id from record where link = r.link and slot = $3 and active and state <> 'gone' offset 0) o on true) t
     left join view_answer f on f.view = $4 and f.id = t.id
     left join view_answer a on a.view = $4 and a.id = t.id and a.hash = $5`,
    [keys, view.asks?.slot ?? null, view.slot, view.name, view.hash],
  );
  return new Map(rows.map((row) => [row.key, answerFrom(row)]));
};

const questionAnswers = async (
  db: Database,
  { name, hash }: View,
  linked: readonly LinkedKey[],
): Promise<ReadonlyMap<string, KnownAnswer>> => {
  const rows = await db.query<Omit<Row, 'asking'>>(
    `select ${ANSWERS} from unnest($1::text[], $2::text[]) as t(key, id)
     left join view_answer f on f.view = $3 and f.id = t.id
     left join view_answer a on a.view = $3 and a.id = t.id and a.hash = $4`,
    [linked.map(({ key }) => key), linked.map(({ id }) => id), name, hash],
  );
  const askings = new Map(linked.map(({ key, asking }) => [key, asking]));
  return new Map(
    rows.map((row) => {
      const asking = askings.get(row.key);
      return [row.key, { ...answerFrom({ ...row, asking: null }), ...(asking === undefined ? {} : { asking }) }];
    }),
  );
};

const answerFrom = (row: Row): KnownAnswer => {
  const { id, asking, age, body, version, failed_code: code, failed_reason: reason, failed_ago: agoMs } = row;
  const asOf = iso(row.as_of);
  return {
    ...(id === null ? {} : { id }),
    ...(asking === null ? {} : { asking: objectFrom(asking) }),
    ...(asOf === null || age === null ? {} : { asOf, ageMs: age }),
    ...(body === null ? {} : { kept: fromBytes(body) as unknown as KeptAnswer }),
    ...(version === null ? {} : { version }),
    ...(code === null || agoMs === null ? {} : { failed: { code, reason: reason ?? '', agoMs } }),
  };
};

/** Bodies of records as they were last seen, by id: those that are there. */
export const seenBodies = async (
  db: Database,
  slot: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, JsonObject>> => {
  const rows = await db.query<{ id: string; body: string }>(
    `select id, ${asText('body')} as body from record where slot = $1 and id = any($2) and active and state <> 'gone'`,
    [slot, ids],
  );
  return new Map(rows.map(({ id, body }) => [id, objectFrom(body)]));
};

/** A record that is there, with the other half of its link, now. */
export interface SeenPair {
  /** The ledger's time, ISO. */
  readonly now: string;
  readonly body: JsonObject;
  /** Absent: it has none. */
  readonly other?: { readonly gone: boolean; readonly body: JsonObject };
}

/** Records as they were last seen, with their other halves, by id: those that are there. */
export const seenPairs = async (
  db: Database,
  slot: string,
  other: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, SeenPair>> => {
  const rows = await db.query<{ id: string; now: Date; body: string; gone: boolean | null; other: string | null }>(
    `select r.id, ledger_now() as now, ${asText('r.body')} as body, o.state = 'gone' as gone, ${asText('o.body')} as other
     from record r left join lateral (select state, body from record where link = r.link and slot = $2 and active offset 0) o on true
     where r.slot = $1 and r.id = any($3) and r.active and r.state <> 'gone'`,
    [slot, other, ids],
  );
  return new Map(rows.map((row) => [row.id, pairFrom(row)]));
};

const pairFrom = (row: {
  readonly now: Date;
  readonly body: string;
  readonly gone: boolean | null;
  readonly other: string | null;
}): SeenPair => ({
  now: row.now.toISOString(),
  body: objectFrom(row.body),
  ...(row.gone === null || row.other === null ? {} : { other: { gone: row.gone, body: objectFrom(row.other) } }),
});

/** The ids that records have at another slot, by id. */
export const counterparts = async (
  db: Database,
  from: string,
  to: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string>> => {
  const rows = await db.query<{ id: string; other: string }>(
    `select r.id, o.id as other from record r join record o on o.link = r.link and o.slot = $2 and o.active
     where r.slot = $1 and r.id = any($3)`,
    [from, to, ids],
  );
  return new Map(rows.map(({ id, other }) => [id, other]));
};

/** Why nothing may be sent to a connection now, and until when (ms); undefined: it may. */
export const closedNow = async (
  db: Database,
  connection: string,
): Promise<
  { readonly code: 'CONNECTION_PAUSED' | 'TARGET_UNAVAILABLE'; readonly retryAfterMs?: number } | undefined
> => {
  const [row] = await db.query<{ paused: boolean; closed: number | null }>(
    `select paused_code is not null as paused, extract(epoch from closed_until - ledger_now())::float8 * 1000 as closed from connection where name = $1`,
    [connection],
  );
  if (row?.paused === true) return { code: 'CONNECTION_PAUSED' };
  if (row?.closed == null || row.closed <= 0) return undefined;
  return { code: 'TARGET_UNAVAILABLE', retryAfterMs: Math.ceil(row.closed) };
};
