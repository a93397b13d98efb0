import { afterEach, expect, test } from 'vitest';
import { basic, call, docOf, listOf } from '../kit/calls.ts';
import { type Doc, isDoc, text } from '../kit/json.ts';
import type { Running } from '../kit/run.ts';
import { startErp } from './server.ts';

let running: Running | undefined;
afterEach(async () => {
  await running?.close();
  running = undefined;
});

const GOOD = { organization_name: 'Acme', grouping: 'Z001', addresses: [{ use: 'bill-to', country: 'DE' }] };

const anErp = async (customers = 0) => {
  const erp = await startErp({ customers, seed: 3 });
  running = erp;
  const headers = basic('tally', 'tally-secret');
  const ask = (method: string, path: string, body?: unknown) =>
    call(method, `${erp.url}/api/${path}`, { headers, ...(body === undefined ? {} : { body }) });
  const control = async (path: string, body?: unknown) =>
    docOf(
      await call(
        body === undefined ? 'GET' : 'POST',
        `${erp.controlUrl}/control/${path}`,
        body === undefined ? {} : { body },
      ),
    );
  const items = async (verb: 'create' | 'update', ...list: readonly unknown[]) =>
    listOf(docOf(await ask('POST', `partners/${verb}`, { items: list })), 'results');
  const create = async (partner: unknown, reference: string | null = null) =>
    (await items('create', { reference, partner }))[0] ?? {};
  const one = async (number: unknown) => {
    const found = listOf(docOf(await ask('POST', 'partners/read', { numbers: [number] })), 'results')[0]?.['partner'];
    return isDoc(found ?? null) ? (found as Doc) : {};
  };
  return { erp, ask, control, items, create, one };
};

test('only known users with their password get in', async () => {
  const { erp, ask } = await anErp();
  expect((await call('GET', `${erp.url}/api/ping`)).status).toBe(401);
  expect((await call('GET', `${erp.url}/api/ping`, { headers: basic('tally', 'no') })).status).toBe(401);
  expect(docOf(await ask('GET', 'ping'))).toEqual({ user: 'tally' });
});

test('the ERP gives the numbers, ten digits with their zeros, and goes on counting', async () => {
  const { create } = await anErp();
  expect([(await create(GOOD))['number'], (await create(GOOD))['number']]).toEqual(['0000100001', '0000100002']);
});

test.each([
  ['a name over 80 characters', { ...GOOD, organization_name: 'x'.repeat(81) }, 'TOO_LONG', 'organization_name'],
  ['no name', { ...GOOD, organization_name: ' ' }, 'REQUIRED', 'organization_name'],
  ['no country', { ...GOOD, addresses: [] }, 'REQUIRED', 'addresses[use=bill-to].country'],
  ['no grouping', { ...GOOD, grouping: '' }, 'REQUIRED', 'grouping'],
  ['an unknown grouping', { ...GOOD, grouping: 'Z777' }, 'BAD_VALUE', 'grouping'],
  ['unknown terms', { ...GOOD, payment_terms: 'ZB99' }, 'BAD_VALUE', 'payment_terms'],
  ['an unknown language', { ...GOOD, language: 'XX' }, 'BAD_VALUE', 'language'],
  ['a limit of 19 digits', { ...GOOD, credit_limit: 1234567890123456789n }, 'BAD_VALUE', 'credit_limit'],
  ['an unknown field', { ...GOOD, colour: 'red' }, 'BAD_VALUE', 'colour'],
])('%s is refused with code and field', async (_what, partner, code, field) => {
  const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
  const sent = Object.fromEntries(
    Object.entries(partner).map(([key, value]) => [key, typeof value === 'bigint' ? raw(String(value)) : value]),
  );
  const { create } = await anErp();
  expect(await create(sent)).toMatchObject({ ok: false, code, field });
});

test('the grouping of a partner cannot change, though it may be repeated', async () => {
  const { create, items } = await anErp();
  const { number } = await create(GOOD);
  const results = await items(
    'update',
    { number, partner: { grouping: 'Z001' } },
    { number, partner: { grouping: 'Z002' } },
  );
  expect(results.map((result) => result['code'] ?? 'fine')).toEqual(['fine', 'RULE']);
});

