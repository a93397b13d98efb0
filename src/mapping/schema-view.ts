/** The language of views, declared once: what one system's people may ask of the other, and how old the answer may be. */
import { z } from 'zod';
import { CODECS } from './codecs.ts';
import { parsePath } from './path.ts';
import { atLeastOne, name } from './schema.ts';

const path = z.string().refine((text) => parsePath(text) !== undefined, {
  error: 'a path looks like `name`, `billing.street` or `addresses[use=bill-to].street`',
});
const codecNames = Object.keys(CODECS) as [string, ...string[]];
const DAY = 86_400;

const fieldName = z
  .string()
  .regex(/^[\p{L}\p{N}][\p{L}\p{N} _/()-]{0,59}$/u, {
    error: 'a field’s name has letters, digits, spaces and _ / ( ) -',
  })
  .refine((text) => !(text in {}), { error: 'this word cannot be a field’s name' });

const column = z.strictObject({
  at: path.meta({ description: 'Where it stands in the record.' }),
  as: z.enum(codecNames).optional().meta({ description: 'The codec that reads it; at most one of `as` and `lookup`.' }),
  with: z.record(z.string(), z.unknown()).optional().meta({ description: 'Options of the codec.' }),
  lookup: name.optional().meta({ description: 'The lookup table that translates it into the asking side’s words.' }),
});

/** Where it is said whose a record is: a column of the record itself, or a field of the mapping, as the asking side has it. */
const belonging = z.union([path, z.strictObject({ field: z.string() })], {
  error: 'a path in the record, or `{ field: name }` of the mapping',
});

/** Which team or branch: only in words that people's teams have as well; a bare code of one system is none of the other's. */
const group = z.union([z.strictObject({ field: z.string() }), z.strictObject({ at: path, lookup: name })], {
  error: '`{ field: name }` of the mapping, or `{ at: path, lookup: table }`',
});

/** What a view is asked by, one of several things: a linked record by the asking side's own id, or a value. */
const part = z.strictObject({
  part: z
    .string()
    .regex(/^[a-z][a-z0-9_]*$/, { error: 'a part’s name has small letters, digits and _' })
    .refine((text) => text !== 'as' && !(text in {}), { error: 'this word cannot be a part’s name' })
    .meta({ description: 'As the preset’s question calls it, and as it stands in the address.' }),
  mapping: name.optional().meta({
    description: 'A record: its id at the asking side, which the link table translates to the one at the system asked.',
  }),
  as: z.enum(codecNames).optional().meta({ description: 'A value: the codec that reads it.' }),
  with: z.record(z.string(), z.unknown()).optional().meta({ description: 'Options of the codec.' }),
  lookup: name.optional().meta({ description: 'A value: the table that translates it into the words of the system.' }),
  optional: z.boolean().default(false).meta({ description: 'May be left out.' }),
});
export type PartFile = z.infer<typeof part>;

/** A whole view file. */
export const ViewFile = z.strictObject({
  view: name,
  revision: z.int().min(1).meta({ description: 'Raise it on every change.' }),
  summary: z.string().min(1),
  reads: z
    .strictObject({
      connection: name.meta({ description: 'A connection of tallystick.yaml: the system that is asked.' }),
      record: z.string().min(1).meta({ description: 'The record type, as the connection’s preset calls it.' }),
      scope: z.string().min(1).optional(),
    })
    .meta({ description: 'What is read.' }),
  by: z
    .union([z.literal('id'), z.strictObject({ mapping: name }), z.array(part).min(1, atLeastOne)], {
      error: '`id`, `{ mapping: name }`, or a list of parts',
    })
    .meta({
      description:
        '`id`: asked by the record’s own id. `{ mapping }`: by the id that the same thing has at the other side. A list: a question of the connection’s preset, asked by these parts.',
    }),
  fields: z
    .record(fieldName, z.union([z.literal('mapped'), column], { error: '`mapped`, or `{ at: path, … }`' }))
    .refine((all) => Object.keys(all).length > 0, atLeastOne)
    .meta({ description: 'What is shown and kept; `mapped` takes a field of the mapping as it is.' }),
  fresh_for: z
    .int()
    .min(0)
    .max(DAY)
    .meta({ description: 'Seconds for which an answer is given again without asking.' }),
  stale_for: z
    .int()
    .min(0)
    .max(31 * DAY)
    .default(0)
    .meta({
      description: 'Seconds for which an old answer is given, said to be one, when the system cannot be asked.',
    }),
  wait: z.int().min(1).max(30).default(5).meta({ description: 'Seconds that an asker waits for the system.' }),
  rows: z
    .strictObject({
      of: z
        .string()
        .optional()
        .meta({ description: 'Which part’s record `{ field: … }` speaks of, where more than one is a record.' }),
      owner: belonging.optional().meta({ description: 'Names the person whose it is.' }),
      team: group.optional().meta({ description: 'Names the team; else the owner’s team counts.' }),
      branch: group.optional().meta({ description: 'Names the branch; else the owner’s branch counts.' }),
    })
    .optional()
    .meta({ description: 'How a record says whose it is.' }),
  roles: z
    .record(
      z.string().min(1).max(60),
      z.strictObject({
        rows: z
          .enum(['own', 'team', 'branch', 'all'])
          .meta({ description: 'Which records a person of the role sees.' }),
        fields: z
          .array(z.string())
          .min(1, atLeastOne)
          .optional()
          .meta({ description: 'Which fields; all, if left out.' }),
      }),
    )
    .refine((all) => Object.keys(all).length > 0, atLeastOne)
    .optional()
    .meta({
      description:
        'Who sees what, by the person’s role; `everyone` for those whose role is not named. Without it whoever holds a key for views sees all.',
    }),
});
export type ViewFile = z.infer<typeof ViewFile>;
