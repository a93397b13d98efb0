import { type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { holdBack } from './ambiguous.ts';
import { type Context, mappingsOf } from './context.ts';
import { type Due, enqueue } from './queue.ts';
import type { Former, Row } from './record-rows.ts';

/** Replace the identity keys of records whose keys changed; whoever is parked over such a key becomes due. */
export const storeKeys = async (
  context: Context,
  db: Database,
  slot: string,
  rows: readonly Row[],
  known: ReadonlyMap<string, Former>,
): Promise<void> => {
  const places = mappingsOf(context, slot);
  const keysOf = (body: JsonObject) => [
    ...new Map(
      places
        .flatMap(({ mapping, side }) => mapping.identityKeys(side, body))
        .flatMap(({ fields, key }) => (key === null ? [] : [[`${fields}\0${key}`, { fields, key }] as const])),
    ).values(),
  ];
  const touched = rows
    .map((row) => {
      const before = known.get(row.id);
      const now = keysOf(row.body);
      const was = before === undefined || before.state === 'gone' ? [] : keysOf(objectFrom(before.body));
      const same = sameJson(now as unknown as Json, was as unknown as Json);
      const moved = before !== undefined && places.some((place) => movedIn(place, objectFrom(before.body), row.body));
      return { id: row.id, now, was, same, moved };
    })
    .filter((t) => !t.same || t.moved);
  if (touched.length === 0) return;
  const old = touched.filter((t) => t.was.length > 0);
  if (old.length > 0) {
    await holdBack(
      context,
      db,
      slot,
      old.flatMap(({ id, was }) => was.map((key) => ({ ...key, id }))),
    );
    await db.query(`delete from record_key where slot = $1 and id = any($2)`, [slot, old.map((t) => t.id)]);
  }
  const flat = touched
    .flatMap((t) => t.now.map((k) => ({ ...k, id: t.id, at: `${k.fields}\x1f${k.key}\x1f${t.id}` })))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  await Promise.all([
    db.query(
      `insert into record_key (slot, fields, key, id) select $1, f, k, i from unnest($2::text[],$3::text[],$4::text[]) as t(f,k,i) on conflict do nothing`,
      [slot, flat.map((k) => k.fields), flat.map((k) => k.key), flat.map((k) => k.id)],
    ),
    wakeKeys(
      db,
      touched.flatMap((t) => [...t.now, ...t.was]),
    ),
  ]);
};

/** Does a reference that an identity rule names lead elsewhere now? The keys do not show it. */
const movedIn = (
  { mapping, side }: ReturnType<typeof mappingsOf>[number],
  before: JsonObject,
  now: JsonObject,
): boolean => {
  const named = mapping.identity.references.flat();
  if (named.length === 0) return false;
  const [was, is] = [mapping.referencesIn(side, before), mapping.referencesIn(side, now)];
  return named.some((field) => was[field] !== is[field]);
};

/** Rule 3: a record of a key appearing, linked, unlinked or gone makes that key's parked rows due. */
export const wakeKeys = async (
  db: Database,
  keys: readonly { readonly fields: string; readonly key: string }[],
): Promise<void> => {
  if (keys.length === 0) return;
  const rows = await db.query<Due>(
    // Asked first whether anything is parked over keys at all: else each key is looked for, and in most batches for nothing.
    `select p.mapping, r.slot, r.id from parked p join record r on r.link = p.link and r.active
     where (select exists (select from parked where keys <> '{}')) and p.keys && $1::text[]`,
    [keys.map(keyText)],
  );
  await enqueue(db, rows, 'key');
};
export const keyText = (key: { readonly fields: string; readonly key: string }): string => `${key.fields}=${key.key}`;
