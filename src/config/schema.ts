/** What `tallystick.yaml` may say. Every option is declared here once: its kind, its default and its sentence. */
import { z } from 'zod';
import { ExactNumber, type Json } from '../domain/json.ts';

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const Name = z.string().regex(NAME, 'is not a name; use small letters, digits and hyphens, beginning with a letter');

/** A connector is a folder under connectors/, or a path beside tallystick.yaml. */
const ConnectorPath = z
  .string()
  .regex(
    /^(\.\/)?[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/,
    'is not a folder; write its name under connectors/, or a path beside this file',
  );

const Url = z
  .string()
  .refine(
    (text) =>
      /^(env:[A-Za-z_][A-Za-z0-9_]*|file:.+)$/.test(text) ||
      /^(https?|sftp|folder|postgres(ql)?|mysql|mariadb|sqlserver|oracle|outbox):$/.test(
        URL.parse(text)?.protocol ?? '',
      ),
    'is not an address; write https://…, sftp://…, folder:/path, postgresql://…, mysql://…, env:NAME or file:/path',
  )
  .refine(
    (text) => !/[^/]@/.test(URL.parse(text)?.href.split('/')[2] ?? ''),
    'holds a user or a password; write them under settings, as env:NAME or file:/path',
  );

const Words = z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String));

const DAY = 86_400_000;
const milliseconds = (least: number, most: number) => z.int().min(least).max(most);

/** One connection: a preset plus what is peculiar to this installation. */
export const ConnectionSchema = z.strictObject({
  connector: ConnectorPath.describe('Folder under connectors/, or a path beside this file, that holds connector.yaml'),
  url: Url.describe('Base address of the system; `env:NAME` or `file:/path` if it stands elsewhere'),
  allow: z
    .array(z.string())
    .default([])
    .describe('Further hosts (`name` or `name:port`) that this connection may reach'),
  settings: Words.default({}).describe('Values the connector asks for; secrets as `env:NAME` or `file:/path`'),
  concurrency: z.int().min(1).max(64).default(4).describe('Requests at once from one worker process'),
  settle_ms: milliseconds(0, DAY)
    .default(600_000)
    .describe('How long after its time limit a write without an answer may still take effect, ms'),
  lag_ms: milliseconds(0, DAY)
    .default(60_000)
    .describe(
      'How far a copy that answers in its place may lag, ms: a record shown older than within that time before is read again; 0 to believe it',
    ),
  call_ms: milliseconds(100, 600_000).default(30_000).describe('How long one call may take, ms'),
  poll_ms: milliseconds(50, DAY).default(5_000).describe('How often changes are asked for, ms'),
  sweep_ms: milliseconds(0, 366 * DAY)
    .default(DAY)
    .describe('How often everything is compared, ms; 0 for never'),
  skew_ms: milliseconds(0, DAY)
    .default(2_000)
    .describe('How far its clock may be from that of other systems, ms; `newest wins` within it asks a person'),
  per_second: z
    .union([z.number(), z.instanceof(ExactNumber).transform((exact) => Number(exact.text))], { error: 'a number' })
    .pipe(z.number().positive().max(100_000))
    .optional()
    .describe('Requests a second, all workers together; no limit if left out'),
  capabilities: z
    .record(
      z.string(),
      z.record(
        z.string(),
        z.custom<Json>(() => true),
      ),
    )
    .optional()
    .describe('Where this installation can do less, or more, than the connector says of its system'),
});

/** Who asks through views, and what of them counts there. */
export const PeopleSchema = z.strictObject({
  mapping: Name.describe('The mapping of employees, one of `mappings`: its records are who asks'),
  role: z.string().min(1).optional().describe('Its field that says the role; without it everybody is `everyone`'),
  team: z.string().min(1).optional().describe('Its field that says the team'),
  branch: z.string().min(1).optional().describe('Its field that says the branch'),
});

/** The whole file. */
export const ConfigurationSchema = z.strictObject({
  connections: z
    .record(Name, ConnectionSchema)
    .refine((all) => Object.keys(all).length > 0, 'names no connection; add the systems to keep in agreement')
    .describe('The systems to keep in agreement, by the names that mappings use'),
  mappings: z
    .array(Name)
    .min(1, 'names no mapping; add the name of a file in mappings/')
    .refine((all) => new Set(all).size === all.length, 'names a mapping twice; remove one')
    .describe('The files in mappings/ to carry out, by name'),
  views: z
    .array(Name)
    .default([])
    .refine((all) => new Set(all).size === all.length, 'names a view twice; remove one')
    .describe('The files in views/ that may be asked, by name'),
  people: PeopleSchema.optional().describe('Who asks through views that show by role'),
});
