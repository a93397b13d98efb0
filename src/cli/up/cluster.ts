/** A PostgreSQL on its own, without a group: for tests and other programs that need nothing else. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { openLog } from './log.ts';
import { startPart } from './part.ts';
import { freePort } from './places.ts';
import { type Cluster, databaseUrl, freshPassword, preparePostgres } from './postgres.ts';
import { ledgerReady } from './probe.ts';

/** A running PostgreSQL. */
export interface RunningCluster {
  /** The address of one of its databases. */
  readonly url: (database: string) => string;
  readonly stop: () => Promise<void>;
}

/** Starts a fresh cluster below `folder`. It ends with this process, however that ends; the folder stays. */
export const startCluster = async (folder: string, durability: Cluster['durability']): Promise<RunningCluster> => {
  mkdirSync(folder, { recursive: true });
  const cluster = { folder: join(folder, 'data'), port: await freePort(), password: freshPassword(), durability };
  const part = startPart({
    name: 'postgres',
    command: () => preparePostgres(cluster),
    probe: () => ledgerReady(databaseUrl(cluster, 'postgres')),
    after: async () => undefined,
    log: openLog(join(folder, 'postgres.log')),
    tell: () => undefined,
    started: () => undefined,
    ended: () => undefined,
  });
  await part.ready();
  return { url: (database) => databaseUrl(cluster, database), stop: part.stop };
};
