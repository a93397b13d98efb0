/** The language of mappings and lookups, declared once: parsing, editor completion and types follow from it. */
import { z } from 'zod';
import { ENTITIES } from '../domain/entities/index.ts';
import { CODECS } from './codecs.ts';
import { parsePath } from './path.ts';
import { effectiveWords, leaveWords } from './schema-effective.ts';
import { ProcessFile, TotalsFile } from './schema-process.ts';
import { RollupFile } from './schema-rollup.ts';

export const name = z
  .string()
  .regex(/^[a-z][a-z0-9-]{0,59}$/, { error: 'a name has small letters, digits and dashes, and begins with a letter' })
  .meta({ description: 'Small letters, digits and dashes.' });
const fieldName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _/()-]{0,59}$/u, {
    error: 'a field’s name has letters, digits, spaces and _ / ( ) -',
  })
  .refine((text) => !(text in {}), { error: 'this word cannot be a field’s name' });
const path = z
  .string()
  .refine((text) => parsePath(text) !== undefined, {
    error: 'a path looks like `name`, `billing.street` or `addresses[use=bill-to].street`',
  })
  .meta({ description: 'Path in the system’s own record: `name`, `billing.street`, `addresses[use=bill-to].street`.' });
const columns = z
  .union([path, z.array(path).min(2, { error: 'a list of columns has two or more; for one write the path alone' })], {
    error: 'a path like `billing.street`, or a list of two or more paths',
  })
  .meta({ description: 'The column, or several that are joined.' });
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()], {
  error: 'a text, a number, true, false or null (a number with very many digits in quotes)',
});
const revision = z
  .int()
  .min(1)
  .meta({ description: 'Raise it on every change; the journal records it with each write.' });
const flow = z.enum(['crm <-> erp', 'crm -> erp', 'crm <- erp']).meta({ description: 'Which way the value flows.' });
const direction = z.enum(['to_erp', 'to_crm']);
export const perSide = <T extends z.ZodType>(value: T) =>
  z.strictObject({ crm: value.optional(), erp: value.optional() });
const perDirection = <T extends z.ZodType>(value: T) =>
  z.strictObject({ to_erp: value.optional(), to_crm: value.optional() });
export const atLeastOne = { error: 'the list is empty; name at least one' };
const filter = z.record(path, z.array(scalar).min(1, atLeastOne));

const codecNames = Object.keys(CODECS) as [string, ...string[]];

/** One line of a mapping. */
export const FieldFile = z.strictObject({
  crm: columns,
  erp: columns,
  flow,
  as: z
    .enum(codecNames)
    .optional()
    .meta({ description: 'The codec that translates the value. Exactly one of `as`, `lookup` and `link`.' }),
  with: z.record(z.string(), z.unknown()).optional().meta({ description: 'Options of the codec.' }),
  lookup: name.optional().meta({ description: 'The lookup table that translates the value, a file in lookups/.' }),
  link: name.optional().meta({ description: 'The mapping whose records the column refers to, by the id of its side.' }),
  acyclic: z
    .union([z.literal(true), z.string().min(1)], { error: '`true`, or the field that names whose part it is' })
    .optional()
    .meta({
      description:
        'References that never lead back: `true` from the record itself (a manager), or the field whose record they start from (a bill’s `product`).',
    }),
  conflict: z
    .enum(['crm wins', 'erp wins', 'newest wins', 'park'])
    .optional()
    .meta({ description: 'Two-way fields: who wins when both sides changed it, differently.' }),
  drift: z.enum(['restore', 'keep', 'report']).optional().meta({
    description: 'One-way fields: what to do when only the target changed it. `restore` unless said otherwise.',
  }),
  max: perSide(z.int().min(1)).optional().meta({ description: 'Longest text each side takes, in characters.' }),
  too_long: z
    .enum(['park', 'cut'])
    .optional()
    .meta({ description: '`park` unless said otherwise; `cut` on one-way fields only.' }),
  empty: z.enum(['keep', 'clear']).optional().meta({
    description: 'What emptying a side means: `keep`, no opinion (unless said otherwise), or `clear` the other too.',
  }),
  create_only: z.boolean().optional().meta({ description: 'Written when the record is created and never again.' }),
  required: z
    .union([z.boolean(), direction], { error: '`true`, `to_erp` or `to_crm`' })
    .optional()
    .meta({ description: 'A record is not created without it, and it is never cleared.' }),
  default: perDirection(scalar).optional().meta({ description: 'Stands in for an empty value on create only.' }),
});
export type FieldFile = z.infer<typeof FieldFile>;

const side = z.strictObject({
  connection: name.meta({ description: 'A connection of tallystick.yaml.' }),
  record: z.string().min(1).meta({ description: 'The record type, as the connection’s preset calls it.' }),
  scope: z.string().min(1).optional().meta({ description: 'Company, plant or organisation.' }),
});
const onNone = z.enum(['create', 'park', 'ignore']);
const onDelete = z.enum(['block', 'report', 'delete']);

