/** What a connector.yaml for the `files` engine may say. */
import { z } from 'zod';
import { DeclaredCapabilities } from '../engine/capabilities.ts';
import { SettingDeclarations } from '../engine/preset.ts';
import { Column } from './column.ts';
import { ENCODINGS } from './encoding.ts';

const Folder = z
  .string()
  .regex(
    /^[A-Za-z0-9_][A-Za-z0-9_.-]*(\/[A-Za-z0-9_][A-Za-z0-9_.-]*)*$/,
    'is not a folder below the connection’s address; write it as in `in/partners`',
  );
const Pattern = z
  .string()
  .regex(/^[^/\\\p{Cc}]+$/u, 'is not a pattern for file names; write one as in partners_*.csv')
  .describe('File names; `*` stands for any text, `?` for one character');
const Template = z.string();
const OneCharacter = z.string().refine((text) => [...text].length === 1, 'must be one character');

const EndsWithNewline = z
  .boolean()
  .default(false)
  .describe('A file whose last row has no line end is half a file and refused');

const Csv = z.strictObject({
  kind: z.literal('csv').describe('Rows of text with a delimiter'),
  delimiter: OneCharacter.default(',').describe('Between two cells; a tab is written "\\t"'),
  quote: OneCharacter.default('"').describe('Around cells that contain a delimiter, a quote or a line break'),
  encoding: z
    .enum(ENCODINGS)
    .default('utf-8')
    .describe('How bytes stand for characters; a byte order mark is understood'),
  header: z.boolean().default(true).describe('The first row names the columns; without, columns say `at`'),
  skip: z.int().min(0).max(1000).default(0).describe('Rows above the header that mean nothing'),
  ends_with_newline: EndsWithNewline,
  newline: z.enum(['crlf', 'lf']).default('crlf').describe('Line ends of files that are written'),
  bom: z.boolean().default(false).describe('Written files begin with a byte order mark, as spreadsheets like it'),
});
const Xlsx = z.strictObject({
  kind: z.literal('xlsx').describe('A workbook; a formula counts by the value last saved with it'),
  sheet: z.string().optional().describe('Name of the sheet; without, the first one'),
  header: z.boolean().default(true).describe('The first row names the columns; without, columns say `at`'),
  skip: z.int().min(0).max(1000).default(0).describe('Rows above the header that mean nothing'),
});
const JsonLines = z.strictObject({
  kind: z.literal('json_lines').describe('One JSON object on each line, in UTF-8'),
});
const Xml = z.strictObject({
  kind: z.literal('xml').describe('XML without a document type; namespaces’ prefixes are not looked at'),
  row: z
    .string()
    .regex(/^[^/\s]+(\/[^/\s]+)*$/)
    .describe('Path of the element that is a record, from the root, as in partners/partner'),
  depth: z.int().min(2).max(200).default(40).describe('Elements inside one another, at most'),
});
const Fixed = z.strictObject({
  kind: z.literal('fixed').describe('Lines of fixed width; columns say `at` and `width`'),
  encoding: z.enum(ENCODINGS).default('utf-8').describe('How bytes stand for characters; widths count characters'),
  skip: z.int().min(0).max(1000).default(0).describe('Lines at the beginning that mean nothing'),
  ends_with_newline: EndsWithNewline,
  newline: z.enum(['crlf', 'lf']).default('crlf').describe('Line ends of files that are written'),
});
/** How a file is read and written. */
export const Format = z.discriminatedUnion('kind', [Csv, Xlsx, JsonLines, Xml, Fixed]);
export type Format = z.infer<typeof Format>;
export type CsvFormat = z.infer<typeof Csv>;
export type FixedFormat = z.infer<typeof Fixed>;
export type XlsxFormat = z.infer<typeof Xlsx>;
export type XmlFormat = z.infer<typeof Xml>;

/** When a file counts as whole. */
const Ready = z
  .discriminatedUnion('by', [
    z.strictObject({
      by: z.literal('stable').describe('Size and time are the same in two looks'),
      for_ms: z.int().min(0).max(3_600_000).default(5_000).describe('Time between the two looks, at least, ms'),
    }),
    z.strictObject({
      by: z.literal('companion').describe('A second file says that the first is whole'),
      suffix: z
        .string()
        .regex(/^\.[^/\\]+$/)
        .default('.done')
        .describe('Added to the file’s name'),
    }),
    z.strictObject({
      by: z.literal('rename').describe('The other system writes under another name and renames when it is whole'),
    }),
  ])
  .prefault({ by: 'stable' })
  .describe('How we see that a file is whole; never is half a file read');
export type Ready = z.infer<typeof Ready>;

const Inbound = z.strictObject({
  folder: Folder.default('in').describe('Where the other system puts files'),
  full: z
    .array(Pattern)
    .default([])
    .describe('Files that hold all records: what is missing in the newest one is looked into'),
  delta: z.array(Pattern).default([]).describe('Files that hold changed records alone'),
  ready: Ready,
  order: z.enum(['name', 'time']).default('name').describe('Which of several files comes first'),
  repeated: z
    .enum(['refuse', 'last'])
    .default('refuse')
    .describe('The same id twice in one file: refuse these rows, or the last row counts'),
});
export type Inbound = z.infer<typeof Inbound>;

