/** What a connector.yaml with `engine: jsonrpc` may say. Every option is declared here and nowhere else. */
import { z } from 'zod';
import { DeclaredCapabilities } from '../engine/capabilities.ts';
import { ErrorRules } from '../engine/errors.ts';
import { LimitSettings, SettingDeclarations } from '../engine/preset.ts';
import { CallShape, Property, Spot, Template } from './schema-property.ts';

export type { CallShape, Children, Links, Moved, Plain, Property, Reference } from './schema-property.ts';

const Taken = z
  .union([
    Spot.describe('The value that stands there in the answer'),
    z.strictObject({
      each: Spot.describe('A list in the answer'),
      id: Spot.describe('Where each of its elements has the id of a record to refer to'),
    }),
  ])
  .describe('What a new record is told of the answer; what was said already stays');
const Asking = z
  .strictObject({
    ...CallShape.shape,
    children: z
      .string()
      .optional()
      .describe('A property: asked for each of its new children, {child}, which then take; without it the record does'),
    parent: z.string().optional().describe('The field of a {child} under which its record’s own values stand'),
    take: z.record(z.string(), Taken).default({}).describe('Fields of the system, and what they are told'),
    keep: z
      .record(z.string(), Spot)
      .default({})
      .describe('Fields that only the questions after this one are told: the system works them out of what is written'),
    compare: z
      .record(z.string(), Spot)
      .default({})
      .describe('Properties that the system works out: stated otherwise, the record is refused'),
  })
  .describe('What the system itself works out of what a person has filled in so far, {values}; it stores nothing');
export type Asking = z.infer<typeof Asking>;

const Writing = z.strictObject({
  ...CallShape.shape,
  max: z
    .int()
    .positive()
    .max(1000)
    .optional()
    .describe('Largest batch of this operation; of 1, {id} and {values} are its own'),
  item: z.json().optional().describe('One item of {items}: {id} and {values}; without it {items} are the ids'),
  spread: z
    .boolean()
    .default(false)
    .describe('True where the items’ own parts come one after the other before `params`'),
});
export type Writing = z.infer<typeof Writing>;

const RecordType = z.strictObject({
  model: z.string().describe('The system’s name for it, {model}'),
  id: z.strictObject({
    field: z.string().describe('The field with the id, which only rises'),
    type: z.enum(['integer', 'text']).describe('How the system wants to be told an id'),
  }),
  body: z.record(z.string(), Property).describe('The record’s properties'),
  stamp: z.string().optional().describe('The field that moves with each write, of the record and of its children'),
  times: z.array(z.string()).default([]).describe('Fields with times of change; the latest counts, children included'),
  times_of: z
    .record(z.string(), z.array(z.string()).min(1))
    .default({})
    .describe('The same of records that fields of this one refer to, by field: what is shown of them may change there'),
  key: z
    .strictObject({
      children: z
        .string()
        .optional()
        .describe('The field with the children that carry our key; without it the record itself does'),
      field: z.string().describe('The field with the key'),
      with: z.record(z.string(), z.json()).default({}).describe('What else such a child holds; tells it from others'),
      prefix: z.string().default('').describe('Stands before our key, so that people see what it is'),
    })
    .optional()
    .describe('Where the key of a create is kept'),
  search: CallShape.describe('Finds rows: {domain}, {fields}, {limit}, {context}; in rising order of ids'),
  page: z.int().positive().max(1000).default(200).describe('Most rows of one reply'),
  short_page_is_last: z
    .boolean()
    .default(false)
    .describe('True where fewer rows than asked for mean that no more follow; else only an empty page is the last'),
  where: z
    .strictObject({
      all: z.json().describe('All records with an id above {after}'),
      changed: z.json().optional().describe('Those changed at or after {since}, with an id above {after}'),
      ids: z.json().describe('Those of {ids}'),
      keys: z.json().optional().describe('Those with one of {keys}'),
    })
    .describe('The search’s {domain} for each purpose'),
  changes: z
    .strictObject({
      grain_ms: z.int().positive().describe('Smallest step of the change time, ms'),
      overlap_ms: z.int().min(0).describe('How far back each poll reads again, ms: the longest transaction'),
      skew_ms: z.int().min(0).describe('How far the clock of replies may be ahead of the one that stamps records, ms'),
    })
    .optional(),
  guard: z
    .strictObject({
      name: Template.describe('How a guarded row is named: {model} and {id}'),
      context: z.record(z.string(), z.json()).describe('What is added to {context}: {stamps}, by such names'),
      grain_ms: z.int().positive().describe('Smallest step of the stamp, ms: two writes within it have the same'),
    })
    .optional()
    .describe('How a write states which version it expects'),
  write: z
    .strictObject({
      max: z.int().positive().max(1000).default(1).describe('Largest batch'),
      create: Writing.extend({
        asks: z.array(Asking).default([]).describe('Asked for each new record before it is made, one after the other'),
      })
        .optional()
        .describe('New records; answers with their ids in order'),
      update: Writing.optional().describe('Changed fields of known records'),
      delete: Writing.optional().describe('Removed records'),
    })
    .prefault({}),
  capabilities: DeclaredCapabilities,
});
export type RecordType = z.infer<typeof RecordType>;

