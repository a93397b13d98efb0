import { expect, test, vi } from 'vitest';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import { HUBSPOT_TOKEN, startHubspot } from '../../sandbox/fakes/hubspot.ts';
import { type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { aCall, startFake } from '../kit/fake-http.ts';
import { connectTo } from '../kit/preset.ts';
import { control, striker } from '../kit/sandbox.ts';
import { bodyIn, foundIn, idIn, idsOf } from '../kit/trial.ts';

const WRONG = 'pat-na1-another-token';
const API = '/crm/v3/objects';
const connected = (url: string, token = HUBSPOT_TOKEN): Connector => connectTo('hubspot', url, { settings: { token } });
const propertiesOf = (body: JsonObject): JsonObject => body['properties'] as JsonObject;

const open = async (): Promise<ConformanceWorld> => {
  const hubspot = await startHubspot();
  return {
    record: 'Company',
    connect: (who) => connected(hubspot.url, who === 'impostor' ? WRONG : HUBSPOT_TOKEN),
    draft: (name) => ({ properties: { name, city: 'Ulm' } }),
    change: (name) => ({ properties: { phone: name } }),
    refused: { properties: { nmae: 'x' } },
    decimal: (name, digits) => ({ properties: { name, annualrevenue: parseJson(digits) } }),
    readDecimal: (body) => propertiesOf(body)['annualrevenue'],
    empties: (name) => ({ properties: { name, phone: null, city: '' } }),
    readEmpties: (body) => [propertiesOf(body)['phone'], propertiesOf(body)['city']],
    strike: striker(hubspot.controlUrl, API),
    secrets: [HUBSPOT_TOKEN, WRONG],
    close: hubspot.close,
  };
};

conformance('HubSpot', open, {
  skip: [
    { law: 7, reason: 'the preset takes no webhooks; a change is found by the search' },
    { law: 9, reason: 'HubSpot keeps every value as text and has no empty one: an emptied property is null' },
  ],
});

const create = (key: string, properties: JsonObject = { name: key }): WriteItem => ({
  op: 'create',
  data: { properties },
  idempotencyKey: key,
});

const aHubspot = async () => {
  const hubspot = await startHubspot();
  const connector = connected(hubspot.url);
  const close = async (): Promise<void> => {
    await connector.close();
    await hubspot.close();
  };
  return { hubspot, connector, close };
};

test('a number comes back as a text with all its digits, and an emptied property as null', async () => {
  const { connector, close } = await aHubspot();
  const item = create('d', { name: 'd', annualrevenue: parseJson('1234567890123456.50'), phone: '' });
  const id = idIn((await connector.write('Company', [item], aCall()))[0]);
  const [answer] = await connector.read('Company', { ids: [id] }, aCall());
  expect(propertiesOf(bodyIn(answer))).toMatchObject({ annualrevenue: '1234567890123456.50', phone: null });
  await close();
});

test('of a batch answered with 207 each item has its own outcome, in whatever order the reply has them', async () => {
  const { connector, close } = await aHubspot();
  const items = [create('a'), create('b', { name: 'b', annualrevenue: 'much' }), create('c')];
  expect(await connector.write('Company', items, aCall())).toMatchObject([
    { status: 'created' },
    {
      status: 'failed',
      error: { class: 'validation', scope: 'item', code: 'VALIDATION_ERROR', message: 'much was not a valid number' },
    },
    { status: 'created' },
  ]);
  const [a, , c] = await connector.read('Company', { keys: ['a', 'b', 'c'] }, aCall());
  expect([bodyIn(a), bodyIn(c)].map((body) => propertiesOf(body)['name'])).toEqual(['a', 'c']);
  await close();
});

test('a company that the search knows of later than of others is found by the overlap', async () => {
  const { hubspot, connector, close } = await aHubspot();
  const feed = (cursor: string) => connector.changes('Company', { cursor, limit: 100 }, aCall());
  const now = Date.now();
  const madeAt = async (ms: number, key: string): Promise<string> => {
    vi.useFakeTimers({ toFake: ['Date'], now: ms });
    const [outcome] = await connector.write('Company', [create(key)], aCall());
    vi.useRealTimers();
    return idIn(outcome);
  };
  const late = await madeAt(now - 60_000, 'late');
  const other = await madeAt(now - 30_000, 'other');
  await control(hubspot.controlUrl, 'settings', { unknown_id: Number(late) });
  const blind = await feed('');
  expect(idsOf(blind.changes)).toEqual([other]);
  await control(hubspot.controlUrl, 'settings', { unknown_id: 0 });
  expect(idsOf((await feed(blind.next)).changes)).toContain(late);
  await close();
});

test('the same create twice is one contact, found by our key', async () => {
  const { connector, close } = await aHubspot();
  const item = create('k', { email: 'a@acme.example', firstname: 'Ann' });
  const [first] = await connector.write('Contact', [item], aCall());
  const [second] = await connector.write('Contact', [item], aCall());
  expect([first?.status, second?.status, idIn(second)]).toEqual(['created', 'updated', idIn(first)]);
  const [answer] = await connector.read('Contact', { keys: ['k'] }, aCall());
  expect(foundIn(answer)).toBe(1);
  const { changes } = await connector.changes('Contact', { cursor: '', limit: 10 }, aCall());
  expect(changes).toMatchObject([
    { op: 'upsert', record: { reference: 'k', body: { properties: { firstname: 'Ann' } } } },
  ]);
  await close();
});

test('it tells which properties there are, as HubSpot describes them', async () => {
  const { connector, close } = await aHubspot();
  const { fields } = await connector.describe('Company', aCall());
  const field = (path: string) => fields.find((one) => one.path === path);
  expect(field('properties.annualrevenue')).toEqual({ path: 'properties.annualrevenue', type: 'decimal' });
  expect(field('properties.createdate')).toMatchObject({ type: 'instant', readOnly: true });
  expect(field('properties.industry')).toMatchObject({ type: 'text', values: ['FARMING'] });
  await close();
});

test.each([
  ['TEN_SECONDLY_ROLLING', 10_000],
  ['SECONDLY', 1_000],
  ['DAILY', 900_000],
])('the policy %s says how long to wait where HubSpot does not', async (policyName, retryAfterMs) => {
  const json = { status: 'error', message: 'You have reached your limit.', errorType: 'RATE_LIMIT', policyName };
  const fake = await startFake(() => ({ status: 429, json }));
  const connector = connected(fake.url);
  expect(await connector.write('Company', [create('a')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'rate-limited', scope: 'connection', retryAfterMs } },
  ]);
  await connector.close();
});
