import { type Json, type JsonObject, sameJson } from '../../domain/json.ts';
import { objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { holdBack } from './ambiguous.ts';
import { type Context, mappingsOf } from './context.ts';
import { type Due, enqueue } from './queue.ts';
import type { Former, Row } from './record-rows.ts';

/**
 * Replace the identity keys of records whose keys changed; whoever is parked over such a key becomes due. Keys of what can
 * no longer be read are kept until it can: nobody has said that the record is another one.
 */
export const storeKeys = async (
  context: Context,
  db: Database,
  slot: string,
  rows: readonly Row[],
  known: ReadonlyMap<string, Former>,
): Promise<void> => {
  const places = mappingsOf(context, slot);
  const whole = context.traits(slot).whole === true;
  const keysOf = (body: JsonObject) => keysIn(places, body);
  const touched = rows
    .map((row) => {
      const before = known.get(row.id);
      const now = keysOf(row.body);
      const formerly = before === undefined || before.state === 'gone' ? undefined : objectFrom(before.body);
      const kept = formerly === undefined ? new Set<string>() : unreadIn(places, row.body, whole);
      const was = formerly === undefined ? [] : keysOf(formerly).filter(({ fields }) => !kept.has(fields));
      // Besides those that its body shows it may have keys of what was seen, or could be read, before.
      const more = before?.stale === true || (formerly !== undefined && unreadIn(places, formerly, whole).size > 0);
      const same = sameJson(now as unknown as Json, was as unknown as Json);
      const moved = before !== undefined && places.some((place) => movedIn(place, objectFrom(before.body), row.body));
      return { id: row.id, now, was, same, moved, more, kept };
    })
    .filter((t) => !t.same || t.moved || t.more);
  if (touched.length === 0) return;
  const old = touched.filter((t) => t.was.length > 0 || t.more);
  let gone: readonly Key[] = [];
  if (old.length > 0) {
    await holdBack(
      context,
      db,
      slot,
      old.flatMap(({ id, was }) => was.map((key) => ({ ...key, id }))),
    );
    const kept = old.flatMap(({ id, kept: rules }) => [...rules].map((fields) => ({ id, fields })));
    gone = await db.query<Key>(
      `delete from record_key k where slot = $1 and id = any($2)
         and not exists (select from unnest($3::text[],$4::text[]) as t(i,f) where t.i = k.id and t.f = k.fields) returning fields, key`,
      [slot, old.map((t) => t.id), kept.map(({ id }) => id), kept.map(({ fields }) => fields)],
    );
  }
  await Promise.all([
    insertKeys(
      db,
      slot,
      touched.map(({ id, now }) => ({ id, keys: now })),
    ),
    wakeKeys(db, [...touched.flatMap((t) => [...t.now, ...t.was]), ...gone]),
  ]);
};

interface Key {
  readonly fields: string;
  readonly key: string;
}

const keysIn = (places: ReturnType<typeof mappingsOf>, body: JsonObject): readonly Key[] => [
  ...new Map(
    places
      .flatMap(({ mapping, side }) => mapping.identityKeys(side, body))
      .flatMap(({ fields, key }) => (key === null ? [] : [[`${fields}\0${key}`, { fields, key }] as const])),
  ).values(),
];

/** The rules that say nothing of a record because a part cannot be decoded, or vanished where a record keeps every field. */
const unreadIn = (places: ReturnType<typeof mappingsOf>, body: JsonObject, whole: boolean): ReadonlySet<string> =>
  new Set(
    places
      .flatMap(({ mapping, side }) => mapping.identityKeys(side, body))
      .flatMap(({ fields, unread }) => (unread === 'unreadable' || (unread === 'missing' && whole) ? [fields] : [])),
  );

/** Returns the keys that were not there. */
const insertKeys = async (
  db: Database,
  slot: string,
  records: readonly { readonly id: string; readonly keys: readonly Key[] }[],
): Promise<readonly Key[]> => {
  const flat = records
    .flatMap(({ id, keys }) => keys.map((k) => ({ ...k, id, at: `${k.fields}\x1f${k.key}\x1f${id}` })))
    .sort((a, b) => (a.at < b.at ? -1 : 1));
  return db.query<Key>(
    `insert into record_key (slot, fields, key, id) select $1, f, k, i from unnest($2::text[],$3::text[],$4::text[]) as t(f,k,i) on conflict do nothing returning fields, key`,
    [slot, flat.map((k) => k.fields), flat.map((k) => k.key), flat.map((k) => k.id)],
  );
};

/**
 * Keys that an observation shows which may not be stored: its record has them besides its own until it is read again. Else a
 * record that people renamed while we wrote to it would not be found by its new name, though the feed was read past that.
 */
export const addKeys = async (
  context: Context,
  db: Database,
  slot: string,
  seen: readonly { readonly id: string; readonly body: JsonObject }[],
): Promise<void> => {
  const places = mappingsOf(context, slot);
  const records = seen.map(({ id, body }) => ({ id, keys: keysIn(places, body) }));
  // Shown once more, it is no news: whoever waits over it would be looked at again and again.
  if (records.length > 0) await wakeKeys(db, await insertKeys(db, slot, records));
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
