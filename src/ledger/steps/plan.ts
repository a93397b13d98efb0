import { createHash } from 'node:crypto';
import { canonicalJson, type JsonObject } from '../../domain/json.ts';
import type { Baseline, LinkPlan, PlannedWrite } from '../../domain/plan.ts';
import { otherSide, SIDES, type Side } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { connectionOf, type Context, slotOf } from './context.ts';
import { feedbackWrite } from './feedback.ts';
import { holdSegment } from './fence.ts';
import { goneSides, planGone } from './gone.ts';
import { lockSlot } from './observations.ts';
import { type LinkRow, loadLinks, type Member } from './load.ts';
import { pairUp } from './pair.ts';
import { detailOf, type Park, park, unpark } from './park.ts';
import { storeBaselines } from './settle.ts';
import { reserve, type Stated, state } from './state.ts';
import { toBytes } from '../codec.ts';
import { type Wait, wait } from './wait.ts';

// Links planned in one transaction: the slots' observers wait that long.
const CHUNK = 500;

/** What a round of planning adds up to before it is written down. */
export interface Draft {
  readonly stated: Stated[];
  readonly parks: Park[];
  readonly unparks: { mapping: string; link: string; field: string; code: string; reason: string }[];
  readonly baselines: { link: string; mapping: string; body: Baseline }[];
  readonly waits: Wait[];
}
const emptyDraft = (): Draft => ({ stated: [], parks: [], unparks: [], baselines: [], waits: [] });

/** Plan all records of a segment, a chunk per transaction. May be repeated: what is stated already is passed over. */
export const planSegment = async (context: Context, segment: string): Promise<{ readonly targets: readonly string[] }> => {
  const [row] = await context.db.query<{ mapping: string }>(`select mapping from segment where id = $1 and finished_at is null`, [segment]);
  const mapping = row === undefined ? undefined : context.mappings().get(row.mapping);
  if (mapping === undefined) return { targets: [] };
  for (let after = ''; ; ) {
    const last = await context.db.transaction(async (db) => planChunk(context, db, mapping, segment, after));
    if (last === undefined) break;
    after = last;
  }
  const targets = await context.db.query<{ connection: string }>(`select distinct connection from intent where segment = $1 and state = 'stated' order by 1`, [segment]);
  return { targets: targets.map((each) => each.connection) };
};

const planChunk = async (context: Context, db: Database, mapping: Mapping, segment: string, after: string): Promise<string | undefined> => {
  // Observing and planning a slot take turns, so that no plan rests on what another transaction is just replacing.
  for (const slot of [slotOf(mapping, 'crm'), slotOf(mapping, 'erp')].sort()) await lockSlot(db, slot);
  if (!(await holdSegment(db, segment))) return undefined;
  const links = await db.query<{ id: string }>(`select id from link where segment = $1 and ($2 = '' or id > nullif($2, '')::uuid) order by id limit $3`, [segment, after, CHUNK]);
  if (links.length === 0) return undefined;
  const draft = emptyDraft();
  const rows = (await loadLinks(db, mapping, segment, links.map((link) => link.id))).filter((each) => plannable(context, mapping, each, draft));
  const { pairs, singles } = await pairUp(context, db, mapping, segment, rows, draft);
  for (const each of pairs) await planPair(context, db, mapping, each, draft);
  for (const { row, member, create } of singles) planSingle(mapping, row, member, create, draft);
  await write(context, db, mapping, segment, draft);
  return links.at(-1)?.id;
};

/** Rows that must be read afresh first, or whose slot has an open intent, are not planned now. */
const plannable = (context: Context, mapping: Mapping, row: LinkRow, draft: Draft): boolean => {
  const members = Object.values(row.members);
  if (members.length === 0) return false;
  if (row.open.size > 0 && context.mutation !== 'blind-plan-in-doubt') {
    // Our own doubt is put back by release, due when it can be settled; another mapping's intent ends soon.
    draft.waits.push({ link: row.link, reason: 'IN_DOUBT', detail: [...row.open].join(', '), afterMs: 1_000 });
    return false;
  }
  const blind = members.find((member) => member.stale || member.state === 'suspect' || (context.traits(member.slot).fresh && members.length > 1 && member.state !== 'gone' && !member.fresh));
  if (blind === undefined || mapping === undefined) return true;
  draft.waits.push({ link: row.link, reason: 'UNREACHABLE', detail: `${blind.slot} ${blind.id} could not be read afresh`, afterMs: blind.state === 'suspect' ? 30_000 : 1_000 });
  return false;
};

