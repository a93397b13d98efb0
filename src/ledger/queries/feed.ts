/** The changes that a warehouse is told, by their numbers. */
import { type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import { asText, decodeBaseline, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { numberChanges } from '../steps/feed.ts';
import { count, iso, type Stamp } from './values.ts';

/** One change that was taken into agreement. */
export interface FeedChange {
  readonly number: number;
  readonly at: string | null;
  readonly mapping: string;
  readonly operation: 'agreed' | 'changed' | 'gone' | 'back';
  readonly link: string;
  readonly crm: string | null;
  readonly erp: string | null;
  /** What changed, by field. */
  readonly fields: readonly string[];
  /** All that both sides agree on after it, by field; null: a side is gone. */
  readonly values: JsonObject | null;
}
export interface FeedPage {
  readonly changes: readonly FeedChange[];
  /** Where the next page begins: all up to this number was told. */
  readonly next: number;
  readonly more: boolean;
}

interface Row extends Pick<FeedChange, 'mapping' | 'operation' | 'link'> {
  readonly number: string;
  readonly at: Stamp;
  readonly crm_id: string | null;
  readonly erp_id: string | null;
  readonly body: Stored | null;
  readonly former: Stored | null;
  /** How many there were before the page was cut to its bytes. */
  readonly found: string;
}

const valuesOf = (body: Stored | null): Readonly<Record<string, Json>> =>
  Object.fromEntries(Object.entries(decodeBaseline(body)).map(([field, { value }]) => [field, value]));

const changeOf = (row: Row): FeedChange => {
  const [now, before] = [valuesOf(row.body), valuesOf(row.former)];
  const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort();
  const fields = row.body === null ? [] : names.filter((name) => !sameJson(now[name] ?? null, before[name] ?? null));
  const { mapping, operation, link, crm_id: crm, erp_id: erp } = row;
  const values = row.body === null ? null : now;
  return { number: count(row.number), at: iso(row.at), mapping, operation, link, crm, erp, fields, values };
};

/**
 * Changes after a number, in order; of these mappings, or of all (null). What was only written otherwise at one side is no
 * change. A page ends before its values, as they are kept, would come to more than `bytes`, yet never without the first.
 */
export const feedPage = async (
  db: Database,
  {
    after,
    limit,
    bytes,
    mappings,
  }: {
    readonly after: number;
    readonly limit: number;
    readonly bytes: number;
    readonly mappings: readonly string[] | null;
  },
): Promise<FeedPage> => {
  await numberChanges(db);
  const rows = await db.query<Row>(
    `with first as materialized (
       select * from change where number > $1 and ($2::text[] is null or mapping = any($2)) order by number limit $3
     ), page as materialized (
       select * from (
         select *, count(*) over () as found, row_number() over (order by number) as nth,
           sum(octet_length(coalesce(body, ''))) over (order by number) as so_far from first
       ) s where nth = 1 or so_far <= $4
     )
     select p.found, p.number, p.at, p.mapping, p.operation, p.link, p.crm_id, p.erp_id, ${asText('p.body')} as body, ${asText('b.body')} as former
     from page p left join lateral (
       select c.body from change c where p.operation = 'changed' and c.mapping = p.mapping and c.link = p.link and c.id < p.id and c.body is not null
       order by c.id desc limit 1
     ) b on true order by p.number`,
    [after, mappings, limit, bytes],
  );
  const found = count(rows[0]?.found ?? 0);
  return {
    changes: rows.map(changeOf).filter(({ operation, fields }) => operation !== 'changed' || fields.length > 0),
    next: count(rows.at(-1)?.number ?? after),
    more: found === limit || rows.length < found,
  };
};
