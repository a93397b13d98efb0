import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { bareLoop } from './bare.ts';
import { ratiosOf } from './entities/ratios.ts';
import { measureEntities } from './entities/run.ts';
import { inFolder } from './folder.ts';
import { priceQuestions } from './prices.ts';
import {
  changeShare,
  compareAll,
  firstLoad,
  type Product,
  peakMb,
  quiet,
  singleEdits,
  startProduct,
} from './product.ts';
import { type Commit, ledgerOf, type Systems, setLatency, startSystems } from './systems.ts';
import { viewAnswers } from './views.ts';
import { webhookEdits } from './webhooks.ts';

const { values: flags } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    entities: { type: 'boolean', default: false },
    all: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const CONCURRENCY = 4;
const SEED = 7;
// Records whose views are asked for.
const VIEWED = 50;
// Of both systems; not mapped until their prices are asked for.
const PRODUCTS = 200;
const tell = (line: string): void => void process.stderr.write(`${line}\n`);
const round = (value: number, digits = 2): number => Number(value.toFixed(digits));
const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;

const bare = (customers: number, latencyMs: number) =>
  inFolder(async (folder) => {
    const systems = await startSystems(folder, customers, SEED);
    try {
      await setLatency(systems, latencyMs);
      return await bareLoop(systems, CONCURRENCY);
    } finally {
      await systems.stop();
    }
  });

interface Loaded {
  readonly perSecond: number;
  readonly requestsPerRecord: number;
  readonly ratio: number;
  readonly memory: Readonly<Record<string, number>>;
}

const memoryOf = ({ group }: Product, systems: Systems): Readonly<Record<string, number>> => {
  const pids = { ...group.pids(), crm: systems.crm.pid, erp: systems.erp.pid };
  return Object.fromEntries(Object.entries(pids).map(([part, pid]) => [part, peakMb(pid)]));
};

/** What is measured on with the loaded product; its memory is read before the `last`, for which another mapping is loaded. */
interface Afterwards {
  readonly after?: (product: Product) => Promise<void>;
  readonly last?: (product: Product) => Promise<void>;
}

/** The product's first load of a size. */
const own = (customers: number, latencyMs: number, { after, last }: Afterwards) =>
  inFolder(async (folder) => {
    const systems = await startSystems(folder, customers, SEED, 0, PRODUCTS);
    await setLatency(systems, latencyMs);
    const product = await startProduct(join(folder, 'home'), systems);
    try {
      const run = await firstLoad(product);
      await after?.(product);
      const memory = memoryOf(product, systems);
      await last?.(product);
      return { run, memory };
    } finally {
      await product.group.stop();
      await systems.stop();
    }
  });

/** Both sides of one comparison. The bare loop runs before and after: what else the machine does changes from minute to minute. */
const load = async (customers: number, latencyMs: number, afterwards: Afterwards = {}): Promise<Loaded> => {
  const first = await bare(customers, latencyMs);
  const { run, memory } = await own(customers, latencyMs, afterwards);
  const last = await bare(customers, latencyMs);
  const perSecond = (run.records * 1000) / run.ms;
  const least = ((first.records + last.records) * 1000) / (first.ms + last.ms);
  const result = {
    perSecond: Math.round(perSecond),
    requestsPerRecord: round(run.requests / run.records, 4),
    ratio: round(perSecond / least, 3),
    memory,
  };
  tell(
    `first load of ${run.records} at ${latencyMs} ms: ${result.perSecond} records/s, bare loop ${Math.round(least)}/s, ratio ${result.ratio}, ${result.requestsPerRecord} requests a record (bare ${round(first.requests / first.records, 4)})`,
  );
  tell(
    `  peak memory, MB: ${Object.entries(memory)
      .map(([part, mb]) => `${part} ${mb}`)
      .join(', ')}`,
  );
  return result;
};

/** What 300 callers waited for of these views, all of one, under names that begin with `name`. */
const viewFigures = async (
  product: Product,
  name: string,
  paths: readonly string[],
): Promise<Record<string, number>> => {
  const { own, full, bare: least, bareFull } = await viewAnswers(product, paths);
  const [p50, p95, bareP95] = [quantile(own, 0.5), quantile(own, 0.95), quantile(least, 0.95)].map((ms) => round(ms));
  const [fullP95, bareFullP95] = [quantile(full, 0.95), quantile(bareFull, 0.95)].map((ms) => round(ms));
  tell(
    `${name === 'view' ? 'a view' : `the view ${name}, asked by parts,`} from what is kept, 300 callers, each once a second: p50 ${p50} ms, p95 ${p95} ms (bare route, same bytes: ${bareP95} ms); without a pause: p95 ${fullP95} ms (bare: ${bareFullP95} ms)`,
  );
  return Object.fromEntries(
    Object.entries({ p50, p95, bare_p95: bareP95, full_p95: fullP95, bare_full_p95: bareFullP95 }).map(([key, ms]) => [
      `${name}_${key}_ms`,
      ms ?? Number.NaN,
    ]),
  );
};

