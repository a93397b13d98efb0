import { afterEach, expect, test } from 'vitest';
import { bearer, call, docOf, listOf } from '../kit/calls.ts';
import { type Doc, isDoc, text } from '../kit/json.ts';
import type { Running } from '../kit/run.ts';
import { startCrm } from './server.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const aCrm = async (customers = 0) => {
  const crm = await startCrm({ customers, seed: 3 });
  running = crm;
  const headers = await bearer(crm.url, 'tally', 'tally-secret');
  const ask = (method: string, path: string, body?: unknown, more: Record<string, string> = {}) =>
    call(method, `${crm.url}${path}`, { headers: { ...headers, ...more }, ...(body === undefined ? {} : { body }) });
  const control = async (method: string, path: string, body?: unknown) =>
    docOf(await call(method, `${crm.controlUrl}/control/${path}`, body === undefined ? {} : { body }));
  const upsert = async (...items: readonly unknown[]) =>
    listOf(docOf(await ask('POST', '/v1/accounts/batch/upsert', { items })), 'results');
  const make = async (fields: unknown) => docOf(await ask('POST', '/v1/accounts', fields));
  return { crm, ask, control, upsert, make };
};
const recordOf = (result: Doc | undefined): Doc => {
  const record = result?.['record'];
  return isDoc(record ?? null) ? (record as Doc) : {};
};

test('nobody gets in without a token, with a wrong secret or with an expired token', async () => {
  const { crm, control } = await aCrm();
  expect((await call('GET', `${crm.url}/v1/me`)).status).toBe(401);
  await expect(bearer(crm.url, 'tally', 'wrong')).rejects.toThrow('401');
  await control('POST', 'settings', { token_ttl_s: 0 });
  const expired = await bearer(crm.url, 'tally', 'tally-secret');
  expect((await call('GET', `${crm.url}/v1/me`, { headers: expired })).status).toBe(401);
});

test('paging visits every account once, in id order', async () => {
  const { ask, control } = await aCrm(300);
  const ids: unknown[] = [];
  let cursor = '';
  do {
    const page = docOf(await ask('GET', `/v1/accounts?limit=7${cursor}`));
    ids.push(...listOf(page, 'items').map((item) => item['id']));
    cursor = typeof page['next_cursor'] === 'string' ? `&cursor=${page['next_cursor']}` : '';
  } while (cursor !== '');
  const { records } = await control('GET', 'counts');
  expect(ids).toHaveLength(Number((records as Doc)['account']));
  expect(ids).toEqual([...new Set(ids)].sort());
});

test('the change feed pages through equal times without losing or repeating one', async () => {
  const { ask } = await aCrm(300);
  const all: unknown[] = [];
  let cursor = '';
  do {
    const page = docOf(await ask('GET', `/v1/accounts?changed_since=2025-01-06T08:00:00.900Z&limit=50${cursor}`));
    all.push(...listOf(page, 'items').map((item) => `${item['modified_at']} ${item['id']}`));
    cursor = typeof page['next_cursor'] === 'string' ? `&cursor=${page['next_cursor']}` : '';
  } while (cursor !== '');
  expect(all.length).toBeGreaterThan(150);
  expect(all).toEqual([...new Set(all)].sort());
});

test('a change moves the etag and the date; one that changes nothing moves neither and leaves no commit', async () => {
  const { ask, make, control } = await aCrm();
  const made = await make({ name: 'Acme', billing: { city: 'Köln' } });
  const path = `/v1/accounts/${made['id']}`;
  const same = docOf(await ask('PATCH', path, { name: 'Acme', billing: { city: 'Köln' } }));
  expect(same).toEqual(made);
  const reply = await ask('PATCH', path, { billing: { street: 'Weg 1' } });
  expect(reply.headers.get('etag')).toBe(`"${docOf(reply)['etag']}"`);
  expect(docOf(reply)).toMatchObject({ name: 'Acme', billing: { city: 'Köln', street: 'Weg 1' } });
  expect(docOf(reply)['etag']).not.toBe(made['etag']);
  expect(listOf(await control('GET', 'ledger?kind=commits'), 'entries').map((entry) => entry['op'])).toEqual([
    'create',
    'update',
  ]);
});

test('a write with an outdated If-Match is refused and changes nothing', async () => {
  const { ask, make } = await aCrm();
  const made = await make({ name: 'Acme' });
  const path = `/v1/accounts/${made['id']}`;
  await ask('PATCH', path, { name: 'Acme AG' });
  expect((await ask('PATCH', path, { name: 'Lost' }, { 'if-match': `"${made['etag']}"` })).status).toBe(412);
  expect(docOf(await ask('GET', path))['name']).toBe('Acme AG');
});

