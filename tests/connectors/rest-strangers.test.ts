/** What systems do that nobody had met before two strangers were connected. */
import { describe, expect, test } from 'vitest';
import type { ReadAnswer, WriteItem } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';
import { thrownBy } from '../kit/trial.ts';

const at = async <T>(
  preset: JsonObject,
  answer: (asked: Asked) => Answer,
  act: (connector: ReturnType<typeof connectRest>) => Promise<T>,
) => {
  const fake = await startFake(answer);
  const connector = connectRest(fake.url, preset);
  try {
    return { got: await act(connector), asked: fake.asked };
  } finally {
    await connector.close();
  }
};
const byKey = (over: JsonObject = {}, type: JsonObject = {}): JsonObject =>
  aPreset({
    reference: 'ref',
    ...type,
    read: {
      by_id: { request: { path: '/things/{id}' } },
      by_key: { request: { path: '/find', query: { ref: '{key}' } }, ...over },
    },
  });
const found = (answers: readonly ReadAnswer[]): unknown =>
  answers.map((answer) =>
    'found' in answer ? answer.found.map(({ id }) => id) : 'absent' in answer ? 'absent' : answer.error.class,
  );

describe('a search for a key', () => {
  test.each([
    ['a bare list', [{ id: 1, ref: 'k' }], [['1']]],
    ['an empty bare list', [], ['absent']],
    [
      'more than was asked for',
      [
        { id: 1, ref: 'other' },
        { id: 2, ref: 'k' },
      ],
      [['2']],
    ],
    ['only what was not asked for', [{ id: 1, ref: 'K' }], ['permanent']],
  ])('may be answered with %s', async (_what, json, expected) => {
    const { got } = await at(
      byKey(),
      () => ({ json }),
      (connector) => connector.read('Thing', { keys: ['k'] }, aCall()),
    );
    expect(found(got)).toEqual(expected);
  });

  test('that names ids alone leads to the records, and each must have the key', async () => {
    const preset = byKey({ records: 'hits', only_id: 'hit.id' });
    const answer = ({ path, query }: Asked): Answer => {
      const id = path.startsWith('/things/') ? path.slice(8) : undefined;
      if (id !== undefined) return { json: { id, ref: id === '7' ? 'k' : 'K' } };
      return {
        json: { hits: query['ref'] === 'none' ? [] : [{ hit: { id: 7 } }, { hit: { id: 8 } }, { hit: { id: 7 } }] },
      };
    };
    const { got, asked } = await at(preset, answer, (connector) =>
      connector.read('Thing', { keys: ['k', 'none'] }, aCall()),
    );
    expect(found(got)).toEqual([['7'], 'absent']);
    expect(asked.filter(({ path }) => path.startsWith('/things/'))).toHaveLength(2);
  });

  test.each([
    ['no list where the hits should stand', { hits: null }, 'PROTOCOL_ERROR'],
    ['a hit without an id', { hits: [{ hit: {} }] }, undefined],
  ])('that has %s proves nothing', async (_what, json, code) => {
    const preset = byKey({ records: 'hits', only_id: 'hit.id' });
    const act = (connector: ReturnType<typeof connectRest>) => connector.read('Thing', { keys: ['k'] }, aCall());
    const run = at(preset, () => ({ json }), act);
    if (code === undefined) expect(found((await run).got)).toEqual(['permanent']);
    else expect(await thrownBy(run)).toMatchObject({ code });
  });

  test('needs a way to read by id, and a place for the key, to be of use', () => {
    const bad = aPreset({
      read: { by_key: { request: { path: '/find', query: { ref: '{key}' } }, records: 'hits', only_id: 'id' } },
    });
    expect(() => connectRest('http://127.0.0.1:9', bad)).toThrow('needs `read.by_id`, and `reference`');
    const twice = aPreset({ read: { by_id: { request: { path: '/{id}' }, only_id: 'id' } } });
    expect(() => connectRest('http://127.0.0.1:9', twice)).toThrow(
      '"records.Thing.read.by_id.only_id": is for a search by {key}',
    );
  });
});

test('a record that says that it is deleted is absent, also when it is read by its id', async () => {
  const preset = aPreset({
    deleted: { path: 'gone', is: true },
    read: { by_id: { request: { path: '/things/{id}' } } },
  });
  const answer = ({ path }: Asked): Answer => ({ json: { id: path.slice(8), gone: path.endsWith('2') } });
  const { got } = await at(preset, answer, (connector) => connector.read('Thing', { ids: ['1', '2'] }, aCall()));
  expect(found(got)).toEqual([['1'], 'absent']);
});

