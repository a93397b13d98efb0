import { expect, test } from 'vitest';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import { SALESFORCE, startSalesforce } from '../../sandbox/fakes/salesforce.ts';
import { type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { aCall } from '../kit/fake-http.ts';
import { connectTo } from '../kit/preset.ts';
import { control, striker } from '../kit/sandbox.ts';
import { bodyIn, idIn, idsOf, thrownBy } from '../kit/trial.ts';

const WRONG = 'another-secret-of-nobody';
const connected = (url: string, over: Readonly<Record<string, string>> = {}): Connector =>
  connectTo('salesforce', url, { settings: { ...SALESFORCE, ...over } });

const open = async (): Promise<ConformanceWorld> => {
  const salesforce = await startSalesforce();
  return {
    record: 'Account',
    connect: (who) => connected(salesforce.url, who === 'impostor' ? { client_secret: WRONG } : {}),
    draft: (name) => ({ Name: name, BillingCity: 'Ulm' }),
    change: (name) => ({ Phone: name }),
    refused: { Name: 'x', BillingCity: 'x'.repeat(41) },
    decimal: (name, digits) => ({ Name: name, AnnualRevenue: parseJson(digits) }),
    readDecimal: (body) => body['AnnualRevenue'],
    empties: (name) => ({ Name: name, Phone: null, BillingCity: '' }),
    readEmpties: (body) => [body['Phone'], body['BillingCity']],
    strike: striker(salesforce.controlUrl, '/services/data'),
    secrets: [SALESFORCE.client_secret, WRONG, 'AQ-session'],
    close: salesforce.close,
  };
};

conformance('Salesforce', open, {
  skip: [
    { law: 2, reason: 'Salesforce moves its stamps though nothing changed; that it is one record is tested below' },
    { law: 7, reason: 'the preset takes no webhooks; a change is found by SOQL' },
    { law: 9, reason: 'Salesforce keeps numbers as doubles and an empty text as none' },
  ],
});

const create = (key: string, data: JsonObject = { Name: key }): WriteItem => ({
  op: 'create',
  data,
  idempotencyKey: key,
});
const aSalesforce = async () => {
  const salesforce = await startSalesforce();
  const connector = connected(salesforce.url);
  const close = async (): Promise<void> => {
    await connector.close();
    await salesforce.close();
  };
  const read = async (id: string) => (await connector.read('Account', { ids: [id] }, aCall()))[0];
  return { salesforce, connector, close, read };
};

test('the same create twice is one account with the values of the last', async () => {
  const { connector, close } = await aSalesforce();
  const ids = [];
  for (const Phone of ['1', '2'])
    ids.push(idIn((await connector.write('Account', [create('k', { Name: 'k', Phone })], aCall()))[0]));
  expect(ids[0]).toBe(ids[1]);
  expect(ids[0]).toMatch(/^001\w{15}$/);
  const [byKey] = await connector.read('Account', { keys: ['k'] }, aCall());
  const [byId] = await connector.read('Account', { ids: [ids[0] ?? ''] }, aCall());
  expect(byKey).toEqual(byId);
  expect([byKey]).toMatchObject([{ found: [{ body: { Phone: '2' } }] }]);
  await close();
});

test('of a collection answered with 200 each item has its own outcome, with Salesforce’s own code and fields', async () => {
  const { connector, close } = await aSalesforce();
  const items = [create('a'), create('b', { Name: '' }), create('c', { Name: 'c', Nope__c: 1 })];
  expect(await connector.write('Account', items, aCall())).toMatchObject([
    { status: 'created' },
    { status: 'failed', error: { class: 'validation', code: 'REQUIRED_FIELD_MISSING', fields: ['Name'] } },
    { status: 'failed', error: { class: 'validation', message: expect.stringContaining('Nope__c') } },
  ]);
  await close();
});

test('an update states since when the account may not have changed; another one is a conflict, and nothing is overwritten', async () => {
  const { connector, close, read } = await aSalesforce();
  const id = idIn((await connector.write('Account', [create('a')], aCall()))[0]);
  const seen = await read(id);
  const version = seen !== undefined && 'found' in seen ? (seen.found[0]?.version ?? '') : '';
  const update = (Phone: string, expectVersion: string): WriteItem => ({
    op: 'update',
    id,
    data: { Phone },
    expectVersion,
    idempotencyKey: Phone,
  });
  expect(await connector.write('Account', [update('1', version)], aCall())).toEqual([{ status: 'updated', id }]);
  const old = new Date(Date.parse(version) - 1000).toISOString();
  expect(await connector.write('Account', [update('2', old)], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'conflict', scope: 'item' } },
  ]);
  expect(bodyIn(await read(id))['Phone']).toBe('1');
  await close();
});