/** A whole connector.yaml. */
export const JsonRpcPreset = z.strictObject({
  engine: z.literal('jsonrpc').describe('JSON-RPC over HTTP: one address, a method and its arguments'),
  system: z.string().describe('The system’s name, for people'),
  settings: SettingDeclarations.prefault({}),
  endpoint: Template.describe(
    'Below the connection’s address, starting with /; values in it are encoded: {model} and {method} may stand there',
  ),
  envelope: z
    .json()
    .describe('The body of every request: {id}, {model}, {method}, {params}, and what the session keeps'),
  values: z
    .enum(['tagged', 'plain'])
    .default('tagged')
    .describe('How decimals and times travel: as tagged objects, or as numbers and texts (2026-01-31 12:00:00, UTC)'),
  nothing: z.json().optional().describe('What stands for nothing in fields that are no flags, where it is not null'),
  result: Spot.default('result').describe('Where a reply has its result'),
  reply_id: Spot.optional().describe('Where a reply repeats {id}; one with another number is no answer to the request'),
  session: z
    .strictObject({
      login: CallShape.optional().describe(
        'Opens a session; without it every request proves who we are by its headers',
      ),
      envelope: z.json().optional().describe('The body of that request, where it is another one'),
      keep: z
        .record(z.string(), Spot)
        .default({})
        .describe('Values of its result, by names of ours; nothing or false there: the login was refused'),
      token: Template.optional().describe('{token}, made of settings and kept values'),
      headers: z.record(z.string(), Template).default({}).describe('Headers of every later request: {token}'),
      context: CallShape.optional().describe('Answers with the user’s {context}'),
    })
    .describe('How to prove who we are; an ended session is opened again'),
  refusal: z.strictObject({
    at: Spot.default('error').describe('What stands there, if anything, makes the reply a refusal'),
    code: Spot.describe('Where a refusal names its kind'),
    message: z.array(Spot).describe('Where it says what is wrong, for people: the first that is a text'),
    message_of: z.record(z.string(), z.array(Spot)).default({}).describe('The same for kinds that say it elsewhere'),
  }),
  errors: ErrorRules,
  limits: LimitSettings,
  check: CallShape.describe('Any cheap call that needs the session'),
  related: z
    .strictObject({
      ask: Template.describe('How a field of a referred record is asked for: {field} and {inner}'),
      answer: Template.describe('Under which name its values come: {field}'),
      by_id: CallShape.optional().describe(
        'Where rows have only ids of referred records: finds these by {ids} of {model}; answers with rows of id and {by}',
      ),
    })
    .describe('How fields of referred records and children are read'),
  commands: z
    .strictObject({
      create: z.json().describe('A new child: {values}'),
      update: z.json().describe('A changed child: {id} and {values}'),
      delete: z.json().describe('A removed child: {id}'),
      link: z.json().describe('A record to refer to: {id}'),
    })
    .describe('How children and links are written into their field, as a list of these'),
  lookup: CallShape.describe('Finds records by code: {model}, {by} and {codes}; answers with rows of id and {by}'),
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), RecordType).describe('Record types by name'),
});
export type JsonRpcPreset = z.infer<typeof JsonRpcPreset>;
