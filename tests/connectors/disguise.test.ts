/** Replies that say success and mean something else, and batch replies that do not fit what was sent. */
import { describe, expect, test } from 'vitest';
import type { WriteItem } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';
import { batched, create, short, single, update, writing } from '../kit/rest-write.ts';

const remove = (id: string): WriteItem => ({ op: 'delete', id, data: {}, idempotencyKey: `d-${id}` });
const withErrors = (preset: JsonObject, errors: JsonObject[]): JsonObject => ({ ...preset, errors });
const LOCKED = { json: { code: 'LOCKED', message: 'the record is locked' } };
const table = [{ code: 'LOCKED', class: 'conflict', nothing_done: true }];

describe('a refusal that comes with status 200', () => {
  test.each([
    ['an update', update('7'), 'failed'],
    ['a create, which may have been done', create('a'), 'unknown'],
    ['a delete', remove('7'), 'failed'],
  ] as const)('is no success of %s', async (_what, item, unlistedStatus) => {
    const known = await writing(withErrors(single(), table), () => LOCKED, [item]);
    expect(short(known.outcomes)).toEqual(['failed conflict item']);
    const unlisted = await writing(single(), () => LOCKED, [item]);
    expect(unlisted.outcomes[0]?.status).toBe(unlistedStatus);
  });

  test('of a whole batch is sorted by its code, and unknown unless the table says that nothing was done', async () => {
    const known = await writing(withErrors(batched(), table), () => LOCKED, [create('a'), create('b')]);
    expect(short(known.outcomes)).toEqual(['failed conflict batch', 'failed conflict batch']);
    const login = [{ code: 'LOCKED', class: 'auth' }];
    const paused = await writing(withErrors(batched(), login), () => LOCKED, [create('a')]);
    expect(short(paused.outcomes)).toEqual(['unknown auth connection']);
  });

  test.each([
    ['an update', update('7')],
    ['a delete', remove('7')],
  ] as const)('a sign-in page is no success of %s', async (_what, item) => {
    const { outcomes } = await writing(single(), () => ({ text: '<html>sign in</html>' }), [item]);
    expect(outcomes[0]?.status).toBe('unknown');
  });

  test('a record that has a field of that name is a record', async () => {
    const { outcomes } = await writing(single(), () => ({ json: { id: '7', v: 2, code: 'C-7' } }), [
      update('7'),
      remove('7'),
    ]);
    expect(short(outcomes)).toEqual(['updated 7', 'deleted 7']);
  });

  test('a delete whose reply states its own status is judged by it', async () => {
    const stated = {
      request: { method: 'DELETE', path: '/things/{id}' },
      status: 'ok',
      done: [{ status: [true], as: 'deleted' }],
    };
    const preset = aPreset({ write: { delete: stated } });
    expect(short((await writing(preset, () => ({ json: { ok: true } }), [remove('7')])).outcomes)).toEqual([
      'deleted 7',
    ]);
    const refused = await writing(preset, () => ({ json: { ok: false, code: 'IN_USE' } }), [remove('7')]);
    expect(short(refused.outcomes)).toEqual(['failed validation item']);
  });
});

describe('a batch reply that does not fit', () => {
  const entry = (key: string, over: JsonObject = {}): JsonObject => ({
    key,
    status: 201,
    record: { id: `id-${key}`, v: 1 },
    ...over,
  });
  const replied = async (results: readonly JsonObject[], over: JsonObject = {}) =>
    short((await writing(batched(over), () => ({ json: { results } }), [create('a'), create('b')])).outcomes);

  test('with two different outcomes for one item leaves that item unknown', async () => {
    const twice = await replied([entry('a'), entry('a', { status: 400, code: 'BAD' }), entry('b')]);
    expect(twice).toEqual(['unknown transient item', 'created id-b']);
    expect(await replied([entry('a'), entry('a'), entry('b')])).toEqual(['created id-a', 'created id-b']);
  });

  test('with an outcome too few leaves that item unknown, and one too many changes nothing', async () => {
    expect(await replied([entry('b')])).toEqual(['unknown transient item', 'created id-b']);
    expect(await replied([entry('a'), entry('b'), entry('c')])).toEqual(['created id-a', 'created id-b']);
  });

  test('in the order sent, with too few or too many, leaves every item unknown', async () => {
    for (const results of [[entry('a')], [entry('a'), entry('b'), entry('c')]]) {
      const inOrder = batched();
      const thing = (inOrder['records'] as { Thing: { write: { max: number; create: JsonObject } } }).Thing;
      const { match: _match, ...unmatched } = thing.write.create;
      const preset = aPreset({ version: 'v', write: { max: 10, create: unmatched } });
      const { outcomes } = await writing(preset, () => ({ json: { results } }), [create('a'), create('b')]);
      expect(short(outcomes)).toEqual(['unknown transient item', 'unknown transient item']);
    }
  });

  test('with one id for two new records leaves both unknown', async () => {
    const same = { record: { id: 'x', v: 1 } };
    expect(await replied([entry('a', same), entry('b', same)])).toEqual([
      'unknown transient item',
      'unknown transient item',
    ]);
  });

  test('with an entry that is no object leaves its item unknown', async () => {
    expect(await replied([entry('a'), 'b' as never, null as never])).toEqual([
      'created id-a',
      'unknown transient item',
    ]);
  });
});

