/** The rows of observed records: written whole, in one statement. */
import type { JsonObject } from '../../domain/json.ts';
import type { NativeRecord } from '../../domain/record.ts';
import { asText, cut, packed, type Stored, toBytes } from '../codec.ts';
import { type Database, onceMore } from '../database.ts';
import { type Context, mappingsOf } from './context.ts';
import { storeKeys } from './identity-keys.ts';
import { dropEmptyLinks } from './links.ts';
import type { Seeing } from './observations.ts';
import { blanked, timesOf } from './projection.ts';

/** What stood in the ledger of a record that changes now. */
export interface Former {
  readonly body: Stored;
  readonly times: Stored | null;
  readonly state: string;
  /** It was seen since in a way that could not be stored, and may have keys of that. */
  readonly stale: boolean;
}

export interface Row {
  readonly id: string;
  readonly link: string;
  readonly record: NativeRecord;
  readonly body: JsonObject;
  readonly hash: Buffer;
  readonly times: JsonObject;
  readonly label: string;
}
/** A record to be stored as it was seen. */
export type Changed = Omit<Row, 'times' | 'label'>;

/** Did its own system take the record out of use, or put another in its place? */
export const isLeft = ({ mapping, side }: ReturnType<typeof mappingsOf>[number], body: JsonObject): boolean =>
  mapping.retired(side, body) || mapping.mergedInto(side, body) !== undefined;

/** Bodies are fetched of those records alone that changed: most of what a feed shows is what the ledger knows. */
const formerOf = async (db: Database, slot: string, ids: readonly string[]): Promise<ReadonlyMap<string, Former>> => {
  if (ids.length === 0) return new Map();
  const rows = await db.query<Former & { readonly id: string }>(
    `select id, ${asText('body')} as body, ${asText('times')} as times, state, stale from record where slot = $1 and id = any($2)`,
    [slot, ids],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

/** Store records as they were seen, with a link of their own where they are new, and their identity keys. */
export const writeRows = async (
  context: Context,
  db: Database,
  seeing: Seeing,
  rows: readonly Changed[],
  known: ReadonlyMap<string, { readonly link: string }>,
): Promise<void> => {
  if (rows.length === 0) return;
  const former = await formerOf(
    db,
    seeing.slot,
    rows.flatMap(({ id }) => (known.has(id) ? [id] : [])),
  );
  const places = mappingsOf(context, seeing.slot);
  const sorted = rows
    .map((row): Row => {
      const at = row.record.modifiedAt ?? seeing.from;
      return {
        ...row,
        times: timesOf(places, former.get(row.id), row.body, at),
        label: places[0]?.mapping.label(places[0].side, row.body) ?? '',
      };
    })
    .sort((a, b) => (a.id < b.id ? -1 : 1));
  const fresh = sorted.filter((row) => known.get(row.id)?.link !== row.link && !seeing.own?.has(row.id));
  if (fresh.length > 0)
    await db.query(`insert into link (id, created_at) select l, ledger_now() from unnest($1::uuid[]) as l`, [
      fresh.map((row) => row.link),
    ]);
  // A reply may name a record that capture met first: it leaves the link of its own and joins the intent's.
  const joining = sorted.filter((row) => known.has(row.id) && known.get(row.id)?.link !== row.link);
  const met = await db.query<{ id: string }>(
    `with stored as (
     insert into record (slot, id, link, version, modified_at, reference, seen_from, first_seen, pass_no, hash, body, times, label, written_at)
     select $1, id, link, version, modified::timestamptz, reference, $8::timestamptz, $8::timestamptz, coalesce($9, 0),
       ${cut(11, '(n::int - 1) * 32 + 1', '32')}, ${cut(12, 'body', 'body_length')}, ${cut(15, 'times', 'times_length')}, label, case when $10 then ledger_now() end
     from unnest($2::text[],$3::uuid[],$4::text[],$5::text[],$6::text[],$7::text[],$13::int[],$14::int[],$16::int[],$17::int[]) with ordinality
       as t(id,link,version,modified,reference,label,body,body_length,times,times_length,n)
     on conflict (slot, id) do update set link = excluded.link, version = excluded.version, modified_at = coalesce(excluded.modified_at, record.modified_at),
       reference = coalesce(excluded.reference, record.reference), seen_from = greatest(record.seen_from, excluded.seen_from),
       pass_no = coalesce($9, record.pass_no), hash = excluded.hash, body = excluded.body, times = excluded.times, label = excluded.label,
       written_at = coalesce(excluded.written_at, record.written_at), state = 'present', tombstone = false, stale = false, assumed = false,
       active = record.active or not exists (select from record other where other.link = excluded.link and other.slot = excluded.slot and other.active)
     returning id, xmax <> 0 as met) select id from stored where met`,
    [
      seeing.slot,
      sorted.map((r) => r.id),
      sorted.map((r) => r.link),
      sorted.map((r) => r.record.version ?? null),
      sorted.map((r) => r.record.modifiedAt ?? null),
      sorted.map((r) => r.record.reference ?? null),
      sorted.map((r) => r.label),
      seeing.from,
      seeing.pass,
      seeing.own !== undefined,
      Buffer.concat(sorted.map((r) => r.hash)),
      ...packed(sorted.map((r) => toBytes(r.body))),
      ...packed(sorted.map((r) => toBytes(r.times))),
    ],
  );
  // Two replies may name one record at the same moment: the later one begins again, and sees what the first one stored.
  if (met.some(({ id }) => !known.has(id))) throw onceMore();
  if (joining.length > 0)
    await dropEmptyLinks(
      db,
      joining.flatMap((row) => known.get(row.id)?.link ?? []),
    );
  // What people merged into another record has given its parts away. It was not emptied, and is still known by its keys.
  const whole = sorted.filter(({ body }) =>
    places.every(({ mapping, side }) => mapping.mergedInto(side, body) === undefined),
  );
  await storeKeys(context, db, seeing.slot, whole, former);
  const emptied = whole.filter((row) => !seeing.own?.has(row.id) && blanked(places, former.get(row.id), row.body));
  if (emptied.length > 0)
    await db.query(`update record set blanked_at = ledger_now() where slot = $1 and id = any($2)`, [
      seeing.slot,
      emptied.map((row) => row.id),
    ]);
};
