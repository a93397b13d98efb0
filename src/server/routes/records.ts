import { z } from 'zod';
import { isObject, type Json } from '../../domain/json.ts';
import { SIDES, slotName } from '../../domain/record.ts';
import { explain } from '../../ledger/queries/explain.ts';
import { findRecords, recordView, type RecordView as View } from '../../ledger/queries/records.ts';
import { whereUsed } from '../../ledger/queries/where-used.ts';
import { retry, syncRecord } from '../../ledger/steps/acts.ts';
import { type Caller, may, owns, seesValues } from '../access.ts';
import type { ServerDeps } from '../deps.ts';
import { explainedMasked, foundMasked, recordMasked, useMasked } from '../masking.ts';
import { Acted, Explained, Found, RecordView, WhereUsed } from '../replies.ts';
import { actorOf, known, type Route, route, signal } from '../route.ts';
import { ById, Limit, Text } from '../schemas.ts';

type Asking = Pick<ServerDeps, 'compilation'> & { readonly caller: Caller };

/** Slots of the caller's own mappings; undefined: all. */
const ownSlots = ({ compilation, caller }: Asking): ReadonlySet<string> | undefined =>
  caller.mappings === null
    ? undefined
    : new Set(
        [...compilation().mappings.values()]
          .filter(({ name }) => owns(caller, name))
          .flatMap(({ between }) => SIDES.map((side) => slotName(between[side]))),
      );

const isOwn = (asking: Asking, members: readonly { readonly slot: string }[]): boolean => {
  const slots = ownSlots(asking);
  return slots === undefined || members.some(({ slot }) => slots.has(slot));
};

/** Of a body only what the caller's own mappings name. */
const ownBody = ({ compilation, caller }: Asking, { slot, body }: View['members'][number]): Json => {
  if (!isObject(body)) return body;
  const own = [...compilation().mappings.values()].filter(({ name }) => owns(caller, name));
  return Object.assign(
    {},
    ...own.flatMap((mapping) =>
      SIDES.filter((side) => slotName(mapping.between[side]) === slot).map((side) => mapping.project(side, body)),
    ),
  ) as Json;
};

/** Of a record that several mappings share, only what belongs to the caller's own. */
const ownPart = (asking: Asking, record: View): View => {
  const slots = ownSlots(asking);
  const mine = (each: { readonly mapping: string }): boolean => owns(asking.caller, each.mapping);
  return {
    ...record,
    members:
      slots === undefined
        ? record.members
        : record.members
            .filter(({ slot }) => slots.has(slot))
            .map((member) => ({ ...member, body: ownBody(asking, member) })),
    baselines: record.baselines.filter(mine),
    parked: record.parked.filter(mine),
    pending: record.pending.filter(mine),
    intents: record.intents.filter(mine),
  };
};

/** Records: find one, look at it, have it explained, have it synced. */
export const recordRoutes: readonly Route[] = [
  route({
    id: 'GET /records',
    summary: 'Find a record by our id, either side’s id, our reference or, for those who may see values, its name',
    query: z.strictObject({ find: Text(200), limit: Limit(20, 50) }),
    reply: Found,
    answer: async (asked) => {
      const clear = may(asked.caller, 'values.read');
      const found = await findRecords(asked.db, asked.query.find, { byName: clear, limit: asked.query.limit });
      const mine = found.filter(({ members }) => isOwn(asked, members));
      return { records: clear ? mine : mine.map(foundMasked) };
    },
  }),
  route({
    id: 'GET /records/:id',
    summary: 'One record: its members, baseline, what is parked, due and on its way',
    params: ById,
    reply: RecordView,
    answer: async (asked) => {
      const found = await recordView(asked.db, asked.params.id);
      const record = known(
        found !== undefined && isOwn(asked, found.members) ? ownPart(asked, found) : undefined,
        `record "${asked.params.id}"`,
      );
      return may(asked.caller, 'values.read') ? record : recordMasked(record);
    },
  }),
  route({
    id: 'GET /records/:id/explain',
    summary: 'What a sync would do with it now, field by field, and why',
    params: ById,
    reply: z.strictObject({ explained: z.array(Explained) }),
    answer: async (asked) => {
      const { db, compilation, caller, params } = asked;
      const mine = [...compilation().mappings.values()].filter(({ name }) => owns(caller, name));
      const answers = await explain(db, mine, params.id);
      const explained = known(
        answers === undefined || (answers.length === 0 && caller.mappings !== null) ? undefined : answers,
        `record "${params.id}"`,
      );
      return { explained: explained.map((each) => (seesValues(caller, each.mapping) ? each : explainedMasked(each))) };
    },
  }),
  route({
    id: 'GET /records/:id/where-used',
    summary: 'What it is part of, level by level, over references that are declared acyclic',
    params: ById,
    query: z.strictObject({
      levels: Limit(50, 50).describe('How many levels up'),
      on: z.iso.date().optional().describe('Only what is in force on this day, by `valid from` and `valid to`'),
    }),
    reply: WhereUsed,
    answer: async (asked) => {
      const { db, compilation, caller, params, query } = asked;
      const found = await recordView(db, params.id);
      known(found !== undefined && isOwn(asked, found.members) ? found : undefined, `record "${params.id}"`);
      const mappings = [...compilation().mappings.keys()].filter((name) => owns(caller, name));
      const { levels, on } = query;
      const { uses, more } = await whereUsed(db, params.id, { levels, mappings, ...(on === undefined ? {} : { on }) });
      return { uses: uses.map((use) => (seesValues(caller, use.mapping) ? use : useMasked(use))), more };
    },
  }),
  route({
    id: 'POST /records/:id/sync',
    summary: 'Read it afresh at both sides and sync it now',
    params: ById,
    reply: Acted,
    status: 202,
    answer: async (asked) => {
      const { records, nudge } = await syncRecord(asked.db, actorOf(asked.caller), asked.params.id);
      await signal(asked, nudge);
      return { records, state: 'queued' as const };
    },
  }),
  route({
    id: 'POST /records/:id/retry',
    summary: 'Try everything parked of it again',
    params: ById,
    reply: Acted,
    status: 202,
    answer: async (asked) => {
      const { records, nudge } = await retry(asked.db, actorOf(asked.caller), { link: asked.params.id });
      await signal(asked, nudge);
      return { records, state: 'queued' as const };
    },
  }),
];