const planPair = async (context: Context, db: Database, mapping: Mapping, row: LinkRow, draft: Draft): Promise<void> => {
  const { crm, erp } = row.members;
  if (crm === undefined || erp === undefined) return;
  if (goneSides(row).length > 0) return planGone(context, db, mapping, row, draft);
  if (!mapping.included('crm', crm.observed.body) || !mapping.included('erp', erp.observed.body)) return settleParks(row, [], draft, 'outside `include` now');
  const plan = mapping.plan({ crm: crm.observed, erp: erp.observed, baseline: row.baseline, decisions: decisionsOf(row), held: {} });
  take(mapping, row, plan, draft);
};

/** A record alone that may be created on the other side. */
const planSingle = (mapping: Mapping, row: LinkRow, member: Member, create: Stated['keys'] | undefined, draft: Draft): void => {
  if (create === undefined) return;
  const plan = mapping.plan({ [member.side]: member.observed, baseline: {}, decisions: decisionsOf(row), held: {} });
  take(mapping, row, plan, draft, create);
};

export const decisionsOf = (row: LinkRow) => row.parked.flatMap((each) => (each.decision === undefined ? [] : [each.decision]));

/** Turn a plan into intents, parked fields and baseline; what the target refused is not sent again as it is. */
export const take = (mapping: Mapping, row: LinkRow, plan: LinkPlan, draft: Draft, create?: Stated['keys']): void => {
  const refusal = row.parked.find((each) => each.refused !== null);
  const parks = plan.parked.map((each): Park => ({ ...each, mapping: mapping.name, link: row.link }));
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
  if (agreed !== undefined && canonicalJson(agreed as never) !== canonicalJson(row.baseline as never)) draft.baselines.push({ link: row.link, mapping: mapping.name, body: agreed });
  const keep = suppressed && refusal !== undefined ? [refusal.field] : [];
  settleParks(row, parks, draft, 'agreed, decided or mended', keep);
  const creating = draft.stated.some((each) => each.link === row.link && each.op === 'create');
  if (!creating) feedbackWrite(mapping, row, parks, keep.length > 0 ? refusal : undefined, draft);
};

export const documentHash = (data: JsonObject): Buffer => createHash('sha256').update(canonicalJson(data)).digest();

const statedFrom = (mapping: Mapping, row: LinkRow, side: Side, planned: PlannedWrite, plan: LinkPlan, create: Stated['keys'] | undefined): Stated => {
  const member = row.members[side];
  const source = row.members[otherSide(side)];
  const last = row.last.get(slotOf(mapping, side));
  const written = new Set(planned.fields);
  return {
    mapping: mapping.name, link: row.link, slot: slotOf(mapping, side), connection: connectionOf(slotOf(mapping, side)), op: planned.op, no: (last?.no ?? 0) + 1,
    generation: last?.generation ?? 0, record: member?.id, version: member?.observed.version, keys: create,
    body: {
      side, fields: planned.fields, values: planned.values, data: planned.data, before: beforeOf(mapping, side, member, planned), hash: documentHash(planned.data).toString('hex'),
      intended: Object.fromEntries(Object.entries(plan.intended).filter(([field]) => written.has(field))),
      reasons: Object.fromEntries(plan.fields.filter((each) => written.has(each.field)).map((each) => [each.field, each.reason])),
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

/** The parked rows of a link become those of this plan; the others are over. */
export const settleParks = (row: LinkRow, parks: readonly Park[], draft: Draft, reason: string, keep: readonly string[] = []): void => {
  const now = new Map(parks.map((each) => [each.field, each]));
  for (const known of row.parked) {
    const again = now.get(known.field);
    if (again === undefined) {
      const held = keep.includes(known.field) || (STICKY.has(known.code) && known.record === undefined) || (known.refused !== null && draft.stated.some((each) => each.link === row.link));
      if (!held) draft.unparks.push({ mapping: known.mapping, link: row.link, field: known.field, code: known.code, reason });
    } else if (known.code === again.code && known.message === again.message && known.decision === undefined && known.record === undefined && known.detail.equals(toBytes(detailOf(again)))) {
      now.delete(known.field);
    }
  }
  draft.parks.push(...now.values());
};

/** Write a round's draft down. */
const write = async (context: Context, db: Database, mapping: Mapping, segment: string, draft: Draft): Promise<void> => {
  const refused = await reserve(context, db, draft.stated);
  const good = draft.stated.filter((each) => !refused.has(each.link));
  for (const link of refused) draft.waits.push({ link, reason: 'KEY_RESERVED', detail: '', afterMs: 2_000 });
  await state(context, db, segment, good);
  await storeBaselines(db, draft.baselines);
  for (const [reason, rows] of Map.groupBy(draft.unparks, (each) => each.reason)) await unpark(db, rows, reason);
  await park(db, draft.parks);
  await wait(db, segment, draft.waits);
};
