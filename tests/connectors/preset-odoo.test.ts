import { describe, expect, test } from 'vitest';
import type { Connector, WriteItem } from '../../connectors/sdk/seam.ts';
import { ODOO, startOdoo } from '../../sandbox/fakes/odoo.ts';
import { type JsonObject, parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { aCall, startFake } from '../kit/fake-http.ts';
import { connectTo } from '../kit/preset.ts';
import { control, striker } from '../kit/sandbox.ts';
import { bodyIn, foundIn, idIn, idsOf, thrownBy } from '../kit/trial.ts';

const WRONG = 'another-api-key';
const { database, user, api_key } = ODOO;
/** Both ways to speak with Odoo: the preset, its settings, and where its requests go. */
const WAYS = [
  { preset: 'odoo', given: { database, user, api_key }, path: '/jsonrpc' },
  { preset: 'odoo-json2', given: { database, api_key }, path: '/json/2' },
] as const;
type Way = (typeof WAYS)[number];

const connected = (url: string, { preset, given }: Way, key: string = api_key): Connector =>
  connectTo(preset, url, { settings: { ...given, api_key: key } });

const openBy = (way: Way) => async (): Promise<ConformanceWorld> => {
  const odoo = await startOdoo();
  return {
    record: 'Partner',
    connect: (who) => connected(odoo.url, way, who === 'impostor' ? WRONG : api_key),
    draft: (name) => ({ name, city: 'Ulm', country: 'DE' }),
    change: (name) => ({ phone: name }),
    refused: { name: null },
    decimal: (name, digits) => ({ name, latitude: parseJson(digits) }),
    readDecimal: (body) => body['latitude'],
    empties: (name) => ({ name, phone: null, city: '' }),
    readEmpties: (body) => [body['phone'], body['city']],
    strike: striker(odoo.controlUrl, way.path),
    secrets: [api_key, WRONG],
    close: odoo.close,
  };
};

for (const way of WAYS)
  conformance(`Odoo by ${way.preset}`, openBy(way), {
    skip: [
      { law: 7, reason: 'the preset takes no webhooks; a change is found by its time' },
      { law: 9, reason: 'Odoo keeps numbers as doubles; null and empty text are tested below' },
    ],
  });

const create = (key: string, data: JsonObject = { name: key }): WriteItem => ({
  op: 'create',
  data,
  idempotencyKey: key,
});

describe.each(WAYS)('Odoo by $preset', (way) => {
  const anOdoo = async () => {
    const odoo = await startOdoo();
    const connector = connected(odoo.url, way);
    const close = async (): Promise<void> => {
      await connector.close();
      await odoo.close();
    };
    const read = async (id: string) => bodyIn((await connector.read('Partner', { ids: [id] }, aCall()))[0]);
    return { odoo, connector, close, read };
  };

  test('false is nothing, a flag stays a flag, and what a partner refers to reads as its code', async () => {
    const { connector, close, read } = await anOdoo();
    const data = { name: 'Acme', city: '', is_company: true, country: 'DE', categories: [{ name: 'Press' }] };
    const [made] = await connector.write('Partner', [create('a', data)], aCall());
    expect(made).toMatchObject({ status: 'created', record: { reference: 'a' } });
    const body = await read(idIn(made));
    expect(body).toMatchObject({ ...data, phone: null, active: true, latitude: 0 });
    expect(body['changed']).toMatch(/^\d{4}-\d{2}-\d{2}T.*Z$/);
    const update: WriteItem = {
      op: 'update',
      id: idIn(made),
      data: { country: null, is_company: false },
      idempotencyKey: 'u',
    };
    expect(await connector.write('Partner', [update], aCall())).toMatchObject([{ status: 'updated' }]);
    expect(await read(idIn(made))).toMatchObject({ country: null, is_company: false });
    await close();
  });

  test('a number keeps its digits as far as a double has them', async () => {
    const { connector, close, read } = await anOdoo();
    const item = create('a', { name: 'a', latitude: parseJson('1234567890.25') });
    const [made] = await connector.write('Partner', [item], aCall());
    expect((await read(idIn(made)))['latitude']).toBe(1234567890.25);
    await close();
  });

  test('a list that one partner spoils is sent in halves, and Odoo’s own sentence stands with that one', async () => {
    const { connector, close } = await anOdoo();
    const items = ['a', 'b', 'c', 'd'].map((key) =>
      create(key, { name: key, ...(key === 'c' ? { vat: 'DE12' } : {}) }),
    );
    const outcomes = await connector.write('Partner', items, aCall());
    expect(outcomes.map(({ status }) => status)).toEqual(['created', 'created', 'failed', 'created']);
    expect(outcomes[2]).toMatchObject({
      error: {
        class: 'validation',
        scope: 'item',
        code: 'odoo.exceptions.ValidationError',
        message: 'The VAT number [DE12] does not seem to be valid',
      },
    });
    await close();
  });

  test('an update that changes nothing is not sent; one whose record changed meanwhile is a conflict', async () => {
    const { connector, close } = await anOdoo();
    const [made] = await connector.write('Partner', [create('a')], aCall());
    const id = idIn(made);
    const version = made !== undefined && 'version' in made ? (made.version ?? '') : '';
    const update = (phone: string): WriteItem => ({
      op: 'update',
      id,
      data: { phone },
      expectVersion: version,
      idempotencyKey: phone,
    });
    expect(await connector.write('Partner', [{ ...update(''), data: { name: 'a' } }], aCall())).toMatchObject([
      { status: 'unchanged' },
    ]);
    expect(await connector.write('Partner', [update('1')], aCall())).toMatchObject([{ status: 'updated' }]);
    expect(await connector.write('Partner', [update('2')], aCall())).toMatchObject([
      { status: 'failed', error: { class: 'conflict' } },
    ]);
    await close();
  });

  test('several updates of one call are written each with its own values', async () => {
    const { connector, close, read } = await anOdoo();
    const ids = (
      await connector.write(
        'Partner',
        ['a', 'b'].map((key) => create(key)),
        aCall(),
      )
    ).map(idIn);
    const updates = ids.map((id): WriteItem => ({ op: 'update', id, data: { phone: id }, idempotencyKey: id }));
    expect((await connector.write('Partner', updates, aCall())).map(({ status }) => status)).toEqual([
      'updated',
      'updated',
    ]);
    expect(await Promise.all(ids.map(async (id) => (await read(id))['phone']))).toEqual(ids);
    await close();
  });

  test('an archived partner is read like others, a removed one is absent', async () => {
    const { connector, close } = await anOdoo();
    const ids = (
      await connector.write(
        'Partner',
        ['a', 'b'].map((key) => create(key)),
        aCall(),
      )
    ).map(idIn);
    const archive: WriteItem = { op: 'update', id: ids[0] ?? '', data: { active: false }, idempotencyKey: 'x' };
    const remove: WriteItem = { op: 'delete', id: ids[1] ?? '', data: {}, idempotencyKey: 'd' };
    expect((await connector.write('Partner', [archive, remove], aCall())).map(({ status }) => status)).toEqual([
      'updated',
      'deleted',
    ]);
    expect(idsOf((await connector.changes('Partner', { cursor: '', limit: 10 }, aCall())).changes)).toEqual([ids[0]]);
    expect((await connector.read('Partner', { ids }, aCall())).map(foundIn)).toEqual([1, 0]);
    await close();
  });

  test('a product reads its unit and category by their names; a unit that is not there is refused before anything is sent', async () => {
    const { connector, close } = await anOdoo();
    const data = { name: 'Bolt', code: 'B-1', price: parseJson('1.50'), unit: 'kg', category: 'All' };
    const outcomes = await connector.write(
      'Product',
      [create('p', data), create('q', { name: 'Nut', unit: 'barrels' })],
      aCall(),
    );
    expect(outcomes).toMatchObject([
      { status: 'created', record: { body: { code: 'B-1', price: 1.5, unit: 'kg', category: 'All' } } },
      { status: 'failed', error: { class: 'validation', message: expect.stringContaining('barrels') } },
    ]);
    await close();
  });

  test('what stands before Odoo and breaks down is no refusal of Odoo’s', async () => {
    const { odoo, connector, close } = await anOdoo();
    await connector.check(aCall());
    await control(odoo.controlUrl, 'faults', [{ kind: '500', nth: 1, path: way.path }]);
    expect(await thrownBy(connector.check(aCall()))).toMatchObject({ code: 'TARGET_UNAVAILABLE' });
    await close();
  });
});

test('a record that a partner refers to and that cannot be read stops the reading: it never passes for an empty field', async () => {
  const row = { id: 5, name: 'Acme', country_id: [99, 'Atlantis'], category_id: [], active: true };
  const fake = await startFake(({ path }) => ({ json: path.startsWith('/json/2/res.partner/search') ? [row] : [] }));
  const connector = connected(fake.url, WAYS[1]);
  const error = await thrownBy(connector.list('Partner', { cursor: '', limit: 5 }, aCall()));
  expect(error).toMatchObject({
    code: 'PROTOCOL_ERROR',
    message: expect.stringContaining('let the user of the connection read res.country'),
  });
  await connector.close();
});
