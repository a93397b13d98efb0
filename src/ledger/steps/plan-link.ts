/** What the planner is given of one link, and what becomes of its plan. */
import { otherSide, SIDES } from '../../domain/record.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { type Context, slotOf } from './context.ts';
import { stopped } from './gone.ts';
import type { LinkRow } from './load.ts';
import { type Candidate, type Loop, planned } from './loops.ts';
import { isLost } from './lost.ts';
import { ruled } from './order-plan.ts';
import { addedUp, allowedOrParked } from './order-states.ts';
import type { Known } from './orders.ts';
import type { Single } from './pair.ts';
import { type Draft, decisionsOf, settleParks, take } from './take.ts';

/** Rows that must be read afresh first, or whose slot has an open intent, are not planned now. */
export const plannable = (context: Context, row: LinkRow, draft: Draft): boolean => {
  const members = Object.values(row.members);
  if (members.length === 0) return false;
  if (row.open.size > 0 && context.mutation !== 'blind-plan-in-doubt') {
    // Our own doubt is put back by release, due when it can be settled; another mapping's intent ends soon.
    draft.waits.push({ link: row.link, reason: 'IN_DOUBT', detail: [...row.open].join(', '), afterMs: 1_000 });
    return false;
  }
  const blind = members.find(
    (member) =>
      member.stale ||
      member.state === 'suspect' ||
      (context.traits(member.slot).fresh && members.length > 1 && member.state !== 'gone' && !member.fresh),
  );
  if (blind === undefined) return true;
  draft.waits.push({
    link: row.link,
    reason: 'UNREACHABLE',
    detail: `${blind.slot} ${blind.id} could not be read afresh, or was shown older than it was seen`,
    afterMs: blind.state === 'suspect' ? 30_000 : 1_000,
  });
  return false;
};

/** Two records that are one thing, as the planner looks at them. */
export const pairState = (
  context: Context,
  mapping: Mapping,
  row: LinkRow,
  given: Pick<LinkState, 'held' | 'now'>,
): LinkState => ({
  ...(row.members.crm === undefined ? {} : { crm: row.members.crm.observed }),
  ...(row.members.erp === undefined ? {} : { erp: row.members.erp.observed }),
  baseline: row.baseline,
  decisions: decisionsOf(row),
  ...given,
  late: row.late,
  whole: new Set(SIDES.filter((side) => context.traits(slotOf(mapping, side)).whole === true)),
  references: row.references,
  ...(row.handovers === undefined ? {} : { handovers: row.handovers }),
});

/** A record that has no other half yet. */
export const singleState = ({ row, member }: Single, moment: Pick<LinkState, 'now'>): LinkState => ({
  [member.side]: member.observed,
  ...moment,
  baseline: {},
  decisions: decisionsOf(row),
  held: row.unread ?? {},
  references: row.references,
});

interface Given {
  /** The loop that it would close. */
  readonly loop: Loop | undefined;
  readonly known: Known | undefined;
}

export const planPair = async (
  db: Database,
  mapping: Mapping,
  each: Candidate,
  { loop, known }: Given,
  draft: Draft,
): Promise<void> => {
  const { row, state } = each;
  const { crm, erp } = row.members;
  if (crm === undefined || erp === undefined) return;
  if (isLost(mapping, crm) || isLost(mapping, erp)) {
    // A person has just linked these two, and one of them is no longer to be had: that is settled first in each round.
    draft.waits.push({ link: row.link, reason: 'KEY_RESERVED', detail: 'just linked', afterMs: 1_000 });
    return;
  }
  if (!mapping.included('crm', crm.observed.body) || !mapping.included('erp', erp.observed.body))
    return settleParks(row, [], draft, 'outside `include` now');
  const wanted = planned(mapping, each, loop);
  const { plan: passed, ...word } =
    known === undefined ? { plan: wanted } : ruled(mapping, row, state, wanted, known, draft);
  const plan = addedUp(mapping, row, allowedOrParked(mapping, row, passed));
  for (const side of SIDES) {
    const member = row.members[side];
    if (
      plan.writes[otherSide(side)] !== undefined &&
      member?.blanked === true &&
      (await stopped(db, row, member.slot, draft))
    )
      return;
  }
  take(mapping, { ...row, word }, plan, draft);
};

/** A record alone that may be created on the other side. */
export const planSingle = (
  mapping: Mapping,
  single: Candidate & Pick<Single, 'create'>,
  loop: Loop | undefined,
  draft: Draft,
): void =>
  take(mapping, single.row, addedUp(mapping, single.row, planned(mapping, single, loop)), draft, single.create);
