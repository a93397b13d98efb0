/** What a connector.yaml for the `outbox` engine may say. */
import { z } from 'zod';
import { DeclaredCapabilities } from '../engine/capabilities.ts';
import { SettingDeclarations } from '../engine/preset.ts';
import { Path } from '../rest/shapes.ts';

const RecordType = z.strictObject({
  id: Path.optional().describe(
    'The field in which mappings see the id that the system gives; without, the id stands beside the fields alone',
  ),
  begins: z
    .enum(['empty', 'posted'])
    .default('posted')
    .describe(
      'posted: nothing is linked or created before the system’s program has said that it posted all of its records; empty: the system has none of these that it did not get from us',
    ),
  writes: z
    .array(z.enum(['create', 'update', 'delete']))
    .default(['create', 'update'])
    .describe('What the system’s program can carry out; an empty list for records that it only posts'),
  lists: z
    .record(
      Path,
      z.strictObject({ key: z.string().min(1).describe('The column that tells the elements of the list apart') }),
    )
    .optional()
    .describe('Lists inside the record that mappings write; a changed one is handed over whole'),
  max: z.int().positive().max(200).default(200).describe('Writes put down in one step'),
  capabilities: DeclaredCapabilities.optional().describe(
    'Where the system’s program keeps less, or more, than an outbox promises by itself',
  ),
});
export type RecordType = z.infer<typeof RecordType>;

/** A whole connector.yaml. */
export const OutboxPreset = z.strictObject({
  engine: z
    .literal('outbox')
    .describe('A system that cannot be called: it pulls its writes from us and posts its records'),
  system: z.string().describe('The system’s name, for people'),
  settings: SettingDeclarations.prefault({}),
  records: z.record(z.string().regex(/^[A-Za-z][A-Za-z0-9_]*$/), RecordType).describe('Record types by name'),
});
export type OutboxPreset = z.infer<typeof OutboxPreset>;
