import { z } from 'zod';

// What is answered, declared once: types and the API's description come from here, and the tests hold replies to it.
const Instant = z.string().nullable();
const Counts = z.record(z.string(), z.int());
const Value = z.unknown();
/** One side’s record in a link. */
export const Member = z.strictObject({
  slot: z.string(),
  id: z.string(),
  label: z.string(),
  state: z.string(),
  active: z.boolean(),
  modifiedAt: Instant,
  seenAt: Instant,
});
/** A parked field, or with field "" a whole record. */
export const ParkedItem = z.strictObject({
  id: z.string(),
  mapping: z.string(),
  link: z.string(),
  field: z.string(),
  code: z.string(),
  cause: z.string(),
  message: z.string(),
  fix: z.string(),
  crm: Value,
  erp: Value,
  base: Value,
  candidates: z.array(z.strictObject({ slot: z.string(), id: z.string() })),
  since: Instant,
  updatedAt: Instant,
  decision: z.strictObject({ by: z.string(), at: Instant, what: Value }).nullable(),
  members: z.array(Member),
});
/** What is parked: by cause, and a page of it. */
export const ParkedList = z.strictObject({
  groups: z.array(
    z.strictObject({
      mapping: z.string(),
      code: z.string(),
      field: z.string(),
      cause: z.string(),
      fix: z.string(),
      records: z.int(),
      oldest: Instant,
    }),
  ),
  items: z.array(ParkedItem),
  next: z.string().nullable(),
});
/** How much was made due. */
export const Acted = z.strictObject({ records: z.int(), state: z.literal('queued') });
/** How much was made due, or would be. */
export const BulkActed = z.strictObject({
  records: z.int(),
  state: z.enum(['queued', 'dry run']),
  codes: Counts.optional().describe('Of a dry run: records by code'),
});
/** How far one record type was read. */
export const Slot = z.strictObject({
  slot: z.string(),
  feedReadUpTo: Instant,
  passes: z.int(),
  passUnderWay: z.boolean(),
  passWanted: z.boolean(),
  passedAt: Instant,
});
/** One connection. */
export const Connection = z.strictObject({
  name: z.string(),
  paused: z.strictObject({ code: z.string(), reason: z.string(), by: z.string(), at: Instant }).nullable(),
  closedUntil: Instant,
  failures: z.int(),
  lastOk: Instant,
  lastError: z.strictObject({ code: z.string(), message: z.string() }).nullable(),
  webhooks: z
    .strictObject({ last: Instant, received: z.int(), repeated: z.int(), ignored: z.int(), waiting: z.int() })
    .nullable()
    .describe(
      'What its system said by webhook: when last, how many messages, events about nothing of ours, records not read yet',
    ),
  slots: z.array(Slot),
});
/** One mapping in numbers. */
export const MappingStatus = z.strictObject({
  name: z.string(),
  revision: z.int(),
  gate: z.enum(['open', 'shut']),
  paused: z.string().nullable(),
  agreement: z.int(),
  pending: z.int(),
  doubt: z.int(),
  waiting: Counts,
  parked: Counts,
  lagMs: z.number().nullable(),
  oldestChange: Instant,
  lastPass: z.strictObject({ crm: Instant, erp: Instant }),
});
/** How far everything is. */
export const Status = z.strictObject({
  at: z.string(),
  mappings: z.array(MappingStatus),
  connections: z.array(Connection),
});
/** What a connection said of itself. */
export const Probe = z.strictObject({
  ok: z.boolean(),
  result: Value.optional(),
  code: z.string().optional(),
  message: z.string().optional(),
  fix: z.string().optional(),
});
const Directions = z.strictObject({ to_crm: z.string(), to_erp: z.string() });
/** One mapping. */
export const Mapping = z.strictObject({
  name: z.string(),
  revision: z.int(),
  crm: z.string(),
  erp: z.string(),
  onNone: Directions,
  onDelete: Directions,
});
/** What is wrong in files. */
export const Checked = z.strictObject({ ok: z.boolean(), problems: z.array(z.string()) });
const Write = z.strictObject({ op: z.string(), values: z.record(z.string(), Value) });
const Seen = z.strictObject({
  slot: z.string(),
  id: z.string(),
  label: z.string(),
  state: z.string(),
  included: z.boolean(),
});
const Intent = z.strictObject({
  mapping: z.string(),
  slot: z.string(),
  state: z.string(),
  op: z.string(),
  statedAt: Instant,
  sentAt: Instant,
  doubtUntil: Instant,
});
const Decided = z.strictObject({
  field: z.string(),
  decision: z.string(),
  reason: z.string(),
  crm: Value,
  erp: Value,
  base: Value,
  value: Value.optional(),
  cut: z.strictObject({ from: z.int(), to: z.int() }).optional(),
});
const ParkedField = z.strictObject({
  field: z.string(),
  code: z.string(),
  message: z.string(),
  crm: Value,
  erp: Value,
  base: Value,
  cause: z.string(),
});
/** What a sync would do, and why. */
export const Explained = z.strictObject({
  mapping: z.string(),
  link: z.string(),
  members: z.strictObject({ crm: Seen.optional(), erp: Seen.optional() }),
  fields: z.array(Decided),
  writes: z.strictObject({ crm: Write.optional(), erp: Write.optional() }),
  parked: z.array(ParkedField),
  open: z.array(Intent),
  notes: z.array(z.string()),
});
/** What a search found. */
export const Found = z.strictObject({
  records: z.array(z.strictObject({ link: z.string(), members: z.array(Member) })),
});
/** What a record is part of. */
export const WhereUsed = z.strictObject({
  uses: z.array(
    z.strictObject({
      level: z.int(),
      mapping: z.string(),
      holder: z.string(),
      part: z.string(),
      source: z.string(),
      partLabel: z.string(),
      label: z.string(),
      field: z.string(),
      said: z.record(z.string(), Value),
      line: z.record(z.string(), Value),
    }),
  ),
  more: z.boolean(),
});
/** One record in whole. */
export const RecordView = z.strictObject({
  link: z.string(),
  members: z.array(Member.extend({ version: z.string().nullable(), body: Value })),
  baselines: z.array(
    z.strictObject({
      mapping: z.string(),
      at: Instant,
      fields: z.record(z.string(), z.strictObject({ value: Value, crm: Value, erp: Value })),
    }),
  ),
  parked: z.array(ParkedItem.omit({ fix: true })),
  pending: z.array(
    z.strictObject({
      mapping: z.string(),
      slot: z.string(),
      id: z.string(),
      state: z.string(),
      reason: z.string().nullable(),
      detail: z.string().nullable(),
      cause: z.string(),
      tries: z.int(),
      due: Instant,
      since: Instant,
    }),
  ),
  intents: z.array(Intent),
});
