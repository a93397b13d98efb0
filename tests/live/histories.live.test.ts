/** The engine's store is no place for anybody's data: what it keeps of each workflow is read whole. */
import { Client, Connection } from '@temporalio/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc, Value } from '../../sandbox/kit/json.ts';
import { createPeople } from '../../sandbox/people.ts';
import { type System, startTown, type Town, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 250;
const SEED = 41;
// Ids and counts: a body of a record would not fit beside them.
const LARGEST_PAYLOAD = 4_096;
// Shorter words stand in any text by chance.
const SHORTEST_SECRET = 6;
const PRIVATE = ['name', 'organization_name', 'search_term', 'vat_number', 'tax_number', 'phone', 'email', 'street'];

/** What one history holds: every text of every event, and each payload as bytes. */
interface Held {
  readonly texts: string[];
  readonly payloads: Uint8Array[];
}

/** Everything below a value of the engine's own format, however deep. */
const collect = (value: unknown, held: Held): void => {
  if (typeof value === 'string') held.texts.push(value);
  else if (value instanceof Uint8Array) {
    held.payloads.push(value);
    held.texts.push(Buffer.from(value).toString('utf8'));
  } else if (typeof value === 'object' && value !== null)
    for (const inner of Object.values(value)) collect(inner, held);
};

/** All runs of all workflows, ended ones too. */
const historiesOf = async (address: string): Promise<{ readonly runs: readonly string[]; readonly held: Held }> => {
  const connection = await Connection.connect({ address });
  try {
    const { workflow } = new Client({ connection });
    const held: Held = { texts: [], payloads: [] };
    const runs: string[] = [];
    for await (const { workflowId, runId } of workflow.list()) {
      runs.push(workflowId);
      const handle = workflow.getHandle(workflowId, runId);
      collect(await handle.fetchHistory(), held);
      // Attempts under way stand here and in no event yet: their heartbeats, and what they last failed of.
      collect((await handle.describe()).raw, held);
    }
    return { runs, held };
  } finally {
    await connection.close();
  }
};

const privateIn = (value: Value | undefined, found: Set<string>, name = ''): void => {
  if (typeof value === 'string' && PRIVATE.includes(name) && value.trim().length >= SHORTEST_SECRET)
    found.add(value.trim());
  if (Array.isArray(value)) for (const inner of value as readonly Value[]) privateIn(inner, found);
  else if (typeof value === 'object' && value !== null)
    for (const [key, inner] of Object.entries(value)) privateIn(inner as Value, found, key);
};

const recordsOf = async ({ control }: System, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');

let town: Town;
const secrets = new Set<string>();
const remember = async (): Promise<void> => {
  for (const record of [...(await recordsOf(town.crm, 'account')), ...(await recordsOf(town.erp, 'partner'))])
    privateIn(record, secrets);
};

beforeAll(async () => {
  town = await startTown({ customers: CUSTOMERS, seed: SEED });
  await remember();
  // Failures leave texts in a history too: some that say nothing of a record, some that quote one.
  for (const { control } of [town.crm, town.erp])
    await call('POST', `${control}/control/faults`, {
      body: [
        { kind: '500', rate: 0.1 },
        // Chance may spare them all: one look at each side surely fails.
        { kind: '500', nth: 1, only_reads: true },
        { kind: 'reset-after', nth: 9 },
      ],
    });
  await town.world.quiet(WITHIN_MS);
  const people = createPeople({ crmUrl: town.crm.url, erpUrl: town.erp.url, seed: SEED });
  for (const { values } of await people.edit(30)) privateIn(values, secrets);
  await people.create(6);
  await town.world.quiet(WITHIN_MS);
  await remember();
});
afterAll(() => town?.stop());

test('no history of any workflow holds anything of a record, and the search would find it', async () => {
  const { runs, held } = await historiesOf(town.group.urls['TEMPORAL_ADDRESS'] ?? '');
  expect(new Set(runs)).toEqual(new Set(['sync-customer', 'capture-crm/Account', 'capture-erp/Partner']));
  const all = held.texts.join('\n');
  // What is known to be in there is found: the search reads what the engine keeps.
  const segments = await town.query<{ id: string }>(
    'select id from segment where writes > 0 order by claimed_at desc limit 3',
  );
  expect(segments.length).toBeGreaterThan(0);
  for (const known of ['customer', 'crm/Account', 'TARGET_UNAVAILABLE', ...segments.map(({ id }) => id)])
    expect(all).toContain(known);
  expect(secrets.size).toBeGreaterThan(CUSTOMERS * 4);
  expect([...secrets].filter((secret) => all.includes(secret))).toEqual([]);
});

test('no payload is larger than a few words', async () => {
  const { held } = await historiesOf(town.group.urls['TEMPORAL_ADDRESS'] ?? '');
  expect(held.payloads.length).toBeGreaterThan(50);
  expect(Math.max(...held.payloads.map(({ length }) => length))).toBeLessThan(LARGEST_PAYLOAD);
});
