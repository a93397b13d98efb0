import { z } from 'zod';
import { ERRORS } from '../domain/errors.ts';
import { ROLES } from '../ledger/queries/keys.ts';
import { PERMISSIONS } from './access.ts';

// What may be asked, declared once: validation and the API's description both come from here.
const Value = z.unknown();

/** Text that the ledger can hold: no NUL, no half of a character. */
export const Text = (max: number) =>
  z
    .string()
    .min(1)
    .max(max)
    .refine((text) => !text.includes('\u0000') && text.isWellFormed(), 'holds a character that cannot be stored');

/** How many, within a range that the refusal names. */
export const Limit = (usual: number, most: number) => {
  const range = `must be a whole number from 1 to ${most}`;
  return z.coerce.number(range).int(range).min(1, range).max(most, range).default(usual);
};

/** Where a page begins. */
export const Cursor = z.string().max(1_000).optional().describe('`next` of the page before');

/** By our id. */
export const ById = z.strictObject({ id: Text(200) });

/** By name. */
export const ByName = z.strictObject({ name: Text(200) });

/** Which of the parked. */
export const ParkedFilter = z.strictObject({
  mapping: Text(200).optional(),
  code: z.enum(Object.keys(ERRORS) as [keyof typeof ERRORS]).optional(),
});

/** What to try again, or only how much that would be. */
export const BulkRetry = ParkedFilter.extend({
  dry_run: z.boolean().default(false).describe('Only say how many records this names; nothing is done'),
});

/** A page of the parked. */
export const ParkedQuery = ParkedFilter.extend({ limit: Limit(50, 200), cursor: Cursor });

/** One side’s value stands. */
export const Take = z.strictObject({
  take: z.enum(['crm', 'erp']).describe('The side whose value shall stand'),
  seen: z
    .strictObject({ crm: Value, erp: Value })
    .describe('Both values as they were shown; outdated ones are refused with the new'),
});

/** The record is new. */
export const Create = z.strictObject({
  action: z.literal('create').describe('The record is new: create it at the other side'),
});

/** The record is another’s other half. */
export const Link = z.strictObject({
  action: z.literal('link').describe('The record is the same as this one'),
  with: z.strictObject({ slot: Text(300), id: Text(500) }),
});

/** What a person says about something parked. */
export const Ruling = z.union([Take, Create, Link]);

// A configuration file: beside the main one, or in a folder below it; never above.
const FILE = /^(?:[A-Za-z0-9_-][A-Za-z0-9_.-]*\/)*[A-Za-z0-9_-][A-Za-z0-9_.-]*\.(?:ya?ml|json|wsdl|xsd)$/;

/** Whole configurations, by path. */
export const ConfigFiles = z
  .record(
    z.string().max(300).regex(FILE, 'is not the path of a configuration file'),
    z.string().refine((text) => text.isWellFormed(), 'holds half a character, which cannot be stored'),
  )
  .refine((files) => Object.keys(files).length <= 2_000, 'more than 2000 files cannot be stored at once')
  .refine(
    (files) => Object.keys(files).filter((path) => !path.includes('/')).length === 1,
    'exactly one file must stand in no folder: the main one',
  )
  .describe('Every file of the configuration by its path beside the main file, as `tally config plan` sends them');

/** What a new key shall be. */
export const NewKey = z.strictObject({
  name: Text(100)
    .regex(
      /^[\p{L}\p{N}](?:[\p{L}\p{N} ._@-]*[\p{L}\p{N}._@-])?$/u,
      'must begin with a letter or digit and hold letters, digits, spaces and . _ @ - only',
    )
    .describe('The journal knows its holder by this'),
  role: z.enum(ROLES),
  days: z.int().min(1).max(365).default(365).describe('Until it expires'),
  scopes: z.array(z.enum(PERMISSIONS)).max(PERMISSIONS.length).default([]).describe('What a service key may do'),
  mappings: z.array(Text(200)).min(1).max(100).nullable().default(null).describe('Its own mappings; null: all'),
  levels: z
    .array(Text(60))
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe('Of an approver: the levels for which he decides; null: all'),
  connections: z
    .array(Text(200))
    .min(1)
    .max(100)
    .nullable()
    .default(null)
    .describe('Of a system: the connections whose writes it pulls and whose records it posts'),
});
