/** The product doing the same work: its own processes, PostgreSQL and engine, timed by the ledgers of the two systems. */

import { readFileSync } from 'node:fs';
import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { say } from '../scripts/say.mjs';
import { type Group, startGroup } from '../src/cli/up/group.ts';
import { keysFile } from '../src/server/first-keys.ts';
import { type Commit, countsOf, getJson, ledgerOf, loginOf, postJson, type Request, type Systems } from './systems.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

/** A running product on two systems. */
export interface Product {
  readonly group: Group;
  readonly home: string;
  readonly systems: Systems;
}

/** The customer mapping without its feedback to the CRM: the bare loop tells nobody either. */
const config = async (home: string): Promise<string> => {
  const folder = join(home, 'config');
  await mkdir(folder, { recursive: true });
  const main = await readFile(join(ROOT, 'tallystick.yaml'), 'utf8');
  await writeFile(join(folder, 'tallystick.yaml'), `${main.trimEnd()}\n\nviews:\n  - customer-finance\n  - credit\n`);
  await cp(join(ROOT, 'views'), join(folder, 'views'), { recursive: true });
  await cp(join(ROOT, 'mappings'), join(folder, 'mappings'), { recursive: true });
  const path = join(folder, 'mappings', 'customer.yaml');
  await writeFile(path, (await readFile(path, 'utf8')).replace(/\nfeedback:[\s\S]*$/, '\n'));
  return join(folder, 'tallystick.yaml');
};

/** `write` writes the configuration below a home and gives its path. */
export const startProduct = async (home: string, systems: Systems, write = config): Promise<Product> => {
  await mkdir(home, { recursive: true });
  const env = {
    TALLY_CONFIG: await write(home),
    TALLY_LOG: process.env['BENCH_LOG'] ?? 'warn',
    SANDBOX_CRM_URL: systems.crm.url,
    SANDBOX_ERP_URL: systems.erp.url,
    SANDBOX_CRM_CONTROL_URL: systems.crm.control,
    SANDBOX_ERP_CONTROL_URL: systems.erp.control,
  };
  return {
    group: await startGroup({ home, say, env, parts: ['ledger', 'engine', 'worker', 'server'] }),
    home,
    systems,
  };
};

/** What the product says of itself, as far as we ask. */
export interface Status {
  readonly mappings: readonly {
    readonly name: string;
    readonly gate: string;
    readonly pending: number;
    readonly doubt: number;
    readonly waiting: Readonly<Record<string, number>>;
  }[];
  readonly connections: readonly { readonly slots: readonly { readonly passes: number }[] }[];
}
/** One call of the product's API, by an operator. */
export const api = async <T>({ group, home }: Product, method: 'GET' | 'POST', path: string): Promise<T> => {
  const keys = JSON.parse(readFileSync(keysFile(home), 'utf8')) as Record<string, string>;
  return getJson<T>(`${group.urls['TALLY_API_URL']}${path}`, {
    method,
    headers: { authorization: `Bearer ${keys['operator']}` },
  });
};
const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const LIMIT_MS = 900_000;

// Looking counts all links, while times come from the systems' own ledgers: seldom is enough.
const LOOK_MS = 1_000;

/** Waits until nothing is due any more. */
export const quiet = async (product: Product): Promise<void> => {
  const end = performance.now() + LIMIT_MS;
  while (performance.now() < end) {
    const [mapping] = (await api<Status>(product, 'GET', '/status')).mappings;
    if (
      mapping?.gate === 'open' &&
      mapping.pending === 0 &&
      mapping.doubt === 0 &&
      Object.keys(mapping.waiting).length === 0
    )
      return;
    await pause(LOOK_MS);
  }
  throw new Error('the product did not come to rest');
};

