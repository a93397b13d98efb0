import { z } from 'zod';
import { Member } from './replies.ts';

// What those who follow or approve orders are answered.
const Instant = z.string().nullable();
const Value = z.unknown();
/** Where a document is. */
export const Order = z.strictObject({
  id: z.string().describe('Our id of it'),
  mapping: z.string(),
  crm: z.string().describe('Its id in the CRM'),
  origin: z.enum(['crm', 'erp']).describe('Where it was raised, or first seen'),
  step: z.string().describe('gate, approval, crossing, or a state of its mapping’s table'),
  since: Instant,
  waitsFor: z.string().describe('The level that is asked; "" when nobody is'),
  due: Instant.describe('When the level’s time, or the step’s target, is over'),
  late: z.boolean(),
  said: z.string().describe('The last word about it, as the CRM shows it'),
  content: z.string().describe('Names what is approved; an approver’s word names what he saw by it'),
  raisedAt: Instant,
  endedAt: Instant,
  members: z.array(Member),
});
/** A page of documents. */
export const OrderList = z.strictObject({ orders: z.array(Order), next: z.string().nullable() });
/** One document with everything that happened to it. */
export const OrderView = Order.extend({
  shown: z.record(z.string(), Value).describe('What is approved: the covered fields, as the CRM has them'),
  levels: z.array(z.strictObject({ level: z.string(), where: z.enum(['here', 'crm', 'erp']) })),
  steps: z
    .array(
      z.strictObject({
        step: z.string(),
        since: Instant,
        until: Instant,
        tookMs: z.number(),
        targetMs: z.number().nullable(),
        late: z.boolean(),
      }),
    )
    .describe('Each step with its clocks, and whether it kept its target'),
  approvals: z.array(
    z.strictObject({
      level: z.string(),
      decision: z.string(),
      by: z.string(),
      reason: z.string(),
      at: Instant,
      current: z.boolean().describe('It is about what stands now'),
    }),
  ),
  events: z.array(
    z.strictObject({ at: Instant, event: z.string(), step: z.string(), by: z.string(), said: z.string() }),
  ),
  writes: z.array(
    z.strictObject({
      slot: z.string(),
      op: z.string(),
      key: z.string(),
      statedAt: Instant,
      sentAt: Instant,
      endedAt: Instant,
      outcome: z.string().nullable(),
    }),
  ),
  related: z
    .array(z.strictObject({ mapping: z.string(), link: z.string(), members: z.array(Member) }))
    .describe('What refers to it, straight or over others: deliveries, invoices, payments'),
});
/** An approver’s word was taken. */
export const Decided = z.strictObject({
  id: z.string(),
  level: z.string(),
  decision: z.enum(['approved', 'refused']),
});
