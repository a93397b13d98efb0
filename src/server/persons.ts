/** Who asks through a view, and what of a record that person may see. */
import type { People } from '../config/port.ts';
import { SyncError } from '../domain/errors.ts';
import type { JsonObject } from '../domain/json.ts';
import { otherSide, SIDES, type Side, slotName } from '../domain/record.ts';
import type { Database } from '../ledger/database.ts';
import { counterparts, type SeenPair, seenBodies, seenPairs } from '../ledger/queries/views.ts';
import type { Mapping } from '../mapping/port.ts';
import type { Belonging, KeptAnswer, Rows, View } from '../mapping/view.ts';
import { batched } from './batched.ts';

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

/** Reads persons of the mapping that the configuration names: however many are asked for at once, in one statement of a kind. */
export const personsOf = (db: Database, mapping: Mapping, people: People): Persons => {
  const slot = (side: Side): string => slotName(mapping.between[side]);
  const bySide = <T>(load: (side: Side, ids: readonly string[]) => Promise<ReadonlyMap<string, T>>) => {
    const all = { crm: batched<T>((ids) => load('crm', ids)), erp: batched<T>((ids) => load('erp', ids)) };
    return (side: Side, id: string): Promise<T | undefined> => all[side](id);
  };
  const pair = bySide((side, ids) => seenPairs(db, slot(side), slot(otherSide(side)), ids));
  const body = bySide((side, ids) => seenBodies(db, slot(side), ids));
  const across = bySide((side, ids) => counterparts(db, slot(side), slot(otherSide(side)), ids));
  return {
    asking: async (side, id) => {
      const seen = await pair(side, id);
      if (seen === undefined || !isHere(mapping, side, seen)) return undefined;
      return personFrom(mapping, people, side, id, mapping.heldAt(side, seen.body, seen.now));
    },
    owning: async (side, id) => {
      const seen = await body(side, id);
      return seen === undefined ? undefined : personFrom(mapping, people, side, id, seen);
    },
    across,
  };
};

/** The persons of each configuration, made once: whoever asks at the same time is looked up together. */
export const createPersons = (db: Database): ((mapping: Mapping, people: People) => Persons) => {
  const made = new WeakMap<Mapping, { readonly people: People; readonly persons: Persons }>();
  return (mapping, people) => {
    const known = made.get(mapping);
    if (known?.people === people) return known.persons;
    const persons = personsOf(db, mapping, people);
    made.set(mapping, { people, persons });
    return persons;
  };
};

/** What somebody may see of a view's records, whichever they are. */
export interface Permit {
  readonly fields: readonly string[];
  readonly rows: Rows;
  /** Whose rows; nobody's where the view is shown to every holder of a key. */
  readonly person?: Person;
}

/** What a person may see of a view, before any record of it is looked at. Undefined: none of it. */
export const permitFor = async (
  { name, roles, fields, side }: View,
  { persons, as }: { readonly persons: Persons | undefined; readonly as: string | undefined },
): Promise<Permit | undefined> => {
  if (roles === undefined) return { fields, rows: 'all' };
  if (as === undefined)
    throw new SyncError('BAD_REQUEST', `the view "${name}" shows by role: say who asks`, { field: 'as' });
  const person = await persons?.asking(otherSide(side), as);
  if (person === undefined)
    throw new SyncError('FORBIDDEN', `there is no person "${as}" among those who may ask`, { field: 'as' });
  const role = Object.hasOwn(roles, person.role) ? roles[person.role] : roles[EVERYONE];
  return role === undefined ? undefined : { fields: role.fields ?? fields, rows: role.rows, person };
};

/** What is known of a record that somebody wants to see. */
export interface Sought {
  readonly view: View;
  /** The asking side's own record. */
  readonly asking: JsonObject | undefined;
  /** What was read of the record itself; undefined: nothing yet. */
  readonly kept: KeptAnswer | undefined;
  readonly persons: Persons | undefined;
}

/** Whose the record is, and at which side that is said. `unread`: only the record itself can tell. */
const said = (
  { view, asking, kept }: Sought,
  what: Belonging,
): { value: string; side: Side } | 'unread' | undefined => {
  if (view.told[what] === 'record') {
    if (kept === undefined) return 'unread';
    const own = kept.whose[what];
    return own === undefined ? undefined : { value: own, side: view.side };
  }
  const asked = asking === undefined ? undefined : view.whoseAsked(asking)[what];
  return asked === undefined ? undefined : { value: asked, side: otherSide(view.side) };
};

/** May this record be shown? Undefined: that can only be told once it is read. */
export const mayShow = async ({ rows, person }: Permit, sought: Sought): Promise<boolean | undefined> => {
  if (rows === 'all' || person === undefined) return true;
  const owner = said(sought, 'owner');
  if (rows === 'own') {
    if (owner === 'unread') return undefined;
    if (owner === undefined) return false;
    const isAsking = owner.side !== sought.view.side;
    const id = isAsking ? owner.value : await sought.persons?.across(owner.side, owner.value);
    return id === person.id;
  }
  const mine = person[rows];
  if (mine === undefined || mine === '') return false;
  // In the mappings' own words at either side, as the person's team is: codes of two systems are never compared.
  const declared = said(sought, rows);
  if (declared === 'unread') return undefined;
  if (declared !== undefined) return declared.value === mine;
  if (owner === 'unread') return undefined;
  if (owner === undefined) return false;
  return (await sought.persons?.owning(owner.side, owner.value))?.[rows] === mine;
};
