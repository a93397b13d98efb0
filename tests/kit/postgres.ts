/** One PostgreSQL for the whole run of the project `ledger`: DATABASE_URL's, or one that goes with the run. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestProject } from 'vitest/node';
import { startCluster } from '../../src/cli/up/cluster.ts';

/** Starts it before the first test file and ends it after the last. */
export const setup = async (project: TestProject): Promise<(() => Promise<void>) | undefined> => {
  const given = process.env['DATABASE_URL'];
  if (given) {
    project.provide('databaseUrl', given);
    return undefined;
  }
  const folder = mkdtempSync(join(tmpdir(), 'tally-postgres-'));
  chmodSync(folder, 0o755); // as root, PostgreSQL runs under another account
  const cluster = await startCluster(folder, 'none');
  project.provide('databaseUrl', cluster.url('postgres'));
  return async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
};
