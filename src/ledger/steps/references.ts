import type { Side } from '../../domain/record.ts';
import type { Mapping, ReferenceField } from '../../mapping/port.ts';
import { type Reference, type References, referenceKey } from '../../mapping/reference.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import type { LinkRow, Member } from './load.ts';
import { type Due, enqueue } from './queue.ts';

/** An id in a reference, and when its record was seen: a page of its system read later shows what it leads to. */
export interface Asked {
  readonly reference: ReferenceField;
  readonly side: Side;
  readonly id: string;
  readonly seen: string;
}

/** The ids that the references of a link hold, and those that they last agreed on. */
export const askedBy = (mapping: Mapping, members: LinkRow['members'], baseline: LinkRow['baseline']): Asked[] =>
  mapping.references.length === 0
    ? []
    : [
        ...Object.values(members).flatMap(({ side, observed, seen_from: seen }: Member) =>
          mapping.referred(side, observed.body).map((each): Asked => ({ ...each, side, seen })),
        ),
        ...mapping.referredIn(baseline).map((each): Asked => ({ ...each, side: 'crm', seen: '' })),
      ];

interface FoundRow {
  readonly mapping: string;
  readonly side: Side;
  readonly slot: string;
  readonly id: string;
  readonly link: string | null;
  readonly crm: string | null;
  readonly erp: string | null;
  readonly gone: string | null;
  readonly parked: string | null;
  readonly pending: boolean;
  readonly fed: boolean;
}

/** What ids lead to now. The caller holds the locks of their slots, so that no link is made unseen. */
export const followAll = async (db: Database, asked: readonly Asked[]): Promise<References> => {
  const unique = new Map<string, Asked>();
  for (const each of asked) {
    const key = referenceKey(each.reference.mapping, each.side, each.id);
    if ((unique.get(key)?.seen ?? '') <= each.seen) unique.set(key, each);
  }
  if (unique.size === 0) return new Map();
  const all = [...unique.values()];
  // Each id is looked up by itself, as in `surveyed`.
  const rows = await db.query<FoundRow>(
    `select t.mapping, t.side, t.slot, t.id, r.link, c.id as crm, e.id as erp,
       case when c.state = 'gone' then t.crm_slot || ' ' || c.id when e.state = 'gone' then t.erp_slot || ' ' || e.id end as gone,
       (select p.code from parked p where p.mapping = t.mapping and p.link = r.link order by p.field limit 1) as parked,
       exists (select from pending q where q.mapping = t.mapping and q.slot = t.crm_slot and q.id = c.id)
         or exists (select from pending q where q.mapping = t.mapping and q.slot = t.erp_slot and q.id = e.id) as pending,
       t.seen = '' or coalesce((select s.feed_at >= t.seen::timestamptz from slot s where s.name = t.slot), false) as fed
     from unnest($1::text[],$2::text[],$3::text[],$4::text[],$5::text[],$6::text[],$7::text[]) as t(mapping,side,slot,id,crm_slot,erp_slot,seen)
     left join lateral (select link from record where slot = t.slot and id = t.id offset 0) r on true
     left join lateral (select id, state from record where link = r.link and slot = t.crm_slot and active offset 0) c on true
     left join lateral (select id, state from record where link = r.link and slot = t.erp_slot and active offset 0) e on true`,
    [
      all.map(({ reference }) => reference.mapping),
      all.map(({ side }) => side),
      all.map(({ reference, side }) => reference.slots[side]),
      all.map(({ id }) => id),
      all.map(({ reference }) => reference.slots.crm),
      all.map(({ reference }) => reference.slots.erp),
      all.map(({ seen }) => seen),
    ],
  );
  return new Map(rows.map((row) => [referenceKey(row.mapping, row.side, row.id), referenceFrom(row)]));
};

const referenceFrom = (row: FoundRow): Reference => {
  const { crm, erp, gone, parked } = row;
  const on = `${row.slot} ${row.id}`;
  const thing = row.link ?? on;
  const missing = (why: string): Reference => ({ state: 'missing', thing, on, why });
  const waiting = (why: string): Reference => ({ state: 'waiting', thing, on, why });
  if (row.link === null) return row.fed ? missing(`there is no ${on} that we may see`) : waiting(`${on} is to be read`);
  if (gone !== null) return missing(`${gone} is gone`);
  if (crm !== null && erp !== null) return { state: 'linked', thing, crm, erp };
  if (parked !== null) return missing(`${on} is not linked: it is set aside (${parked})`);
  if (row.pending) return waiting(`${on} is not linked yet`);
  return missing(`${on} has no counterpart: it lies outside \`include\`, or its mapping creates none`);
};

/** The links of a round with what their references lead to. */
export const withReferences = async (
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
): Promise<readonly LinkRow[]> => {
  if (mapping.references.length === 0) return rows;
  const references = await followAll(
    db,
    rows.flatMap(({ members, baseline }) => askedBy(mapping, members, baseline)),
  );
  return rows.map((row) => ({ ...row, references }));
};

/** What a parked field waits for, among the keys whose change makes it worth another look. */
export const parentKey = (on: string): string => `@${on}`;

/** The same for links that writes have just changed. */
export const wakeChildrenOf = async (
  context: Context,
  db: Database,
  all: readonly { readonly mapping: string; readonly link: string }[],
): Promise<readonly string[]> => {
  const woken: string[] = [];
  for (const [mapping, each] of Map.groupBy(all, (one) => one.mapping))
    woken.push(
      ...(await wakeChildren(
        context,
        db,
        mapping,
        each.map(({ link }) => link),
      )),
    );
  return woken;
};

/** Rule 7: what became of these links makes due whoever waits for one of them, or is parked over it. Names the mappings. */
export const wakeChildren = async (
  context: Context,
  db: Database,
  parent: string,
  links: readonly string[],
): Promise<readonly string[]> => {
  const children = [...context.mappings().values()].filter(({ references }) =>
    references.some((reference) => reference.mapping === parent),
  );
  if (children.length === 0 || links.length === 0) return [];
  const rows = await db.query<Due>(
    `with parent as materialized (
       select slot || ' ' || id as name from record where link = any($1::uuid[]) and active
       union all select slot || ' ' || id from record where link = any($1::uuid[]) and not active)
     select mapping, slot, id from pending where mapping = any($2) and reason = 'WAITING_FOR_PARENT' and detail = any(select name from parent)
     union select p.mapping, r.slot, r.id from parked p join mapping m on m.name = p.mapping
       join record r on r.link = p.link and r.active and r.slot in (m.crm_slot, m.erp_slot)
     where p.mapping = any($2) and p.keys && array(select '@' || name from parent)`,
    [links, children.map(({ name }) => name)],
  );
  await enqueue(db, rows, 'parent');
  return [...new Set(rows.map(({ mapping }) => mapping))].sort();
};
