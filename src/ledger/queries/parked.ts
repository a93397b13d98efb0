import { isObject, type Json } from '../../domain/json.ts';
import { fromBytes, objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { type MemberSummary, membersOf } from './members.ts';
import { count, iso, isUuid, type Stamp } from './values.ts';

/** A field, or with field '' a whole record, that a person must look at. */
export interface ParkedItem {
  readonly id: string;
  readonly mapping: string;
  readonly link: string;
  readonly field: string;
  readonly code: string;
  readonly cause: string;
  readonly message: string;
  /** The renderings at both sides and the value last agreed on. */
  readonly crm: Json;
  readonly erp: Json;
  readonly base: Json;
  /** Records that might be the other half. */
  readonly candidates: readonly { readonly slot: string; readonly id: string }[];
  readonly since: string | null;
  readonly updatedAt: string | null;
  /** Decided already, and not worked on yet. */
  readonly decision: { readonly by: string; readonly at: string | null; readonly what: Json } | null;
  readonly members: readonly MemberSummary[];
}

/** All that is parked for one cause, as one. */
export interface ParkedGroup {
  readonly mapping: string;
  readonly code: string;
  readonly field: string;
  readonly cause: string;
  readonly records: number;
  readonly oldest: string | null;
}

export interface ParkedFilter {
  readonly mapping?: string | undefined;
  readonly code?: string | undefined;
  /** Only of these mappings; null or absent: of all. */
  readonly mappings?: readonly string[] | null | undefined;
}

/** Where the next page begins: after this row. */
export interface ParkedPosition {
  readonly since: string;
  readonly id: string;
}

export interface ParkedPage {
  readonly items: readonly ParkedItem[];
  readonly next: ParkedPosition | null;
}

interface Row {
  readonly id: string;
  readonly mapping: string;
  readonly link: string;
  readonly field: string;
  readonly code: string;
  readonly cause: string;
  readonly message: string;
  readonly detail: Buffer;
  readonly since: Stamp;
  readonly position: string;
  readonly updated_at: Stamp;
  readonly decision: Buffer | null;
  readonly decided_by: string | null;
  readonly decided_at: Stamp;
}
// The position keeps microseconds, which a JavaScript date does not.
const COLUMNS = `id, mapping, link, field, code, cause, message, detail, since, to_char(since at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as position,
  updated_at, decision, decided_by, decided_at`;

const wanted = ({ mapping, code, mappings }: ParkedFilter): readonly unknown[] => [
  mapping ?? null,
  code ?? null,
  mappings ?? null,
];

/** Parked items, oldest first. */
export const parkedPage = async (
  db: Database,
  filter: ParkedFilter,
  page: { readonly limit: number; readonly after?: ParkedPosition | undefined },
): Promise<ParkedPage> => {
  const rows = await db.query<Row>(
    `select ${COLUMNS} from parked where ($1::text is null or mapping = $1) and ($2::text is null or code = $2)
       and ($3::text[] is null or mapping = any($3))
       and ($4::timestamptz is null or (since, id) > ($4::timestamptz, $5::uuid)) order by since, id limit $6`,
    [...wanted(filter), page.after?.since ?? null, page.after?.id ?? null, page.limit + 1],
  );
  const shown = rows.slice(0, page.limit);
  const last = rows.length > page.limit ? shown.at(-1) : undefined;
  return { items: await itemsFrom(db, shown), next: last === undefined ? null : { since: last.position, id: last.id } };
};

/** What is parked, by cause: the most frequent first. */
export const parkedGroups = async (db: Database, filter: ParkedFilter): Promise<readonly ParkedGroup[]> => {
  const rows = await db.query<
    Omit<ParkedGroup, 'records' | 'oldest'> & { readonly records: string; readonly oldest: Stamp }
  >(
    `select mapping, code, field, cause, count(*) as records, min(since) as oldest from parked
     where ($1::text is null or mapping = $1) and ($2::text is null or code = $2) and ($3::text[] is null or mapping = any($3))
     group by mapping, code, field, cause order by count(*) desc, mapping, code, field, cause limit 200`,
    wanted(filter),
  );
  return rows.map((row) => ({ ...row, records: count(row.records), oldest: iso(row.oldest) }));
};

/** How many records a filter names, in all and by code; one that is parked with two codes counts for both. */
export const parkedCount = async (
  db: Database,
  filter: ParkedFilter,
): Promise<{ readonly records: number; readonly codes: Readonly<Record<string, number>> }> => {
  const rows = await db.query<{ readonly code: string | null; readonly records: string }>(
    `select code, count(distinct link) as records from parked where ($1::text is null or mapping = $1) and ($2::text is null or code = $2)
       and ($3::text[] is null or mapping = any($3)) group by grouping sets ((code), ()) order by code`,
    wanted(filter),
  );
  const codes = rows.flatMap(({ code, records }) => (code === null ? [] : [[code, count(records)] as const]));
  return { records: count(rows.find(({ code }) => code === null)?.records ?? '0'), codes: Object.fromEntries(codes) };
};

/** One parked item; undefined when it is not, or no longer, parked. */
export const parkedItem = async (db: Database, id: string): Promise<ParkedItem | undefined> => {
  if (!isUuid(id)) return undefined;
  return (await itemsFrom(db, await db.query<Row>(`select ${COLUMNS} from parked where id = $1`, [id])))[0];
};

/** Everything parked of one link. */
export const parkedOf = async (db: Database, link: string): Promise<readonly ParkedItem[]> =>
  itemsFrom(db, await db.query<Row>(`select ${COLUMNS} from parked where link = $1 order by mapping, field`, [link]));

const itemsFrom = async (db: Database, rows: readonly Row[]): Promise<readonly ParkedItem[]> => {
  const members = await membersOf(db, [...new Set(rows.map((row) => row.link))]);
  return rows.map((row) => {
    const { crm = null, erp = null, base = null, candidates } = objectFrom(row.detail);
    const decision =
      row.decision === null
        ? null
        : { by: row.decided_by ?? '', at: iso(row.decided_at), what: fromBytes(row.decision) };
    return {
      id: row.id,
      mapping: row.mapping,
      link: row.link,
      field: row.field,
      code: row.code,
      cause: row.cause,
      message: row.message,
      crm,
      erp,
      base,
      candidates: candidatesFrom(candidates),
      since: iso(row.since),
      updatedAt: iso(row.updated_at),
      decision,
      members: members.get(row.link) ?? [],
    };
  });
};

const candidatesFrom = (value: Json | undefined): ParkedItem['candidates'] =>
  Array.isArray(value)
    ? value.flatMap((each: Json) => (isObject(each) ? [{ slot: String(each['slot']), id: String(each['id']) }] : []))
    : [];
