/** A whole small system for one test file: both sandbox systems in this process, everything else as a supervised group. */
import { mkdtemp } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { check } from '../../sandbox/checker/check.ts';
import { agrees, findingLines, verdictLine } from '../../sandbox/checker/verdict.ts';
import { startCrm } from '../../sandbox/crm/server.ts';
import { startErp } from '../../sandbox/erp/server.ts';
import type { Running } from '../../sandbox/kit/run.ts';
import { say } from '../../scripts/say.mjs';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { PAIRS } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { until, type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { type Group, startGroup } from '../../src/cli/up/group.ts';
import { type Gateway, startGateway } from './gateway.ts';

/** How long anything in here may take before a test gives up. */
export const WITHIN_MS = 45_000;

/** A verdict with nothing in it. */
export const AGREEMENT: readonly string[] = ['agreement'];

export interface TownOptions {
  readonly customers: number;
  readonly seed: number;
  /** Employees of the ERP, and users of the CRM among them; none unless said otherwise. */
  readonly employees?: number;
  /** Products of both systems; none unless said otherwise. */
  readonly products?: number;
  /** The mappings that are waited for, where it is not `customer` alone. */
  readonly mappings?: readonly [string, ...string[]];
  /** Changes to the configuration before anything starts. */
  readonly configure?: (folder: string) => Promise<void>;
  /** Leave the ERP out at first; `erp.start()` brings it. */
  readonly erpDown?: boolean;
  /** Nothing stands between the product and the CRM. */
  readonly direct?: boolean;
}

/** One of the two systems: it can go away and come back at the same address with what it knew. */
export interface System {
  readonly url: string;
  readonly control: string;
  start(): Promise<void>;
  stop(): Promise<void>;
}

export interface Town {
  readonly world: World;
  readonly group: Group;
  readonly crm: System;
  readonly erp: System;
  /** Between the product and the CRM. */
  readonly gateway: Gateway;
  /** Rows of the ledger itself. */
  query<T>(sql: string): Promise<readonly T[]>;
  /** What the checker finds after both sides were compared whole: `AGREEMENT`, or why not. */
  verdict(given?: {
    readonly interruptions?: readonly number[];
    readonly customers?: number;
  }): Promise<readonly string[]>;
  stop(): Promise<void>;
}

const systemOf = async (
  start: typeof startCrm,
  options: {
    readonly data: string;
    readonly customers: number;
    readonly employees: number;
    readonly products: number;
    readonly seed: number;
  },
): Promise<System> => {
  let running: Running | undefined = await start(options);
  const { url, controlUrl } = running;
  const ports = { port: Number(new URL(url).port), controlPort: Number(new URL(controlUrl).port) };
  return {
    url,
    control: controlUrl,
    start: async () => {
      running ??= await start({ ...options, ...ports });
    },
    stop: async () => {
      const ending = running;
      running = undefined;
      await ending?.close();
    },
  };
};

/** Waits until it is so, or throws what did not come about. */
export const eventually = async (what: string, so: () => Promise<boolean>): Promise<void> => {
  if (!(await until(WITHIN_MS, so))) throw new Error(`in ${WITHIN_MS / 1_000} s it was not so that ${what}`);
};

/** Starts it, with the first load under way. */
export const startTown = async ({
  customers,
  seed,
  employees = 0,
  products = 0,
  mappings: [mapping, ...beside] = ['customer'],
  configure,
  erpDown = false,
  direct = false,
}: TownOptions): Promise<Town> => {
  const home = await mkdtemp(join(tmpdir(), 'tally-live-'));
  const endings: (() => unknown)[] = [() => eraseHome(home)];
  const pair = { ...PAIRS.sandbox, mapping, beside };
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse().splice(0)) await end();
  };
  try {
    const config = await freshConfig(home, PAIRS.sandbox);
    await configure?.(config);
    const crm = await systemOf(startCrm, { data: join(home, 'systems', 'crm'), customers, employees, products, seed });
    endings.push(crm.stop);
    const erp = await systemOf(startErp, { data: join(home, 'systems', 'erp'), customers, employees, products, seed });
    endings.push(erp.stop);
    if (erpDown) await erp.stop();
    const gateway = await startGateway(crm.url);
    endings.push(gateway.close);
    const systems = {
      SANDBOX_CRM_URL: direct ? crm.url : gateway.url,
      SANDBOX_ERP_URL: erp.url,
      SANDBOX_CRM_CONTROL_URL: crm.control,
      SANDBOX_ERP_CONTROL_URL: erp.control,
    };
    const quietly = { ...say, note: () => undefined };
    const options = groupOptions({ home, customers, seed, pair, say: quietly }, config);
    // Engine and ledger of this test alone, whatever the shell names.
    const env = { ...options.env, ...systems, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
    const group = await startGroup({ ...options, env });
    endings.push(() => group.stop());
    const world = worldOf({ urls: { ...systems, ...group.urls }, home, config, pair, stop });
    return {
      world,
      group,
      crm,
      erp,
      gateway,
      stop,
      query: (sql) => rowsOf(group, sql),
      verdict: judge(world, customers),
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

const rowsOf = async <T>(group: Group, sql: string): Promise<readonly T[]> => {
  const client = new pg.Client({ connectionString: group.urls['DATABASE_URL'], options: '-c search_path=tally' });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
};

const judge =
  (world: World, seeded: number): Town['verdict'] =>
  async ({ interruptions = [], customers = seeded } = {}) => {
    await world.sweep(WITHIN_MS);
    const parked = (await world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
    const found = await check({
      crmControl: world.urls['SANDBOX_CRM_CONTROL_URL'] ?? '',
      erpControl: world.urls['SANDBOX_ERP_CONTROL_URL'] ?? '',
      parked,
      interruptions,
      expectCustomers: customers,
    });
    return agrees(found) ? AGREEMENT : [verdictLine(found), ...findingLines(found)];
  };

/** Kills a part and keeps its port taken, so that it stays down until it is let up again. */
export const holdDown = async (group: Group, part: string, address: string): Promise<{ letUp(): Promise<void> }> => {
  const died = new Promise<void>((resolve) =>
    group.events.on('died', (name) => {
      if (name === part) resolve();
    }),
  );
  const { hostname, port } = new URL(address.includes('://') ? address : `tcp://${address}`);
  group.kill(part, 'SIGKILL');
  await died;
  const stranger = createServer((socket) => socket.destroy());
  await new Promise<void>((resolve, reject) => {
    const listen = (): void => void stranger.listen(Number(port), hostname);
    const end = performance.now() + WITHIN_MS;
    stranger.on('listening', resolve);
    stranger.on('error', (error) => (performance.now() > end ? reject(error) : setTimeout(listen, 20)));
    listen();
  });
  return {
    letUp: async () => {
      await new Promise((resolve) => stranger.close(resolve));
      await group.ready(part);
    },
  };
};
