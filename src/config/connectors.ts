/** What connectors say of a configuration before it is stored. Nothing is sent. */

import { SyncError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import { connectorFolder, parseConfiguration } from './parse.ts';
import type { ConfigRevision, Configuration, ConnectionSettings } from './port.ts';

type Files = ConfigRevision['files'];

/**
 * References are for the machine of the worker, so that something else stands here in the place of what they lead to. It may be
 * an address of any kind or a fingerprint: only what is wrong whatever stands there is a problem.
 */
const STAND_INS = [
  'https://secret.invalid',
  'folder:/secret.invalid',
  'postgresql://secret.invalid/secret',
  'mysql://secret.invalid/secret',
  'sqlserver://secret.invalid/secret',
  'oracle://secret.invalid/secret',
  `SHA256:${'A'.repeat(43)}`,
] as const;

/** Every problem that the connectors of these files see, each with file, place and remedy. Files that cannot be read have others to say so. */
export const connectorProblems = async (files: Files, mode: 'local' | 'production'): Promise<readonly string[]> => {
  const configuration = readable(files);
  if (configuration === undefined) return [];
  const { connections, presets } = configuration;
  const found: string[] = [];
  // One after the other: nobody else shall wait for this.
  for (const settings of connections)
    found.push(...(await problemsOf(files, settings, presets[settings.connector] ?? null, mode)));
  return [...new Set(found)];
};

const readable = (files: Files): Configuration | undefined => {
  try {
    return parseConfiguration({ number: 0, author: '', files });
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'CONFIG_INVALID') throw error;
    return undefined;
  }
};

const problemsOf = async (
  files: Files,
  settings: ConnectionSettings,
  preset: Json,
  mode: 'local' | 'production',
): Promise<readonly string[]> => {
  // They bring protocols and drivers along, which the API needs for nothing else.
  const { createConnector, examineConnector } = await import('../../connectors/index.ts');
  const inputWith = (standIn: string) => ({
    settings,
    preset,
    mode,
    secret: () => standIn,
    read: async (path: string) => files[`${connectorFolder(settings.connector)}/${path}`],
  });
  let common: readonly string[] | undefined;
  for (const standIn of STAND_INS) {
    const input = inputWith(standIn);
    const problems = await problemsIn(async () => {
      await createConnector(input).close();
      return [];
    });
    if (problems.length === 0) return problemsIn(() => examineConnector(input));
    common = common?.filter((problem) => problems.includes(problem)) ?? problems;
    if (common.length === 0) return [];
  }
  return common ?? [];
};

const problemsIn = async (work: () => Promise<readonly string[]>): Promise<readonly string[]> => {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'CONFIG_INVALID') throw error;
    return error.facts.problems ?? [error.message];
  }
};
