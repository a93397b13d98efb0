/** Webhooks on the real engine: they bring a change at once, and whatever becomes of them both systems end in agreement. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Fault } from '../../sandbox/kit/faults.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { createPeople } from '../../sandbox/people.ts';
import { linkedAccounts } from '../../src/cli/demo/decide.ts';
import type { WebhookStatus } from '../../src/ledger/queries/status.ts';
import { AGREEMENT, eventually, holdDown, startTown, type Town, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 100;
const SEED = 11;
const SECRET = `whsec_${Buffer.from('tallystick-sandbox-webhooks').toString('base64')}`;
// Longer than any test: what arrives meanwhile was not found by the feed.
const NEVER_MS = 3_600_000;
let town: Town;

const headers = () => bearer(town.crm.url, 'people', 'people-secret');
const faults = (...all: readonly Fault[]) => call('POST', `${town.crm.control}/control/faults`, { body: all });
const write = async (id: string, values: Doc): Promise<void> => {
  const reply = await call('PATCH', `${town.crm.url}/v1/accounts/${id}`, { headers: await headers(), body: values });
  expect(reply.status).toBe(200);
};
const arrived = async (phone: string): Promise<boolean> => {
  const reply = await call('GET', `${town.erp.control}/control/state?record=partner&limit=5000`);
  return listOf(docOf(reply), 'records').some(({ contact }) => (contact as Doc)['phone'] === phone);
};
/** How often the product asked the CRM what has changed. */
const feedReads = async (): Promise<number> => {
  const reply = await call('GET', `${town.crm.control}/control/ledger?kind=requests&limit=5000`);
  return listOf(docOf(reply), 'entries').filter(
    ({ actor, method, path }) => actor === 'tally' && method === 'GET' && path === '/v1/accounts',
  ).length;
};
const webhooks = async (): Promise<WebhookStatus | null> => {
  const { connections } = await town.world.call<{
    readonly connections: readonly { readonly name: string; readonly webhooks: WebhookStatus | null }[];
  }>('GET /connections');
  return connections.find(({ name }) => name === 'crm')?.webhooks ?? null;
};

/** Saves how often the CRM's feed is asked, and waits until that is in force. */
const pollEvery = async (ms: number): Promise<void> => {
  const file = join(town.world.config, 'tallystick.yaml');
  const revision = async () =>
    (await town.query<{ readonly n: number }>('select max(config) as n from mapping'))[0]?.n ?? 0;
  const before = await revision();
  await writeFile(file, (await readFile(file, 'utf8')).replace(/poll_ms: \d+/, `poll_ms: ${ms}`));
  await eventually('the saved interval is in force', async () => (await revision()) > before);
  // Whoever waits already waits as long as it was told: this wakes it.
  await town.world.sweep(WITHIN_MS);
};

beforeAll(async () => {
  town = await startTown({ customers: CUSTOMERS, seed: SEED });
  await town.world.quiet(WITHIN_MS);
  await call('POST', `${town.crm.url}/v1/webhooks`, {
    headers: await headers(),
    body: { url: `${town.group.urls['TALLY_API_URL']}/hooks/crm`, secret: SECRET },
  });
});
afterAll(async () => town?.stop());

test('an edit in the CRM reaches the ERP by its webhook alone, long before the feed would be asked', async () => {
  await pollEvery(NEVER_MS);
  const some = (await linkedAccounts(town.world)).slice(0, 10);
  expect(some).toHaveLength(10);
  const before = await feedReads();
  for (const [i, { id }] of some.entries()) await write(id, { phone: `+4930100001${i}` });
  await eventually('every edit has arrived', async () =>
    (await Promise.all(some.map((_, i) => arrived(`+4930100001${i}`)))).every(Boolean),
  );
  expect(await feedReads()).toBe(before);
  expect(await webhooks()).toMatchObject({ received: expect.any(Number), waiting: 0 });
});

test('without the engine a webhook is answered and its hint kept; when the engine is back the edit goes on', async () => {
  const [one, other] = await linkedAccounts(town.world);
  const down = await holdDown(town.group, 'engine', town.group.urls['TEMPORAL_ADDRESS'] ?? '');
  try {
    const before = (await webhooks())?.received ?? 0;
    await write(one?.id ?? '', { phone: '+49302000000' });
    await eventually('its webhook was taken', async () => ((await webhooks())?.received ?? 0) > before);
    expect((await webhooks())?.waiting).toBeGreaterThan(0);
  } finally {
    await down.letUp();
  }
  await write(other?.id ?? '', { phone: '+49302000001' });
  await eventually('both edits have arrived', async () =>
    (await Promise.all(['+49302000000', '+49302000001'].map(arrived))).every(Boolean),
  );
});

test('a webhook that was lost is found by the feed at its ordinary time', async () => {
  await faults({ kind: 'webhook-dropped', rate: 1 });
  await pollEvery(1_000);
  const before = (await webhooks())?.received;
  const [one] = await linkedAccounts(town.world);
  await write(one?.id ?? '', { phone: '+49303000000' });
  await eventually('the edit has arrived', () => arrived('+49303000000'));
  expect((await webhooks())?.received).toBe(before);
});

test('dropped, doubled, delayed, reordered, forged, changed, stale and replayed webhooks end in agreement', async () => {
  await faults(
    { kind: 'webhook-dropped', rate: 0.2 },
    { kind: 'webhook-doubled', rate: 0.3 },
    { kind: 'webhook-delayed', rate: 0.2, delay_ms: 300 },
    { kind: 'webhook-reordered', rate: 0.3 },
    { kind: 'webhook-forged', nth: 3 },
    { kind: 'webhook-changed', nth: 5 },
    { kind: 'webhook-stale', nth: 7 },
    { kind: 'webhook-replayed', rate: 0.2, delay_ms: 200 },
  );
  const people = createPeople({ crmUrl: town.crm.url, erpUrl: town.erp.url, seed: SEED });
  await people.edit(80);
  const made = await people.create(6);
  await town.world.quiet(WITHIN_MS);
  expect((await webhooks())?.repeated).toBeGreaterThan(0);
  expect(await town.verdict({ customers: CUSTOMERS + made.length })).toEqual(AGREEMENT);
});
