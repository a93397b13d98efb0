import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startCluster } from '../../src/cli/up/cluster.ts';

/** A PostgreSQL that forgets everything: quick, because nothing in it must survive. */
export interface Forgetful {
  /** The address of a new, empty database. */
  fresh(): Promise<string>;
  stop(): Promise<void>;
}

/** Starts it in a folder that goes with it. */
export const startForgetful = async (): Promise<Forgetful> => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-simulation-'));
  chmodSync(folder, 0o755); // as root, PostgreSQL runs under another account
  const cluster = await startCluster(folder, 'none');
  let count = 0;
  return {
    fresh: async () => {
      const name = `simulation_${(count += 1)}`;
      const client = new pg.Client({ connectionString: cluster.url('postgres') });
      await client.connect();
      await client.query(`create database ${name}`);
      await client.end();
      return cluster.url(name);
    },
    stop: async () => {
      await cluster.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
