import { chmodSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCluster as startPostgres } from '../../src/cli/up/cluster.ts';
import { ledgerReady } from '../../src/cli/up/probe.ts';

/** A PostgreSQL of our own that forgets everything: quick, because nothing in it must survive. */
export interface Cluster {
  url(database: string): string;
  createDatabase(name: string): Promise<void>;
  stop(): Promise<void>;
}

const onDisk = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-simulation-'));
  chmodSync(folder, 0o755);
  return folder;
};

/** Starts it in a folder that goes with it; on the disk unless another one is given. */
export const startCluster = async (folder = onDisk()): Promise<Cluster> => {
  const cluster = await startPostgres(folder, 'none');
  return {
    url: cluster.url,
    createDatabase: async (name) => {
      if (!(await ledgerReady(cluster.url(name)))) throw new Error(`no database "${name}" could be made`);
    },
    stop: async () => {
      await cluster.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
};
