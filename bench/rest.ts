/** `node bench/rest.ts [seconds]`: the processor time of a system in which nothing changes, with `tallystick.orders.yaml` in force. */
import { mkdtemp, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { say } from '../scripts/say.mjs';
import { PAIRS, type Pair } from '../src/cli/demo/pairs.ts';
import { freshConfig } from '../src/cli/demo/start.ts';
import { worldOf } from '../src/cli/demo/world.ts';
import { startGroup } from '../src/cli/up/group.ts';
import { cpuOf } from './processor.ts';
import { countsOf, startSystems } from './systems.ts';

const [seconds = 60] = process.argv.slice(2).map(Number);
const CUSTOMERS = 60;
const PRODUCTS = 200;
const SETTLED_WITHIN_MS = 120_000;
// What the end of a load leaves behind, such as the database's own housekeeping, is not rest.
const AFTER_MS = 10_000;

const ORDERS: Pair = {
  ...PAIRS.sandbox,
  mapping: 'order',
  beside: ['customer', 'contact', 'product', 'delivery', 'invoice', 'payment'],
  config: 'tallystick.orders.yaml',
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const folder = await mkdtemp(join(tmpdir(), 'tally-rest-'));
const home = join(folder, 'home');
const config = await freshConfig(home, ORDERS);
const systems = await startSystems(folder, CUSTOMERS, 7, CUSTOMERS, PRODUCTS);
const urls = {
  SANDBOX_CRM_URL: systems.crm.url,
  SANDBOX_ERP_URL: systems.erp.url,
  SANDBOX_CRM_CONTROL_URL: systems.crm.control,
  SANDBOX_ERP_CONTROL_URL: systems.erp.control,
};
try {
  const env = { ...urls, TALLY_CONFIG: join(config, 'tallystick.yaml'), TALLY_LOG: process.env['BENCH_LOG'] ?? 'warn' };
  const group = await startGroup({ home, say, env, parts: ['ledger', 'engine', 'worker', 'server'] });
  try {
    const world = worldOf({ urls: { ...urls, ...group.urls }, home, config, pair: ORDERS, stop: () => group.stop() });
    await world.quiet(SETTLED_WITHIN_MS);
    await pause(AFTER_MS);
    const requests = async (): Promise<number> =>
      (await Promise.all([countsOf(systems.crm), countsOf(systems.erp)])).reduce(
        (sum, counts) => sum + (counts.requests['tally'] ?? 0),
        0,
      );
    const parts = Object.entries(group.pids());
    const [before, asked] = [parts.map(([, pid]) => cpuOf(String(pid))), await requests()];
    await pause(seconds * 1_000);
    const spent = parts.map(([part, pid], i) => ({ part, s: cpuOf(String(pid)) - (before[i] ?? 0) }));
    const all = spent.reduce((sum, { s }) => sum + s, 0);
    process.stdout.write(
      `${seconds} s of rest: ${spent.map(({ part, s }) => `${part} ${s.toFixed(2)}`).join(', ')}: ${all.toFixed(2)} s of processor time, ${(await requests()) - asked} requests, load ${loadavg()[0]?.toFixed(1)}\n`,
    );
  } finally {
    await group.stop();
  }
} finally {
  await systems.stop();
  await rm(folder, { recursive: true, force: true });
}