/** From the first request of a run to its last effect, as the systems saw it, ms. */
export const firstLoad = async (
  product: Product,
): Promise<{ readonly records: number; readonly ms: number; readonly requests: number }> => {
  await quiet(product);
  const requests = [
    ...(await ledgerOf<Request>(product.systems.crm, 'requests')),
    ...(await ledgerOf<Request>(product.systems.erp, 'requests')),
  ].filter((each) => each.actor === 'tally');
  const creates = (await ledgerOf<Commit>(product.systems.erp, 'commits')).filter((each) => each.actor === 'tally');
  const first = Math.min(...requests.map((each) => Date.parse(each.at)));
  const last = Math.max(...creates.map((each) => Date.parse(each.at)));
  return { records: creates.length, ms: last - first, requests: requests.length };
};

/** A full comparison of both sides. Returns the writes it made: none, when nothing changed. */
export const compareAll = async (product: Product): Promise<{ readonly writes: number; readonly ms: number }> => {
  const effects = async (): Promise<number> => {
    const both = await Promise.all([countsOf(product.systems.crm), countsOf(product.systems.erp)]);
    return both.reduce((sum, { commits }) => sum + (commits['tally'] ?? 0), 0);
  };
  const passes = async (): Promise<readonly number[]> =>
    (await api<Status>(product, 'GET', '/status')).connections.flatMap(({ slots }) => slots.map((slot) => slot.passes));
  const [before, counted, began] = [await effects(), await passes(), performance.now()];
  await api(product, 'POST', '/mappings/customer/sync');
  while (!(await passes()).every((count, i) => count > (counted[i] ?? 0))) await pause(250);
  await quiet(product);
  return { writes: (await effects()) - before, ms: performance.now() - began };
};

const streets = (ids: readonly string[], word: string) => ({
  items: ids.map((id, i) => ({ key: String(i), id, fields: { billing: { street: `${word} ${i}` } } })),
});

/** Change a share of the CRM's accounts at once; ms until the last effect at the ERP. */
export const changeShare = async (
  product: Product,
  ids: readonly string[],
): Promise<{ readonly records: number; readonly ms: number }> => {
  const { crm, erp } = product.systems;
  const login = await loginOf(crm, 'people');
  const after = (await countsOf(erp)).last_commit;
  const began = Date.now();
  for (let at = 0; at < ids.length; at += 200)
    await postJson(`${crm.url}/v1/accounts/batch/upsert`, streets(ids.slice(at, at + 200), 'Bench street'), login);
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; await pause(100))
    if ((await countsOf(erp)).last_commit - after >= ids.length) break;
  const commits = await ledgerOf<Commit>(erp, 'commits', after);
  return { records: commits.length, ms: Math.max(...commits.map((each) => Date.parse(each.at))) - began };
};

/** One edit at a time, each at a random moment of the poll: ms from the CRM's commit to the ERP's. */
export const singleEdits = async (product: Product, ids: readonly string[]): Promise<readonly number[]> => {
  const { crm, erp } = product.systems;
  const login = await loginOf(crm, 'people');
  const took: number[] = [];
  for (const [i, id] of ids.entries()) {
    const [after, before] = [(await countsOf(erp)).last_commit, (await countsOf(crm)).last_commit];
    await postJson(`${crm.url}/v1/accounts/batch/upsert`, streets([id], `Edit ${i}`), login);
    const end = performance.now() + 30_000;
    while ((await countsOf(erp)).last_commit === after && performance.now() < end) await pause(20);
    const [effect] = await ledgerOf<Commit>(erp, 'commits', after);
    const [cause] = (await ledgerOf<Commit>(crm, 'commits', before)).filter((each) => each.actor === 'people');
    if (effect === undefined || cause === undefined) throw new Error(`the edit of ${id} did not arrive within 30 s`);
    took.push(Date.parse(effect.at) - Date.parse(cause.at));
    await pause((i * 137) % 500);
  }
  return took;
};

/** Peak resident memory of a process, MB. */
export const peakMb = (pid: number): number => {
  const found = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  return Math.round(Number(found?.[1] ?? 0) / 1024);
};
