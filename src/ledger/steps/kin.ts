import type { Mapping } from '../../mapping/port.ts';
import { followed, type References } from '../../mapping/reference.ts';
import type { Database } from '../database.ts';
import { slotOf } from './context.ts';
import type { LinkRow, Member } from './load.ts';
import { type Asked, followAll } from './references.ts';
import { type Candidate, type Field, keyAt, keysOf } from './survey.ts';

/** Who belongs to the same parents as one record, where its identity rules ask for that. */
export interface Kin {
  /** The parent, by slot and id, that is linked first: before that nobody can say who else belongs to it. */
  readonly waitsFor: string | undefined;
  /** Do the references that a rule names lead to the same things? */
  alike(rule: number, candidate: Candidate): boolean;
  /** What a rule's references lead to, as text; '' where it has none, or one that leads nowhere yet. */
  parents(rule: number): string;
}

/** The parents of one record beside those of others. */
export const kinOf = (mapping: Mapping, member: Member, references: References): Kin => {
  const rules = mapping.identity.references;
  const own = rules.some((fields) => fields.length > 0) ? mapping.referencesIn(member.side, member.observed.body) : {};
  const parentOf = new Map(mapping.references.map((each) => [each.field, each.mapping]));
  const reached = (field: string, side: Member['side'], ids: Readonly<Record<string, string>>) => {
    const id = ids[field];
    return id === undefined ? undefined : followed(references, parentOf.get(field) ?? '', side, id);
  };
  const waiting = rules
    .flat()
    .map((field) => reached(field, member.side, own))
    .find((found) => found?.state === 'waiting');
  const crmSlot = slotOf(mapping, 'crm');
  return {
    waitsFor: waiting?.state === 'waiting' ? waiting.on : undefined,
    alike: (rule, candidate) =>
      (rules[rule] ?? []).every((field) => {
        const theirs = reached(field, candidate.slot === crmSlot ? 'crm' : 'erp', candidate.parents);
        return theirs !== undefined && theirs.thing === reached(field, member.side, own)?.thing;
      }),
    parents: (rule) => {
      const found = (rules[rule] ?? []).map((field) => reached(field, member.side, own));
      const known = found.length > 0 && found.every((each) => each?.state === 'linked');
      return known ? JSON.stringify(found.map((each) => each?.thing)) : '';
    },
  };
};

/** A survey with what the parents of those it found lead to, where identity rules ask for that. */
export const withParents = async (
  db: Database,
  mapping: Mapping,
  lone: readonly { readonly row: LinkRow; readonly member: Member }[],
  survey: Field,
): Promise<Field> => {
  const named = new Set(mapping.identity.references.flat());
  const wanted = mapping.references.filter(({ field }) => named.has(field));
  if (wanted.length === 0) return survey;
  const asked: Asked[] = [];
  for (const { row, member } of lone) {
    const { side, observed, slot, seen_from: seen } = member;
    const ask = (from: Member['side'], ids: Readonly<Record<string, string>>): void => {
      for (const reference of wanted) {
        const id = ids[reference.field];
        if (id !== undefined) asked.push({ reference, side: from, id, seen });
      }
    };
    ask(side, mapping.referencesIn(side, observed.body));
    const crmSlot = slotOf(mapping, 'crm');
    const slots = [crmSlot, slotOf(mapping, 'erp')];
    // The only holder of a key is the record itself, which nobody looks into.
    for (const key of keysOf(mapping.identityKeys(side, observed.body)))
      for (const at of slots)
        for (const other of survey.byKey.get(keyAt(at, key)) ?? [])
          if (other.slot !== slot || other.link !== row.link)
            ask(other.slot === crmSlot ? 'crm' : 'erp', other.parents);
  }
  return { ...survey, parents: await followAll(db, asked) };
};
