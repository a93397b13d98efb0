/**
 * Roll-ups of records that ask for what refers to another one, in a period of their own (`Rollup.asking`). What was touched is
 * put down, and who asks for it is found when it is claimed: whoever comes to ask later is due by itself, and nobody is missed.
 */
import { slotName } from '../../domain/record.ts';
import type { Mapping, Rollup } from '../../mapping/port.ts';
import { objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';

/** A roll-up with the mapping that shows it and the one that it reads. */
export interface Place {
  readonly mapping: Mapping;
  readonly rollup: Rollup;
  readonly of: Mapping;
}

// As many as a segment holds.
export const AT_ONCE = 1_000;

/** Whom a part referred to or refers to now, and the day on which it counts. */
export interface Touched {
  readonly rollup: string;
  readonly parent: string;
  readonly day: string | null;
}

/** The roll-ups that records of a slot show by what they ask for. */
export const askingAt = (mappings: ReadonlyMap<string, Mapping>, slot: string): readonly Omit<Place, 'of'>[] =>
  [...mappings.values()].flatMap((mapping) =>
    mapping.rollups.flatMap((rollup) =>
      rollup.asking && slotName(mapping.between[rollup.side]) === slot ? [{ mapping, rollup }] : [],
    ),
  );

/** A record as it is stored. */
export interface Body {
  readonly id: string;
  readonly body: Stored;
}

/** Replace what records ask for. */
export const replaceAskers = async (
  db: Database,
  slot: string,
  ids: readonly string[],
  places: readonly Omit<Place, 'of'>[],
  rows: readonly Body[],
): Promise<void> => {
  const read = rows.map(({ id, body }) => ({ id, body: objectFrom(body) }));
  for (const { mapping, rollup } of places) {
    await db.query(`delete from rollup_asker where rollup = $1 and slot = $2 and id = any($3)`, [
      rollup.key,
      slot,
      ids,
    ]);
    const asked = read.flatMap(({ id, body }) => {
      const ask = rollup.askOf(mapping, id, body);
      return ask === undefined ? [] : [{ ...ask, id }];
    });
    await db.query(
      `insert into rollup_asker (rollup, slot, id, parent, starts, ends)
       select $1, $2, i, p, coalesce(s::date, '-infinity'), coalesce(e::date, 'infinity') from unnest($3::text[],$4::text[],$5::text[],$6::text[]) as t(i,p,s,e) order by i`,
      [
        rollup.key,
        slot,
        asked.map(({ id }) => id),
        asked.map(({ parent }) => parent),
        asked.map(({ from }) => from),
        asked.map(({ until }) => until),
      ],
    );
  }
};

/** What was touched is put down for those who ask for it. A row that stands is locked, so that nobody takes it before this is committed. */
export const touch = async (db: Database, touched: readonly (Touched & { readonly place: Place })[]): Promise<void> => {
  if (touched.length === 0) return;
  await db.query(
    `insert into rollup_touched (mapping, rollup, parent, day)
     select distinct m, r, p, coalesce(d::date, '-infinity') from unnest($1::text[],$2::text[],$3::text[],$4::text[]) as t(m,r,p,d) order by 1, 2, 3, 4
     on conflict (mapping, rollup, parent, day) do update set day = excluded.day`,
    [
      touched.map(({ place }) => place.mapping.name),
      touched.map(({ rollup }) => rollup),
      touched.map(({ parent }) => parent),
      touched.map(({ day }) => day),
    ],
  );
};

/** Whoever asks for what was touched, under whichever of its ids, is worked out anew: once, although the clock goes on from row to row. */
export const turnAskers = async (db: Database, mapping: string, { key, parents }: Rollup): Promise<void> => {
  await db.query(
    `with come as materialized (
       select parent, day from rollup_touched where mapping = $1 and rollup = $2 order by parent, day limit ${AT_ONCE} for update skip locked
     ), gone as (
       delete from rollup_touched t using come c where t.mapping = $1 and t.rollup = $2 and t.parent = c.parent and t.day = c.day returning t.parent, t.day
     ), named as (
       select parent as id, day from gone
       union select o.id, g.day from gone g join record e on e.slot = $3 and e.id = g.parent join record o on o.link = e.link and o.slot = e.slot
     )
     insert into rollup_turn as k (mapping, slot, id, at)
     select $1, d.slot, d.id, ledger_now() from (select distinct a.slot, a.id from named n join rollup_asker a on a.rollup = $2 and a.parent = n.id
       and (n.day = '-infinity' or n.day between a.starts and a.ends)) d order by 2, 3
     on conflict (mapping, slot, id) do update set at = least(k.at, excluded.at)`,
    [mapping, key, parents],
  );
};
