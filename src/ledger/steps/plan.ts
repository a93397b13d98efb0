import { otherSide, SIDES } from '../../domain/record.ts';
import type { LinkState, Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import type { PipelinePort } from '../port.ts';
import { type Context, slotOf } from './context.ts';
import { holdSegment } from './fence.ts';
import { flappingFields } from './flapping.ts';
import { stopped } from './gone.ts';
import { handovers, hasGone } from './handover.ts';
import { wakeOwned } from './handover-wake.ts';
import { type LinkRow, ledgerNow, loadLinks } from './load.ts';
import { isLost, settleLost } from './lost.ts';
import { lockSlot } from './observations.ts';
import { noteOrders } from './order-notes.ts';
import { mayCross, ruled } from './order-plan.ts';
import { noteWithdrawn } from './order-said.ts';
import { addedUp, allowedOrParked } from './order-states.ts';
import { type Known, knownOf } from './orders.ts';
import { pairUp, type Single } from './pair.ts';
import { park, unpark } from './park.ts';
import { keepDue, nudge } from './queue.ts';
import { wakeChildren } from './references.ts';
import { noteRelated } from './related.ts';
import { answerKeys } from './reservations.ts';
import { storeBaselines } from './settle.ts';
import { reserve, type Stated, state } from './state.ts';
import type { StatedBodies } from './stated-bodies.ts';
import { type Draft, decisionsOf, emptyDraft, settleParks, take } from './take.ts';
import { tellPutOff, tellWaiting, toldAndDue, toldLinks } from './tell.ts';
import { wait } from './wait.ts';

// Links planned in one transaction: the slots' observers wait that long.
const CHUNK = 500;

/** Plan all records of a segment, a chunk per transaction. May be repeated: what is stated already is passed over. */
export const planSegment = async (
  context: Context,
  segment: string,
  bodies?: StatedBodies,
): ReturnType<PipelinePort['plan']> => {
  const [row] = await context.db.query<{ mapping: string; telling: string | null }>(
    `select mapping, telling from segment where id = $1 and finished_at is null`,
    [segment],
  );
  const mapping = row === undefined ? undefined : context.mappings().get(row.mapping);
  if (mapping === undefined) {
    // Another worker claimed with a configuration that is not in force here: nothing is planned, and nothing is done.
    await keepDue(context.db, segment);
    return { targets: [], nudge: [], orders: [] };
  }
  const woken = new Set<string>();
  const orders: { mapping: string; record: string }[] = [];
  for (let after = ''; ; ) {
    const planned = await context.db.transaction(async (db) =>
      planChunk(context, db, mapping, segment, after, row?.telling ?? null),
    );
    if (planned === undefined) break;
    bodies?.keep(planned.stated);
    for (const name of planned.woken) woken.add(name);
    for (const record of planned.orders) orders.push({ mapping: mapping.name, record });
    after = planned.last;
  }
  const targets = await context.db.query<{ connection: string }>(
    `select distinct connection from intent where segment = $1 and state = 'stated' and ended_at is null order by 1`,
    [segment],
  );
  return { targets: targets.map((each) => each.connection), nudge: await nudge(context.db, [...woken].sort()), orders };
};

/** The last link of a chunk, and what was stated in it. */
interface Planned {
  readonly last: string;
  readonly stated: readonly Stated[];
  /** Mappings whose records waited for some of the chunk. */
  readonly woken: readonly string[];
  /** Documents whose workflow is to look. */
  readonly orders: readonly string[];
}

const planChunk = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  segment: string,
  after: string,
  telling: string | null,
): Promise<Planned | undefined> => {
  // Observing and planning a slot take turns, so that no plan rests on what another transaction is just replacing: no
  // parent is linked, either, between our look at it and our waiting for it.
  const own = SIDES.map((side) => slotOf(mapping, side));
  const slots = [...own, ...mapping.references.flatMap((each) => [each.slots.crm, each.slots.erp])];
  const locks = [...new Set(slots)].sort().map((slot) => lockSlot(db, slot));
  const [mine, links] = await Promise.all([
    holdSegment(db, segment),
    db.query<{ id: string }>(
      `select id from link where segment = $1 and ($2 = '' or id > nullif($2, '')::uuid) order by id limit $3`,
      [segment, after, CHUNK],
    ),
    ...locks,
  ]);
  if (!mine) return undefined;
  const last = links.at(-1)?.id;
  if (last === undefined) return undefined;
  const draft = emptyDraft();
  const ids = links.map((link) => link.id);
  const told = await toldLinks(db, mapping, segment);
  const all = (await loadLinks(db, mapping, segment, ids)).map((each) =>
    told.has(each.link) ? { ...each, told: true as const } : each,
  );
  if (telling !== null) {
    tellWaiting(mapping, all, telling, draft);
    await state(context, db, segment, draft.stated);
    await toldAndDue(db, segment);
    return { last, stated: draft.stated, woken: [], orders: [] };
  }
  const rows = all.filter((each) => plannable(context, each, draft));
  await noteWithdrawn(db, mapping, rows, draft);
  const joined = await settleLost(context, db, mapping, segment, rows, draft);
  const whole = joined.filter((each) => rows.includes(each) || plannable(context, each, draft));
  const { pairs, singles } = await pairUp(context, db, mapping, segment, whole, draft);
  const [held, known] = await Promise.all([
    flappingFields(db, mapping, pairs),
    mapping.process === undefined
      ? undefined
      : knownOf(db, mapping, [...pairs, ...singles.map((single) => single.row)]),
  ]);
  const now = await ledgerNow(db);
  const moment = mapping.dated ? { now } : {};
  for (const each of await handovers(context, db, mapping, pairs, now))
    await planPair(context, db, mapping, each, { held: held.get(each.link) ?? {}, ...moment, known }, draft);
  for (const single of singles) {
    const { row, member } = single;
    if (known !== undefined && member.side === 'crm' && !mayCross(mapping, row, known, draft)) continue;
    if (!hasGone(mapping, single, now)) planSingle(mapping, single, moment, draft);
  }
  await tellPutOff(db, mapping, segment, all, draft);
  const stated = await write(context, db, segment, draft);
  const [orders] = await Promise.all([
    noteOrders(db, mapping.name, draft.orders),
    noteRelated(context, db, mapping, whole),
  ]);
  const underWay = new Set([...draft.waits, ...stated.filter(({ op }) => op === 'create')].map((each) => each.link));
  const settled = whole.map((each) => each.link).filter((link) => !underWay.has(link));
  const woken = await wakeOwned(context, db, mapping, pairs, stated, now);
  return { last, stated, woken: [...woken, ...(await wakeChildren(context, db, mapping.name, settled))], orders };
};

