/** Who asks through a view, and what of a record that person may see. */
import type { People } from '../config/port.ts';
import { SyncError } from '../domain/errors.ts';
import { otherSide, SIDES, type Side, slotName } from '../domain/record.ts';
import type { Database } from '../ledger/database.ts';
import { counterparts, type KnownAnswer, type SeenPair, seenBodies, seenPair } from '../ledger/queries/views.ts';
import type { Mapping } from '../mapping/port.ts';
import type { Belonging, KeptAnswer, Rows, View } from '../mapping/view.ts';

/** A person as the employees' mapping knows them. */
export interface Person {
  readonly id: string;
  readonly role: string;
  readonly team?: string;
  readonly branch?: string;
}

/** What is asked of persons, gathered per process. */
export interface Persons {
  /** Who may ask, by the id at a side: undefined for whoever is not there or has left. */
  asking(side: Side, id: string): Promise<Person | undefined>;
  /** Whose a record is, by the id at a side, also after they left: what they leave is still their team's. */
  owning(side: Side, id: string): Promise<Person | undefined>;
  /** The person's id at the other side. */
  across(from: Side, id: string): Promise<string | undefined>;
}

const EVERYONE = 'everyone';

const personFrom = (
  mapping: Mapping,
  people: People,
  side: Side,
  id: string,
  body: Parameters<Mapping['project']>[1],
) => {
  const value = (field: string | undefined): string | undefined =>
    field === undefined ? undefined : mapping.valueOf(side, field, body);
  const team = value(people.team);
  const branch = value(people.branch);
  return {
    id,
    role: value(people.role) ?? EVERYONE,
    ...(team === undefined ? {} : { team }),
    ...(branch === undefined ? {} : { branch }),
  };
};

/** Whether somebody works here at this moment: both halves are in the mapping and in use, and no last day is over. */
const isHere = (mapping: Mapping, side: Side, { now, body, other }: SeenPair): boolean => {
  if (other?.gone === true) return false;
  const bodies = { [side]: body, ...(other === undefined ? {} : { [otherSide(side)]: other.body }) };
  const within = SIDES.every((each) => {
    const own = bodies[each];
    if (own === undefined) return true;
    const held = mapping.heldAt(each, own, now);
    return mapping.included(each, held) && !mapping.retired(each, held);
  });
  return within && mapping.people?.gone(bodies, now) !== true;
};

/** Reads persons of the mapping that the configuration names. */
export const personsOf = (db: Database, mapping: Mapping, people: People): Persons => {
  const slot = (side: Side): string => slotName(mapping.between[side]);
  return {
    asking: async (side, id) => {
      const seen = await seenPair(db, slot(side), slot(otherSide(side)), id);
      if (seen === undefined || !isHere(mapping, side, seen)) return undefined;
      return personFrom(mapping, people, side, id, mapping.heldAt(side, seen.body, seen.now));
    },
    owning: async (side, id) => {
      const body = (await seenBodies(db, slot(side), [id])).get(id);
      return body === undefined ? undefined : personFrom(mapping, people, side, id, body);
    },
    across: async (from, id) => (await counterparts(db, slot(from), slot(otherSide(from)), [id])).get(id),
  };
};

/** The fields that a person sees of a record, or undefined: none of it. */
export const shownTo = async (
  view: View,
  known: KnownAnswer,
  kept: KeptAnswer,
  who: { readonly persons: Persons | undefined; readonly as: string | undefined },
): Promise<readonly string[] | undefined> => {
  const { roles } = view;
  if (roles === undefined) return view.fields;
  if (who.as === undefined)
    throw new SyncError('BAD_REQUEST', `the view "${view.name}" shows by role: say who asks`, { field: 'as' });
  const asking = otherSide(view.side);
  const person = await who.persons?.asking(asking, who.as);
  if (person === undefined)
    throw new SyncError('FORBIDDEN', `there is no person "${who.as}" among those who may ask`, { field: 'as' });
  const role = Object.hasOwn(roles, person.role) ? roles[person.role] : roles[EVERYONE];
  if (role === undefined) return undefined;
  const seen = await belongsTo(role.rows, person, { view, known, kept, persons: who.persons });
  return seen ? (role.fields ?? view.fields) : undefined;
};

interface Belongs {
  readonly view: View;
  readonly known: KnownAnswer;
  readonly kept: KeptAnswer;
  readonly persons: Persons | undefined;
}

/** Whose the record is, and at which side that is said. */
const said = ({ view, known, kept }: Belongs, what: Belonging): { value: string; side: Side } | undefined => {
  const own = kept.whose[what];
  if (own !== undefined) return { value: own, side: view.side };
  const asked = known.asking === undefined ? undefined : view.whoseAsked(known.asking)[what];
  return asked === undefined ? undefined : { value: asked, side: otherSide(view.side) };
};

const belongsTo = async (rows: Rows, person: Person, belongs: Belongs): Promise<boolean> => {
  if (rows === 'all') return true;
  const asking = otherSide(belongs.view.side);
  const owner = said(belongs, 'owner');
  if (rows === 'own') {
    if (owner === undefined) return false;
    const id = owner.side === asking ? owner.value : await belongs.persons?.across(owner.side, owner.value);
    return id === person.id;
  }
  const mine = person[rows];
  if (mine === undefined || mine === '') return false;
  // In the mappings' own words at either side, as the person's team is: codes of two systems are never compared.
  const declared = said(belongs, rows);
  if (declared !== undefined) return declared.value === mine;
  if (owner === undefined) return false;
  return (await belongs.persons?.owning(owner.side, owner.value))?.[rows] === mine;
};
