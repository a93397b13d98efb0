/** What stands where after a run: the two systems, and what the ledger lists. */
import type { Side } from '../../src/domain/record.ts';
import { chain } from '../../src/ledger/steps/journal.ts';
import type { Kept } from './books.ts';
import { slotAt } from './setup.ts';
import { businessOf } from './values.ts';
import type { World } from './world.ts';

/** A living record with its place in the ledger. */
export interface Living {
  readonly side: Side;
  readonly kept: Kept;
  readonly business: number;
  readonly link: string | undefined;
}
export interface ParkedFact {
  readonly mapping: string;
  readonly link: string;
  readonly field: string;
  readonly code: string;
  readonly message: string;
}
export interface Entry {
  readonly action: string;
  readonly key: string;
  readonly record: string | null;
  readonly reason: string;
}
export interface Facts {
  readonly living: readonly Living[];
  /** Deleted where only absence tells, and still taken for living by the ledger: a sweep finds them. */
  readonly unmissed: readonly Living[];
  /** Ids per link, gone or not. */
  readonly members: ReadonlyMap<string, readonly { readonly side: Side; readonly id: string }[]>;
  readonly parked: readonly ParkedFact[];
  /** Rows of the queue, open intents, leases, reservations, alike in that none should be left. */
  readonly leftovers: readonly string[];
  /** Records that were missed and not found again, by side. */
  readonly suspects: readonly Side[];
  /** All that the journal and the parked items say, in capitals. */
  readonly listed: string;
  /** Entries about writes, by their keys. */
  readonly journal: readonly Entry[];
  /** Links that were made because two records are alike. */
  readonly matches: readonly { readonly link: string; readonly at: number }[];
  readonly chained: boolean;
}

const sideOf = (slot: string): Side => (slot === slotAt('crm') ? 'crm' : 'erp');

/** Looks at everything once. */
export const gather = async (world: World): Promise<Facts> => {
  const { db, systems } = world;
  const records = await db.query<{ slot: string; id: string; link: string; state: string }>(
    `select slot, id, link, state from record where active`,
  );
  const rowOf = new Map(records.map((row) => [`${row.slot} ${row.id}`, row]));
  const all = (['crm', 'erp'] as const).flatMap((side) =>
    [...systems[side].records.values()].map((kept): Living & { readonly state: string | undefined } => {
      const row = rowOf.get(`${slotAt(side)} ${kept.id}`);
      return { side, kept, business: businessOf(side, kept.body), link: row?.link, state: row?.state };
    }),
  );
  const living = all.filter(({ kept }) => !kept.deleted);
  const unmissed = all.filter(
    ({ side, kept, state }) => kept.deleted && state === 'present' && systems[side].manners.deletes === 'absence',
  );
  const members = Map.groupBy(
    records.map((row) => ({ side: sideOf(row.slot), id: row.id, link: row.link })),
    (row) => row.link,
  );
  const parked = await db.query<ParkedFact>(
    `select mapping, link, field, code, message from parked order by mapping, link, field`,
  );
  const leftovers = await db.query<{ what: string }>(
    `select concat_ws(' ', 'queue row', mapping, slot, id, state, reason, detail) as what from pending p
       where not exists (select from record r join record s on s.link = r.link and s.state = 'suspect' where r.slot = p.slot and r.id = p.id)
     union all select concat_ws(' ', 'intent', slot, op, state, key) from intent where state <> 'ended'
     union all select concat_ws(' ', 'lease', id) from link where segment is not null
     union all select concat_ws(' ', 'open segment of', mapping) from segment where finished_at is null
     union all select concat_ws(' ', 'reservation', slot, fields, key) from link_key k where not exists (select from parked p where p.link = k.link)
     order by 1`,
  );
  const matches = await db.query<{ link: string; at: string }>(
    `select link, extract(epoch from at) * 1000 as at from journal where action = 'link' and reason like 'matched on %' order by id`,
  );
  const suspects = await db.query<{ slot: string }>(`select slot from record where state = 'suspect'`);
  const texts = await db.query<{ text: string }>(
    `select upper(string_agg(convert_from(body, 'UTF8'), ' ')) as text from journal_value union all select upper(string_agg(convert_from(detail, 'UTF8'), ' ')) from parked`,
  );
  while ((await chain(db)) > 0);
  const [counts] = await db.query<{ entries: string; numbers: string; last: string }>(
    `select (select count(*) from journal) as entries, (select count(*) from journal_chain) as numbers, (select coalesce(max(number), 0) from journal_chain) as last`,
  );
  return {
    living,
    unmissed,
    members,
    parked,
    suspects: suspects.map((row) => sideOf(row.slot)),
    leftovers: leftovers.map((row) => row.what),
    listed: texts.map((row) => row.text ?? '').join(' '),
    journal: await db.query(
      `select action, key, record_id as record, reason from journal where key is not null order by id`,
    ),
    matches: matches.map(({ link, at }) => ({ link, at: Number(at) })),
    chained: counts?.entries === counts?.numbers && counts?.numbers === counts?.last,
  };
};