const Acknowledged = z.strictObject({
  folder: Folder.default('ack').describe('Where the other system puts its answers'),
  files: z.array(Pattern).min(1).describe('Names of its answers'),
  format: Format.describe('How an answer is written'),
  ready: Ready,
  key: Column.describe('The column that repeats our key'),
  status: Column.describe('The column that says how it went'),
  done: z.array(z.string()).min(1).describe('Its words for “taken”; any other is a refusal'),
  id: Column.optional().describe('The column with the id the system gave'),
  code: Column.optional().describe('The column with the system’s own code of a refusal'),
  message: Column.optional().describe('The column with its sentence'),
  wait_ms: z
    .int()
    .min(0)
    .max(600_000)
    .default(5_000)
    .describe('How long a write waits for the answer; then its outcome is unknown until it comes, ms'),
});
export type Acknowledged = z.infer<typeof Acknowledged>;

const Outbound = z.strictObject({
  folder: Folder.default('out').describe('Where finished files appear for the other system'),
  name: z
    .string()
    .regex(/^[^/\\\p{Cc}]+$/u)
    .describe('Name of a file; {no} is its number, which never comes twice'),
  key: z.string().describe('The column that carries our key'),
  rows: z
    .enum(['whole', 'changed'])
    .default('whole')
    .describe('A row for an update holds the whole record, or id and changed columns alone'),
  operation: z
    .strictObject({
      column: z.string().describe('The column that says what to do'),
      create: z.string().default('create').describe('Its word for a new record'),
      update: z.string().default('update').describe('Its word for a changed record'),
      delete: z.string().optional().describe('Its word for a deleted record; without, nothing is deleted'),
    })
    .optional()
    .describe('How a row says what it is for'),
  formulas: z
    .enum(['guard', 'plain'])
    .default('guard')
    .describe(
      'guard: a text that a spreadsheet would run as a formula gets an apostrophe in front; plain: as it is, for systems that are no spreadsheet',
    ),
  max: z.int().positive().max(1000).default(200).describe('Records in one file, at most'),
  acknowledged: Acknowledged.optional().describe(
    'The answer file, where the system writes one; without, “created” means handed over',
  ),
});
export type Outbound = z.infer<typeof Outbound>;

const Plain = z.string().describe('A field of `columns`');
const RecordType = z.strictObject({
  format: Format.describe('How its files are written'),
  columns: z
    .record(z.string(), Column)
    .describe('Fields of a record, by the names that mappings use; a dot makes a group (`billing.city`)'),
  id: Plain.describe('The field that tells records apart'),
  version: z.string().optional().describe('The field that moves with every change; without, the content’s own hash'),
  modified_at: z.string().optional().describe('The field with the time of the last change, of type instant'),
  deleted: z
    .strictObject({
      column: z.string().describe('The field'),
      is: z.string().describe('Its text for a deleted record'),
    })
    .optional()
    .describe('How a row says that its record is deleted'),
  in: Inbound.optional().describe('Files that are read'),
  out: Outbound.optional().describe('Files that are written'),
  capabilities: DeclaredCapabilities.optional().describe(
    'Where the other system keeps less, or more, than files can promise by themselves',
  ),
});
export type RecordType = z.infer<typeof RecordType>;

const SignIn = z
  .strictObject({
    user: Template.describe('User'),
    password: Template.optional().describe('Password, where no key is used'),
    private_key: Template.optional().describe('Private key in OpenSSH’s or PEM form, as text'),
    passphrase: Template.optional().describe('What opens the private key'),
    host_key: Template.describe(
      'Fingerprints of the server’s key, as `ssh-keygen -lf` shows them (SHA256:…), separated by blanks',
    ),
  })
  .describe('How to sign in to an SFTP server; a server with another key is not talked to');

/** A whole connector.yaml. */
export const FilesPreset = z.strictObject({
  engine: z.literal('files').describe('Files in a folder or on an SFTP server'),
  system: z.string().describe('The system’s name, for people'),
  settings: SettingDeclarations.prefault({}),
  sign_in: SignIn.optional(),
  taken: Folder.default('taken').describe('Our folder for files that are being read'),
  archive: Folder.default('archive').describe('Our folder for files that were read, each with its result beside it'),
  sent: Folder.default('sent').describe('Our folder with a copy of every file that was written'),
  limits: z
    .strictObject({
      file_bytes: z.int().positive().max(1_073_741_824).default(67_108_864).describe('Largest file, bytes'),
      unpacked_bytes: z
        .int()
        .positive()
        .max(2_147_483_647)
        .default(268_435_456)
        .describe('Largest content of a workbook once unpacked, bytes'),
      rows: z.int().positive().max(5_000_000).default(500_000).describe('Most rows of a file'),
      row_bytes: z.int().positive().max(16_777_216).default(1_048_576).describe('Longest row, characters'),
      listed: z.int().positive().max(1_000_000).default(100_000).describe('Most entries of a folder'),
    })
    .prefault({})
    .describe('How much is read'),
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), RecordType).describe('Record types by name'),
});
export type FilesPreset = z.infer<typeof FilesPreset>;
export type Limits = FilesPreset['limits'];
