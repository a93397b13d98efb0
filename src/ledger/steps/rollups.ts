/**
 * Roll-ups. What a record adds is worked out once, when it is stored; the record that it refers to is then due, and its plan
 * adds up what stands there. So only records that were touched, or whose day has come, are worked out anew.
 */
import { slotName } from '../../domain/record.ts';
import type { Mapping, RollupPart } from '../../mapping/port.ts';
import { asText, objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import { type Due, enqueue } from './queue.ts';
import {
  AT_ONCE,
  askingAt,
  type Body,
  type Place,
  replaceAskers,
  type Touched,
  touch,
  turnAskers,
} from './rollup-askers.ts';

/** The roll-ups that read a slot. */
const placesOf = (mappings: ReadonlyMap<string, Mapping>, slot: string): readonly Place[] =>
  [...mappings.values()].flatMap((mapping) =>
    mapping.rollups.flatMap((rollup) => {
      const of = mappings.get(rollup.of);
      return rollup.source === slot && of !== undefined ? [{ mapping, rollup, of }] : [];
    }),
  );

/** The mappings that show roll-ups of a slot's records. */
export const rolledUpIn = (context: Context, slot: string): readonly string[] => [
  ...new Set(placesOf(context.mappings(), slot).map(({ mapping }) => mapping.name)),
];

interface Part extends RollupPart {
  readonly rollup: string;
  readonly id: string;
}

/** Replace what records add. Returns by roll-up the ids that they referred to or refer to now. */
const replaceParts = async (
  db: Database,
  slot: string,
  ids: readonly string[],
  rollups: readonly string[],
  parts: readonly Part[],
): Promise<readonly Touched[]> => {
  const sorted = parts.toSorted((a, b) => (a.rollup + a.id < b.rollup + b.id ? -1 : 1));
  const before = await db.query<Touched>(
    `delete from rollup_part where rollup = any($1) and slot = $2 and id = any($3) returning rollup, parent, day::text`,
    [rollups, slot, ids],
  );
  await db.query(
    `insert into rollup_part (rollup, slot, id, parent, day, currency, amount, value)
     select r, $1, i, p, d::date, c, a::numeric, v from unnest($2::text[],$3::text[],$4::text[],$5::text[],$6::text[],$7::text[],$8::text[]) as t(r,i,p,d,c,a,v)`,
    [
      slot,
      sorted.map((each) => each.rollup),
      sorted.map((each) => each.id),
      sorted.map((each) => each.parent),
      sorted.map((each) => each.day),
      sorted.map((each) => each.currency),
      sorted.map((each) => each.amount),
      sorted.map((each) => each.value),
    ],
  );
  return [...before, ...sorted];
};

const partsOf = (places: readonly Place[], rows: readonly Body[]): Part[] =>
  rows.flatMap(({ id, body }) => {
    const read = objectFrom(body);
    return places.flatMap(({ rollup, of }) => {
      const part = rollup.partOf(of, read);
      return part === undefined ? [] : [{ ...part, id, rollup: rollup.key }];
    });
  });

/** Records changed: what they add is worked out anew, and whom they refer to has something to look at. The caller holds the slot's lock. */
export const noteParts = async (
  context: Context,
  db: Database,
  slot: string,
  ids: readonly string[],
): Promise<void> => {
  const places = placesOf(context.mappings(), slot);
  const asking = askingAt(context.mappings(), slot);
  if (places.length + asking.length === 0 || ids.length === 0) return;
  const rows = await db.query<Body>(
    `select id, ${asText('body')} as body from record where slot = $1 and id = any($2) and state <> 'gone' and active`,
    [slot, ids],
  );
  await replaceAskers(db, slot, ids, asking, rows);
  if (places.length === 0) return;
  const keys = places.map(({ rollup }) => rollup.key);
  const touched = await replaceParts(db, slot, ids, keys, partsOf(places, rows));
  const byKey = new Map(places.map((place) => [place.rollup.key, place]));
  // Before all was read once nothing is shown: the end of that reading wakes them.
  const [read] = await db.query<{ passes: number }>(`select passes from slot where name = $1`, [slot]);
  if ((read?.passes ?? 0) === 0) return;
  const due = touched.flatMap((each) => {
    const place = byKey.get(each.rollup);
    return place === undefined ? [] : [{ ...each, place }];
  });
  await turn(
    db,
    due.flatMap(({ place, parent }) => (place.rollup.asking ? [] : [{ ...shownAt(place), id: parent }])),
  );
  await touch(
    db,
    due.filter(({ place }) => place.rollup.asking),
  );
};

const shownAt = ({ mapping, rollup }: Pick<Place, 'mapping' | 'rollup'>) => ({
  mapping: mapping.name,
  slot: slotName(mapping.between[rollup.side]),
});

/** Records are worked out anew: now, or at their time (ISO, `infinity`); an earlier time stands. */
export const turn = async (db: Database, rows: readonly (Due & { readonly at?: string })[]): Promise<void> => {
  if (rows.length === 0) return;
  const unique = new Map(rows.map((row) => [JSON.stringify([row.mapping, row.slot, row.id]), row]));
  const sorted = [...unique].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
  await db.query(
    `insert into rollup_turn as k (mapping, slot, id, at)
     select m, s, i, coalesce(a::timestamptz, ledger_now()) from unnest($1::text[],$2::text[],$3::text[],$4::text[]) with ordinality as t(m,s,i,a,n) order by n
     on conflict (mapping, slot, id) do update set at = least(k.at, excluded.at)`,
    [
      sorted.map((row) => row.mapping),
      sorted.map((row) => row.slot),
      sorted.map((row) => row.id),
      sorted.map((row) => row.at ?? null),
    ],
  );
};

/** Before a claim: records whose time has come are due. */
export const turnDue = async (context: Context, name: string): Promise<void> => {
  const mapping = context.mappings().get(name);
  if (mapping?.rollups.length === 0) return;
  await context.db.transaction(async (db) => {
    for (const rollup of mapping?.rollups ?? []) if (rollup.asking) await turnAskers(db, name, rollup);
    const rows = await db.query<Due>(
      `with come as materialized (
         select mapping, slot, id from rollup_turn where mapping = $1 and at <= ledger_now() order by mapping, slot, id limit ${AT_ONCE} for update skip locked
       ), gone as (delete from rollup_turn t using come c where t.mapping = c.mapping and t.slot = c.slot and t.id = c.id returning t.mapping, t.slot, t.id)
       select g.mapping, g.slot, g.id from gone g join record r on r.slot = g.slot and r.id = g.id`,
      [name],
    );
    await enqueue(db, rows, 'rollup');
  });
};

/** When the next one is due, ISO, or null. */
export const nextTurn = async (db: Database, mapping: string): Promise<string | null> => {
  const [row] = await db.query<{ at: string | null }>(
    `select to_char(least((select min(at) from rollup_turn where mapping = $1 and at <> 'infinity'),
       (select ledger_now() where exists (select from rollup_touched where mapping = $1))) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as at`,
    [mapping],
  );
  return row?.at ?? null;
};

/** A slot was read from end to end for the first time: what rolls it up can be shown. Names the mappings. */
export const allRead = async (context: Context, db: Database, slot: string): Promise<readonly string[]> => {
  const places = placesOf(context.mappings(), slot);
  for (const place of places) {
    const { mapping, slot: at } = shownAt(place);
    await db.query(`update rollup_turn set at = ledger_now() where mapping = $1 and slot = $2 and at = 'infinity'`, [
      mapping,
      at,
    ]);
    await turnAll(db, place);
  }
  return rolledUpIn(context, slot);
};

/** Everybody that a part refers to, or who asks for some. */
const turnAll = async (db: Database, { mapping, rollup }: Pick<Place, 'mapping' | 'rollup'>): Promise<void> => {
  const { mapping: name, slot } = shownAt({ mapping, rollup });
  const from = rollup.asking ? 'id from rollup_asker' : 'parent from rollup_part';
  await db.query(
    `insert into rollup_turn as k (mapping, slot, id, at)
     select $1, $2, d.id, ledger_now() from (select distinct ${from} where rollup = $3) d(id) order by 3
     on conflict (mapping, slot, id) do update set at = least(k.at, excluded.at)`,
    [name, slot, rollup.key],
  );
};

/** Roll-ups that are new, or mean something else: what every record adds is worked out from what is stored. */
export const remakeParts = async (db: Database, mappings: readonly Mapping[]): Promise<void> => {
  const byName = new Map(mappings.map((mapping) => [mapping.name, mapping]));
  for (const mapping of mappings)
    for (const rollup of mapping.rollups) {
      const of = byName.get(rollup.of);
      const changed = await db.query(
        `insert into rollup_made as m (rollup, hash) values ($1,$2) on conflict (rollup) do update set hash = excluded.hash where m.hash <> excluded.hash returning rollup`,
        [rollup.key, rollup.hash],
      );
      if (of === undefined || changed.length === 0) continue;
      const place: Place = { mapping, rollup, of };
      const shown = shownAt(place).slot;
      for (const slot of [...new Set([rollup.source, shown])].sort())
        await db.query(`select pg_advisory_xact_lock(7402002, hashtext($1))`, [slot]);
      await turnAll(db, place);
      await db.query(`delete from rollup_part where rollup = $1`, [rollup.key]);
      await db.query(`delete from rollup_asker where rollup = $1`, [rollup.key]);
      await eachPage(db, rollup.source, async (rows) => {
        await replaceParts(db, rollup.source, [], [rollup.key], partsOf([place], rows));
      });
      if (rollup.asking) await eachPage(db, shown, (rows) => replaceAskers(db, shown, [], [place], rows));
      await turnAll(db, place);
    }
};

/** All records of a slot, some at a time. */
const eachPage = async (db: Database, slot: string, work: (rows: readonly Body[]) => Promise<void>): Promise<void> => {
  for (let after = ''; ; ) {
    const rows = await db.query<Body>(
      `select id, ${asText('body')} as body from record where slot = $1 and id > $2 and state <> 'gone' and active order by id limit 5000`,
      [slot, after],
    );
    await work(rows);
    const last = rows.at(-1)?.id;
    if (last === undefined) return;
    after = last;
  }
};
