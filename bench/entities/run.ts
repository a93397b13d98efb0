/** Every entity, one at a time: what it leads to agrees already, its mapping is added to the running product, and the ledgers of the two systems say how long it took. */

import { cp, mkdir, mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { inFolder } from '../folder.ts';
import { api, type Product, type Status, startProduct } from '../product.ts';
import { countsOf, ledgerOf, type Request, type System, type Systems, setLatency, startSystem } from '../systems.ts';
import { fulfilAll, furnish } from './furnish.ts';
import { compared, HEAD, type Measured, rowOf } from './ratios.ts';
import { bareRun, batchesOf, type Effect, spanOf } from './recorded.ts';
import { type Wire, wireOf } from './wire.ts';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const CONCURRENCY = 4;
const SEED = 7;
const BARE_RUNS = 3;
const LIMIT_MS = 900_000;
const LOOK_MS = 1_000;
// No effect for so many looks, with nothing due: it is over.
const STILL_LOOKS = 3;

/** One product run: mappings whose records agree before anything is measured, then those that are measured, in order. */
export interface Journey {
  readonly ready: readonly string[];
  readonly measured: readonly string[];
  /** How many of each the seed has, for so many records of each entity. */
  readonly seeded: (records: number) => {
    readonly customers: number;
    readonly products: number;
    readonly employees: number;
  };
}

// Of ten seeded customers some six come to be partners; of ten seeded products the ERP has eight or nine.
const some = (customers: number, products = 0, employees = 0) => ({ customers, products, employees });
export const JOURNEYS: readonly Journey[] = [
  { ready: ['customer'], measured: ['contact'], seeded: () => some(400) },
  {
    ready: ['customer'],
    measured: ['product', 'bom', 'price-list-entry', 'stock-level'],
    seeded: (records) => some(400, Math.ceil(records * 1.2)),
  },
  {
    ready: ['customer', 'contact', 'product', 'order'],
    measured: ['opportunity', 'quote'],
    seeded: () => some(400, 400),
  },
  {
    ready: ['customer', 'contact', 'product'],
    measured: ['order', 'delivery', 'invoice', 'payment'],
    seeded: (records) => some(records * 2),
  },
  { ready: ['customer'], measured: ['employee'], seeded: (records) => some(100, 0, records) },
];

// Named by the other, so that neither can be there alone: it creates nothing.
const BESIDE: Readonly<Record<string, readonly string[]>> = { employee: ['owner'] };

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The configuration with these mappings, without feedback: the bare loop tells nobody either. */
const configure = async (home: string, mappings: readonly string[]): Promise<string> => {
  const folder = join(home, 'config');
  const main = join(folder, 'tallystick.yaml');
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, 'mappings'), join(folder, 'mappings'), { recursive: true });
  for (const mapping of mappings) {
    const path = join(folder, 'mappings', `${mapping}.yaml`);
    await writeFile(path, (await readFile(path, 'utf8')).replace(/\nfeedback:[\s\S]*$/, '\n'));
  }
  const shipped = await readFile(join(ROOT, 'tallystick.orders.yaml'), 'utf8');
  const list = mappings.map((each) => `  - ${each}\n`).join('');
  await writeFile(main, shipped.replace(/\nmappings:[\s\S]*$/, `\nmappings:\n${list}`));
  return main;
};

/** Waits until these mappings have nothing due and nothing comes about any more. What waits for a person does not count. */
const settled = async (product: Product, mappings: readonly string[]): Promise<void> => {
  const end = performance.now() + LIMIT_MS;
  let before = -1;
  for (let still = 0; performance.now() < end; await pause(LOOK_MS)) {
    const status = (await api<Status>(product, 'GET', '/status')).mappings;
    const due = mappings.some((name) => {
      const found = status.find((each) => each.name === name);
      return found === undefined || found.gate !== 'open' || found.pending > 0 || found.doubt > 0;
    });
    const counts = await Promise.all([countsOf(product.systems.crm), countsOf(product.systems.erp)]);
    const commits = counts.reduce((sum, { last_commit: last }) => sum + last, 0);
    still = !due && commits === before ? still + 1 : 0;
    before = commits;
    if (still >= STILL_LOOKS) return;
  }
  throw new Error(`${mappings.join(', ')}: the product did not come to rest`);
};

/** Both systems as they are now, in a folder of their own. */
const copied = (from: string, to: string): void => {
  for (const side of ['crm', 'erp']) {
    const database = new DatabaseSync(join(from, side, `${side}.sqlite`), { readOnly: true });
    database.exec(`vacuum into '${join(to, side, `${side}.sqlite`)}'`);
    database.close();
  }
};

const started = async (folder: string, seeded: ReturnType<Journey['seeded']>): Promise<Systems> => {
  const { customers, products, employees } = seeded;
  const [crm, erp] = await Promise.all([
    startSystem('crm', join(folder, 'crm'), customers, SEED),
    startSystem('erp', join(folder, 'erp'), 0, SEED, products, employees),
  ]);
  return { crm, erp, stop: async () => void (await Promise.all([crm.stop(), erp.stop()])) };
};

