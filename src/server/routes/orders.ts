import { z } from 'zod';
import { SyncError } from '../../domain/errors.ts';
import {
  type OrderStory,
  type OrderSummary,
  orderStory,
  ordersNamed,
  ordersPage,
  type Seer,
} from '../../ledger/queries/orders.ts';
import { decideOrder } from '../../ledger/steps/order-acts.ts';
import type { Mapping } from '../../mapping/port.ts';
import { type Caller, seesValues } from '../access.ts';
import { opened, sealed } from '../cursor.ts';
import type { ServerDeps } from '../deps.ts';
import { MASK, memberMasked } from '../masking.ts';
import { Decided, OrderList, OrderView } from '../replies-orders.ts';
import { actorOf, known, type Route, route, signal } from '../route.ts';
import { ById, Cursor, Limit, Text } from '../schemas.ts';

type Asking = Pick<ServerDeps, 'compilation' | 'db'> & { readonly caller: Caller };

const Position = z.strictObject({ raised: z.string(), mapping: z.string(), record: z.string() });
const Say = z.strictObject({
  content: z.string().max(100).describe('`content` of the order as it was shown; an outdated one is refused'),
  reason: Text(500).optional().describe('For the timeline; of a refusal the CRM shows it'),
});

/** An approver sees what is put to his levels; anybody else sees all of his mappings. */
const seerOf = ({ caller, compilation }: Asking): Seer | undefined => {
  if (caller.role !== 'approver') return undefined;
  const highest = [...compilation().mappings.values()].flatMap((mapping) => {
    const own = (mapping.process?.levels ?? []).flatMap(({ name, where }, i) =>
      where === 'here' && (caller.levels === null || caller.levels.includes(name)) ? [i] : [],
    );
    return own.length === 0 ? [] : [[mapping.name, Math.max(...own)] as const];
  });
  return { name: caller.name, highest: new Map(highest) };
};

const clear = (caller: Caller, { mapping }: OrderSummary): boolean =>
  caller.role === 'approver' || seesValues(caller, mapping);

const shownTo = (caller: Caller, order: OrderSummary): OrderSummary =>
  clear(caller, order)
    ? order
    : { ...order, said: order.said === '' ? '' : MASK, members: order.members.map(memberMasked) };

/** The one document that a text names. */
const named = async (asking: Asking, text: string): Promise<OrderSummary> => {
  const found = await ordersNamed(asking.db, text, { mappings: asking.caller.mappings, seer: seerOf(asking) });
  const order = known(found[0], `order "${text}"`);
  if (found.length > 1)
    throw new SyncError('BAD_REQUEST', `${found.length} orders are named by "${text}"; name one by our id`, {
      problems: found.map(({ id, mapping, crm }) => `${id}  ${mapping} ${crm}`),
    });
  return order;
};

/** Each step with its clocks, from the events that began one. */
const stepsOf = (mapping: Mapping | undefined, order: OrderSummary, { events }: OrderStory, now: number) => {
  const begun = events.filter(({ step }, i) => i === 0 || events[i - 1]?.step !== step);
  return begun.map(({ step, at }, i) => {
    const until = begun[i + 1]?.at ?? order.endedAt;
    const tookMs = Math.max(0, (until === null ? now : Date.parse(until)) - Date.parse(at ?? ''));
    const targetMs = mapping?.process?.targetMs(step) ?? null;
    return { step, since: at, until, tookMs, targetMs, late: targetMs !== null && tookMs > targetMs };
  });
};

const viewOf = async (asking: Asking & Pick<ServerDeps, 'wall'>, order: OrderSummary) => {
  const { caller, db, compilation } = asking;
  const mapping = compilation().mappings.get(order.mapping);
  const story = await orderStory(db, order);
  const open = clear(caller, order);
  const shown = mapping?.process?.shown(story.body) ?? {};
  const levels = mapping?.process?.levels ?? [];
  const hidden = (text: string): string => (open || text === '' ? text : MASK);
  return {
    ...shownTo(caller, order),
    // Of the very body that is shown: whoever decides about it decides about what he read.
    content: mapping?.process?.contentOf(story.body) ?? order.content,
    shown: open ? shown : Object.fromEntries(Object.keys(shown).map((name) => [name, MASK])),
    levels: levels.map(({ name, where }) => ({ level: name, where })),
    steps: stepsOf(mapping, order, story, asking.wall()),
    approvals: story.approvals.map(({ level, reason, ...rest }) => ({
      ...rest,
      level: levels[level]?.name ?? String(level),
      reason: hidden(reason),
    })),
    events: story.events.map((each) => ({ ...each, said: hidden(each.said) })),
    writes: story.writes,
    related: story.related.map((each) => ({
      ...each,
      // A key of orders says nothing about invoices.
      members: seesValues(caller, each.mapping) ? each.members : each.members.map(memberMasked),
    })),
  };
};

const deciding = (decision: 'approved' | 'refused'): Route =>
  route({
    id: decision === 'approved' ? 'POST /orders/:id/approve' : 'POST /orders/:id/refuse',
    summary:
      decision === 'approved'
        ? 'Approve an order as it was shown: once for each level and content'
        : 'Refuse an order as it was shown; the CRM shows the reason',
    params: ById,
    body: Say,
    reply: Decided,
    answer: async (asked) => {
      const order = await named(asked, asked.params.id);
      const mapping = known(asked.compilation().mappings.get(order.mapping), `mapping "${order.mapping}"`);
      const { content, reason = '' } = asked.body;
      const by = { ...actorOf(asked.caller), levels: asked.caller.levels };
      const { level, nudge } = await decideOrder(asked.db, by, mapping, order.crm, { decision, content, reason });
      await signal(asked, nudge);
      return { id: order.id, level, decision };
    },
  });

/** Orders and other documents with a life: where each is, and what approvers say. */
export const orderRoutes: readonly Route[] = [
  route({
    id: 'GET /orders',
    summary: 'Documents with a life, the newest first; an approver sees those that are put to him',
    query: z.strictObject({
      mapping: Text(200).optional(),
      step: Text(100).optional(),
      state: z.enum(['open', 'ended', 'all']).default('open'),
      limit: Limit(50, 200),
      cursor: Cursor,
    }),
    reply: OrderList,
    answer: async (asked) => {
      const { db, caller, query } = asked;
      const { mapping, step, state, limit, cursor } = query;
      const question = JSON.stringify(['orders', mapping, step, state]);
      const after = cursor === undefined ? undefined : Position.parse(opened(caller.seal, question, cursor));
      const filter = { mapping, step, state, mappings: caller.mappings, seer: seerOf(asked) };
      const { orders, next } = await ordersPage(db, filter, { limit, after });
      return {
        orders: orders.map((order) => shownTo(caller, order)),
        next: next === null ? null : sealed(caller.seal, question, { ...next }),
      };
    },
  }),
  route({
    id: 'GET /orders/:id',
    summary:
      'One document, by our id or either side’s: its timeline with clocks, what belongs to it, and whom it waits for',
    params: ById,
    reply: OrderView,
    answer: async (asked) => viewOf(asked, await named(asked, asked.params.id)),
  }),
  deciding('approved'),
  deciding('refused'),
];
