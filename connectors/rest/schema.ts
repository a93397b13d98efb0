/** What a connector.yaml with `engine: rest` may say. Every option is declared here and nowhere else. */
import { z } from 'zod';
import { DeclaredCapabilities } from '../engine/capabilities.ts';
import { ErrorRules } from '../engine/errors.ts';
import { LimitSettings, SettingDeclarations } from '../engine/preset.ts';
import { Webhook } from '../engine/webhook.ts';
import { Auth } from './auth.ts';
import { Describing } from './describe.ts';

import { Changes, ChangesShape, Listing, Paging } from './listing.ts';

import { Lists } from './lists.ts';
import { Questions } from './questions.ts';

import { Path, RequestShape } from './shapes.ts';

export { Auth, Changes, ChangesShape, Listing, Paging, Path, RequestShape };

const Template = z.string();
const JsonTemplate = z.json();

const Paths = z.union([Path, z.array(Path).min(1)]);

/** How a refusal looks. */
export const Refusal = z
  .strictObject({
    code: Paths.optional().describe('Where a refusal names its code; of several places the first that has one'),
    message: Paths.optional().describe('Where it says what is wrong, for people; of several places the first'),
    fields: z.array(Path).optional().describe('Where it names the fields concerned; a text or a list of texts'),
  })
  .describe('How a refusal looks, of a whole reply or of one item');
export type Refusal = z.infer<typeof Refusal>;

/** One way to read single records. */
export const Reading = z.strictObject({
  request: RequestShape.describe('With {ids} or {keys} for many at once, with {id} or {key} for one by one'),
  max: z.int().positive().default(1).describe('How many ids or keys go in one request; 1: one by one'),
  item: JsonTemplate.optional().describe('What one of {ids} or {keys} looks like: {id} or {key}; without it, itself'),
  results: Path.optional().describe('Where the answers stand, for many at once'),
  match: Path.optional().describe(
    'Where an answer repeats the id or key; without it the answers are in the order asked',
  ),
  status: Path.optional().describe('Where an answer says whether it was found'),
  found: z
    .array(z.json())
    .optional()
    .describe('The values of `status` that mean found; without it every answer is a record'),
  null_is: z
    .enum(['broken', 'absent'])
    .default('broken')
    .describe('What null means where an answer should stand; absent: so the system says that there is no such record'),
  record: Path.optional().describe('Where the record stands in an answer; without it the answer is the record'),
  records: Path.optional().describe(
    'Where a list of records stands in an answer, for keys that are not unique; an answer to a key that is itself a list needs none',
  ),
  only_id: Path.optional().describe(
    'For a search by {key} that gives no whole records: where each of `records` has the id; the records are then read by their ids',
  ),
  empty_status: z
    .array(z.int())
    .optional()
    .describe('For many at once: statuses that mean that there is none of those asked for'),
});
export type Reading = z.infer<typeof Reading>;

const Done = z
  .array(
    z.strictObject({
      status: z.array(z.json()).min(1).describe('Values of the item’s status, or HTTP statuses for one by one'),
      as: z.enum(['created', 'updated', 'unchanged', 'deleted']).describe('What then became of the item'),
    }),
  )
  .min(1)
  .describe('How an item that went well says so; anything else is a refusal');

/** One way to write records. */
export const Writing = z.strictObject({
  request: RequestShape.describe('With {items} for a batch; for one by one with {id}, {key}, {version} and {data}'),
  item: JsonTemplate.optional().describe(
    'One item of a batch: {id}, {key}, {version}, {data}, and its {place} in the batch, from 0. Without it items go one by one',
  ),
  max: z.int().positive().max(1000).optional().describe('Largest batch of this operation, where others may be larger'),
  results: Path.optional().describe('Where a batch’s outcomes stand; without it the reply itself is the list'),
  match: Path.optional().describe('Where an outcome repeats {key}; without it the outcomes are in the order sent'),
  status: Path.optional().describe('Where an item’s outcome states its status'),
  done: Done.optional(),
  refused: z
    .strictObject({
      at: Path.describe('Where that list stands'),
      keys: z.array(Path).default([]).describe('Where a refusal names the {key} of each item it is about'),
      ids: z.array(Path).default([]).describe('Where it names their ids'),
    })
    .optional()
    .describe('A list of its own for the items of a batch that were refused; needs `match`'),
  record: Path.optional().describe(
    'Where the record as it now is stands; one by one without it, the reply is the record',
  ),
  id: Path.optional().describe('Where the id stands when no record is returned'),
  version: Path.optional().describe('Where the new version stands when no record is returned'),
  version_header: z.string().optional().describe('The header with the new version, for one by one'),
  refusal: Refusal.optional(),
  split_refused: z
    .boolean()
    .default(true)
    .describe(
      'A batch refused as a whole (400, 413, 422) is sent again in halves, to find the item; false where a refused batch may be done in part',
    ),
});
export type Writing = z.infer<typeof Writing>;

