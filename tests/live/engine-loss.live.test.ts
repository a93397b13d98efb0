/** The engine's store may be lost: it holds nothing that the ledger does not know better. */
import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call } from '../../sandbox/kit/calls.ts';
import { createPeople } from '../../sandbox/people.ts';
import { AGREEMENT, eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 250;
const SEED = 42;
// Slow enough that a first load is met half-way.
const LATENCY_MS = 150;

let town: Town;
let lostAt = 0;
beforeAll(async () => {
  town = await startTown({ customers: CUSTOMERS, seed: SEED });
});
afterAll(() => town?.stop());

const setLatency = async (latency_ms: number): Promise<void> => {
  for (const { control } of [town.crm, town.erp])
    await call('POST', `${control}/control/settings`, { body: { latency_ms } });
};

/** When each run that the engine knows began, ms. */
const runsOf = async (): Promise<readonly { readonly id: string; readonly began: number }[]> => {
  const connection = await Connection.connect({ address: town.group.urls['TEMPORAL_ADDRESS'] ?? '' });
  try {
    const runs: { id: string; began: number }[] = [];
    for await (const { workflowId, startTime } of new Client({ connection }).workflow.list())
      runs.push({ id: workflowId, began: startTime.getTime() });
    return runs;
  } finally {
    await connection.close();
  }
};

const ALL = new Set(['sync-customer', 'capture-crm/Account', 'capture-erp/Partner']);
const idsOf = (runs: readonly { readonly id: string }[]): ReadonlySet<string> => new Set(runs.map(({ id }) => id));

/** Half-way: some of what is ours stands at a target, and more is still due. */
const halfWay = async (): Promise<boolean> => {
  const { gate, pending, doubt } = await town.world.status();
  const written = await town.query(`select from journal where slot is not null limit 1`);
  return gate === 'open' && written.length > 0 && pending + doubt > 0;
};

test('an engine that lost its whole store in the middle of a first load goes on from the ledger, and nothing is lost or doubled', async () => {
  await setLatency(LATENCY_MS);
  await eventually('a first load is half-way', halfWay);
  const store = join(town.world.home, 'engine');
  expect(existsSync(join(store, 'temporal.sqlite'))).toBe(true);
  const again = new Promise<void>((resolve) =>
    town.group.events.on('ready', (part) => {
      if (part === 'engine') resolve();
    }),
  );
  lostAt = Date.now();
  // First the files, then the process that holds them open: what starts next finds nothing.
  rmSync(store, { recursive: true });
  expect(town.group.kill('engine', 'SIGKILL')).toBe(true);
  await again;
  await setLatency(0);
  await town.world.quiet(WITHIN_MS);
  const [after] = await town.query<{ effects: string }>(
    `select count(*) as effects from journal where slot is not null and at > to_timestamp(${lostAt / 1_000})`,
  );
  expect(Number(after?.effects)).toBeGreaterThan(0);
  // They are started one after the other, and the first may have settled everything before the last has begun.
  await eventually('all three run again', async () => idsOf(await runsOf()).size >= ALL.size);
  const runs = await runsOf();
  expect(idsOf(runs)).toEqual(ALL);
  expect(runs.filter(({ began }) => began < lostAt)).toEqual([]);
  expect(await town.verdict({ interruptions: [lostAt] })).toEqual(AGREEMENT);
});

test('after the loss the work goes on as before', async () => {
  const people = createPeople({ crmUrl: town.crm.url, erpUrl: town.erp.url, seed: SEED });
  expect(await people.edit(20)).toHaveLength(20);
  await people.create(2);
  await town.world.quiet(WITHIN_MS);
  expect(await town.verdict({ customers: CUSTOMERS + 2, interruptions: [lostAt] })).toEqual(AGREEMENT);
});
