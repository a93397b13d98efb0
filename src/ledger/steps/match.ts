import { otherSide, type Side } from '../../domain/record.ts';
import type { IdentityKey, Mapping } from '../../mapping/port.ts';
import { asText, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { MAY_BE_OURS, mayBeOurs, openQuestions, type Place } from './ambiguous.ts';
import { type Context, slotOf } from './context.ts';
import { keyText } from './identity-keys.ts';
import type { LinkRow, Member } from './load.ts';
import { type Park, recordPark } from './park.ts';

/** What becomes of a record that stands alone. */
export type Match =
  | { readonly link: Candidate; readonly rule: string }
  | { readonly create: true; readonly keys: readonly Key[] }
  | { readonly wait: 'KEY_RESERVED' | 'WAITING_FOR_FEED'; readonly detail: string }
  | { readonly park: Park }
  | { readonly leave: string };

interface Key {
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
const keyAt = (slot: string, key: Key): string => `${slot}\x1f${key.fields}\x1f${key.key}`;
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
  keys: readonly Key[],
  decode: (side: Side, body: Stored) => { included: boolean; keys: readonly IdentityKey[] },
): Promise<Field> => {
  const slots = [slotOf(mapping, 'crm'), slotOf(mapping, 'erp')] as const;
  const unique = [...new Map(keys.map((key) => [`${key.fields}\x1f${key.key}`, key])).values()];
  const params = [unique.map((k) => k.fields), unique.map((k) => k.key), slots];
  const rows = await db.query<{
    slot: string;
    fields: string;
    key: string;
    id: string;
    link: string;
    paired: boolean;
    doubted: boolean;
    body: Stored;
  }>(
    `select r.slot, t.fields, t.key, r.id, r.link, ${asText('r.body')} as body,
            exists (select from record o where o.link = r.link and o.active and o.slot <> r.slot and o.slot = any($3)) as paired,
            exists (select from parked p where p.mapping = $4 and p.link = r.link and p.field = '' and p.cause = $5 and p.decision is null) as doubted
     from unnest($1::text[],$2::text[]) as t(fields,key) cross join unnest($3::text[]) as s(slot)
     cross join lateral (select k.id from record_key k where k.slot = s.slot and k.fields = t.fields and k.key = t.key offset 0) k
     cross join lateral (select r.* from record r where r.slot = s.slot and r.id = k.id and r.active offset 0) r order by r.slot, r.id`,
    [...params, mapping.name, MAY_BE_OURS],
  );
  const reserved = await db.query<{ slot: string; fields: string; key: string; link: string }>(
    `select s.slot, t.fields, t.key, k.link from unnest($1::text[],$2::text[]) as t(fields,key) cross join unnest($3::text[]) as s(slot)
     cross join lateral (select k.link from link_key k where k.slot = s.slot and k.fields = t.fields and k.key = t.key offset 0) k`,
    params,
  );
  const candidates = rows.map(({ body, ...row }) =>
    candidateOf(row, () => decode(row.slot === slots[0] ? 'crm' : 'erp', body)),
  );
  return {
    byKey: Map.groupBy(candidates, (row) => keyAt(row.slot, row)),
    reserved: new Map(reserved.map((row) => [keyAt(row.slot, row), row.link])),
    asked: await openQuestions(context, db, mapping, [...new Set(reserved.map((row) => row.link))]),
    pairedNow: new Set(),
  };
};

/** A body is looked into when somebody else asks for its key: mostly the only holder of a key is the record that asks. */
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

/** Rules 2 and 3 for one record, against what was surveyed. */
export const matched = (context: Context, mapping: Mapping, row: LinkRow, member: Member, field: Field): Match => {
  const other = slotOf(mapping, otherSide(member.side));
  const rules = mapping.identityKeys(member.side, member.observed.body);
  const said: Said = (index) => mapping.identitySaid(member.side, member.observed.body)[index];
  const keys = keysOf(rules);
  const parked: Parked = (code, message, candidates = []) => ({
    park: recordPark(mapping.name, row.link, code, message, {
      keys: keys.map(keyText),
      ...(candidates.length === 0 ? {} : { candidates: candidates.map(({ slot, id }) => ({ slot, id })) }),
    }),
  });
  if (keys.length === 0 && mapping.identity.onUnidentified === 'park')
    return parked(
      'NO_IDENTITY',
      `none of the fields that identify a record is filled in (${mapping.identity.names.join(', or ')})`,
    );
  // A reserved key is neither matched nor created; at our own slot, this record may be the very one that is being created.
  const asked = new Map<string, Place>();
  if (context.mutation !== 'no-reservation') {
    for (const key of keys)
      for (const at of [other, member.slot]) {
        const holder = field.reserved.get(keyAt(at, key));
        if (holder === undefined || holder === row.link) continue;
        const source = field.asked.get(holder);
        if (source === undefined)
          return {
            wait: 'KEY_RESERVED',
            detail: said(rules.findIndex(({ fields }) => fields === key.fields)) ?? keyText(key),
          };
        asked.set(holder, source);
      }
  }
  const match = byRules(mapping, row, member, field, rules, parked, said);
  return asked.size === 0 ? match : doubtful(match, mapping, row.link, member, asked, keys);
};

/** A rule's key as people say it; asked for when a sentence needs it. */
type Said = (index: number) => string | undefined;
type Parked = (code: Parameters<typeof recordPark>[2], message: string, candidates?: readonly Place[]) => Match;

/** A key of this record is that of a create whose fate nobody knows: it is linked to that create's own source, or a person is asked. */
const doubtful = (
  match: Match,
  mapping: Mapping,
  link: string,
  member: Member,
  asked: ReadonlyMap<string, Place>,
  keys: readonly Key[],
): Match => {
  if ('link' in match && asked.size === 1 && asked.has(match.link.link)) return match;
  const sources = [...asked.values()];
  const ours = sources.filter(({ slot }) => slot !== member.slot);
  if (ours.length > 0) return { park: mayBeOurs(mapping.name, link, ours, keys.map(keyText)) };
  if ('park' in match) return match;
  const names = sources.map(({ slot, id }) => `${slot} ${id}`).join(', ');
  const why = `a create for ${names} was sent with the same key and its answer lost: it may have taken effect`;
  return {
    park: recordPark(mapping.name, link, 'AMBIGUOUS', why, {
      cause: MAY_BE_OURS,
      candidates: sources,
      keys: keys.map(keyText),
    }),
  };
};

/** The rules in their order: the first that finds somebody decides. */
const byRules = (
  mapping: Mapping,
  row: LinkRow,
  { side, slot, observed }: Member,
  field: Field,
  rules: readonly IdentityKey[],
  parked: Parked,
  said: Said,
): Match => {
  const other = slotOf(mapping, otherSide(side));
  for (const [index, rule] of rules.entries()) {
    if (rule.key === null) continue;
    const key = { fields: rule.fields, key: rule.key };
    const same = (): string => said(index) ?? rule.fields;
    const agrees = (candidate: Candidate): boolean => !contradicts(rules.slice(0, index), candidate.keys);
    const twins = (field.byKey.get(keyAt(slot, key)) ?? []).filter(
      (each) => each.link !== row.link && each.included && agrees(each),
    );
    const found = (field.byKey.get(keyAt(other, key)) ?? []).filter((each) => each.link !== row.link);
    const usual = found.filter(agrees);
    if (twins.length > 0)
      return parked(
        'POSSIBLE_DUPLICATE',
        `${twins.length + 1} records of ${slot} have the same ${same()}: ${[observed.id, ...twins.map((each) => each.id)].join(', ')}`,
        [...usual, ...twins],
      );
    if (found.length === 0) continue;
    if (usual.length === 0)
      return parked(
        'POSSIBLE_DUPLICATE',
        `${other} ${found.map((each) => each.id).join(', ')} has the same ${same()}, but contradicts an earlier rule`,
        found,
      );
    if (usual.length > 1)
      return parked(
        'POSSIBLE_DUPLICATE',
        `${usual.length} records of ${other} have the same ${same()}: ${usual.map((each) => each.id).join(', ')}`,
        usual,
      );
    const [only] = usual;
    if (only === undefined) continue;
    if (only.paired || field.pairedNow.has(only.link))
      return parked(
        'POSSIBLE_DUPLICATE',
        `${other} ${only.id} has the same ${same()} and is linked to another record`,
        usual,
      );
    if (only.doubted)
      return parked(
        'POSSIBLE_DUPLICATE',
        `${other} ${only.id} has the same ${same()}, and may be what an unanswered create made`,
        usual,
      );
    if (!only.included)
      return parked(
        'OUTSIDE_INCLUDE',
        `${other} ${only.id} has the same ${same()}, but lies outside \`include\``,
        usual,
      );
    return { link: only, rule: mapping.identity.names[index] ?? rule.fields };
  }
  const want = mapping.identity.onNone[side === 'crm' ? 'to_erp' : 'to_crm'];
  if (want === 'create') return { create: true, keys: keysOf(rules) };
  if (want === 'park')
    return parked('NO_IDENTITY', `${other} has no such record, and the mapping does not create there`);
  return { leave: 'no counterpart, and the mapping does not create one' };
};

/** An earlier rule that both records have a key for, and not the same. */
const contradicts = (earlier: readonly IdentityKey[], others: readonly IdentityKey[]): boolean =>
  earlier.some(
    (rule) =>
      rule.key !== null &&
      others.some((other) => other.fields === rule.fields && other.key !== null && other.key !== rule.key),
  );
