/** The promises, checked against the systems' own ledgers. */
import type { Side } from '../../src/domain/record.ts';
import { checkEchoes } from './echoes.ts';
import { checkEffects } from './effects.ts';
import { type Facts, gather, type Living } from './facts.ts';
import { checkLate } from './late.ts';
import { ONE_WAY_TERM, RARE_TERMS, TERMS } from './mappings.ts';
import { checkMatches } from './matches.ts';
import { checkTokens } from './tokens.ts';
import { agree, erpRefuses, valueAt, WORDS } from './values.ts';
import type { World } from './world.ts';

/** Checks everything; complaints are kept in the world. */
export const check = async (world: World, when: 'before a sweep' | 'after a sweep'): Promise<void> => {
  const facts = await gather(world);
  const complain = (promise: string, text: string): void => world.complain(promise, `${when}: ${text}`);
  for (const what of facts.leftovers) complain('nothing is left over', what);
  // A sweep names a record that vouches for our sight, so that what is missed can be told gone.
  for (const side of facts.suspects)
    if (when === 'after a sweep' && facts.living.some((living) => living.side === side))
      complain('R9 missed is gone or found', `a record of ${side} is suspect still`);
  if (!facts.chained) complain('R12 journal chained', 'entries and numbers are not one to one');
  for (const living of facts.living) checkRecord(world, facts, living, complain);
  checkParked(world, facts, when, complain);
  checkEffects(world, facts, complain);
  checkEchoes(world, facts, complain);
  checkMatches(world, facts, complain);
  checkTokens(world, facts, complain);
  checkLate(world, facts, complain);
};

export type Complain = (promise: string, text: string) => void;
const nameOf = (living: Living): string => `${living.side} ${living.kept.id} (business ${living.business})`;
const wholeParks = (facts: Facts, link: string | undefined) =>
  facts.parked.filter((row) => row.link === link && row.field === '');
const partnerOf = (facts: Facts, living: Living): Living | undefined =>
  facts.living.find((other) => other.link === living.link && other.side !== living.side);

/** R1 for one record: it agrees with its other half, or it is parked, or its other half was deleted. */
const checkRecord = (world: World, facts: Facts, living: Living, complain: Complain): void => {
  if (living.link === undefined) {
    complain('R1 every record is seen', `${nameOf(living)} is unknown to the ledger`);
    return;
  }
  const partner = partnerOf(facts, living);
  if (partner !== undefined) {
    if (living.side === 'crm') checkPair(world, facts, living, partner, complain);
    return;
  }
  const other = (facts.members.get(living.link) ?? []).find((member) => member.side !== living.side);
  if (other !== undefined) return;
  for (const mapping of world.context.mappings().keys()) {
    if (!wholeParks(facts, living.link).some((row) => row.mapping === mapping)) {
      complain('R1 convergence', `${nameOf(living)} has no other half and ${mapping} lists nothing about it`);
    }
  }
};

const checkPair = (world: World, facts: Facts, crm: Living, erp: Living, complain: Complain): void => {
  if (crm.business !== erp.business && !world.wild.has(crm.business) && !world.wild.has(erp.business))
    complain('linked to a stranger', `${nameOf(crm)} is linked to ${nameOf(erp)}`);
  for (const word of WORDS) {
    const values = { crm: valueAt(crm.kept.body, word.paths.crm), erp: valueAt(erp.kept.body, word.paths.erp) };
    const excused = facts.parked.filter(
      (row) =>
        row.link === crm.link &&
        word.mappings.includes(row.mapping) &&
        (row.field === word.field || row.code === 'TARGET_REFUSED'),
    );
    const same = agree(word.field, values.crm, values.erp);
    if (!same && excused.length === 0)
      complain(
        'R1 convergence',
        `${word.field} of ${nameOf(crm)} is ${JSON.stringify(values.crm)}, of erp ${erp.kept.id} ${JSON.stringify(values.erp)}, and nothing is listed`,
      );
    for (const row of excused)
      if (row.field === word.field && !truly(world, row.code, word.conflict, same, values))
        complain('parked only what must be', `${row.code} on ${word.field} of ${nameOf(crm)}: ${row.message}`);
  }
  const term = valueAt(erp.kept.body, 'search_term');
  const wanted = String(valueAt(crm.kept.body, 'name')).toUpperCase();
  if (term !== wanted && !facts.parked.some((row) => row.link === crm.link && row.mapping === 'contact-data'))
    complain('R1 convergence', `search term of erp ${erp.kept.id} is ${String(term)}, not ${wanted}`);
};

