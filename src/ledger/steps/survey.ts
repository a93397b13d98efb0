import type { Side } from '../../domain/record.ts';
import type { IdentityKey, Mapping } from '../../mapping/port.ts';
import type { References } from '../../mapping/reference.ts';
import { asText, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { MAY_BE_OURS, openQuestions, type Place } from './ambiguous.ts';
import { type Context, CREATE_KEY, slotOf } from './context.ts';

/** An identity key: the fields of a rule and their canonical values. */
export interface Key {
  readonly fields: string;
  readonly key: string;
}
/** A key that a create reserves. `parents`: what the references of its rule lead to, '' where it has none or nobody knows. */
export interface Reserved extends Key {
  readonly parents: string;
}
/** A record that shares an identity key. `paired`: its link already has an active member in the other slot of this mapping. */
export interface Candidate extends Key {
  readonly slot: string;
  readonly id: string;
  readonly link: string;
  readonly paired: boolean;
  /** It may be what another link's create made: a person is asked first. */
  readonly doubted: boolean;
  /** The link whose key it carries, where that is another than its own: it goes there. */
  readonly owner: string | null;
  readonly included: boolean;
  readonly keys: readonly IdentityKey[];
  /** By field, the ids that its references hold. */
  readonly parents: Readonly<Record<string, string>>;
}
type Looked = Pick<Candidate, 'included' | 'keys' | 'parents'>;

/** A record alone, and the keys it has. */
export interface Asking {
  readonly link: string;
  readonly slot: string;
  readonly id: string;
  readonly keys: readonly Key[];
}

/** All that matching looks at for a batch of records: who has which key, and which keys are reserved. */
export interface Field {
  readonly byKey: ReadonlyMap<string, readonly Candidate[]>;
  readonly reserved: ReadonlyMap<string, readonly { readonly link: string; readonly parents: string }[]>;
  /** Links among the holders whose create nobody can tell the fate of, with the record it was made from. */
  readonly asked: ReadonlyMap<string, Place>;
  /** Links that this very batch has paired meanwhile. */
  readonly pairedNow: Set<string>;
  /** What the references lead to that identity rules name. */
  readonly parents: References;
}
/** Where a key stands at a slot. */
export const keyAt = (slot: string, key: Key): string => `${slot}\x1f${key.fields}\x1f${key.key}`;
export const keysOf = (keys: readonly IdentityKey[]): readonly Key[] =>
  keys.flatMap(({ fields, key }) => (key === null ? [] : [{ fields, key }]));

/**
 * Everyone who shares a key with one of these records, in both slots. The caller holds both slots' locks. Each key is
 * looked up by itself (`offset 0` keeps it so): in a first load the tables grow faster than their statistics, and a join
 * planned by those reads all keys for every batch. Where one record alone asks for a key, which is so for nearly all, it
 * is not found itself: then mostly there is nobody.
 */
export const surveyed = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  asking: readonly Asking[],
  decode: (side: Side, body: Stored) => Looked,
): Promise<Field> => {
  const slots = [slotOf(mapping, 'crm'), slotOf(mapping, 'erp')] as const;
  const wanted = new Map<string, Key & { readonly asker: Asking | null }>();
  for (const asker of asking)
    for (const key of asker.keys) {
      const at = `${key.fields}\x1f${key.key}`;
      wanted.set(at, { ...key, asker: wanted.has(at) ? null : asker });
    }
  const unique = [...wanted.values()];
  const params = [unique.map((k) => k.fields), unique.map((k) => k.key), slots];
  const candidatesFound = db.query<{
    slot: string;
    fields: string;
    key: string;
    id: string;
    link: string;
    paired: boolean;
    doubted: boolean;
    owner: string | null;
    body: Stored;
  }>(
    `select r.slot, t.fields, t.key, r.id, r.link, ${asText('r.body')} as body,
            exists (select from record o where o.link = r.link and o.active and o.slot <> r.slot and o.slot = any($3)) as paired,
            exists (select from parked p where p.mapping = $4 and p.link = r.link and p.field = '' and p.cause = $5 and p.decision is null) as doubted,
            (select l.id from link l where l.id = substring(r.reference from $6)::uuid and l.id <> r.link) as owner
     from unnest($1::text[],$2::text[],$7::text[],$8::text[]) as t(fields,key,asking_slot,asking_id) cross join unnest($3::text[]) as s(slot)
     cross join lateral (select k.id from record_key k where k.slot = s.slot and k.fields = t.fields and k.key = t.key
       and (t.asking_id is null or k.slot <> t.asking_slot or k.id <> t.asking_id) offset 0) k
     cross join lateral (select r.* from record r where r.slot = s.slot and r.id = k.id and r.active offset 0) r order by r.slot, r.id`,
    [
      ...params,
      mapping.name,
      MAY_BE_OURS,
      CREATE_KEY,
      unique.map((k) => k.asker?.slot ?? null),
      unique.map((k) => k.asker?.id ?? null),
    ],
  );
  const reservationsFound = db.query<Reserved & { slot: string; link: string }>(
    `select s.slot, t.fields, t.key, k.link, k.parents from unnest($1::text[],$2::text[]) as t(fields,key) cross join unnest($3::text[]) as s(slot)
     cross join lateral (select k.link, k.parents from link_key k where k.slot = s.slot and k.fields = t.fields and k.key = t.key offset 0) k`,
    params,
  );
  const [rows, reserved] = await Promise.all([candidatesFound, reservationsFound]);
  const candidates = rows.map(({ body, ...row }) =>
    candidateOf(row, () => decode(row.slot === slots[0] ? 'crm' : 'erp', body)),
  );
  return {
    byKey: Map.groupBy(candidates, (row) => keyAt(row.slot, row)),
    reserved: Map.groupBy(reserved, (row) => keyAt(row.slot, row)),
    asked: await openQuestions(context, db, mapping, [...new Set(reserved.map((row) => row.link))]),
    pairedNow: new Set(),
    parents: new Map(),
  };
};

/** A body is looked into only where a rule finds its record. */
const candidateOf = (row: Omit<Candidate, keyof Looked>, decode: () => Looked): Candidate => {
  let decoded: ReturnType<typeof decode> | undefined;
  const look = (): ReturnType<typeof decode> => {
    decoded ??= decode();
    return decoded;
  };
  return {
    ...row,
    get included() {
      return look().included;
    },
    get keys() {
      return look().keys;
    },
    get parents() {
      return look().parents;
    },
  };
};
