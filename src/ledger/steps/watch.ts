/** Rule 9, its end: without a guard a request of ours may arrive when nobody waits for it any more. It is no change. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { sameJson } from '../../domain/json.ts';
import { getPath, pathOf } from '../../mapping/path.ts';
import { asText, cut, objectFrom, packed, type Stored, toBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf } from './context.ts';
import type { OpenIntent } from './intents.ts';
import { type Entry, journal } from './journal.ts';

/** How long a request may be under way: the settle time is what its system vouches for, this is what proxies and queues have been seen to do. */
const WATCHED = `interval '24 h'`;

/** A write that ends, and how many of its requests are accounted for. */
export interface Ending {
  readonly intent: OpenIntent;
  readonly answered: 0 | 1;
}

/** Keep the values of writes of which a request may still arrive; called as they end. Nothing is watched behind a guard. */
export const watch = async (context: Context, db: Database, endings: readonly Ending[]): Promise<void> => {
  const open = endings
    .map(({ intent, answered }) => ({ intent, due: intent.sends - answered }))
    .filter(({ intent, due }) => intent.op === 'update' && intent.record_id !== null && due > 0)
    .filter(({ intent }) => intent.body.fields.length > 0 && context.traits(intent.slot).fresh)
    .sort((a, b) => (a.intent.key < b.intent.key ? -1 : 1));
  if (open.length === 0) return;
  await db.query(`delete from watched where until < ledger_now() and arrived = '{}'`);
  await db.query(
    `insert into watched (slot, id, key, mapping, link, due, until, body)
     select s, i, k, m, l, d, ledger_now() + ${WATCHED}, ${cut(7, 'b', 'z')}
     from unnest($1::text[],$2::text[],$3::text[],$4::text[],$5::uuid[],$6::int[],$8::int[],$9::int[]) as t(s,i,k,m,l,d,b,z)
     on conflict (slot, id, key) do nothing`,
    [
      open.map(({ intent }) => intent.slot),
      open.map(({ intent }) => intent.record_id),
      open.map(({ intent }) => intent.key),
      open.map(({ intent }) => intent.mapping),
      open.map(({ intent }) => intent.link),
      open.map(({ due }) => due),
      ...packed(open.map(({ intent }) => toBytes(intent.body.values as JsonObject))),
    ],
  );
};

interface Watched {
  readonly slot: string;
  readonly id: string;
  readonly key: string;
  readonly mapping: string;
  readonly link: string;
  readonly due: number;
  readonly arrived: readonly string[];
  readonly body: Stored;
  readonly former: Stored;
}

/** A record about to be stored; `sent`: what the write whose reply shows it has just put there. */
export interface Shown {
  readonly id: string;
  readonly body: JsonObject;
  readonly sent?: Readonly<Record<string, Json>> | undefined;
}

/**
 * What observations show of watched writes. A value that was not there before and is the one we sent has arrived: that is
 * journalled with what it overwrote, and until it is gone the planner takes it for ours. One request explains one arrival.
 */
export const arrivals = async (
  context: Context,
  db: Database,
  slot: string,
  shown: readonly Shown[],
): Promise<void> => {
  if (shown.length === 0 || !context.traits(slot).fresh || context.mutation === 'no-watch') return;
  const rows = await db.query<Watched>(
    `select w.slot, w.id, w.key, w.mapping, r.link, w.due, w.arrived, ${asText('w.body')} as body, ${asText('r.body')} as former
     from watched w join record r on r.slot = w.slot and r.id = w.id
     where w.slot = $1 and w.id = any($2) and (w.until > ledger_now() or w.arrived <> '{}') order by w.slot, w.id, w.key for update of w`,
    [slot, shown.map(({ id }) => id)],
  );
  const bodies = new Map(shown.map((each) => [each.id, each]));
  const entries: Entry[] = [];
  for (const row of rows) {
    const now = bodies.get(row.id);
    if (now !== undefined) entries.push(...(await arrived(context, db, row, now)));
  }
  await journal(db, entries);
};

const arrived = async (context: Context, db: Database, row: Watched, now: Shown): Promise<readonly Entry[]> => {
  const sent = objectFrom(row.body);
  const former = objectFrom(row.former);
  const standing = standsAs(context, row.slot, sent, now.body);
  const stood = standsAs(context, row.slot, sent, former);
  const news = [...standing.keys()].filter((path) => !stood.has(path) && !sameJson(now.sent?.[path], sent[path]));
  const late = news.length > 0 && row.due > 0 ? news : [];
  const kept = [...row.arrived.filter((path) => standing.has(path)), ...late];
  const due = row.due - (late.length > 0 ? 1 : 0);
  if (due === 0 && kept.length === 0)
    await db.query(`delete from watched where slot = $1 and id = $2 and key = $3`, [row.slot, row.id, row.key]);
  else if (late.length > 0 || kept.length !== row.arrived.length)
    await db.query(`update watched set due = $4, arrived = $5::text[] where slot = $1 and id = $2 and key = $3`, [
      row.slot,
      row.id,
      row.key,
      due,
      kept,
    ]);
  if (late.length === 0) return [];
  const at = (body: JsonObject): JsonObject =>
    Object.fromEntries(late.map((path) => [path, getPath(body, pathOf(path)) ?? null]));
  return [
    {
      actor: 'tallystick',
      action: 'interleaved',
      mapping: row.mapping,
      link: row.link,
      slot: row.slot,
      record: row.id,
      fields: [...new Set(late.flatMap((path) => standing.get(path) ?? []))],
      reason:
        'a request of ours arrived late and overwrote what stood here: no change; the newer value is written again',
      key: row.key,
      values: { before: at(former), sent: Object.fromEntries(late.map((path) => [path, sent[path] ?? null])) },
    },
  ];
};

/** The paths at which a body says what was sent, each with the field that it belongs to, whichever mapping has it. */
const standsAs = (context: Context, slot: string, sent: JsonObject, body: JsonObject): ReadonlyMap<string, string> =>
  new Map(
    mappingsOf(context, slot).flatMap(({ mapping, side }) =>
      Object.entries(mapping.standing(side, sent, body)).flatMap(([field, paths]) =>
        paths.map((path): [string, string] => [path, field]),
      ),
    ),
  );

/** Per record of a slot the values that a late write of ours put there and that may stand there still. */
export type Late = ReadonlyMap<string, JsonObject>;

/** What has arrived late at the members of links: by link and slot. */
export const lateOf = async (db: Database, links: readonly string[]): Promise<ReadonlyMap<string, Late>> => {
  const rows = await db.query<{ link: string; slot: string; arrived: readonly string[]; body: Stored }>(
    `select r.link, w.slot, w.arrived, ${asText('w.body')} as body from watched w join record r on r.slot = w.slot and r.id = w.id and r.active
     where w.arrived <> '{}' and r.link = any($1::uuid[]) order by w.slot, w.id, w.key`,
    [links],
  );
  const late = new Map<string, Map<string, JsonObject>>();
  for (const { link, slot, arrived: paths, body } of rows) {
    const sent = objectFrom(body);
    const slots = late.get(link) ?? new Map<string, JsonObject>();
    late.set(link, slots);
    slots.set(slot, { ...slots.get(slot), ...Object.fromEntries(paths.map((path) => [path, sent[path] ?? null])) });
  }
  return late;
};
