/** One PostgreSQL for the whole run of the project `ledger`: DATABASE_URL's, or one that goes with the run. */
import { rmSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { startCluster } from '../../src/cli/up/cluster.ts';
import { openDatabase } from '../../src/ledger/database.ts';
import { migrate } from '../../src/ledger/migrate.ts';
import { freshDatabase } from './fresh-database.ts';
import { quickFolder } from './quick-folder.ts';

/** Provides it with a ledger that is migrated once: each test's own is a copy. Returns how that one is dropped. */
const provided = async (project: TestProject, url: string): Promise<() => Promise<void>> => {
  const migrated = await freshDatabase(url);
  const db = openDatabase(migrated.url, { size: 1 });
  await migrate(db);
  await db.close();
  project.provide('databaseUrl', url);
  project.provide('migratedDatabase', migrated.name);
  return migrated.drop;
};

/** Starts it before the first test file and ends it after the last. */
export const setup = async (project: TestProject): Promise<() => Promise<void>> => {
  const given = process.env['DATABASE_URL'];
  if (given) return provided(project, given);
  const folder = quickFolder('postgres');
  const cluster = await startCluster(folder, 'none');
  await provided(project, cluster.url('postgres'));
  return async () => {
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
};
