import type { Side } from '../../domain/record.ts';
import type { IdentityKey, Mapping } from '../../mapping/port.ts';
import { asText, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { MAY_BE_OURS, openQuestions, type Place } from './ambiguous.ts';
import { type Context, CREATE_KEY, slotOf } from './context.ts';

/** An identity key: the fields of a rule and their canonical values. */
export interface Key {
  readonly fields: string;
  readonly key: string;
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
}

/** All that matching looks at for a batch of records: who has which key, and which keys are reserved. */
export interface Field {
  readonly byKey: ReadonlyMap<string, readonly Candidate[]>;
  readonly reserved: ReadonlyMap<string, string>;
  /** Links among the holders whose create nobody can tell the fate of, with the record it was made from. */
  readonly asked: ReadonlyMap<string, Place>;
  /** Links that this very batch has paired meanwhile. */
  readonly pairedNow: Set<string>;
}
/** Where a key stands at a slot. */
export const keyAt = (slot: string, key: Key): string => `${slot}\x1f${key.fields}\x1f${key.key}`;
export const keysOf = (keys: readonly IdentityKey[]): readonly Key[] =>
  keys.flatMap(({ fields, key }) => (key === null ? [] : [{ fields, key }]));

/**
 * Everyone who shares a key with one of these records, in both slots. The caller holds both slots' locks. Each key is
 * looked up by itself (`offset 0` keeps it so): in a first load the tables grow faster than their statistics, and a join
 * planned by those reads all keys for every batch.
 */
export const surveyed = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  asking: readonly { readonly link: string; readonly keys: readonly Key[] }[],
  decode: (side: Side, body: Stored) => { included: boolean; keys: readonly IdentityKey[] },
): Promise<Field> => {
  const slots = [slotOf(mapping, 'crm'), slotOf(mapping, 'erp')] as const;
  const wanted = new Map<string, Key & { readonly asker: string | null }>();
  for (const { link, keys } of asking)
    for (const key of keys) {
      const at = `${key.fields}\x1f${key.key}`;
      wanted.set(at, { ...key, asker: (wanted.get(at)?.asker ?? link) === link ? link : null });
    }
  const unique = [...wanted.values()];
  const params = [unique.map((k) => k.fields), unique.map((k) => k.key), slots];
  const rows = await db.query<{
    slot: string;
    fields: string;
    key: string;
    id: string;
    link: string;
    paired: boolean;
    doubted: boolean;
    owner: string | null;
    body: Stored | null;
  }>(
    `select r.slot, t.fields, t.key, r.id, r.link,
            case when r.link = t.asker and count(*) over (partition by t.fields, t.key) = 1 then null else ${asText('r.body')} end as body,
            exists (select from record o where o.link = r.link and o.active and o.slot <> r.slot and o.slot = any($3)) as paired,
            exists (select from parked p where p.mapping = $4 and p.link = r.link and p.field = '' and p.cause = $5 and p.decision is null) as doubted,
            (select l.id from link l where l.id = substring(r.reference from $6)::uuid and l.id <> r.link) as owner
     from unnest($1::text[],$2::text[],$7::uuid[]) as t(fields,key,asker) cross join unnest($3::text[]) as s(slot)
     cross join lateral (select k.id from record_key k where k.slot = s.slot and k.fields = t.fields and k.key = t.key offset 0) k
     cross join lateral (select r.* from record r where r.slot = s.slot and r.id = k.id and r.active offset 0) r order by r.slot, r.id`,
    [...params, mapping.name, MAY_BE_OURS, CREATE_KEY, unique.map((k) => k.asker)],
  );
  const reserved = await db.query<{ slot: string; fields: string; key: string; link: string }>(
    `select s.slot, t.fields, t.key, k.link from unnest($1::text[],$2::text[]) as t(fields,key) cross join unnest($3::text[]) as s(slot)
     cross join lateral (select k.link from link_key k where k.slot = s.slot and k.fields = t.fields and k.key = t.key offset 0) k`,
    params,
  );
  const candidates = rows.map(({ body, ...row }) =>
    candidateOf(row, () => {
      if (body === null) throw new TypeError('the only holder of a key was looked into by itself');
      return decode(row.slot === slots[0] ? 'crm' : 'erp', body);
    }),
  );
  return {
    byKey: Map.groupBy(candidates, (row) => keyAt(row.slot, row)),
    reserved: new Map(reserved.map((row) => [keyAt(row.slot, row), row.link])),
    asked: await openQuestions(context, db, mapping, [...new Set(reserved.map((row) => row.link))]),
    pairedNow: new Set(),
  };
};

/** A body is looked into when somebody else asks for its key. Mostly the only holder of a key is the record that asks: then it is not even fetched. */
const candidateOf = (
  row: Omit<Candidate, 'included' | 'keys'>,
  decode: () => Pick<Candidate, 'included' | 'keys'>,
): Candidate => {
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
  };
};
