/** What a document's process makes of its plan: held until it may cross, and taken back where the ERP said no. */

import type { Decision, LinkPlan } from '../../domain/plan.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { Process, Verdict } from '../../mapping/process-port.ts';
import { slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import type { LinkRow } from './load.ts';
import { askedNote, noteOf, refusalOf, restNote, waitingFor } from './order-said.ts';
import { without, withPark } from './order-states.ts';
import { decidedIn, judged, type Known, type OrderRow, placesOf, unreadBy } from './orders.ts';
import { recordPark } from './park.ts';
import { parentKey } from './references.ts';
import { type Draft, decisionsOf, documentHash, settleParks, take } from './take.ts';

// Decisions and changes make it due at once; this only bounds what is lost with a lost word.
const LOOK_AGAIN_MS = 300_000;

/** May a document that stands in the CRM alone be created in the ERP now? What holds it is entered in the draft. */
export const mayCross = (mapping: Mapping, row: LinkRow, known: Known, draft: Draft): boolean => {
  const { process } = mapping;
  const { crm } = row.members;
  if (process === undefined || crm === undefined) return true;
  const { body } = crm.observed;
  const raised = known.rows.has(row.link);
  if (!process.starts(body)) {
    settleParks(row, [], draft, 'it has not begun');
    const cancelled = process.cancelled(body);
    if (raised)
      draft.orders.push(...noteOf(mapping, row, known, { step: cancelled ? 'cancelled' : 'draft', ended: true }));
    return false;
  }
  const verdict = judged(mapping, row, known);
  if (verdict === undefined) {
    const seen = { crm: crm.observed, decisions: decisionsOf(row), references: row.references };
    const { plan, ...word } = unjudged(mapping, row, mapping.plan({ ...seen, baseline: {}, held: {} }));
    take(mapping, { ...row, word }, plan, draft);
    return false;
  }
  if (verdict.kind === 'go') {
    const { content } = verdict;
    draft.orders.push(...noteOf(mapping, row, known, { step: 'crossing', content, decided: decidedIn(mapping, row) }));
    return true;
  }
  if (verdict.kind === 'ask') {
    draft.orders.push(...askedNote(mapping, row, known, verdict));
    const said = waitingFor(mapping, verdict);
    settleParks(row, [], draft, 'it waits for approval');
    draft.waits.push({ link: row.link, reason: 'APPROVAL', detail: said, afterMs: LOOK_AGAIN_MS });
    feedbackWrite(mapping, row, [], undefined, draft, said);
    return false;
  }
  const [code, said] =
    verdict.kind === 'gate'
      ? (['ORDER_GATE', verdict.say] as const)
      : (['APPROVAL_REFUSED', refusalOf(verdict)] as const);
  const keys = verdict.kind === 'gate' ? placesOf(mapping, row, verdict.links).map(parentKey) : [];
  const park = recordPark(mapping.name, row.link, code, said, { keys });
  draft.orders.push(
    ...noteOf(mapping, row, known, {
      step: verdict.kind === 'gate' ? 'gate' : 'approval',
      content: verdict.content,
      said,
      decided: decidedIn(mapping, row),
    }),
  );
  settleParks(row, [park], draft, 'decided or mended');
  feedbackWrite(mapping, row, [park], undefined, draft);
  return false;
};

/** A plan as its process lets it pass, and what people are told meanwhile. */
export interface Ruled {
  readonly plan: LinkPlan;
  /** It waits for this; people are told instead of being told that it agrees. */
  readonly waiting?: string;
  /** The last word to the CRM about what it proposed. */
  readonly said?: string;
}

/** What cannot be judged does not cross: it waits for what its gate must read, or is set aside where that never comes. */
const unjudged = (mapping: Mapping, row: LinkRow, plan: LinkPlan): Ruled => {
  const kept = without(plan, 'erp');
  const [first] = unreadBy(mapping, row);
  if (first === undefined) return { plan: kept };
  const { field, on, why } = first;
  if (why === undefined)
    return {
      plan: { ...kept, waiting: kept.waiting ?? [{ field, on }] },
      waiting: `It waits for what its ${field} leads to.`,
    };
  if (kept.parked.some((each) => each.on === on)) return { plan: kept };
  return { plan: withPark(kept, 'LINK_MISSING', `Its ${field} leads nowhere, so it cannot be judged: ${why}.`, on) };
};

/** The same plan with what the CRM said in its other fields taken back there; undefined where it cannot be taken back whole. */
const takenBack = (
  mapping: Mapping,
  state: LinkState,
  { fields, writes }: LinkPlan,
  stays: (field: string) => boolean = () => false,
): LinkPlan | undefined => {
  const decisions = fields.flatMap(({ field, decision, crm, erp }): Decision[] =>
    decision === 'to_erp' && writes.erp?.fields.includes(field) === true && !stays(field)
      ? [{ field, take: 'erp', seen: { crm, erp }, by: 'tallystick', back: true }]
      : [],
  );
  const again = mapping.plan({ ...state, decisions: [...state.decisions, ...decisions] });
  return proposed(again).every(stays) ? again : undefined;
};

/** Fields that the CRM wants otherwise; what is only put back in the ERP is no proposal. */
const proposed = ({ fields, writes }: LinkPlan): readonly string[] =>
  fields.flatMap(({ field, decision }) =>
    decision === 'to_erp' && writes.erp?.fields.includes(field) === true ? [field] : [],
  );

/** What a document that stands on both sides may say to the ERP now. */
export const ruled = (
  mapping: Mapping,
  row: LinkRow,
  state: LinkState,
  plan: LinkPlan,
  known: Known,
  draft: Draft,
): Ruled => {
  const { process } = mapping;
  const { crm, erp } = row.members;
  if (process === undefined || crm === undefined || erp === undefined) return { plan };
  const write = plan.writes.erp;
  const before = known.rows.get(row.link);
  const standing = process.policyOf(erp.observed.body);
  const answer = process.answerOf(erp.observed.body);
  const rest = (word: string, ruledPlan: LinkPlan): Ruled => {
    // What is said of a proposal goes before what the ERP answered to another one.
    const said = word === '' ? (answer?.say ?? '') : word;
    const fresh = word === '' && before?.said !== said ? answer : undefined;
    draft.orders.push(...restNote(mapping, row, known, ruledPlan, { said, answer: fresh }));
    return { plan: ruledPlan, ...(said === '' ? {} : { said }) };
  };
  // What was last said of a proposal stands until the CRM says something new.
  const changes = proposed(plan);
  if (write === undefined || changes.length === 0) return rest(lastSaid(process, before), plan);
  const cancels = process.cancelled(crm.observed.body);
  const policy = standing?.[cancels ? 'cancel' : 'change'] ?? 'propose';
  const refusal = row.parked.find((each) => each.refused !== null && each.refused_by === slotOf(mapping, 'erp'));
  const refused = refusal?.refused?.equals(documentHash(write.data)) === true ? refusal.message : undefined;
  const no =
    policy === 'refuse' ? tooLate(mapping, standing?.state, cancels) : policy === 'propose' ? refused : undefined;
  if (no !== undefined) {
    const again = takenBack(mapping, state, plan);
    if (again !== undefined) return rest(no, again);
    if (policy === 'refuse') return rest(no, withPark(without(plan, 'erp'), 'ORDER_STATE', no));
  }
  if (refused !== undefined || !process.judges(changes)) return rest(refused ?? '', plan);
  const verdict = judged(mapping, row, known);
  if (verdict?.kind === 'go') return rest('', plan);
  if (cancels) return rest(CANCELLED_ALONE, cancelledAlone(process, mapping, state, plan));
  return verdict === undefined ? unjudged(mapping, row, plan) : reapproved(mapping, row, plan, known, verdict, draft);
};

/** Why it is refused without asking the ERP, by the noun that the record has. */
const tooLate = ({ noun }: Mapping, state = 'like this', cancels: boolean): string =>
  `${/^[aeiou]/i.test(noun) ? 'An' : 'A'} ${noun} that is ${state} cannot be ${cancels ? 'cancelled' : 'changed'} any more.`;

const CANCELLED_ALONE = 'The cancellation alone was taken over: what else was changed had to be approved first.';

/** A cancellation waits for nobody, and carries nothing past those who would have to be asked. */
const cancelledAlone = (process: Process, mapping: Mapping, state: LinkState, plan: LinkPlan): LinkPlan => {
  const { cancelling } = process;
  const again = takenBack(mapping, state, plan, (field) => cancelling.has(field) || !process.judges([field]));
  if (again !== undefined) return again;
  const { erp } = mapping.planOnly(state, cancelling).writes;
  const kept = without(plan, 'erp');
  return withPark(
    erp === undefined ? kept : { ...kept, writes: { ...kept.writes, erp } },
    'ORDER_STATE',
    CANCELLED_ALONE,
  );
};

/** What was said of a hold is over with it, and what the ERP's column answered with the answer there. */
const lastSaid = (process: Process, row: OrderRow | undefined): string =>
  row === undefined || row.step === 'gate' || row.step === 'approval' || process.answers(row.said) ? '' : row.said;

/** A change of what is approved is judged like a new document: held, where it must be corrected or approved first. */
const reapproved = (
  mapping: Mapping,
  row: LinkRow,
  plan: LinkPlan,
  known: Known,
  verdict: Exclude<Verdict, { kind: 'go' }>,
  draft: Draft,
): Ruled => {
  const kept = without(plan, 'erp');
  if (verdict.kind === 'ask') {
    draft.orders.push(...askedNote(mapping, row, known, verdict));
    const said = waitingFor(mapping, verdict);
    draft.waits.push({ link: row.link, reason: 'APPROVAL', detail: said, afterMs: LOOK_AGAIN_MS });
    return { plan: kept, waiting: said };
  }
  const [code, said] =
    verdict.kind === 'gate'
      ? (['ORDER_GATE', verdict.say] as const)
      : (['APPROVAL_REFUSED', refusalOf(verdict)] as const);
  draft.orders.push(...noteOf(mapping, row, known, { step: 'gate', content: verdict.content, said }));
  const [on] = verdict.kind === 'gate' ? placesOf(mapping, row, verdict.links) : [];
  return { plan: withPark(kept, code, said, on) };
};