const linkedIds = async (systems: Systems): Promise<readonly string[]> => {
  const accounts = await ledgerOf<
    Commit & { readonly after: { readonly reference?: string; readonly tax_number?: string } }
  >(systems.erp, 'commits');
  const taxIds = new Set(accounts.map((commit) => commit.after.tax_number));
  const crm = await ledgerOf<Commit & { readonly after: { readonly vat_number?: string } }>(systems.crm, 'commits');
  return crm
    .filter((commit) => commit.after.vat_number !== undefined && taxIds.has(commit.after.vat_number))
    .map((commit) => commit.id);
};

const customers = async (): Promise<Record<string, number>> => {
  const [small, large] = flags.quick ? [2_000, 10_000] : [10_000, 100_000];
  const edits = flags.quick ? 20 : 100;
  const figures: Record<string, number> = {};
  const after = async (product: Product): Promise<void> => {
    const ids = await linkedIds(product.systems);
    const some = await changeShare(product, ids.slice(0, Math.ceil(small / 100)));
    tell(`1 % changed: ${some.records} effects in ${some.ms} ms`);
    await quiet(product);
    const nothing = await compareAll(product);
    tell(`nothing changed: ${nothing.writes} writes, compared in ${Math.round(nothing.ms)} ms`);
    const took = (await singleEdits(product, ids.slice(-edits))).toSorted((a, b) => a - b);
    Object.assign(figures, {
      changed_1pct_ms: some.ms,
      idle_writes: nothing.writes,
      compare_ms: Math.round(nothing.ms),
      edit_p50_ms: quantile(took, 0.5),
      edit_p99_ms: quantile(took, 0.99),
    });
    tell(
      `one edit to the other side: p50 ${figures['edit_p50_ms']} ms, p99 ${figures['edit_p99_ms']} ms (${edits} edits)`,
    );
    const asked = ids.slice(0, VIEWED).map((id) => `customer-finance/${id}`);
    Object.assign(figures, await viewFigures(product, 'view', asked));
    const told = await webhookEdits(product, ids.slice(-edits - 200, -edits));
    Object.assign(figures, { webhook_p50_ms: quantile(told, 0.5), webhook_p99_ms: quantile(told, 0.99) });
    tell(
      `told by webhook, 20 changes a second: p50 ${figures['webhook_p50_ms']} ms, p99 ${figures['webhook_p99_ms']} ms`,
    );
  };
  const last = async (product: Product): Promise<void> => {
    const questions = await priceQuestions(product, await linkedIds(product.systems), VIEWED);
    Object.assign(figures, await viewFigures(product, 'price', questions));
    figures['worker_rss_mb_with_prices'] = peakMb(product.group.pids()['worker'] ?? 0);
  };
  const first = await load(small, 0, { after, last });
  const slow = await load(small, 20);
  const big = await load(large, 0);
  Object.assign(figures, {
    ratio_0ms: first.ratio,
    ratio_20ms: slow.ratio,
    ratio_large: big.ratio,
    records_per_second: first.perSecond,
    records_per_second_large: big.perSecond,
    requests_per_record: first.requestsPerRecord,
    worker_rss_mb: Math.max(first.memory['worker'] ?? 0, big.memory['worker'] ?? 0),
    worker_rss_mb_small: first.memory['worker'] ?? 0,
    worker_rss_mb_large: big.memory['worker'] ?? 0,
    customers_small: small,
    customers_large: large,
  });
  return figures;
};

const entities = () =>
  measureEntities(
    {
      records: flags.quick ? 300 : 1_000,
      latencies: flags.quick ? [0] : [0, 20],
      only: flags.only.split(',').filter((each) => each !== ''),
    },
    tell,
  );

const figures = {
  ...(!flags.entities || flags.all ? await customers() : {}),
  ...(flags.entities || flags.all ? { entities: ratiosOf(await entities()) } : {}),
};
if (flags.json) process.stdout.write(`${JSON.stringify(figures)}\n`);
