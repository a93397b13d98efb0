/** What a process is told by its environment. Declared here once; besides it only `env:` references read the environment. */
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';

const Address = z.string().regex(/^[^\s/]+:\d{1,5}$/, 'must be host:port');

/** Every environment variable of the product. `secret` ones are never shown. */
export const SettingsSchema = z.object({
  DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgresql://')
    .optional()
    .describe('PostgreSQL of the ledger, e.g. postgresql://user:password@host:5432/tallystick')
    .meta({ secret: true }),
  TEMPORAL_ADDRESS: Address.optional().describe('Temporal server, host:port; overrides temporal.yaml'),
  TALLY_MODE: z
    .enum(['local', 'production'])
    .default('production')
    .describe('local: one machine, files apply as they are saved, loopback may be reached; production: all else'),
  TALLY_HOME: z.string().default('.tally').describe('Folder for data that this machine keeps'),
  TALLY_CONFIG: z.string().default('tallystick.yaml').describe('The configuration file'),
  TALLY_API_URL: z.url().optional().describe('Address of the admin API, for the command line'),
  TALLY_API_KEY: z.string().optional().describe('Key for the admin API, for the command line').meta({ secret: true }),
  TALLY_API_HOST: z
    .string()
    .regex(/^[A-Za-z0-9.:-]+$/, 'must be an address of this machine, such as 127.0.0.1 or 0.0.0.0')
    .default('127.0.0.1')
    .describe('Address the admin API listens at in production; 0.0.0.0: all of this machine, e.g. in a container'),
  TALLY_API_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port of the admin API; 0: a free one'),
  TALLY_CACHE: z
    .string()
    .default(join(homedir(), '.cache', 'tallystick'))
    .describe('Folder for what can be made again: engine, workflow bundle, compiled code'),
  TALLY_LOG: z
    .enum(['debug', 'info', 'warn', 'error', 'silent'])
    .default('info')
    .describe('The least important lines that are logged'),
});
export type Settings = Readonly<z.infer<typeof SettingsSchema>>;

const PATHS = ['TALLY_HOME', 'TALLY_CONFIG', 'TALLY_CACHE'] as const;

/** The settings of this process, paths made absolute; CONFIG_INVALID names the variable and what it must be. */
export const readSettings = (env: Readonly<Record<string, string | undefined>>): Settings => {
  // An empty variable is one that is not set.
  const given = Object.fromEntries(Object.entries(env).filter(([, value]) => value !== ''));
  const result = SettingsSchema.safeParse(given);
  if (!result.success) {
    const problems = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new SyncError('CONFIG_INVALID', `the environment variable ${problems[0]}`, { problems });
  }
  const absolute = Object.fromEntries(PATHS.map((name) => [name, resolve(result.data[name])]));
  return { ...result.data, ...absolute };
};

/** A setting that this process cannot do without. */
export const demanded = (settings: Settings, name: 'DATABASE_URL' | 'TEMPORAL_ADDRESS'): string => {
  const value = settings[name];
  if (value !== undefined) return value;
  throw new SyncError('CONFIG_INVALID', `${name} is not set: ${SettingsSchema.shape[name].description}`);
};
