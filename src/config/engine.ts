/** `temporal.yaml`: which engine, where, and by which names our queues are known there. */
import { readFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import { checkedYaml, invalidFiles } from './place.ts';
import { createSecrets } from './secrets.ts';
import type { Settings } from './settings.ts';

const Reference = z.string().regex(/^(env|file):.+$/, 'must stand elsewhere: write env:NAME or file:/path');

/** The block `tls` of `temporal.yaml`. */
export const TlsSchema = z
  .strictObject({
    ca: z
      .string()
      .optional()
      .describe('File with the certificates to trust, PEM; those of the operating system if left out'),
    cert: z.string().optional().describe('File with our own certificate, PEM, where the server asks for one'),
    key: Reference.optional().describe('Its private key, as `file:/path` or `env:NAME`'),
    server_name: z
      .string()
      .optional()
      .describe('The name in the server’s certificate, where it is not that of the address'),
  })
  .refine(({ cert, key }) => (cert === undefined) === (key === undefined), 'needs both, cert and key, or neither');

/** What `temporal.yaml` may say. */
export const EngineSchema = z.strictObject({
  engine: z
    .record(z.string(), z.unknown())
    .optional()
    .describe('The engine that is brought for a single machine; read by its set-up'),
  address: z.string().optional().describe('Temporal server, host:port; TEMPORAL_ADDRESS overrides it'),
  tls: z
    .union([z.boolean(), TlsSchema], { error: 'must be true, or a block with ca, cert, key or server_name' })
    .default(false)
    .describe('Speak TLS with the server: true, or with what certificates'),
  api_key: Reference.optional().describe('Key of Temporal Cloud, as `env:NAME` or `file:/path`; needs tls'),
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
  /** As Temporal’s clients take it; without it nothing is encrypted. */
  readonly tls?: EngineTls;
  readonly apiKey?: string;
}

/** With what certificates the engine is spoken to. */
export interface EngineTls {
  readonly serverNameOverride?: string;
  readonly serverRootCACertificate?: Buffer;
  readonly clientCertPair?: { readonly crt: Buffer; readonly key: Buffer };
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
  const folder = dirname(settings.TALLY_CONFIG);
  return {
    address,
    namespace: value.namespace,
    taskQueue: value.task_queue,
    ...(value.tls === false ? {} : { tls: await tlsOf(value.tls === true ? {} : value.tls, folder) }),
    ...(value.api_key === undefined ? {} : { apiKey: keyOf(value.api_key, value.tls !== false) }),
  };
};

const tlsOf = async (given: z.infer<typeof TlsSchema>, folder: string): Promise<EngineTls> => ({
  ...(given.server_name === undefined ? {} : { serverNameOverride: given.server_name }),
  ...(given.ca === undefined ? {} : { serverRootCACertificate: await certificate(folder, given.ca) }),
  ...(given.cert === undefined || given.key === undefined
    ? {}
    : {
        clientCertPair: {
          crt: await certificate(folder, given.cert),
          key: Buffer.from(createSecrets(process.env)(given.key), 'utf8'),
        },
      }),
});

const certificate = (folder: string, path: string): Promise<Buffer> =>
  readFile(resolve(folder, path)).catch((error: NodeJS.ErrnoException) => {
    throw new SyncError('CONFIG_INVALID', `temporal.yaml: the certificate ${path} cannot be read (${error.code})`, {
      file: 'temporal.yaml',
    });
  });

// Whoever listens would have the key.
const keyOf = (reference: string, encrypted: boolean): string => {
  if (!encrypted)
    throw new SyncError('CONFIG_INVALID', 'temporal.yaml: an api_key is sent over TLS only; add `tls: true`', {
      file: 'temporal.yaml',
    });
  return createSecrets(process.env)(reference);
};

/** How Temporal’s clients reach the engine. */
export const engineAddress = ({ address, tls, apiKey }: EngineSettings) => ({
  address,
  ...(tls === undefined ? {} : { tls }),
  ...(apiKey === undefined ? {} : { apiKey }),
});