/** How single records are read, over what one way to read them looks like. */
export const readBlock = <T extends z.ZodType>(reading: T) =>
  z
    .strictObject({
      by_id: reading.optional().describe('Records by their ids'),
      by_key: reading.optional().describe('Records by the keys we gave them'),
    })
    .prefault({})
    .describe('How single records are read');

/** How records are written, over what one way to write them looks like. */
export const writeBlock = <T extends z.ZodType>(writing: T) =>
  z
    .strictObject({
      max: z
        .int()
        .positive()
        .max(1000)
        .default(1)
        .describe('How many items one call takes: the largest batch, or so many one by one'),
      create: writing.optional().describe('New records'),
      update: writing.optional().describe('Changed fields of known records'),
      delete: writing.optional().describe('Removed records'),
    })
    .prefault({})
    .describe('How records are written');

/** One record type. */
export const RecordType = z.strictObject({
  id: Path.describe('Where a record’s id stands'),
  version: Path.optional().describe('Where its version stands (ETag, row version)'),
  modified_at: Path.optional().describe('Where the time of its last change stands'),
  zone: Template.default('UTC').describe(
    'Zone of times that state none, as in Europe/Berlin; may be a setting of the connection',
  ),
  reference: Path.optional().describe(
    'Where the key stands that we gave when creating it; settings may be part of it, as in custom_fields.{settings.key_field}',
  ),
  deleted: z
    .strictObject({
      path: Path.describe('Where a deleted record says so'),
      is: z.json().describe('The value that means deleted'),
    })
    .optional()
    .describe('How deleted records show in lists and changes'),
  list: Listing.describe('All records, in an order that does not move while they are read'),
  changes: Changes.optional(),
  read: readBlock(Reading),
  write: writeBlock(Writing),
  lists: Lists.optional().describe('Lists inside the record that a mapping merges element by element, by their paths'),
  describe: Describing.optional(),
  capabilities: DeclaredCapabilities,
});
export type RecordType = z.infer<typeof RecordType>;

/** A whole connector.yaml. */
export const RestPreset = z.strictObject({
  engine: z.literal('rest').describe('REST over HTTP with JSON bodies'),
  system: z.string().describe('The system’s name, for people'),
  settings: SettingDeclarations.prefault({}),
  auth: Auth.describe('How to prove who we are'),
  headers: z.record(z.string(), Template).optional().describe('Headers of every request'),
  check: z
    .strictObject({
      request: RequestShape.describe('Any cheap call that needs the credentials'),
      who: Path.optional().describe('Where the reply names the user'),
    })
    .describe('How to see that address and credentials are right'),
  limits: LimitSettings,
  refusal: Refusal.prefault({}),
  success: z
    .strictObject({
      path: Path.describe('Where every reply says whether it went well'),
      is: z.array(z.json()).min(1).describe('The values that mean that it did'),
    })
    .optional()
    .describe('For systems that refuse with a status of success: a reply with anything else there is a refusal'),
  retry_after: z
    .string()
    .default('retry-after')
    .describe('The header that says how long to wait, in seconds or as a date'),
  errors: ErrorRules,
  webhook: Webhook.optional(),
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), RecordType).describe('Record types by name'),
  questions: Questions,
});
export type RestPreset = z.infer<typeof RestPreset>;
