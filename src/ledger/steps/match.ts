import { otherSide } from '../../domain/record.ts';
import type { IdentityKey, Mapping } from '../../mapping/port.ts';
import { MAY_BE_OURS, mayBeOurs, type Place } from './ambiguous.ts';
import { type Context, slotOf } from './context.ts';
import { keyText } from './identity-keys.ts';
import { type Kin, kinOf } from './kin.ts';
import type { LinkRow, Member } from './load.ts';
import { type Park, recordPark } from './park.ts';
import { type Candidate, type Field, type Key, keyAt, keysOf, type Reserved } from './survey.ts';

/** What becomes of a record that stands alone. */
export type Match =
  | { readonly link: Candidate; readonly rule: string }
  | { readonly create: true; readonly keys: readonly Reserved[] }
  | { readonly wait: 'KEY_RESERVED' | 'WAITING_FOR_FEED' | 'WAITING_FOR_PARENT'; readonly detail: string }
  | { readonly park: Park }
  | { readonly leave: string };

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
  const kin = kinOf(mapping, member, field.parents);
  if (kin.waitsFor !== undefined) return { wait: 'WAITING_FOR_PARENT', detail: kin.waitsFor };
  if (context.mutation !== 'no-reservation') {
    for (const key of reservedOf(rules, kin))
      for (const at of [other, member.slot])
        for (const holder of field.reserved.get(keyAt(at, key)) ?? []) {
          if (holder.link === row.link || differ(holder.parents, key.parents)) continue;
          const source = field.asked.get(holder.link);
          if (source === undefined)
            return {
              wait: 'KEY_RESERVED',
              detail: said(rules.findIndex(({ fields }) => fields === key.fields)) ?? keyText(key),
            };
          asked.set(holder.link, source);
        }
  }
  const match = byRules(mapping, row, member, field, rules, kin, parked, said);
  return asked.size === 0 ? match : doubtful(match, mapping, row.link, member, asked, keys);
};

/** The keys of a record with what the references of their rules lead to: what is reserved for a create. */
const reservedOf = (rules: readonly IdentityKey[], kin: Kin): readonly Reserved[] =>
  rules.flatMap(({ fields, key }, rule) => (key === null ? [] : [{ fields, key, parents: kin.parents(rule) }]));

/** Two records of one key are certainly not the same thing: they belong to others. */
const differ = (one: string, other: string): boolean => one !== '' && other !== '' && one !== other;

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
  kin: Kin,
  parked: Parked,
  said: Said,
): Match => {
  const other = slotOf(mapping, otherSide(side));
  for (const [index, rule] of rules.entries()) {
    if (rule.key === null) continue;
    const key = { fields: rule.fields, key: rule.key };
    const same = (): string => said(index) ?? rule.fields;
    const agrees = (candidate: Candidate): boolean => !contradicts(rules.slice(0, index), kin, candidate);
    const twins = (field.byKey.get(keyAt(slot, key)) ?? []).filter(
      (each) => each.link !== row.link && each.included && kin.alike(index, each) && agrees(each),
    );
    const found = (field.byKey.get(keyAt(other, key)) ?? []).filter(
      (each) => each.link !== row.link && kin.alike(index, each),
    );
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
    if (only.owner !== null && only.owner !== row.link)
      return parked(
        'POSSIBLE_DUPLICATE',
        `${other} ${only.id} has the same ${same()} and carries our key: it was made from another record`,
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
  if (want === 'create') return { create: true, keys: reservedOf(rules, kin) };
  if (want === 'park')
    return parked('NO_IDENTITY', `${other} has no such record, and the mapping does not create there`);
  return { leave: 'no counterpart, and the mapping does not create one' };
};

/** An earlier rule that both records have a key for, and not the same. */
const contradicts = (earlier: readonly IdentityKey[], kin: Kin, candidate: Candidate): boolean =>
  earlier.some(
    (rule, index) =>
      rule.key !== null &&
      candidate.keys.some(
        (other) =>
          other.fields === rule.fields &&
          other.key !== null &&
          (other.key !== rule.key || !kin.alike(index, candidate)),
      ),
  );
