/** Owners who have gone or moved away: whose records they are, and who takes over. Looked at again for each plan, so nothing is kept. */
import type { JsonObject } from '../../domain/json.ts';
import { SIDES, type Side } from '../../domain/record.ts';
import type { Handover, Mapping, People } from '../../mapping/port.ts';
import { followed, referenceKey } from '../../mapping/reference.ts';
import { asText, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, slotOf } from './context.ts';
import type { LinkRow } from './load.ts';
import type { Single } from './pair.ts';

type Rule = People['reassign'][number];

/** Somebody of ours, as the ledger last saw them. */
interface Person {
  readonly link: string;
  readonly ids: Readonly<Partial<Record<Side, string>>>;
  readonly bodies: Readonly<Partial<Record<Side, JsonObject>>>;
  readonly gone: boolean;
}

/** A link's bodies by side. */
export const bodiesOf = ({ members }: LinkRow): Person['bodies'] =>
  Object.fromEntries(Object.entries(members).map(([side, { observed }]) => [side, observed.body]));

/** Is the record alone one of somebody who has gone? Then none is made of it. */
export const hasGone = (mapping: Mapping, { row }: Single, now: string): boolean =>
  mapping.people?.gone(bodiesOf(row), now) === true;

/** Those of a mapping of people; all, or those of some links. */
const personsOf = async (
  db: Database,
  mapping: Mapping,
  people: People,
  now: string,
  links?: readonly string[],
): Promise<readonly Person[]> => {
  const rows = await db.query<{ link: string; slot: string; id: string; body: Stored }>(
    `select link, slot, id, ${asText('body')} as body from record
     where slot = any($1) and active and state = 'present' and ($2::uuid[] is null or link = any($2)) order by slot, id`,
    [SIDES.map((side) => slotOf(mapping, side)), links ?? null],
  );
  return [...Map.groupBy(rows, ({ link }) => link)].map(([link, members]) => {
    const at = <T>(pick: (row: (typeof rows)[number]) => T): Partial<Record<Side, T>> =>
      Object.fromEntries(
        SIDES.flatMap((side) =>
          members.filter(({ slot }) => slot === slotOf(mapping, side)).map((row) => [side, pick(row)]),
        ),
      );
    const bodies = at(({ body }) => objectFrom(body));
    return { link, ids: at(({ id }) => id), bodies, gone: people.gone(bodies, now) };
  });
};

/** The links of a round with the owners who hand over. The caller holds the locks of the people's slots. */
export const handovers = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
  now: string,
): Promise<readonly LinkRow[]> => {
  let all = rows;
  for (const of of context.mappings().values())
    for (const rule of of.people?.reassign ?? [])
      if (rule.mapping === mapping.name && of.people !== undefined)
        all = await ruled(db, { mapping, of, people: of.people, rule, now }, all);
  return all;
};

interface Ruling {
  readonly mapping: Mapping;
  readonly of: Mapping;
  readonly people: People;
  readonly rule: Rule;
  readonly now: string;
}

/** The owner that a record names: of both sides the one that decides. */
const ownerOf = ({ mapping, of, rule }: Ruling, row: LinkRow): { crm: string; link: string } | undefined => {
  for (const side of SIDES) {
    const member = row.members[side];
    const id = member === undefined ? undefined : mapping.referencesIn(side, member.observed.body)[rule.field];
    if (id === undefined) continue;
    const found = followed(row.references, of.name, side, id);
    if (found.state === 'linked') return { crm: found.crm, link: found.thing };
  }
  return undefined;
};

