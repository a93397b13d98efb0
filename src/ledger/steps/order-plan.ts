/** What a document's process makes of its plan: held until it may cross, and taken back where the ERP said no. */

import type { JsonObject } from '../../domain/json.ts';
import type { Decision, LinkPlan } from '../../domain/plan.ts';
import type { Side } from '../../domain/record.ts';
import { withValues } from '../../mapping/path.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { Verdict } from '../../mapping/process-port.ts';
import { slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import type { LinkRow } from './load.ts';
import type { OrderNote } from './order-notes.ts';
import { without, withPark } from './order-states.ts';
import { decidedIn, judged, type Known, type OrderRow, placesOf } from './orders.ts';
import { recordPark } from './park.ts';
import { parentKey } from './references.ts';
import { type Draft, documentHash, settleParks } from './take.ts';

// Decisions and changes make it due at once; this only bounds what is lost with a lost word.
const LOOK_AGAIN_MS = 300_000;

const noteOf = (
  mapping: Mapping,
  row: LinkRow,
  known: Known,
  now: Pick<OrderNote, 'step'> & Partial<OrderNote>,
): OrderNote[] => {
  const { process } = mapping;
  const before = known.rows.get(row.link);
  const record = row.members.crm?.id;
  if (process === undefined || record === undefined) return [];
  const note: OrderNote = {
    record,
    link: row.link,
    origin: before === undefined && row.members.erp !== undefined ? 'erp' : 'crm',
    waitsFor: '',
    content: before?.content ?? '',
    level: null,
    from: null,
    dueMs: process.targetMs(now.step),
    said: '',
    ended: false,
    decided: [],
    ...now,
  };
  const same =
    before !== undefined &&
    note.event === undefined &&
    note.decided.length === 0 &&
    before.step === note.step &&
    before.content === note.content &&
    before.level === note.level &&
    before.waits_for === note.waitsFor &&
    before.said === note.said &&
    before.ended === note.ended;
  return same ? [] : [note];
};

/** What people are told while a level is asked. */
const waitingFor = (level: string): string => `It waits for approval by ${level}.`;

const askedNote = (
  mapping: Mapping,
  row: LinkRow,
  known: Known,
  verdict: Extract<Verdict, { kind: 'ask' }>,
): OrderNote[] => {
  const level = mapping.process?.levels[verdict.level];
  return noteOf(mapping, row, known, {
    step: 'approval',
    waitsFor: level?.name ?? '',
    content: verdict.content,
    level: verdict.level,
    from: verdict.from,
    dueMs: level?.dueMs,
    decided: decidedIn(mapping, row),
  });
};

const refusalOf = ({ by }: Extract<Verdict, { kind: 'refused' }>): string =>
  `${by.approver} refused it${by.reason === '' ? '' : `: ${by.reason}`}.`;

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
  if (verdict === undefined) return true;
  if (verdict.kind === 'go') {
    const { content } = verdict;
    draft.orders.push(...noteOf(mapping, row, known, { step: 'crossing', content, decided: decidedIn(mapping, row) }));
    return true;
  }
  if (verdict.kind === 'ask') {
    draft.orders.push(...askedNote(mapping, row, known, verdict));
    const said = waitingFor(process.levels[verdict.level]?.name ?? '');
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

/** The same plan with what the CRM said in these fields taken back there; undefined where it cannot be taken back whole. */
const takenBack = (mapping: Mapping, state: LinkState, { fields, writes }: LinkPlan): LinkPlan | undefined => {
  const decisions = fields.flatMap(({ field, decision, crm, erp }): Decision[] =>
    decision === 'to_erp' && writes.erp?.fields.includes(field) === true
      ? [{ field, take: 'erp', seen: { crm, erp }, by: 'tallystick', back: true }]
      : [],
  );
  const again = mapping.plan({ ...state, decisions: [...state.decisions, ...decisions] });
  return proposed(again).length === 0 ? again : undefined;
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
  const rest = (said: string, ruledPlan: LinkPlan): Ruled => {
    draft.orders.push(...restNote(mapping, row, known, ruledPlan, said));
    return { plan: ruledPlan, ...(said === '' ? {} : { said }) };
  };
  // What was last said of a proposal stands until the CRM says something new.
  const changes = proposed(plan);
  if (write === undefined || changes.length === 0) return rest(held(before) ? '' : (before?.said ?? ''), plan);
  const cancels = process.cancelled(crm.observed.body);
  const policy = standing?.[cancels ? 'cancel' : 'change'] ?? 'propose';
  const refusal = row.parked.find((each) => each.refused !== null && each.refused_by === slotOf(mapping, 'erp'));
  const refused = refusal?.refused?.equals(documentHash(write.data)) === true ? refusal.message : undefined;
  const no =
    policy === 'refuse'
      ? `An order that is ${standing?.state ?? 'like this'} cannot be ${cancels ? 'cancelled' : 'changed'} any more.`
      : policy === 'propose'
        ? refused
        : undefined;
  if (no !== undefined) {
    const again = takenBack(mapping, state, plan);
    if (again !== undefined) return rest(no, again);
    if (policy === 'refuse') return rest(no, withPark(without(plan, 'erp'), 'ORDER_STATE', no));
  }
  if (refused !== undefined || cancels || !process.covers(changes)) return rest(refused ?? '', plan);
  return reapproved(mapping, row, plan, known, draft) ?? rest('', plan);
};

/** What was said of a hold is over with it. */
const held = (row: OrderRow | undefined): boolean => row?.step === 'gate' || row?.step === 'approval';

/** A change of what is approved is judged like a new document: held, where it must be corrected or approved first. */
const reapproved = (mapping: Mapping, row: LinkRow, plan: LinkPlan, known: Known, draft: Draft): Ruled | undefined => {
  const verdict = judged(mapping, row, known);
  if (verdict === undefined || verdict.kind === 'go') return undefined;
  const kept = without(plan, 'erp');
  if (verdict.kind === 'ask') {
    draft.orders.push(...askedNote(mapping, row, known, verdict));
    const said = waitingFor(mapping.process?.levels[verdict.level]?.name ?? '');
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

const restNote = (mapping: Mapping, row: LinkRow, known: Known, plan: LinkPlan, said: string): OrderNote[] => {
  const { process } = mapping;
  const { crm, erp } = row.members;
  if (process === undefined || crm === undefined || erp === undefined) return [];
  const before = known.rows.get(row.link);
  // As both sides are about to be: a refusal or a late answer is planned again, and says otherwise.
  const next = (side: Side): JsonObject =>
    withValues(row.members[side]?.observed.body ?? {}, plan.writes[side]?.values ?? {});
  const after = { crm: next('crm'), erp: next('erp') };
  const state = process.stateOf(after.crm, after.erp);
  const more = { said, decided: decidedIn(mapping, row) };
  const verdict = process.levels.some(({ where }) => where === 'erp') ? judged(mapping, row, known) : undefined;
  // A level that decides in the ERP is asked once the document is there; nothing is held for it.
  if (verdict?.kind === 'ask' && process.levels[verdict.from]?.where === 'erp')
    return askedNote(mapping, row, known, verdict);
  // A pair that is no state yet is on its way to one: the step stays what it was.
  const step = state?.state ?? process.policyOf(after.erp)?.state ?? before?.step ?? 'crossing';
  return noteOf(mapping, row, known, { ...more, step, ended: state?.ends === true });
};