const identity = z.strictObject({
  match_on: z.array(z.array(z.string()).min(1, atLeastOne)).min(1).meta({
    description: 'Rules, tried in order while a record is unlinked; each a list of fields that must all be equal.',
  }),
  on_many: z.literal('park').default('park'),
  on_none: z
    .strictObject({ to_erp: onNone, to_crm: onNone })
    .meta({ description: 'No match: what to do on the other side.' }),
  on_unidentified: z.enum(['park', 'create']).default('park').meta({ description: 'A record without any key.' }),
  on_delete: z
    .strictObject({ to_erp: onDelete.default('report'), to_crm: onDelete.default('report') })
    .default({ to_erp: 'report', to_crm: 'report' }),
  retired: perSide(filter).optional().meta({
    description: 'Records that their system keeps and marks as out of use: such a mark counts as a deletion.',
  }),
  merged_into: perSide(path).optional().meta({
    description: 'Where a record that people merged into another one names that one, by its id.',
  }),
});

const constant = z.strictObject({
  crm: path.optional(),
  erp: path.optional(),
  value: scalar,
  create_only: z.boolean().optional(),
});

const rule = z.strictObject({
  field: z.string(),
  to: z.enum(['crm', 'erp']).meta({ description: 'Checked before anything is written there.' }),
  when: perSide(filter).optional(),
  is: z
    .union(
      [
        z.literal('present'),
        z.strictObject({ 'one of': z.array(scalar).min(1, atLeastOne) }),
        z.strictObject({ matches: z.string().max(200) }),
        z.strictObject({ between: z.tuple([scalar, scalar]) }),
      ],
      { error: '`present`, `{ one of: […] }`, `{ matches: pattern }` or `{ between: [low, high] }`' },
    )
    .meta({ description: 'What the field’s value must be.' }),
  say: z.string().min(1).meta({ description: 'The sentence that people read when it is not.' }),
});

const facts = z.strictObject({
  state: path.optional(),
  id: path.optional(),
  reason: path.optional(),
  waiting_after: z
    .union([z.int().min(10).max(86_400), z.literal('never')], { error: 'whole seconds from 10 to 86400, or `never`' })
    .optional()
    .meta({ description: 'Seconds a record waits before it says so; 60 unless said otherwise.' }),
});

/** A keyed collection inside a record: lines of an order, components of a BOM. */
export const LinesFile = z.strictObject({
  crm: path,
  erp: path,
  key: z
    .string()
    .min(1)
    .meta({ description: 'The one of its fields that tells its elements apart; keys never change.' }),
  on_missing: perDirection(z.enum(['delete', 'keep', 'park']))
    .optional()
    .meta({
      description:
        'An element that the other side took away: `delete` it here, `keep` it, or `park` it (unless said otherwise).',
    }),
  whole: z.boolean().optional().meta({ description: 'While one element cannot cross, nothing of the record does.' }),
  fields: z.record(fieldName, FieldFile),
});
export type LinesFile = z.infer<typeof LinesFile>;

/** A whole mapping file. */
export const MappingFile = z.strictObject({
  mapping: name,
  entity: name.optional().meta({
    description: 'What both records are: an entity of the product or of entities/. A field of its name has its codec.',
    examples: [...ENTITIES.keys()],
  }),
  revision,
  summary: z.string().min(1),
  contacts: z.strictObject({ business: z.string().optional(), technical: z.string().optional() }).optional(),
  between: z.strictObject({ crm: side, erp: side }),
  include: perSide(filter).optional().meta({ description: 'Records outside these filters are left alone.' }),
  identity,
  effective: perSide(effectiveWords(path, scalar)).optional().meta({
    description: 'Days from and until which a record holds what it says.',
  }),
  on_leave: leaveWords(perSide(filter)).optional().meta({
    description: 'For a mapping of people: who has gone, and who takes over what they owned.',
  }),
  fields: z.record(fieldName, FieldFile),
  lines: z
    .record(fieldName, LinesFile)
    .optional()
    .meta({ description: 'Keyed collections inside the record, merged element by element.' }),
  rollups: perSide(z.record(name, RollupFile)).optional().meta({
    description: 'Values worked out of the records that refer to a record; fields show them as `rollups.<name>`.',
  }),
  feed: z.literal(true).optional().meta({ description: 'A warehouse is told of its changes: `tally feed`.' }),
  constants: z.array(constant).optional(),
  totals: TotalsFile.optional().meta({
    description: 'Totals that must equal the sum of their lines at both sides; a difference parks the record.',
  }),
  process: ProcessFile.optional().meta({ description: 'The life of a document that is raised in the CRM.' }),
  feedback: perSide(facts).optional().meta({ description: 'What people should see in the record itself.' }),
  validate: z.array(rule).optional().meta({ description: 'Checked before anything crosses; a miss parks the record.' }),
});
export type MappingFile = z.infer<typeof MappingFile>;

const cell = z.union([scalar, z.array(scalar).min(2)], { error: 'a value, or a list with one value per column' });

/** A whole lookup file. */
export const LookupFile = z.strictObject({
  lookup: name,
  revision,
  summary: z.string().min(1),
  rows: z
    .array(z.strictObject({ crm: cell, erp: cell, flow: z.enum(['crm -> erp', 'crm <- erp']).optional() }))
    .min(1, atLeastOne),
  unmatched: perDirection(
    z.union([z.enum(['park', 'keep']), z.strictObject({ use: cell })], { error: '`park`, `keep` or `{ use: value }`' }),
  )
    .optional()
    .meta({
      description:
        'A value without a row: `park` the field (unless said otherwise), `keep` the value, or `{ use: value }`.',
    }),
});
export type LookupFile = z.infer<typeof LookupFile>;
