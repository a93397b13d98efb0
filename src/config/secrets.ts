/** Values that stand elsewhere. Looked up at the moment they are needed, by activities alone; never kept. */
import { readFileSync, statSync } from 'node:fs';
import { SyncError } from '../domain/errors.ts';
import type { SecretReference } from './port.ts';

// Group or others may read, write or run it.
const OTHERS = 0o077;
const LARGEST = 65_536;

const refuse = (message: string): never => {
  throw new SyncError('CONFIG_INVALID', message);
};

const fromFile = (path: string): string => {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat === undefined || !stat.isFile())
    return refuse(`there is no file ${path}; write the secret there, mode 0600`);
  if (process.platform !== 'win32' && (stat.mode & OTHERS) !== 0)
    return refuse(`${path} can be read by others; set its mode to 0600`);
  if (stat.size > LARGEST) return refuse(`${path} is too large for a secret; correct the path`);
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
};

/** Makes the lookup for `env:NAME` and `file:/path`. */
export const createSecrets =
  (env: Readonly<Record<string, string | undefined>>) =>
  (reference: SecretReference): string => {
    const [, kind, rest = ''] = /^(env|file):(.+)$/s.exec(reference) ?? [];
    if (kind === 'file') return fromFile(rest);
    if (kind !== 'env') return refuse('a secret must be a reference: env:NAME or file:/path');
    const value = env[rest];
    if (value === undefined || value === '')
      return refuse(`the environment variable ${rest} is not set; set it for this process`);
    return value;
  };
