import { canonicalJson, type JsonObject } from '../../domain/json.ts';
import type { Baseline, LinkPlan, PlannedWrite } from '../../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import { hashOf, toBytes } from '../codec.ts';
import { asks, candidatesOf } from './ambiguous.ts';
import { connectionOf, slotOf } from './context.ts';
import { loopKey } from './edges.ts';
import { feedbackWrite } from './feedback.ts';
import type { LinkRow, Member, ParkedRow } from './load.ts';
import type { OrderNote } from './order-notes.ts';
import { detailOf, type Park } from './park.ts';
import { parentKey } from './references.ts';
import type { Stated } from './state.ts';
import type { Wait } from './wait.ts';

/** What a round of planning adds up to before it is written down. */
export interface Draft {
  readonly stated: Stated[];
  readonly parks: Park[];
  readonly unparks: { mapping: string; link: string; field: string; code: string; reason: string }[];
  readonly baselines: { link: string; mapping: string; body: Baseline }[];
  readonly waits: Wait[];
  /** Links whose question whether a create took effect is over. */
  readonly answered: string[];
  /** What is said of documents that have a life. */
  readonly orders: OrderNote[];
}
export const emptyDraft = (): Draft => ({
  stated: [],
  parks: [],
  unparks: [],
  baselines: [],
  waits: [],
  answered: [],
  orders: [],
});

export const decisionsOf = (row: LinkRow) =>
  row.parked.flatMap((each) => (each.decision === undefined ? [] : [each.decision]));

/** Turn a plan into intents, parked fields and baseline; what the target refused is not sent again as it is. */
export const take = (mapping: Mapping, row: LinkRow, plan: LinkPlan, draft: Draft, create?: Stated['keys']): void => {
  const refusal = row.parked.find((each) => each.refused !== null);
  const parks = plan.parked.map(
    (each): Park => ({
      ...each,
      mapping: mapping.name,
      link: row.link,
      ...(each.on === undefined ? {} : { keys: [parentKey(each.on)] }),
      ...(each.loop === undefined ? {} : { keys: each.loop.map(loopKey) }),
    }),
  );
  const [waiting] = plan.waiting ?? [];
  if (waiting !== undefined)
    draft.waits.push({ link: row.link, reason: 'WAITING_FOR_PARENT', detail: waiting.on, afterMs: 1_000 });
  else if (plan.again !== undefined)
    draft.waits.push({
      ...{ link: row.link, reason: 'NOT_YET_EFFECTIVE', detail: plan.again.day, afterMs: 0, until: plan.again.at },
    });
  const before = draft.stated.length;
  let suppressed = false;
  for (const side of SIDES) {
    const planned = plan.writes[side];
    if (planned === undefined) continue;
    if (refusal?.refused?.equals(documentHash(planned.data)) === true) {
      suppressed = true;
      continue;
    }
    draft.stated.push(statedFrom(mapping, row, side, planned, plan, create));
  }
  const agreed = Object.keys(plan.agreed).length > 0 ? { ...row.baseline, ...plan.agreed } : undefined;
  if (agreed !== undefined && canonicalJson(agreed as never) !== canonicalJson(row.baseline as never))
    draft.baselines.push({ link: row.link, mapping: mapping.name, body: agreed });
  const keep = suppressed && refusal !== undefined ? [refusal.field] : [];
  settleParks(row, parks, draft, 'agreed, decided or mended', keep);
  const creating = draft.stated.slice(before).some((each) => each.op === 'create');
  const pending = row.told === true && draft.stated.length > before;
  if (!creating && !pending) feedbackWrite(mapping, row, parks, keep.length > 0 ? refusal : undefined, draft);
};

/** What a refusal remembers a write by. */
export const documentHash: (data: JsonObject) => Buffer = hashOf;

const statedFrom = (
  mapping: Mapping,
  row: LinkRow,
  side: Side,
  planned: PlannedWrite,
  plan: LinkPlan,
  create: Stated['keys'] | undefined,
): Stated => {
  const member = row.members[side];
  const source = row.members[otherSide(side)];
  const last = row.last.get(slotOf(mapping, side));
  const written = new Set(planned.fields);
  return {
    mapping: mapping.name,
    link: row.link,
    slot: slotOf(mapping, side),
    connection: connectionOf(slotOf(mapping, side)),
    op: planned.op,
    no: (last?.no ?? 0) + 1,
    generation: last?.generation ?? 0,
    record: member?.id,
    version: member?.observed.version,
    keys: create,
    body: {
      side,
      fields: planned.fields,
      values: planned.values,
      data: planned.data,
      before: beforeOf(mapping, side, member, planned),
      intended: Object.fromEntries(Object.entries(plan.intended).filter(([field]) => written.has(field))),
      reasons: Object.fromEntries(
        plan.fields.filter((each) => written.has(each.field)).map((each) => [each.field, each.reason]),
      ),
      ...(source === undefined ? {} : { source: { slot: source.slot, id: source.id } }),
    },
  };
};

const beforeOf = (mapping: Mapping, side: Side, member: Member | undefined, planned: PlannedWrite) => {
  const paths = member === undefined ? {} : mapping.paths(side, member.observed.body);
  return Object.fromEntries(Object.keys(planned.values).map((path) => [path, paths[path] ?? null]));
};

// Parked by what happened at the target, not by a plan: only a person or the target's answer ends them.
const STICKY = new Set(['AMBIGUOUS', 'DUPLICATE_AT_TARGET']);

/** Whether a create took effect is no question any more once both halves are there. What may be another's is asked anew by each plan. */
const answered = (row: LinkRow, known: ParkedRow): boolean =>
  known.code === 'AMBIGUOUS' && (Object.keys(row.members).length === 2 || candidatesOf(known).length > 0);

/** The parked rows of a link become those of this plan; the others are over. */
export const settleParks = (
  row: LinkRow,
  parks: readonly Park[],
  draft: Draft,
  reason: string,
  keep: readonly string[] = [],
): void => {
  const now = new Map(parks.map((each) => [each.field, each]));
  for (const known of row.parked) {
    const again = now.get(known.field);
    if (again === undefined) {
      const held =
        keep.includes(known.field) ||
        (STICKY.has(known.code) && known.record === undefined && !answered(row, known)) ||
        (known.refused !== null &&
          draft.stated.some((each) => each.link === row.link && each.slot === known.refused_by));
      if (!held)
        draft.unparks.push({ mapping: known.mapping, link: row.link, field: known.field, code: known.code, reason });
      if (!held && asks(known)) draft.answered.push(row.link);
    } else if (
      known.code === again.code &&
      known.message === again.message &&
      known.decision === undefined &&
      known.record === undefined &&
      known.detail.equals(toBytes(detailOf(again)))
    ) {
      now.delete(known.field);
    }
  }
  draft.parks.push(...now.values());
};