test('a session that ended is opened again, and the call repeated', async () => {
  const { salesforce, connector, close } = await aSalesforce();
  await connector.check(aCall());
  await control(salesforce.controlUrl, 'settings', { session: 2 });
  expect(await connector.write('Account', [create('a')], aCall())).toMatchObject([{ status: 'created' }]);
  await close();
});

test('a deleted account shows in the feed, and is absent for a reader', async () => {
  const { connector, close, read } = await aSalesforce();
  const id = idIn((await connector.write('Account', [create('a')], aCall()))[0]);
  const remove: WriteItem = { op: 'delete', id, data: {}, idempotencyKey: 'd' };
  expect(await connector.write('Account', [remove], aCall())).toEqual([{ status: 'deleted', id }]);
  const { changes } = await connector.changes('Account', { cursor: '', limit: 10 }, aCall());
  expect(changes).toMatchObject([{ op: 'delete', id }]);
  expect(await read(id)).toEqual({ absent: true });
  await close();
});

test('a query is read to its end by its locator, and a locator that Salesforce forgot asks for a full pass', async () => {
  const { connector, close } = await aSalesforce();
  await connector.write(
    'Account',
    ['a', 'b', 'c'].map((key) => create(key)),
    aCall(),
  );
  const first = await connector.changes('Account', { cursor: '', limit: 2 }, aCall());
  expect(first.more).toBe(true);
  const forgotten = first.next.replace(/01g\d{12}/, '01g000000000099');
  expect(forgotten).not.toBe(first.next);
  expect(idsOf((await connector.changes('Account', { cursor: first.next, limit: 2 }, aCall())).changes)).toHaveLength(
    1,
  );
  expect(await connector.changes('Account', { cursor: forgotten, limit: 2 }, aCall())).toMatchObject({
    gap: 'cursor-expired',
  });
  await close();
});

test('an API version that is not served is named as what it is', async () => {
  const { salesforce, close } = await aSalesforce();
  const old = connected(salesforce.url, { api_version: 'v20.0' });
  expect(await thrownBy(old.check(aCall()))).toMatchObject({ code: 'PROTOCOL_ERROR' });
  await old.close();
  await close();
});

test('it tells which fields there are, as Salesforce describes them', async () => {
  const { connector, close } = await aSalesforce();
  const { fields } = await connector.describe('Account', aCall());
  const field = (path: string) => fields.find((one) => one.path === path);
  expect(field('Name')).toEqual({ path: 'Name', type: 'text', max: 255 });
  expect(field('SystemModstamp')).toEqual({ path: 'SystemModstamp', type: 'instant', readOnly: true });
  expect(field('AnnualRevenue')?.type).toBe('decimal');
  await close();
});

test('a limit without a time to wait is tried again in a minute, and a write was surely not done', async () => {
  const { salesforce, connector, close } = await aSalesforce();
  await connector.check(aCall());
  await connector.write('Account', [create('a')], aCall());
  await control(salesforce.controlUrl, 'settings', { limited: 1 });
  expect(await connector.write('Account', [create('b')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'rate-limited', scope: 'connection', retryAfterMs: 60_000 } },
  ]);
  expect(await thrownBy(connector.check(aCall()))).toMatchObject({ code: 'RATE_LIMITED', facts: { status: 403 } });
  await close();
});
