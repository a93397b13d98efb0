/** `temporal.yaml`: which engine, where, and by which names our queues are known there. */
import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import { checkedYaml, invalidFiles } from './place.ts';
import type { Settings } from './settings.ts';

const EngineSchema = z.strictObject({
  engine: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('The engine that is brought for a single machine; read by its set-up'),
  address: z.string().optional().describe('Temporal server, host:port; TEMPORAL_ADDRESS overrides it'),
  namespace: z.string().default('default').describe('Temporal namespace; it must exist'),
  task_queue: z
    .string()
    .regex(/^[a-z][a-z0-9-]*$/, 'must be small letters, digits and hyphens')
    .default('tallystick')
    .describe('Queue of workflows and ledger steps; each connection has its own behind it, with a hyphen and its name'),
});

/** Where the engine is and how it is used. */
export interface EngineSettings {
  readonly address: string;
  readonly namespace: string;
  readonly taskQueue: string;
}

/** Reads `temporal.yaml` beside the configuration file; what it does not say has a default, but for the address. */
export const readEngineSettings = async (settings: Settings): Promise<EngineSettings> => {
  const text = await readFile(join(dirname(settings.TALLY_CONFIG), 'temporal.yaml'), 'utf8').catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return '';
      throw new SyncError('CONFIG_INVALID', `temporal.yaml cannot be read (${error.code}); correct its permissions`);
    },
  );
  const { value, problems } = checkedYaml(EngineSchema, 'temporal.yaml', text);
  if (value === undefined) throw invalidFiles(problems);
  const address = settings.TEMPORAL_ADDRESS ?? value.address;
  if (address === undefined)
    throw new SyncError(
      'CONFIG_INVALID',
      'no Temporal server is named; set TEMPORAL_ADDRESS to host:port, or `address:` in temporal.yaml',
      {
        file: 'temporal.yaml',
      },
    );
  return { address, namespace: value.namespace, taskQueue: value.task_queue };
};
