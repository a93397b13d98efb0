/** What every engine that is configured by a connector.yaml shares: its input, and how a wrong file is reported. */
import { z } from 'zod';
import type { ConnectionSettings } from '../../src/config/port.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import type { OutboxStore } from '../outbox/store.ts';
import type { Mode, Resolve } from '../sdk/address.ts';
import type { Connector } from '../sdk/seam.ts';

/** What an engine is given to make one connection. */
export interface EngineInput {
  readonly settings: ConnectionSettings;
  /** connector.yaml, parsed and not interpreted. */
  readonly preset: Json;
  readonly mode: Mode;
  /** The value behind `env:NAME` or `file:/path`. */
  readonly secret: (reference: string) => string;
  /** The text of a file in the preset's own folder (`schema/Account.json`), or undefined when there is none. */
  readonly read: (path: string) => Promise<string | undefined>;
  /** How names become addresses; tests give their own. */
  readonly resolve?: Resolve;
  /** Where writes wait for a system that pulls them; absent where a configuration is only read. */
  readonly outbox?: OutboxStore;
}

/** A kind of protocol, driven by a preset. */
export interface Engine {
  readonly name: string;
  /** What a connector.yaml for it may say; also the source of its JSON Schema. */
  readonly schema: z.ZodType;
  connect(input: EngineInput): Connector;
  /** What is wrong with the files beside the preset, which connecting does not read. Nothing is sent. */
  examine?(input: EngineInput): Promise<readonly string[]>;
}

/** A setting that the preset asks of the connection: what it is and whether it may be shown. */
export const SettingDeclarations = z
  .record(
    z.string().regex(/^[a-z][a-z0-9_]*$/, 'write names of settings in lower case, as in client_id'),
    z.strictObject({
      describe: z.string().describe('One sentence for the person who fills it in'),
      secret: z.boolean().default(false).describe('True when it must be an env: or file: reference outside local mode'),
      default: z.string().optional().describe('Used when the connection gives none'),
    }),
  )
  .describe('Named values that the connection must give');

/** Limits that a preset may tighten or widen. */
export const LimitSettings = z
  .strictObject({
    first_byte_ms: z.int().positive().optional().describe('Longest wait for the first byte of a reply, ms'),
    reply_bytes: z.int().positive().max(104_857_600).optional().describe('Largest reply after decompression, bytes'),
    request_bytes: z
      .int()
      .positive()
      .default(4_194_304)
      .describe('Largest request body, bytes; batches are cut to fit'),
  })
  .prefault({})
  .describe('How much may travel and how long it may take');

const REMEDIES: Readonly<Record<string, string>> = {
  unrecognized_keys: 'remove it, or correct its spelling',
  invalid_type: 'give it a value of that kind',
  invalid_value: 'use one of these',
  invalid_union: 'write it in one of the allowed forms',
};

const problemOf = (file: string, issue: z.core.$ZodIssue): string => {
  const place = issue.path.length === 0 ? 'the file' : `"${issue.path.map(String).join('.')}"`;
  // Where the message already lists what is allowed, there is nothing to add.
  const remedy = issue.message.startsWith('Invalid discriminator') ? undefined : REMEDIES[issue.code];
  return `${file}: ${place}: ${issue.message.replace(/^Invalid input: /, '')}${remedy === undefined ? '' : `; ${remedy}`}`;
};

/** A configuration error that names file and place, once for the person and once per problem in its facts. */
export const invalidPreset = (file: string, problems: readonly string[]): SyncError =>
  new SyncError(
    'CONFIG_INVALID',
    problems.length === 1 ? (problems[0] ?? file) : `${file} has ${problems.length} problems: ${problems[0]}`,
    {
      file,
      problems,
    },
  );

/** The preset as the engine's schema reads it, or CONFIG_INVALID with file, place and remedy of everything wrong. */
export const parsePreset = <T>(schema: z.ZodType<T>, preset: unknown, file: string): T => {
  const result = schema.safeParse(preset);
  if (result.success) return result.data;
  throw invalidPreset(
    file,
    result.error.issues.map((issue) => problemOf(file, issue)),
  );
};

/** Where a connection's preset stands, for messages. */
export const presetFile = (settings: ConnectionSettings): string =>
  settings.connector.includes('/')
    ? `${settings.connector}/connector.yaml`
    : `connectors/${settings.connector}/connector.yaml`;

const isReference = (value: string): boolean => /^(env|file):/.test(value);

/** A value of tallystick.yaml: itself, or what its `env:` or `file:` reference stands for. */
export const resolved = (value: string, secret: EngineInput['secret']): string =>
  isReference(value) ? secret(value) : value;

/** The connection's named values with references looked up; CONFIG_INVALID names every one that is missing, unknown or bare. */
export const readSettings = (
  declared: z.infer<typeof SettingDeclarations>,
  { settings, mode, secret }: Pick<EngineInput, 'settings' | 'mode' | 'secret'>,
): Readonly<Record<string, string>> => {
  const place = (name: string): string => `connections.${settings.name}.settings.${name}`;
  const problems: string[] = [];
  for (const name of Object.keys(settings.settings)) {
    if (!Object.hasOwn(declared, name))
      problems.push(`${place(name)}: ${settings.connector} asks for no such setting; remove it`);
  }
  const values: Record<string, string> = {};
  for (const [name, { describe, secret: hidden, default: fallback }] of Object.entries(declared)) {
    const given = Object.hasOwn(settings.settings, name) ? settings.settings[name] : fallback;
    if (given === undefined) problems.push(`${place(name)}: is missing; ${describe}`);
    else if (hidden && mode === 'production' && given !== '' && !isReference(given))
      problems.push(`${place(name)}: a secret must not stand in the file; write env:NAME or file:/path`);
    else values[name] = resolved(given, secret);
  }
  if (problems.length > 0) throw invalidPreset('tallystick.yaml', problems);
  return values;
};
