/**
 * `node bench/timeline.ts [customers] [latency]`: one first load, step by step and request by request, so that one sees
 * what waits for what; then each part's processor time. `BENCH_PROFILE=folder` leaves profiles of our own parts there.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../src/ledger/database.ts';
import { bareLoop } from './bare.ts';
import { cpuOf } from './processor.ts';
import { firstLoad, type Product, peakMb, startProduct } from './product.ts';
import { ledgerOf, type Request, type Systems, setLatency, startSystems } from './systems.ts';

const [customers = 2_000, latency = 20] = process.argv.slice(2).map(Number);
const SEED = 7;
const CONCURRENCY = 4;
process.env['BENCH_LOG'] = 'debug';

interface Event {
  readonly at: number;
  readonly what: string;
}
/** A line of the worker's log: `ms` stands in those that say that a step ended. */
interface Line {
  readonly time: string;
  readonly msg: string;
  readonly ms?: number;
  readonly segment?: string;
  readonly slot?: string;
  readonly connection?: string;
}

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const short = (id: string): string => id.slice(0, 8);

const stepsOf = async (home: string): Promise<readonly Event[]> => {
  const log = await readFile(join(home, 'logs', 'worker.log'), 'utf8');
  const lines = log.split('\n').filter((line) => line.startsWith('{'));
  return lines.flatMap((line): Event[] => {
    const { time, msg, ms, segment, slot, connection } = JSON.parse(line) as Line;
    const end = Date.parse(time);
    const who = [msg, ...(segment === undefined ? [] : [short(segment)]), slot ?? connection ?? ''].join(' ');
    if (ms === undefined) return [{ at: end, what: who }];
    return [
      { at: end - ms, what: `begin ${who}` },
      { at: end, what: `end   ${who} ${ms} ms` },
    ];
  });
};

const requestsOf = async (systems: Systems): Promise<readonly Event[]> => {
  const sides = await Promise.all(
    (['crm', 'erp'] as const).map(async (side) =>
      (await ledgerOf<Request>(systems[side], 'requests'))
        .filter(({ actor }) => actor === 'tally')
        .map(({ at, path }) => ({ at: Date.parse(at), what: `        ${side} ${path}` })),
    ),
  );
  return sides.flat();
};

interface Milestone {
  readonly at: Date;
  readonly what: string;
}
const milestonesOf = async ({ group }: Product): Promise<readonly Event[]> => {
  const db = openDatabase(group.urls['DATABASE_URL'] ?? '', { size: 1 });
  try {
    const rows = await db.query<Milestone>(
      `select claimed_at as at, format('claimed %s by %s: %s records, %s writes', left(id::text, 8), workflow, records, writes) as what from segment
       union all select gated_at, format('gate of %s opens', name) from mapping where gated_at is not null`,
    );
    return rows.map(({ at, what }) => ({ at: at.getTime(), what }));
  } finally {
    await db.close();
  }
};

/** The bare loop at the same moment, on systems of its own. */
const bareRate = async (folder: string): Promise<number> => {
  const systems = await startSystems(folder, customers, SEED);
  try {
    await setLatency(systems, latency);
    const { records, ms } = await bareLoop(systems, CONCURRENCY);
    return (records * 1_000) / ms;
  } finally {
    await systems.stop();
  }
};

const timed = async (product: Product, systems: Systems): Promise<number> => {
  const pids: Readonly<Record<string, number>> = {
    ...product.group.pids(),
    crm: systems.crm.pid,
    erp: systems.erp.pid,
  };
  const before = Object.entries(pids).map(([part, pid]) => ({ part, pid: String(pid), was: cpuOf(String(pid)) }));
  const { records, ms, requests } = await firstLoad(product);
  const spent = before.map(({ part, pid, was }) => ({ part, s: cpuOf(pid) - was }));
  const events = [
    ...(await stepsOf(product.home)),
    ...(await requestsOf(systems)),
    ...(await milestonesOf(product)),
  ].sort((a, b) => a.at - b.at);
  const first = events.find(({ what }) => what.startsWith('  '))?.at ?? 0;
  for (const { at, what } of events) say(`${String(at - first).padStart(7)}  ${what}`);
  const rate = (records * 1_000) / ms;
  const all = spent.reduce((sum, { s }) => sum + s, 0);
  say(`${records} records in ${ms} ms: ${Math.round(rate)} a second, ${requests} requests`);
  say(
    `processor: ${spent.map(({ part, s }) => `${part} ${s.toFixed(2)}`).join(', ')}: ${all.toFixed(2)} s, ${((all * 1_000) / records).toFixed(2)} ms a record; worker's peak memory ${peakMb(pids['worker'] ?? 0)} MB`,
  );
  return rate;
};

const folder = await mkdtemp(join(tmpdir(), 'tally-timeline-'));
try {
  const before = await bareRate(join(folder, 'before'));
  const systems = await startSystems(folder, customers, SEED);
  await setLatency(systems, latency);
  const profiles = process.env['BENCH_PROFILE'];
  if (profiles !== undefined) process.env['NODE_OPTIONS'] = `--cpu-prof --cpu-prof-dir=${profiles}`;
  const product = await startProduct(join(folder, 'home'), systems);
  delete process.env['NODE_OPTIONS'];
  const rate = await timed(product, systems).finally(async () => {
    await product.group.stop();
    await systems.stop();
  });
  const bare = (before + (await bareRate(join(folder, 'after')))) / 2;
  say(`bare loop ${Math.round(bare)} a second, ratio ${(rate / bare).toFixed(3)}, load ${loadavg()[0]?.toFixed(1)}`);
} finally {
  await rm(folder, { recursive: true, force: true });
}