/** Rows that must be read afresh first, or whose slot has an open intent, are not planned now. */
const plannable = (context: Context, row: LinkRow, draft: Draft): boolean => {
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

const planPair = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  row: LinkRow,
  { known, ...given }: Pick<LinkState, 'held' | 'now'> & { readonly known: Known | undefined },
  draft: Draft,
): Promise<void> => {
  const { crm, erp } = row.members;
  if (crm === undefined || erp === undefined) return;
  if (isLost(mapping, crm) || isLost(mapping, erp)) {
    // A person has just linked these two, and one of them is no longer to be had: that is settled first in each round.
    draft.waits.push({ link: row.link, reason: 'KEY_RESERVED', detail: 'just linked', afterMs: 1_000 });
    return;
  }
  if (!mapping.included('crm', crm.observed.body) || !mapping.included('erp', erp.observed.body))
    return settleParks(row, [], draft, 'outside `include` now');
  const state: LinkState = {
    crm: crm.observed,
    erp: erp.observed,
    baseline: row.baseline,
    decisions: decisionsOf(row),
    ...given,
    late: row.late,
    whole: new Set(SIDES.filter((side) => context.traits(slotOf(mapping, side)).whole === true)),
    references: row.references,
    ...(row.handovers === undefined ? {} : { handovers: row.handovers }),
  };
  const wanted = mapping.plan(state);
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
const planSingle = (
  mapping: Mapping,
  { row, member, create }: Single,
  moment: Pick<LinkState, 'now'>,
  draft: Draft,
): void => {
  if (create === undefined) return;
  const { references } = row;
  const seen = { [member.side]: member.observed };
  const plan = mapping.plan({ ...seen, ...moment, baseline: {}, decisions: decisionsOf(row), held: {}, references });
  take(mapping, row, addedUp(mapping, row, plan), draft, create);
};

/** Write a round's draft down. Returns what is stated. */
const write = async (context: Context, db: Database, segment: string, draft: Draft): Promise<readonly Stated[]> => {
  const refused = await reserve(context, db, draft.stated);
  const good = draft.stated.filter((each) => !refused.has(each.link));
  for (const link of refused) draft.waits.push({ link, reason: 'KEY_RESERVED', detail: '', afterMs: 2_000 });
  const setAside = async (): Promise<void> => {
    for (const [reason, rows] of Map.groupBy(draft.unparks, (each) => each.reason)) await unpark(db, rows, reason);
    await park(db, draft.parks);
  };
  await Promise.all([
    state(context, db, segment, good),
    storeBaselines(db, draft.baselines),
    setAside(),
    answerKeys(db, draft.answered),
  ]);
  await wait(db, segment, draft.waits);
  return good;
};
