import '../src/worker/memory.ts';
/**
 * `node bench/ledger.ts [records] [--feed]`: the ledger's steps alone, with systems that answer at once; says where the time
 * goes, by step and by statement. With `--feed` the mapping tells a warehouse, which then reads all of it.
 */
import { randomUUID } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { type Database, openDatabase } from '../src/ledger/database.ts';
import { migrate } from '../src/ledger/migrate.ts';
import { createCapture } from '../src/ledger/steps/capture.ts';
import type { Context } from '../src/ledger/steps/context.ts';
import { createPipeline } from '../src/ledger/steps/pipeline.ts';
import { register } from '../src/ledger/steps/register.ts';
import { compileMappings } from '../src/mapping/compile.ts';
import { startCluster } from '../tests/simulation/cluster.ts';
import { cpuOf, parentOf } from './processor.ts';
import { readFeed } from './read-feed.ts';

const MAPPINGS = fileURLToPath(new URL('../mappings/', import.meta.url));
const fed = process.argv.includes('--feed');
const records = Number(process.argv.slice(2).find((word) => !word.startsWith('-')) ?? 4_000);
const PAGE = 500;

const mappingFiles = async (): Promise<Record<string, string>> => {
  const files: Record<string, string> = {
    'mappings/customer.yaml': (await readFile(`${MAPPINGS}customer.yaml`, 'utf8')).replace(
      /\nfeedback:[\s\S]*$/,
      fed ? '\nfeed: true\n' : '\n',
    ),
  };
  for (const name of await readdir(`${MAPPINGS}lookups`))
    files[`mappings/lookups/${name}`] = await readFile(`${MAPPINGS}lookups/${name}`, 'utf8');
  return files;
};

const account = (i: number) => ({
  id: `A-${i}`,
  version: `e${i}`,
  modifiedAt: '2026-01-01T00:00:00Z',
  body: {
    id: `A-${i}`,
    name: `Customer ${i} GmbH`,
    kind: 'Customer',
    vat_number: `DE${100_000_000 + i}`,
    phone: `+49 30 ${1_000_000 + i}`,
    email: `info@c${i}.example`,
    language: 'de',
    payment_terms: 'Net 30',
    credit_limit: null,
    on_hold: false,
    billing: { street: `Weg ${i}`, postal_code: '10115', city: 'Berlin', country: 'DE' },
    note: 'x',
    created_at: '2026',
  },
});

const spent = new Map<string, { count: number; ms: number }>();
const timed = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
  const began = performance.now();
  try {
    return await work();
  } finally {
    const so = spent.get(name) ?? { count: 0, ms: 0 };
    spent.set(name, { count: so.count + 1, ms: so.ms + performance.now() - began });
  }
};
const nameOf = (sql: string): string => `  ${sql.trim().replace(/\s+/g, ' ').slice(0, 110)}`;
const watched = (db: Database): Database => ({
  ...db,
  query: (sql, params) => timed(nameOf(sql), () => db.query(sql, params)),
  execute: (sql, params) => timed(nameOf(sql), () => db.execute(sql, params)),
  transaction: (work) => db.transaction((tx) => work(watched(tx))),
});

const cluster = await startCluster();
await cluster.createDatabase('bench');
const db = openDatabase(cluster.url('bench'));
await migrate(db);
const { mappings } = compileMappings(await mappingFiles());
const context: Context = {
  db: watched(db),
  mappings: () => mappings,
  traits: () => ({ idempotency: 'searchable', fresh: false, counts: false, settleMs: 2_000, sweepMs: 0 }),
  uuid: randomUUID,
};
await register(db, { config: 1, connections: ['crm', 'erp'], mappings: [...mappings.values()] });
const capture = createCapture(context);
const pipeline = createPipeline(context);
const page = async (slot: string, changes: readonly ReturnType<typeof account>[], done: boolean): Promise<void> => {
  const from = await capture.now();
  await timed('storePage', () =>
    capture.storePage({
      slot,
      kind: 'feed',
      changes: changes.map((record) => ({ op: 'upsert', record })),
      next: '',
      done,
      from,
    }),
  );
};
const [backend] = await db.query<{ pid: number }>('select pg_backend_pid() as pid');
const server = parentOf(String(backend?.pid));
const [before, served] = [process.cpuUsage(), cpuOf(server)];
const began = performance.now();
for (let at = 0; at < records; at += PAGE)
  await page(
    'crm/Account',
    Array.from({ length: Math.min(PAGE, records - at) }, (_, i) => account(at + i)),
    at + PAGE >= records,
  );
await page('erp/Partner', [], true);
let made = 0;
for (;;) {
  const { segment } = await timed('claim', () =>
    pipeline.claim({ mapping: 'customer', fresh: randomUUID(), workflow: 'bench' }),
  );
  if (segment === null) break;
  const { targets } = await timed('plan', () => pipeline.plan(segment));
  for (const connection of targets) {
    const epoch = await pipeline.fence(segment, connection);
    for (;;) {
      const sending = await timed('beginSend', () => pipeline.beginSend(segment, connection, epoch, 200));
      if (sending === null) break;
      const from = await capture.now();
      const outcomes = sending.items.map((item) => {
        made += 1;
        const id = `P${made}`;
        return {
          status: 'created' as const,
          id,
          version: '1',
          record: {
            id,
            version: '1',
            modifiedAt: '2026-01-01T00:00:01Z',
            reference: item.idempotencyKey,
            body: { number: id, ...item.data, row_version: 1 },
          },
        };
      });
      await timed('remember', () => pipeline.remember(sending, outcomes, from));
    }
  }
  await timed('release', () => pipeline.release(segment));
}
const ms = performance.now() - began;
process.stdout.write(`${made} records in ${Math.round(ms)} ms: ${Math.round((made * 1_000) / ms)} a second\n`);
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  `processor: ${((user + system) / 1e6).toFixed(2)} s here, ${(cpuOf(server) - served).toFixed(2)} s PostgreSQL\n`,
);
if (fed) process.stdout.write(await readFeed(db, server));
for (const [name, { count, ms: total }] of [...spent].sort((a, b) => b[1].ms - a[1].ms).slice(0, 40))
  process.stdout.write(`${String(Math.round(total)).padStart(6)} ms ${String(count).padStart(4)}x ${name}\n`);
await db.close();
await cluster.stop();