test('an update names only what changes, also inside an address', async () => {
  const { create, items, one } = await anErp();
  const { number } = await create({
    ...GOOD,
    addresses: [
      { use: 'bill-to', country: 'DE', city: 'Ulm' },
      { use: 'ship-to', city: 'Hof' },
    ],
  });
  await items('update', {
    number,
    partner: { addresses: [{ use: 'bill-to', street: 'Weg 1' }], contact: { phone: '+4930' } },
  });
  expect(await one(number)).toMatchObject({
    contact: { phone: '+4930', email: '' },
    addresses: [
      { use: 'bill-to', city: 'Ulm', street: 'Weg 1', country: 'DE' },
      { use: 'ship-to', city: 'Hof' },
    ],
  });
});

test('an outdated row version is refused while the guard is on', async () => {
  const { create, items, control } = await anErp();
  const { number, row_version: version } = await create(GOOD);
  await items('update', { number, row_version: version, partner: { search_term: 'A' } });
  const stale = { number, row_version: version, partner: { search_term: 'B' } };
  expect((await items('update', stale))[0]).toMatchObject({ ok: false, code: 'STALE' });
  await control('settings', { row_version_guard: false });
  expect((await items('update', stale))[0]).toMatchObject({ ok: true });
});

test('an update that changes nothing keeps version and date and leaves no commit', async () => {
  const { create, items, control } = await anErp();
  const { number, partner } = await create({ ...GOOD, language: 'de' });
  const [result] = await items('update', {
    number,
    partner: { language: 'DE', addresses: [{ use: 'bill-to', country: 'DE' }] },
  });
  expect(result?.['partner']).toEqual(partner);
  expect((await control('counts'))['commits']).toEqual({ tally: 1 });
});

test('references are searchable and not unique at first', async () => {
  const { create, ask } = await anErp();
  await create(GOOD, 'ref-1');
  await create(GOOD, 'ref-1');
  const results = listOf(docOf(await ask('POST', 'partners/read', { references: ['ref-1', 'ref-2'] })), 'results');
  expect(listOf(results[0] ?? {}, 'partners')).toHaveLength(2);
  expect(results[1]).toMatchObject({ ok: false, code: 'NOT_FOUND' });
});

test('a unique reference answers a repeated create with the same partner and refuses another', async () => {
  const { create, control } = await anErp();
  await control('settings', { reference: 'unique' });
  const first = await create(GOOD, 'ref-1');
  expect((await create(GOOD, 'ref-1'))['number']).toBe(first['number']);
  expect(await create({ ...GOOD, organization_name: 'Other' }, 'ref-1')).toMatchObject({ code: 'DUPLICATE_REFERENCE' });
});

test('an unsearchable reference cannot be read by', async () => {
  const { control, ask } = await anErp();
  await control('settings', { reference: 'unsearchable' });
  expect((await ask('POST', 'partners/read', { references: ['ref-1'] })).status).toBe(400);
});

test('a deleted partner shows by absence only, and does not end the feed', async () => {
  const { create, ask } = await anErp();
  const { number } = await create(GOOD);
  await create(GOOD);
  expect((await ask('DELETE', `partners/${number}`)).status).toBe(204);
  const seen: unknown[] = [];
  let after = '';
  do {
    const page = docOf(
      await ask(
        'GET',
        `partners/changes?changed_from=2020-01-01T00:00:00Z&page_size=1&after=${encodeURIComponent(after)}`,
      ),
    );
    seen.push(...listOf(page, 'partners').map((partner) => partner['number']));
    after = typeof page['after'] === 'string' ? page['after'] : '';
  } while (after !== '');
  expect(seen).toEqual(['0000100002']);
});

test('a limit beyond a double comes back digit by digit', async () => {
  const { create, ask } = await anErp();
  const raw = (JSON as unknown as { rawJSON(text: string): unknown }).rawJSON;
  await create({ ...GOOD, credit_limit: raw('123456789012345678') });
  await create({ ...GOOD, credit_limit: raw('1200.50') });
  expect(text((await ask('GET', 'partners')).body)).toMatch(
    /"credit_limit":123456789012345678,.*"credit_limit":1200\.50,/,
  );
});

test('a batch gets one time, so equal times occur in life too', async () => {
  const { items } = await anErp();
  const results = await items('create', { reference: null, partner: GOOD }, { reference: null, partner: GOOD });
  const times = results.map((result) => (result['partner'] as Doc)['changed_at']);
  expect(times[0]).toBe(times[1]);
});