test('a batch answers per item and in order: made, changed, refused, missing, outdated', async () => {
  const { upsert } = await aCrm();
  const [first] = await upsert({ key: 'a', external_id: 'x1', fields: { name: 'One' } });
  const { id, etag } = recordOf(first);
  const results = await upsert(
    { key: 'b', external_id: 'x1', fields: { name: 'One more' } },
    { key: 'c', id, if_match: etag, fields: { name: 'Outdated' } },
    { key: 'd', id: 'A-999999', fields: {} },
    { key: 'e', fields: { colour: 'red' } },
    { key: 'f', external_id: 'x2', fields: { name: 'Two' } },
  );
  expect(results.map((result) => [result['key'], result['status']])).toEqual([
    ['b', 200],
    ['c', 412],
    ['d', 404],
    ['e', 400],
    ['f', 201],
  ]);
  expect(recordOf(results[0])['id']).toBe(id);
  expect(results[3]?.['error']).toMatchObject({ code: 'UNKNOWN_FIELD', field: 'colour' });
});

test('contacts are read, listed and upserted like accounts', async () => {
  const { ask } = await aCrm(20);
  const page = docOf(await ask('GET', '/v1/contacts?limit=2'));
  const ids = listOf(page, 'items').map((item) => item['id']);
  expect(ids).toEqual(['C-000001', 'C-000002']);
  const reply = docOf(
    await ask('POST', '/v1/contacts/batch/upsert', { items: [{ key: 'k', id: ids[0], fields: { role: 'Technik!' } }] }),
  );
  expect(recordOf(listOf(reply, 'results')[0])['role']).toBe('Technik!');
});

test('reading by id and by external id answers in the order asked', async () => {
  const { ask, upsert } = await aCrm();
  await upsert({ key: 'a', external_id: 'x1', fields: { name: 'One' } });
  const byId = docOf(await ask('POST', '/v1/accounts/batch/read', { ids: ['A-000009', 'A-000001'] }));
  expect(listOf(byId, 'results').map((result) => result['status'])).toEqual([404, 200]);
  const byKey = docOf(await ask('POST', '/v1/accounts/batch/read', { external_ids: ['x1'] }));
  expect(recordOf(listOf(byKey, 'results')[0])['name']).toBe('One');
});

test('a deleted account shows as a tombstone in the feed and nowhere else', async () => {
  const { ask, make } = await aCrm();
  const { id } = await make({ name: 'Gone' });
  expect((await ask('DELETE', `/v1/accounts/${id}`)).status).toBe(204);
  expect((await ask('GET', `/v1/accounts/${id}`)).status).toBe(404);
  expect(listOf(docOf(await ask('GET', '/v1/accounts')), 'items')).toEqual([]);
  const [tombstone] = listOf(docOf(await ask('GET', '/v1/accounts?changed_since=2020-01-01T00:00:00Z')), 'items');
  expect(tombstone).toMatchObject({ id, deleted: true });
});

test('numbers keep every digit', async () => {
  const { ask, make } = await aCrm();
  const { id } = await make(JSON.parse('{"credit_limit": 1}'));
  const raw = JSON as unknown as { rawJSON(text: string): unknown };
  await ask('PATCH', `/v1/accounts/${id}`, { credit_limit: raw.rawJSON('123456789012345.60') });
  expect(text((await ask('GET', `/v1/accounts/${id}`)).body)).toContain('"credit_limit":123456789012345.60');
});

test('a quiet edit moves the etag and not the date', async () => {
  const { ask, make, control } = await aCrm();
  const made = await make({ name: 'Acme' });
  await control('POST', 'quiet-edit', { record: 'account', id: made['id'], fields: { name: 'Whisper' } });
  const now = docOf(await ask('GET', `/v1/accounts/${made['id']}`));
  expect(now).toMatchObject({ name: 'Whisper', modified_at: made['modified_at'] });
  expect(now['etag']).not.toBe(made['etag']);
});

test.each([
  [{ limit: 'x' }, 200],
  [{ changed_since: 'yesterday' }, 400],
])('odd queries %o are answered, not thrown', async (query, status) => {
  const { ask } = await aCrm();
  expect((await ask('GET', `/v1/accounts?${new URLSearchParams(query as Record<string, string>)}`)).status).toBe(
    status,
  );
});

test('a body that is no JSON is refused', async () => {
  const { crm } = await aCrm();
  const headers = await bearer(crm.url, 'people', 'people-secret');
  const response = await fetch(`${crm.url}/v1/accounts`, { method: 'POST', headers, body: '{"name":' });
  expect(response.status).toBe(400);
});
