import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Database } from '../ledger/database.ts';
import { createFirstKeys, type MadeKey } from '../ledger/steps/keys.ts';

/** The file with one key per role that `tally` uses on the machine where it was made. */
export const keysFile = (home: string): string => join(home, 'keys.json');
/** The file that says where the API of this machine is. */
export const apiFile = (home: string): string => join(home, 'api.json');

/** Writes a file that only its owner can read, whole or not at all. */
export const writePrivately = (path: string, value: unknown): void => {
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(`${path}.new`, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
};

/** Makes the first keys and keeps them on this machine: the file is there before the ledger says that they are made. */
export const keepFirstKeys = (db: Database, home: string): Promise<readonly MadeKey[]> =>
  db.transaction(async (tx) => {
    const made = await createFirstKeys(tx);
    if (made.length > 0) writePrivately(keysFile(home), Object.fromEntries(made.map(({ role, key }) => [role, key])));
    return made;
  });
