import { expect, test } from 'vitest';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import { ERPNEXT, startErpnext } from '../../sandbox/fakes/erpnext.ts';
import { type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { aCall } from '../kit/fake-http.ts';
import { connectTo } from '../kit/preset.ts';
import { striker } from '../kit/sandbox.ts';
import { bodyIn, foundIn, idIn, idsOf } from '../kit/trial.ts';

const WRONG = 'another-api-secret';
const connected = (url: string, over: Readonly<Record<string, string>> = {}): Connector =>
  connectTo('erpnext', url, { settings: { ...ERPNEXT, ...over } });

const open = async (): Promise<ConformanceWorld> => {
  const erpnext = await startErpnext();
  return {
    record: 'Customer',
    connect: (who) => connected(erpnext.url, who === 'impostor' ? { api_secret: WRONG } : {}),
    draft: (name) => ({ customer_name: name, customer_group: 'Commercial' }),
    change: (name) => ({ tax_id: name }),
    refused: { customer_name: 'x'.repeat(141) },
    decimal: (name, digits) => ({ customer_name: name, custom_credit: parseJson(digits) }),
    readDecimal: (body) => body['custom_credit'],
    empties: (name) => ({ customer_name: name, tax_id: null, website: '' }),
    readEmpties: (body) => [body['tax_id'], body['website']],
    strike: striker(erpnext.controlUrl, '/api'),
    secrets: [ERPNEXT.api_secret, WRONG],
    close: erpnext.close,
  };
};

conformance('ERPNext', open, {
  skip: [
    { law: 2, reason: 'Frappe moves `modified` though nothing changed; that the values stay is tested below' },
    { law: 7, reason: 'the preset takes no webhooks; a change is found by its time' },
    { law: 9, reason: 'Frappe keeps amounts as floating point numbers; null and empty text are tested below' },
  ],
});

const create = (key: string, data: JsonObject = { customer_name: key }): WriteItem => ({
  op: 'create',
  data,
  idempotencyKey: key,
});
const anErpnext = async () => {
  const erpnext = await startErpnext();
  const connector = connected(erpnext.url);
  const close = async (): Promise<void> => {
    await connector.close();
    await erpnext.close();
  };
  const read = async (id: string) => (await connector.read('Customer', { ids: [id] }, aCall()))[0];
  return { erpnext, connector, close, read };
};

test('the same update twice leaves the same values, and null and empty text stay apart', async () => {
  const { connector, close, read } = await anErpnext();
  const id = idIn((await connector.write('Customer', [create('a', { customer_name: 'a', website: '' })], aCall()))[0]);
  const item: WriteItem = { op: 'update', id, data: { tax_id: null, territory: 'Ulm' }, idempotencyKey: 'u' };
  for (let times = 0; times < 2; times += 1)
    expect(await connector.write('Customer', [item], aCall())).toMatchObject([{ status: 'updated', id }]);
  expect(bodyIn(await read(id))).toMatchObject({ territory: 'Ulm', tax_id: null, website: '' });
  await close();
});

test('a create that was done before under its key is refused as a duplicate, and found by the key', async () => {
  const { connector, close } = await anErpnext();
  const [made] = await connector.write('Customer', [create('k')], aCall());
  expect(await connector.write('Customer', [create('k')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'duplicate', scope: 'item', code: 'UniqueValidationError' } },
  ]);
  const [answer] = await connector.read('Customer', { keys: ['k'] }, aCall());
  expect([foundIn(answer), bodyIn(answer)['name']]).toEqual([1, idIn(made)]);
  await close();
});

test('a name that is taken is a duplicate; a group that is not there and a field left out are refused with Frappe’s words', async () => {
  const { connector, close } = await anErpnext();
  const item = (key: string, data: JsonObject): WriteItem => create(key, { item_group: 'Products', ...data });
  await connector.write('Item', [item('1', { item_code: 'bolt' })], aCall());
  const outcomes = await connector.write(
    'Item',
    [item('2', { item_code: 'bolt' }), item('3', { item_code: 'nut', item_group: 'Nuts' }), item('4', {})],
    aCall(),
  );
  expect(outcomes).toMatchObject([
    { status: 'failed', error: { class: 'duplicate', code: 'DuplicateEntryError' } },
    {
      status: 'failed',
      error: { class: 'validation', message: expect.stringContaining('Could not find group: Nuts') },
    },
    { status: 'failed', error: { class: 'validation', message: expect.stringContaining('item_code') } },
  ]);
  await close();
});

test('a name with quotes, slashes and commas is read, changed and walked past like any other', async () => {
  const { connector, close } = await anErpnext();
  const codes = ['6" pipe, 1/2', 'a&b=c', 'ä', 'z'];
  const items = codes.map((item_code) => create(item_code, { item_code, item_group: 'Products' }));
  const made = (await connector.write('Item', items, aCall())).map(idIn);
  expect(made).toEqual(codes);
  const answers = await connector.read('Item', { ids: made }, aCall());
  expect(answers.map(foundIn)).toEqual([1, 1, 1, 1]);
  const update: WriteItem = { op: 'update', id: '6" pipe, 1/2', data: { item_name: 'Pipe' }, idempotencyKey: 'u' };
  expect(await connector.write('Item', [update], aCall())).toMatchObject([{ status: 'updated' }]);
  const seen: string[] = [];
  for (let cursor = '', more = true; more; ) {
    const page = await connector.changes('Item', { cursor, limit: 1 }, aCall());
    seen.push(...idsOf(page.changes));
    ({ next: cursor, more } = page);
  }
  expect(new Set(seen)).toEqual(new Set(codes));
  await close();
});

test('times are those of the site’s zone; a zone that is none is named with its place', async () => {
  const { erpnext, connector, close, read } = await anErpnext();
  const id = idIn((await connector.write('Customer', [create('a')], aCall()))[0]);
  const answer = await read(id);
  const at = answer !== undefined && 'found' in answer ? Date.parse(answer.found[0]?.modifiedAt ?? '') : 0;
  expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
  expect(() => connected(erpnext.url, { time_zone: 'Mars/Olympus' })).toThrow(
    'connections.erpnext.settings.time_zone: "Mars/Olympus" is not a time zone; write one as in Europe/Berlin',
  );
  await close();
});

test('it tells which fields there are, those of one’s own too', async () => {
  const { connector, close } = await anErpnext();
  const { fields } = await connector.describe('Customer', aCall());
  expect(fields).toContainEqual({ path: 'customer_name', type: 'text', required: true });
  expect(fields).toContainEqual({ path: 'custom_credit', type: 'decimal' });
  await close();
});