describe('a status that means an empty list', () => {
  const preset = aPreset({
    list: { request: { path: '/things' }, rows: 'items', paging: { kind: 'none' }, empty_status: [404] },
  });
  test('means so with the system’s own words', async () => {
    const { got } = await at(
      preset,
      () => ({ status: 404, json: { error: 'none' } }),
      (connector) => connector.list('Thing', { cursor: '', limit: 5 }, aCall()),
    );
    expect(got).toMatchObject({ changes: [], more: false });
  });
  test('does not when a web server knows nothing of the address', async () => {
    const run = at(
      preset,
      () => ({ status: 404, text: '<html>Not Found</html>' }),
      (connector) => connector.list('Thing', { cursor: '', limit: 5 }, aCall()),
    );
    expect(await thrownBy(run)).toMatchObject({ code: 'PROTOCOL_ERROR' });
  });
});

describe('the reply to a write', () => {
  const preset = (over: JsonObject = {}): JsonObject =>
    aPreset(
      {
        read: { by_id: { request: { path: '/things/{id}' } } },
        write: {
          create: { request: { method: 'POST', path: '/things', body: '{data}' } },
          update: { request: { method: 'PUT', path: '/things/{id}', body: '{data}' } },
        },
      },
      over,
    );
  const create: WriteItem = { op: 'create', data: { n: 1 }, idempotencyKey: 'k' };
  const update: WriteItem = { op: 'update', id: '7', data: { n: 1 }, idempotencyKey: 'u' };
  test.each([
    ['a bare number is the id of what was created', create, '12', { status: 'created', id: '12' }],
    ['a bare text too', create, '"12"', { status: 'created', id: '12' }],
    ['a bare number to an update says no more than that it was done', update, '1', { status: 'updated', id: '7' }],
    ['`false` to an update', update, 'false', { status: 'unknown' }],
    ['`false` to a create', create, 'false', { status: 'unknown' }],
    ['`null` to a create', create, 'null', { status: 'unknown' }],
  ])('%s', async (_what, item, text, expected) => {
    const { got } = await at(
      preset(),
      () => ({ text }),
      (connector) => connector.write('Thing', [item], aCall()),
    );
    expect(got).toMatchObject([expected]);
  });

  test.each([
    ['{"ok":true,"id":3}', { status: 'created', id: '3' }],
    [
      '{"ok":false,"id":3,"code":"NO","message":"no"}',
      { status: 'failed', error: { class: 'validation', message: 'no' } },
    ],
    ['{"id":3}', { status: 'unknown' }],
  ])('%s is judged by the flag that every reply has', async (text, expected) => {
    const over = {
      success: { path: 'ok', is: [true] },
      errors: [{ code: 'NO', class: 'validation', nothing_done: true }],
    };
    const { got } = await at(
      preset(over),
      () => ({ text }),
      (connector) => connector.write('Thing', [create], aCall()),
    );
    expect(got).toMatchObject([expected]);
  });
});

test('names of properties may be settings, and our key goes beside what a record has in the same group', async () => {
  const preset = aPreset(
    {
      reference: 'own.{settings.field}',
      write: {
        create: {
          request: {
            method: 'POST',
            path: '/things',
            body: { '...': '{data}', own: { '...': '{data.own}', '{settings.field}': '{key}' } },
          },
        },
      },
    },
    { settings: { field: { describe: 'f', default: 'f1' } } },
  );
  const items: WriteItem[] = [
    { op: 'create', data: { n: 1, own: { a: 1 } }, idempotencyKey: 'k' },
    { op: 'create', data: { n: 2 }, idempotencyKey: 'l' },
  ];
  const answer: Answer = { json: { id: 1, own: { f1: 'k' } } };
  const { got, asked } = await at(
    preset,
    () => answer,
    (connector) => connector.write('Thing', items, aCall()),
  );
  expect(asked.map(({ body }) => JSON.parse(body)).toSorted((a, b) => a.n - b.n)).toEqual([
    { n: 1, own: { a: 1, f1: 'k' } },
    { n: 2, own: { f1: 'l' } },
  ]);
  expect(got[0]).toMatchObject({ status: 'created', record: { reference: 'k' } });
  const typo = aPreset(
    { reference: 'own.{settings.feild}' },
    { settings: { field: { describe: 'f', default: 'f1' } } },
  );
  expect(() => connectRest('http://127.0.0.1:9', typo)).toThrow('{settings.feild} is not known here');
});
