/** What a connector.yaml with `engine: odata` may say. Every option is declared here and nowhere else. */
import { z } from 'zod';
import { DeclaredCapabilities } from '../engine/capabilities.ts';
import { ErrorRules } from '../engine/errors.ts';
import { LimitSettings, SettingDeclarations } from '../engine/preset.ts';
import { Webhook } from '../engine/webhook.ts';
import { Auth } from '../rest/auth.ts';
import { Path } from '../rest/shapes.ts';
import { KINDS } from './edm.ts';

const Template = z.string();
const Name = z.string().regex(/^[A-Za-z_]\w*$/, 'is not the name of a property');
const Kind = z.enum(KINDS);
const Fields = z.record(Name, Kind);
const EntitySet = z
  .string()
  .regex(/^[\w.;=-]+(?:\/[\w.;=-]+)*$/, 'is not a path of an entity set; write it as in API_PRODUCT_SRV/A_Product');

/** Rows below a record. */
const Children = z.strictObject({
  set: EntitySet.optional().describe('Their own entity set, where `write.children` is separate'),
  keys: Fields.describe('What names one of them within its record; the record’s own key fields are left out'),
  fields: Fields.default({}).describe('Their other fields, with kinds'),
  select_by: Name.optional().describe('The field by which mappings pick one; by default the last of `keys`'),
});

const When = z.union([
  Name,
  z.strictObject({ date: Name.describe('The field with the day'), time: Name.describe('The field with the time') }),
]);

const Timed = z.strictObject({
  strategy: z.literal('timestamp').describe('Rows changed at or after a time, in pages made of (time, key)'),
  order: z
    .enum(['time', 'key'])
    .default('time')
    .describe(
      'How they come: by time and key; or by key alone, where a service shows its times less exact than they are',
    ),
  grain_ms: z.int().positive().describe('Smallest step of the change time, ms'),
  overlap_ms: z
    .int()
    .min(0)
    .describe('How far back each poll reads again, ms: the longest transaction that may commit late'),
  clock: z
    .enum(['rows', 'header'])
    .default('rows')
    .describe('header: the Date header shows the clock that stamps rows, so a quiet feed moves on with it'),
  from: z.iso.datetime().default('1970-01-01T00:00:00Z').describe('Where the first reading begins'),
});
const Delta = z.strictObject({
  strategy: z
    .literal('delta')
    .describe('Delta links, V4: the service keeps track and tells deletes too. A service that gives none is refused'),
  page_size: z.int().positive().max(5000).default(1000).describe('Rows asked for in one page'),
});

/** One record type. */
export const ODataRecordType = z.strictObject({
  set: EntitySet.describe('The entity set, below the connection’s address'),
  keys: Fields.describe('The key, in the order of its parts, with kinds'),
  fields: Fields.default({}).describe(
    'All other fields that are read and may be written, with kinds; others do not exist for us',
  ),
  children: z
    .record(Name, Children)
    .default({})
    .describe('Rows below a record, by navigation property: read with $expand, created with the record'),
  filter: z
    .record(Name, z.union([z.string(), z.boolean(), z.number(), z.array(z.union([z.string(), z.number()])).min(1)]))
    .default({})
    .describe('Only records whose fields have these values, or one of them, are listed'),
  etag: z
    .boolean()
    .default(true)
    .describe('Entities have an ETag: it is the version, and If-Match goes with each write'),
  modified_at: When.optional().describe('When a record was last changed: one field, or a day and a time'),
  created_at: When.optional().describe('When it was created, where `modified_at` is empty until the first change'),
  zone: Template.default('UTC').describe('Zone of times that state none, as in Europe/Berlin; may be a setting'),
  reference: Name.optional().describe('The field that takes our key when a record is created'),
  deleted: z
    .strictObject({
      path: Path.describe('Where a deleted record says so'),
      is: z.json().describe('The value that means deleted'),
    })
    .optional()
    .describe('How deleted records show in lists and changes'),
  paging: z
    .enum(['keyset', 'link', 'skip'])
    .default('keyset')
    .describe(
      'How lists go on: by the last key; by the service’s own next link; or by counting, where it can do neither',
    ),
  page_size: z.int().positive().max(5000).default(500).describe('Largest page that is asked for'),
  changes: z
    .discriminatedUnion('strategy', [Timed, Delta])
    .optional()
    .describe('The change feed; without it full lists'),
  read: z
    .strictObject({
      max: z
        .int()
        .positive()
        .max(100)
        .default(1)
        .describe('How many records one request reads by id or key, as `K eq a or K eq b`; 1: by their own address'),
    })
    .prefault({})
    .describe('How single records are read'),
  write: z
    .strictObject({
      create: z.boolean().default(false).describe('New records may be made'),
      update: z.boolean().default(false).describe('Known records may be changed'),
      delete: z.boolean().default(false).describe('Records may be deleted'),
      max: z
        .int()
        .positive()
        .max(1000)
        .default(1)
        .describe('How many items one call takes: one $batch, or so many one by one'),
      children: z
        .enum(['none', 'deep', 'separate'])
        .default('none')
        .describe(
          'How changed children travel: inside their record, with the keys of all others; or each in its own request of the same changeset',
        ),
    })
    .prefault({})
    .describe('How records are written'),
  capabilities: DeclaredCapabilities,
});
export type ODataRecordType = z.infer<typeof ODataRecordType>;

/** A whole connector.yaml. */
export const ODataPreset = z.strictObject({
  engine: z.literal('odata').describe('OData V2 or V4 with JSON'),
  system: z.string().describe('The system’s name, for people'),
  version: z.enum(['v2', 'v4']).describe('The version of the protocol'),
  settings: SettingDeclarations.prefault({}),
  auth: Auth.describe('How to prove who we are'),
  headers: z.record(z.string(), Template).optional().describe('Headers of every request'),
  query: z.record(z.string(), Template).default({}).describe('Parameters of every request, as sap-client'),
  csrf: z
    .strictObject({
      path: z.string().default('/').describe('What is asked for the token; SAP gateways want the slash at the end'),
      method: z.enum(['GET', 'HEAD']).default('HEAD').describe('How'),
    })
    .optional()
    .describe('The service wants a CSRF token with each write; cookies of that session are kept'),
  batch: z
    .strictObject({
      kind: z.enum(['multipart', 'json']).describe('json: V4.01 only'),
      path: z.string().default('/$batch').describe('Where batches are sent'),
    })
    .optional()
    .describe('Writes travel together in $batch, each item in a changeset of its own; without it one by one'),
  update_with: z
    .enum(['patch', 'merge', 'put'])
    .optional()
    .describe('How a record is changed: by default PATCH in V4 and MERGE in V2'),
  number_suffix: z.boolean().default(true).describe('V2: literals of decimals end with M and of longs with L'),
  check: z
    .strictObject({ path: z.string().default('/').describe('Any cheap address that needs the credentials') })
    .prefault({})
    .describe('How to see that address and credentials are right'),
  metadata: z
    .string()
    .optional()
    .describe('Where the service describes itself; by default `$metadata` beside each entity set'),
  limits: LimitSettings,
  retry_after: z.string().default('retry-after').describe('The header that says how long to wait'),
  errors: ErrorRules,
  webhook: Webhook.optional(),
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), ODataRecordType).describe('Record types by name'),
});
export type ODataPreset = z.infer<typeof ODataPreset>;
