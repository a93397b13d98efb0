import { SIDES } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import type { Piece, PipelinePort } from '../port.ts';
import { type Context, slotOf } from './context.ts';
import { holdSegment } from './fence.ts';
import { flappingFields } from './flapping.ts';
import { handovers, hasGone } from './handover.ts';
import { wakeOwned } from './handover-wake.ts';
import { ledgerNow, loadLinks } from './load.ts';
import { candidate, loopsAmong } from './loops.ts';
import { settleLost } from './lost.ts';
import { lockSlot } from './observations.ts';
import { noteOrders } from './order-notes.ts';
import { mayCross } from './order-plan.ts';
import { noteWithdrawn } from './order-said.ts';
import { knownOf } from './orders.ts';
import { pairUp } from './pair.ts';
import { park, unpark } from './park.ts';
import { pairState, plannable, planPair, planSingle, singleState } from './plan-link.ts';
import { keepDue, nudge } from './queue.ts';
import { wakeChildren } from './references.ts';
import { noteRelated } from './related.ts';
import { answerKeys } from './reservations.ts';
import { noteTurns } from './rolled-up.ts';
import { storeBaselines } from './settle.ts';
import { reserve, type Stated, state } from './state.ts';
import type { StatedBodies } from './stated-bodies.ts';
import { type Draft, emptyDraft } from './take.ts';
import { tellPutOff, tellWaiting, toldAndDue, toldLinks } from './tell.ts';
import { wait } from './wait.ts';

// Links planned in one transaction: the slots' observers wait that long.
const CHUNK = 500;

/** Plan all records of a segment, a chunk per transaction. May be repeated: what is stated already is passed over. */
export const planSegment = async (
  context: Context,
  segment: string,
  bodies?: StatedBodies,
  piece: Piece = (work) => work(CHUNK),
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
    const planned = await piece((most) =>
      context.db.transaction((db) =>
        planChunk(context, db, mapping, { segment, after, most, telling: row?.telling ?? null }),
      ),
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

interface Chunk {
  readonly segment: string;
  /** The last link of the chunk before. */
  readonly after: string;
  /** Links at most. */
  readonly most: number;
  readonly telling: string | null;
}

const planChunk = async (
  context: Context,
  db: Database,
  mapping: Mapping,
  { segment, after, most, telling }: Chunk,
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
      [segment, after, most],
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
  const both = (await handovers(context, db, mapping, pairs, now)).map((row) => {
    const unsaid = { ...row.unread, ...held.get(row.link) };
    return candidate(mapping, row, pairState(context, mapping, row, { held: unsaid, ...moment }));
  });
  const alone = singles
    .filter(({ row, member, create }) => {
      if (known !== undefined && member.side === 'crm' && !mayCross(mapping, row, known, draft)) return false;
      return create !== undefined && !hasGone(mapping, { row, member, create }, now);
    })
    .map((single) => ({ ...candidate(mapping, single.row, singleState(single, moment)), create: single.create }));
  const { loops, freed } = await loopsAmong(db, mapping, all, [...both, ...alone]);
  for (const each of both) await planPair(db, mapping, each, { loop: loops.get(each.row.link), known }, draft);
  for (const single of alone) planSingle(mapping, single, loops.get(single.row.link), draft);
  await tellPutOff(db, mapping, segment, all, draft);
  const stated = await write(context, db, segment, draft);
  const [orders] = await Promise.all([
    noteOrders(db, mapping.name, draft.orders),
    noteRelated(context, db, mapping, whole),
    noteTurns(db, mapping, whole),
  ]);
  const underWay = new Set([...draft.waits, ...stated.filter(({ op }) => op === 'create')].map((each) => each.link));
  const settled = whole.map((each) => each.link).filter((link) => !underWay.has(link));
  const woken = [...(await wakeOwned(context, db, mapping, pairs, stated, now))];
  if (freed) woken.push(mapping.name);
  return { last, stated, woken: [...woken, ...(await wakeChildren(context, db, mapping.name, settled))], orders };
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
