/** What a round says of a document: where it stands now, for its row, its events and people. */
import type { JsonObject } from '../../domain/json.ts';
import type { LinkPlan } from '../../domain/plan.ts';
import type { Side } from '../../domain/record.ts';
import { withValues } from '../../mapping/path.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Answer, Verdict } from '../../mapping/process-port.ts';
import type { Database } from '../database.ts';
import type { LinkRow } from './load.ts';
import { isLost } from './lost.ts';
import type { OrderNote } from './order-notes.ts';
import { decidedIn, judged, type Known, knownOf } from './orders.ts';
import type { Draft } from './take.ts';

/** A note for the document of a link, or none where its row says all of it already. */
export const noteOf = (
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
export const waitingFor = (mapping: Mapping, { level, why }: Extract<Verdict, { kind: 'ask' }>): string =>
  `It waits for approval by ${mapping.process?.levels[level]?.name ?? ''}${why === '' ? '' : `: ${why}`}.`;

/** A level is asked. */
export const askedNote = (
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

/** What people are told of a refusal. */
export const refusalOf = ({ by }: Extract<Verdict, { kind: 'refused' }>): string =>
  `${by.approver} refused it${by.reason === '' ? '' : `: ${by.reason}`}.`;

/** A document on both sides, with nothing that holds it. */
export const restNote = (
  mapping: Mapping,
  row: LinkRow,
  known: Known,
  plan: LinkPlan,
  { said, answer }: { readonly said: string; readonly answer: Answer | undefined },
): OrderNote[] => {
  const { process } = mapping;
  const { crm, erp } = row.members;
  if (process === undefined || crm === undefined || erp === undefined) return [];
  const before = known.rows.get(row.link);
  // As both sides are about to be: a refusal or a late answer is planned again, and says otherwise.
  const next = (side: Side): JsonObject =>
    withValues(row.members[side]?.observed.body ?? {}, plan.writes[side]?.values ?? {});
  const after = { crm: next('crm'), erp: next('erp') };
  const state = process.stateOf(after.crm, after.erp);
  const told = answer === undefined ? {} : { answer, event: answer.answer };
  const more = { said, decided: decidedIn(mapping, row), ...told };
  const verdict = process.levels.some(({ where }) => where === 'erp') ? judged(mapping, row, known) : undefined;
  // A level that decides in the ERP is asked once the document is there; nothing is held for it.
  if (verdict?.kind === 'ask' && process.levels[verdict.from]?.where === 'erp')
    return askedNote(mapping, row, known, verdict);
  // A pair that is no state yet is on its way to one: the step stays what it was.
  const step = state?.state ?? process.policyOf(after.erp)?.state ?? before?.step ?? 'crossing';
  return noteOf(mapping, row, known, { ...more, step, ended: state?.ends === true });
};

/** Documents that people took away, or out of what the mapping keeps: nobody is asked about them any more. */
export const noteWithdrawn = async (
  db: Database,
  mapping: Mapping,
  rows: readonly LinkRow[],
  draft: Draft,
): Promise<void> => {
  if (mapping.process === undefined) return;
  const away = rows.filter(
    ({ members: { crm, erp } }) =>
      crm !== undefined &&
      (isLost(mapping, crm) ||
        !mapping.included('crm', crm.observed.body) ||
        (erp !== undefined && !mapping.included('erp', erp.observed.body))),
  );
  if (away.length === 0) return;
  const known = await knownOf(db, mapping, away);
  for (const row of away)
    if (known.rows.get(row.link)?.ended === false)
      draft.orders.push(...noteOf(mapping, row, known, { step: 'withdrawn', ended: true }));
};
