import { z } from 'zod';
import { ROLES } from '../ledger/queries/keys.ts';

// What those who administer and audit are answered: the journal, configurations, keys.
const Instant = z.string().nullable();
const Value = z.unknown();
/** One line of the journal. */
export const JournalEntry = z.strictObject({
  id: z.string(),
  at: Instant,
  actor: z.string(),
  action: z.string(),
  mapping: z.string().nullable(),
  revision: z.int().nullable(),
  link: z.string().nullable(),
  slot: z.string().nullable(),
  record: z.string().nullable(),
  fields: z.array(z.string()),
  code: z.string().nullable(),
  reason: z.string(),
  key: z.string().nullable(),
  values: Value,
  number: z.string().nullable(),
});
/** A page of the journal. */
export const Journal = z.strictObject({ entries: z.array(JournalEntry), next: z.string().nullable() });
const Checkpoint = z.strictObject({ number: z.int(), hash: z.string() });
/** What a reading of the journal’s whole chain showed. */
export const Verified = z.strictObject({
  entries: z.int().describe('Entries that fit, up to the first that does not'),
  erased: z.int().describe('Entries among them whose values were erased'),
  unchained: z.int().describe('Entries that have no number yet'),
  head: Checkpoint.nullable().describe('Where the chain ends: written down elsewhere, the next checkpoint'),
  broken: z
    .strictObject({ number: z.int(), journal: z.string().nullable(), reason: z.string() })
    .nullable()
    .describe('The first entry that is not as it was written'),
});
/** One stored configuration. */
export const Revision = z.strictObject({
  number: z.int(),
  author: z.string(),
  at: Instant,
  hash: z.string(),
  files: z.array(z.string()),
});
/** One stored configuration with its files. */
export const RevisionView = Revision.extend({ texts: z.record(z.string(), z.string()) });
/** What a configuration would change. */
export const ConfigPlan = z.strictObject({
  revision: z.int().describe('The newest revision, which the files were compared with; 0 when there is none'),
  changes: z.array(
    z.strictObject({
      what: z.enum(['connection', 'connector', 'entity', 'mapping', 'lookup', 'view', 'people']),
      name: z.string(),
      change: z.enum(['added', 'changed', 'removed']),
      details: z.array(z.string()),
    }),
  ),
  problems: z.array(z.string()).describe('With any of these the configuration is refused'),
});
/** A configuration that stands in the ledger. */
export const StoredRevision = z.strictObject({
  number: z.int(),
  author: z.string(),
  state: z.enum(['stored', 'unchanged']),
});
/** A key as it is listed. */
export const Key = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  prefix: z.string(),
  scopes: z.array(z.string()),
  mappings: z.array(z.string()).nullable(),
  levels: z.array(z.string()).nullable(),
  connections: z.array(z.string()).nullable(),
  createdAt: Instant,
  expiresAt: Instant,
  lastUsedAt: Instant,
  revokedAt: Instant,
});
/** A key just made. */
export const MadeKey = z.strictObject({
  id: z.string(),
  name: z.string(),
  role: z.enum(ROLES),
  key: z.string().describe('Shown this once'),
});