const ruled = async (db: Database, ruling: Ruling, rows: readonly LinkRow[]): Promise<readonly LinkRow[]> => {
  const owners = new Map(rows.map((row) => [row.link, ownerOf(ruling, row)]));
  const named = [...new Set([...owners.values()].flatMap((owner) => owner?.link ?? []))].sort();
  if (named.length === 0) return rows;
  const { of, people, now, rule } = ruling;
  const known = new Map((await personsOf(db, of, people, now, named)).map((person) => [person.link, person]));
  let everybody: readonly Person[] | undefined;
  const found: LinkRow[] = [];
  for (const row of rows) {
    const owner = owners.get(row.link);
    const person = owner === undefined ? undefined : known.get(owner.link);
    const why = person === undefined ? undefined : leaving(ruling, row, person);
    if (owner === undefined || person === undefined || why === undefined) {
      found.push(row);
      continue;
    }
    everybody ??= await personsOf(db, of, people, now);
    // Who is still here keeps what nobody of that place can take: their superior is not nearer to it.
    const { within } = rule;
    const ways = person.gone || within === undefined ? rule.to : [{ same: within }];
    const next = ways
      .map((to) => successor(ruling, row, person, to, everybody ?? []))
      .find((each) => each !== undefined);
    if (next === undefined && !person.gone) {
      found.push(row);
      continue;
    }
    const handover: Handover =
      next === undefined
        ? { from: owner.crm, why: `${owner.crm} ${why}, and nobody is there to take over` }
        : { from: owner.crm, to: next.crm, why: `${owner.crm} ${why}; ${next.as} ${next.crm} takes over` };
    found.push({ ...row, ...taken(ruling, row, handover, next) });
  }
  return found;
};

const taken = (
  { of, rule }: Ruling,
  row: LinkRow,
  handover: Handover,
  next: Next | undefined,
): Pick<LinkRow, 'handovers' | 'references'> => {
  const handovers = { ...row.handovers, [rule.field]: handover };
  if (next === undefined) return { handovers, references: row.references };
  const { crm, erp, link } = next;
  const reference = { state: 'linked', thing: link, crm, erp } as const;
  return { handovers, references: new Map([...row.references, [referenceKey(of.name, 'crm', crm), reference]]) };
};

/** Why somebody hands over what they own, in words; undefined while it stays theirs. */
const leaving = ({ mapping, of, rule: { within } }: Ruling, row: LinkRow, person: Person): string | undefined => {
  if (person.gone) return 'has gone';
  if (within === undefined) return undefined;
  const place = mapping.said(within, bodiesOf(row));
  return place === '' || place === of.said(within, person.bodies) ? undefined : `has another ${within} than the record`;
};

interface Next {
  readonly crm: string;
  readonly erp: string;
  readonly link: string;
  /** What makes them the one, in words. */
  readonly as: string;
}

const next = ({ link, ids, gone }: Person, as: string): Next | undefined =>
  gone || ids.crm === undefined || ids.erp === undefined ? undefined : { crm: ids.crm, erp: ids.erp, link, as };

const successor = (
  { mapping, of }: Ruling,
  row: LinkRow,
  person: Person,
  to: Rule['to'][number],
  everybody: readonly Person[],
): Next | undefined => {
  if ('user' in to) {
    const named = everybody.find(({ ids }) => ids.crm === to.user);
    return named === undefined ? undefined : next(named, 'the one named for it,');
  }
  if ('same' in to) {
    const place = mapping.said(to.same, bodiesOf(row)) || of.said(to.same, person.bodies);
    const there = everybody.flatMap((each) =>
      place === '' || each.link === person.link || of.said(to.same, each.bodies) !== place
        ? []
        : (next(each, `of the same ${to.same}`) ?? []),
    );
    // Of several nobody can say which.
    return there.length === 1 ? there[0] : undefined;
  }
  // Up the line until somebody is there; a line that runs in a circle has no end, and nobody at it.
  const seen = new Set([person.link]);
  for (let at: Person | undefined = above(of, person, to.superior, everybody); at !== undefined; ) {
    if (seen.has(at.link)) return undefined;
    seen.add(at.link);
    const here = next(at, 'their superior');
    if (here !== undefined) return here;
    at = above(of, at, to.superior, everybody);
  }
  return undefined;
};

const above = (of: Mapping, person: Person, field: string, everybody: readonly Person[]): Person | undefined => {
  for (const side of ['erp', 'crm'] as const) {
    const body = person.bodies[side];
    const id = body === undefined ? undefined : of.referencesIn(side, body)[field];
    if (id !== undefined) return everybody.find(({ ids }) => ids[side] === id);
  }
  return undefined;
};
