/** What a connector.yaml with `engine: sql` may say. Every option is declared here and nowhere else. */
import { z } from 'zod';
import { parsePath } from '../../src/mapping/path.ts';
import { DeclaredCapabilities } from '../engine/capabilities.ts';
import { ErrorRules } from '../engine/errors.ts';
import { SettingDeclarations } from '../engine/preset.ts';

const Path = z.string().refine((text) => parsePath(text) !== undefined, {
  message: 'is not a path; write names with dots, as in billing.city',
});
const Name = z
  .string()
  .regex(/^[^\p{Cc}"`[\]\\]{1,128}$/u, 'is not the name of a column; write it as the database has it, without quotes');
const Table = z
  .string()
  .regex(
    /^[^\p{Cc}"`[\]\\.;\s]{1,128}(\.[^\p{Cc}"`[\]\\.;\s]{1,128}){0,2}$/u,
    'is not the name of a table; write it without quotes, as in sales.customer',
  );
const Template = z.string();

const ColumnShape = z.union([
  Name,
  z.strictObject({
    column: Name.describe('Its name in the database'),
    as: z
      .enum(['boolean', 'json', 'text'])
      .optional()
      .describe('Read and write it as this, where the database calls it something else (TINYINT(1) for a flag)'),
    read_only: z.boolean().default(false).describe('Never written: generated, or none of our business'),
  }),
]);

const Changes = z
  .discriminatedUnion('strategy', [
    z.strictObject({
      strategy: z.literal('timestamp').describe('A column with the time of the last change'),
      column: Name.describe('That column; rows where it is NULL show in full passes only'),
      overlap_ms: z
        .int()
        .min(0)
        .optional()
        .describe(
          'How long a transaction may stay open, ms; where the database tells which are in flight (PostgreSQL), only how far clocks may be apart, 5000 by default',
        ),
    }),
    z.strictObject({
      strategy: z.literal('version').describe('A column with a number that grows with every change of any row'),
      column: Name.describe('That column: a ROWVERSION, or one that a trigger sets from a sequence without cache'),
      overlap_ms: z
        .int()
        .min(0)
        .optional()
        .describe('How long a transaction may stay open, ms; not needed where the database tells'),
    }),
    z.strictObject({
      strategy: z.literal('log').describe('A table to which a trigger adds a row for each change'),
      table: Table.describe('That table'),
      sequence: Name.describe('Its column with a number that grows'),
      id: Name.describe('Its column with the id of the changed row; an id that is no longer there was deleted'),
      at: Name.optional().describe('Its column with the time of the change'),
      overlap_ms: z
        .int()
        .min(0)
        .optional()
        .describe('How long a transaction may stay open, ms; not needed where the database tells'),
    }),
  ])
  .describe('The change feed; leave it out where there is none');
export type Changes = z.infer<typeof Changes>;

const Writing = z
  .strictObject({
    table: Table.optional().describe(
      'The engine writes the statement for this table: only the columns that the record names, the id and the version bound',
    ),
    statement: z
      .string()
      .optional()
      .describe(
        'One statement or procedure call with :id, :key, :version, :data.<path> and :given.<path> (true where the record has that field)',
      ),
    outcome: z
      .enum(['rows', 'error'])
      .default('rows')
      .describe(
        'For a statement: rows: it touches exactly one row, none means changed or gone; error: it raises an error of its own',
      ),
    id: Name.optional().describe(
      'For a create by statement: the column of its result with the new id; without it the row is found by our key',
    ),
  })
  .refine(({ table, statement }) => (table === undefined) !== (statement === undefined), {
    message: 'needs either a table or a statement, and not both',
  });
export type Writing = z.infer<typeof Writing>;

const RecordType = z
  .strictObject({
    table: Table.optional().describe('The table or view that holds the records'),
    query: z.string().optional().describe('A SELECT instead, for what no view can be made of; it takes no parameters'),
    columns: z
      .record(Path, ColumnShape)
      .describe('The record’s fields and the column of each; paths such as billing.city make objects'),
    id: Name.describe('Column of the id: never NULL, never twice'),
    version: Name.optional().describe(
      'Column that moves with every change of the row; PostgreSQL’s own `xmin` will do',
    ),
    modified_at: Name.optional().describe('Column with the time of the last change'),
    zone: z.string().default('UTC').describe('Zone of times in columns that keep none, as in Europe/Berlin'),
    reference: Name.optional().describe('Column where our own key is kept'),
    deleted: z
      .strictObject({
        column: Name.describe('Column in which a deleted row says so'),
        is: z.json().describe('The value that means deleted'),
      })
      .optional()
      .describe('How rows that are only marked as deleted show'),
    changes: Changes.optional(),
    write: z
      .strictObject({
        max: z.int().positive().max(1000).default(100).describe('How many items one call takes'),
        transaction: z
          .enum(['item', 'batch'])
          .default('batch')
          .describe('batch: one commit for all items, each guarded by a savepoint; item: one commit each'),
        create: Writing.optional().describe('New rows'),
        update: Writing.optional().describe('Changed fields of known rows'),
        delete: Writing.optional().describe('Removed rows'),
      })
      .prefault({})
      .describe('How records are written'),
    capabilities: DeclaredCapabilities,
  })
  .refine(({ table, query }) => (table === undefined) !== (query === undefined), {
    message: 'needs either a table or a query, and not both',
  });
export type RecordType = z.infer<typeof RecordType>;

/** A whole connector.yaml. */
export const SqlPreset = z.strictObject({
  engine: z.literal('sql').describe('Tables of a database'),
  system: z.string().describe('The system’s name, for people'),
  dialect: z
    .enum(['postgresql', 'mysql', 'sqlserver', 'oracle'])
    .describe('postgresql; mysql for MySQL and MariaDB; sqlserver and oracle, whose drivers are installed besides'),
  settings: SettingDeclarations.prefault({}),
  auth: z
    .strictObject({ user: Template.describe('User'), password: Template.describe('Password') })
    .describe('How to prove who we are'),
  tls: z
    .strictObject({
      mode: Template.default('verify').describe(
        'verify: always encrypted, the certificate checked; plain: only on this machine, or to a private network listed under `allow`',
      ),
      ca: Template.optional().describe(
        'Authority that signed the database’s certificate, PEM; as a setting with file:/path',
      ),
      cert: Template.optional().describe('Our own certificate, PEM, where the database asks for one'),
      key: Template.optional().describe('Its key, PEM'),
    })
    .prefault({})
    .describe('How the connection is encrypted'),
  limits: z
    .strictObject({
      rows: z.int().positive().max(10_000).default(500).describe('Rows of one page'),
      reply_bytes: z
        .int()
        .positive()
        .max(104_857_600)
        .default(10_485_760)
        .describe('Largest answer to one statement, bytes; a page beyond it is asked for again in halves'),
    })
    .prefault({})
    .describe('How much may travel'),
  errors: ErrorRules,
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), RecordType).describe('Record types by name'),
});
export type SqlPreset = z.infer<typeof SqlPreset>;