const sidesOf = async (mapping: string): Promise<Readonly<Record<'crm' | 'erp', Wire>>> => {
  const { between } = parse(await readFile(join(ROOT, 'mappings', `${mapping}.yaml`), 'utf8')) as {
    readonly between: Readonly<Record<'crm' | 'erp', { readonly record: string }>>;
  };
  return { crm: wireOf('sandbox-crm', between.crm.record), erp: wireOf('sandbox-erp', between.erp.record) };
};

interface Place {
  readonly requests: number;
  readonly commits: number;
}
const placeOf = async (system: System): Promise<Place> => {
  const { last_commit: commits } = await countsOf(system);
  return { commits, requests: (await ledgerOf<Request>(system, 'requests')).at(-1)?.seq ?? 0 };
};
const sinceOf = async (system: System, wire: Wire, { requests, commits }: Place) => ({
  requests: (await ledgerOf<Request>(system, 'requests', requests)).filter(
    ({ actor, path }) => actor === 'tally' && `${path}/`.startsWith(`${wire.list.request.path}/`),
  ),
  effects: (await ledgerOf<Effect>(system, 'commits', commits)).filter(
    ({ actor, record }) => actor === 'tally' && record === wire.kind,
  ),
});

/** The bare loop on a copy of what the product found. */
const bareOn = (from: string, wires: Readonly<Record<'crm' | 'erp', Wire>>, batches: Parameters<typeof bareRun>[2]) =>
  inFolder(async (folder) => {
    await cp(from, folder, { recursive: true });
    const systems = await started(folder, some(0));
    try {
      return await bareRun(systems, wires, batches, CONCURRENCY);
    } finally {
      await systems.stop();
    }
  });

const measure = async (
  product: Product,
  folder: string,
  mappings: readonly string[],
  records: number,
): Promise<Measured> => {
  const { systems, home } = product;
  const mapping = mappings.at(-1) ?? '';
  if (mapping === 'delivery') await fulfilAll(systems);
  await furnish(systems, mapping, records);
  await settled(product, mappings.slice(0, -1));
  const wires = await sidesOf(mapping);
  const found = await mkdtemp(join(folder, 'found-'));
  for (const side of ['crm', 'erp']) await mkdir(join(found, side));
  copied(folder, found);
  const [crm, erp] = [await placeOf(systems.crm), await placeOf(systems.erp)];
  await configure(home, [...mappings, ...(BESIDE[mapping] ?? [])]);
  await settled(product, mappings);
  const [left, right] = [await sinceOf(systems.crm, wires.crm, crm), await sinceOf(systems.erp, wires.erp, erp)];
  const creates = [left, right].map(({ effects }) => effects.filter(({ op }) => op === 'create').length);
  const target = (creates[0] ?? 0) > (creates[1] ?? 0) ? wires.crm.kind : wires.erp.kind;
  const span = spanOf([...left.requests, ...right.requests], [...left.effects, ...right.effects], target);
  if (span === undefined) throw new Error(`nothing of ${mapping} was loaded`);
  const batches = [...batchesOf('crm', wires.crm, left.effects), ...batchesOf('erp', wires.erp, right.effects)];
  const bare: Awaited<ReturnType<typeof bareRun>>[] = [];
  for (let run = 0; run < BARE_RUNS; run += 1) bare.push(await bareOn(found, wires, batches));
  return compared(span, bare);
};

type Tell = (line: string) => void;

const journey = ({ ready, measured, seeded }: Journey, records: number, latencyMs: number, tell: Tell) =>
  inFolder(async (folder) => {
    const systems = await started(folder, seeded(records));
    await setLatency(systems, latencyMs);
    const product = await startProduct(join(folder, 'home'), systems, (home) => configure(home, ready));
    try {
      await settled(product, ready);
      const all: Record<string, Measured> = {};
      for (const [i, mapping] of measured.entries()) {
        const found = await measure(product, folder, [...ready, ...measured.slice(0, i + 1)], records);
        all[mapping] = found;
        tell(rowOf(mapping, latencyMs, found));
      }
      return all;
    } finally {
      await product.group.stop();
      await systems.stop();
    }
  });

/** All entities, or those of the journeys in which one of `only` is measured; by entity, at each latency. */
export const measureEntities = async (
  {
    records,
    latencies,
    only,
  }: { readonly records: number; readonly latencies: readonly number[]; readonly only: readonly string[] },
  tell: Tell,
): Promise<Readonly<Record<string, Readonly<Record<number, Measured>>>>> => {
  const all: Record<string, Record<number, Measured>> = {};
  tell(HEAD);
  for (const latencyMs of latencies)
    for (const each of JOURNEYS) {
      if (only.length > 0 && !each.measured.some((mapping) => only.includes(mapping))) continue;
      const found = await journey(each, records, latencyMs, tell);
      for (const [mapping, one] of Object.entries(found)) all[mapping] = { ...all[mapping], [latencyMs]: one };
    }
  return all;
};
