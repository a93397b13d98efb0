/** What keeps a plan from crossing besides its process's gate: totals that do not add up, and pairs of states that are not allowed. */
import type { LinkPlan, ParkedField } from '../../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { LinkRow } from './load.ts';

/** The plan, with nothing written at a side. */
export const without = (plan: LinkPlan, side: Side): LinkPlan => {
  const { [side]: _, ...writes } = plan.writes;
  return { ...plan, writes };
};

/** The plan, with the record set aside as a whole. */
export const withPark = (plan: LinkPlan, code: ParkedField['code'], message: string, on?: string): LinkPlan => ({
  ...plan,
  parked: [
    ...plan.parked.filter(({ field }) => field !== ''),
    { field: '', code, message, crm: null, erp: null, base: null, cause: code, ...(on === undefined ? {} : { on }) },
  ],
});

/** A pair at rest that the table does not allow is a person's to mend. */
export const allowedOrParked = (mapping: Mapping, row: LinkRow, plan: LinkPlan): LinkPlan => {
  const { process } = mapping;
  const { crm, erp } = row.members;
  if (process === undefined || crm === undefined || erp === undefined) return plan;
  if (SIDES.some((side) => plan.writes[side] !== undefined) || plan.parked.length > 0 || plan.waiting !== undefined)
    return plan;
  if (row.parked.some(({ refused }) => refused !== null)) return plan;
  if (process.stateOf(crm.observed.body, erp.observed.body) !== undefined) return plan;
  return withPark(
    plan,
    'ORDER_STATE',
    'The two sides stand at values that the table of states does not allow together.',
  );
};

/**
 * What does not add up does not cross: nothing is written from a side whose total is not the sum of its lines. A side that
 * is only told its total may be behind while something is written to it.
 */
export const addedUp = (mapping: Mapping, row: LinkRow, plan: LinkPlan): LinkPlan =>
  SIDES.reduce((so, side) => {
    const member = row.members[side];
    const wrong = member === undefined ? undefined : mapping.differing(side, member.observed.body);
    if (wrong === undefined) return so;
    const told = wrong.flow === side;
    if (told && SIDES.some((each) => plan.writes[each] !== undefined)) return so;
    return withPark(without(so, otherSide(side)), 'TOTALS_DIFFER', wrong.say);
  }, plan);