const known = (world: World, side: Side, value: unknown): boolean => {
  const rows = [...TERMS, ...RARE_TERMS.slice(0, world.mappings.rareTerms), ...(side === 'crm' ? [ONE_WAY_TERM] : [])];
  return value === null || rows.some(([crm, erp]) => (side === 'crm' ? crm : erp) === value);
};

/** Is a field rightly parked? */
const truly = (
  world: World,
  code: string,
  conflict: string,
  same: boolean,
  values: Readonly<Record<Side, unknown>>,
): boolean => {
  if (code === 'LOOKUP_MISS') return !known(world, 'crm', values.crm) || !known(world, 'erp', values.erp);
  if (code === 'CONFLICT') return !same && (conflict === 'park' || conflict === 'newest');
  return false;
};

/** Parking is no escape: whole records are parked only for a cause that stands. */
const checkParked = (world: World, facts: Facts, when: string, complain: Complain): void => {
  // Until a sweep looks, what only absence tells is there for all that anybody can know.
  const others = when === 'after a sweep' ? facts.living : [...facts.living, ...facts.unmissed];
  for (const row of facts.parked.filter((each) => each.field === '')) {
    const here = facts.living.filter((living) => living.link === row.link);
    const business = here[0]?.business ?? -1;
    if (here.length > 0 && !world.wild.has(business) && !justified(world, facts, others, row.code, here))
      complain('parked only what must be', `${row.mapping} ${here.map(nameOf).join(', ')}: ${row.code} ${row.message}`);
  }
};

const justified = (
  world: World,
  facts: Facts,
  others: readonly Living[],
  code: string,
  here: readonly Living[],
): boolean => {
  const sides = new Set(here.map((living) => living.side));
  switch (code) {
    case 'POSSIBLE_DUPLICATE':
      return sides.size === 1 && others.some((other) => !here.includes(other) && here.some((own) => alike(own, other)));
    case 'AMBIGUOUS':
      return sides.size === 1 && (mute(world, sides.has('crm') ? 'erp' : 'crm') || mayBeAsked(world, facts, here));
    case 'TARGET_REFUSED':
      return here.some((living) => erpRefuses({ city: String(valueAt(living.kept.body, 'city')) }) !== undefined);
    case 'DELETE_BLOCKED':
    case 'DELETED_AND_CHANGED':
      return sides.size === 1;
    case 'DUPLICATE_AT_TARGET':
      return world.setup.late;
    default:
      return false;
  }
};

const mute = (world: World, side: Side): boolean => world.systems[side].manners.idempotency === 'none';

/** A record at a side that cannot be asked may be what a create from the other side made, as long as that is a question. */
const mayBeAsked = (world: World, facts: Facts, here: readonly Living[]): boolean =>
  here.every(({ side }) => mute(world, side)) &&
  facts.parked.some(
    ({ code, link }) =>
      code === 'AMBIGUOUS' &&
      (facts.members.get(link) ?? []).every((member) => here.every(({ side }) => side !== member.side)),
  );

/** Two records share a key. */
const alike = (a: Living, b: Living): boolean =>
  WORDS.filter((word) => word.field === 'tax id' || word.field === 'name').some((word) => {
    const value = valueAt(a.kept.body, word.paths[a.side]);
    return value !== null && value === valueAt(b.kept.body, word.paths[b.side]);
  });