describe('what proves who we are', () => {
  test('does not follow a list to another host, though the host is allowed', async () => {
    const other = await startFake(() => ({ json: { items: [] } }));
    const fake = await startFake(() => ({ json: { items: [{ id: 'a' }], next: `${other.url}/things` } }));
    const preset = aPreset(
      { list: { request: { path: '/things' }, rows: 'items', paging: { kind: 'link', next: 'next' } } },
      { headers: { 'x-api-key': '{settings.key}' }, settings: { key: { describe: 'A key', secret: true } } },
    );
    const connector = connectRest(fake.url, preset, {
      allow: [`127.0.0.1:${other.port}`],
      settings: { key: 'k-12345' },
    });
    const walk = async (): Promise<void> => {
      const { next } = await connector.list('Thing', { cursor: '', limit: 5 }, aCall());
      await connector.list('Thing', { cursor: next, limit: 5 }, aCall());
    };
    await expect(walk()).rejects.toMatchObject({ code: 'EGRESS_DENIED' });
    await connector.close();
    expect(other.asked).toEqual([]);
  });

  test('does not stand in a sentence, in whatever writing and however it is cut', async () => {
    const settings = { key: { describe: 'A key', secret: true }, user: { describe: 'A user', secret: true } };
    const preset = aPreset(
      { write: { create: { request: { method: 'POST', path: '/things', body: '{data}' } } } },
      { settings, auth: { kind: 'basic', user: '{settings.user}', password: '{settings.key}' } },
    );
    const key = 'se cret/+=Z';
    const said = [
      key,
      encodeURIComponent(key),
      Buffer.from(`se cr:${key}`).toString('base64'),
      `${' '.repeat(3_990)}${key}`,
    ];
    for (const message of said) {
      const answer = () => ({ status: 422, json: { code: 'X', message: `no: ${message}` } });
      const { outcomes } = await writing(preset, answer, [create('a')], { settings: { key, user: 'se cr' } });
      expect(JSON.stringify(outcomes)).not.toMatch(/cret|c2UgY3|%2F%2B/);
    }
  });

  test('is not shown by a refusal that is nothing but a code, nor by the type of a strange reply', async () => {
    const settings = { key: { describe: 'A key', secret: true } };
    const preset = aPreset({}, { settings, auth: { kind: 'bearer', token: '{settings.key}' } });
    const write = { create: { request: { method: 'POST', path: '/things', body: '{data}' } } };
    const writable = aPreset({ write }, { settings, auth: { kind: 'bearer', token: '{settings.key}' } });
    const key = 'hunter-22-key';
    const coded = () => ({ status: 422, json: { code: `BAD ${key}\u0007` } });
    const { outcomes } = await writing(writable, coded, [create('a')], { settings: { key } });
    expect(outcomes).toMatchObject([{ error: { message: 'refused with code BAD …' } }]);
    const typed = { 'content-type': `text/html; echo="${key}"; ${'x'.repeat(500)}` };
    const fake = await startFake(() => ({ text: '<p>', headers: typed }));
    const connector = connectRest(fake.url, preset, { settings: { key } });
    const failure = await connector.list('Thing', { cursor: '', limit: 5 }, aCall()).catch((error: unknown) => error);
    await connector.close();
    expect(failure).toMatchObject({ code: 'PROTOCOL_ERROR', message: expect.stringMatching(/\(text\/html\)/) });
  });

  test.each(['a/../../admin', '..\\..\\admin', 'a/./b'])('an id like %s stands in no address', async (id) => {
    const { outcomes, asked } = await writing(single(), () => ({ json: { id, v: 1 } }), [update(id)]);
    expect(short(outcomes)).toEqual(['failed validation item']);
    expect(asked).toEqual([]);
  });
});
