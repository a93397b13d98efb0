/** Questions of a preset: answers of which the system keeps no record, asked by several parts at once. */
import { expect, test } from 'vitest';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';

const MANY: JsonObject = {
  parts: ['product', 'quantity'],
  optional: ['day'],
  request: { method: 'POST', path: '/prices', body: { ask: '{questions}' } },
  item: { item: '{product}', qty: '{quantity|number}', on: '{day}' },
  max: 2,
  results: 'answers',
  status: 'ok',
  found: [true],
  record: 'price',
};
const ONE: JsonObject = {
  parts: ['product', 'quantity'],
  optional: ['day'],
  request: { path: '/prices/{product}', query: { qty: '{quantity}', day: '{day}' } },
};
const A = '{"product":"700","quantity":"2.50"}';
const B = '{"day":"2026-12-01","product":"7/1","quantity":"3"}';

const asking = async (question: JsonObject, answer: (asked: Asked) => Answer, ids: readonly string[]) => {
  const fake = await startFake(answer);
  const connector = connectRest(fake.url, aPreset({}, { questions: { Price: question } }));
  try {
    return { answers: await connector.read('Price', { ids }, aCall()), asked: fake.asked, connector };
  } finally {
    await connector.close();
  }
};

test('questions go together, a number with its own digits, and each is answered under its own id', async () => {
  const { answers, asked } = await asking(
    MANY,
    ({ body }) => ({
      json: {
        answers: (JSON.parse(body) as { ask: JsonObject[] }).ask.map(
          ({ item }): Json =>
            item === '700' ? { ok: true, price: { net: 1 } } : { ok: false, code: 'NONE', message: 'no price' },
        ),
      },
    }),
    [A, B, A],
  );
  expect(asked.map(({ body }) => body)).toEqual([
    '{"ask":[{"item":"700","qty":2.50},{"item":"7/1","qty":3,"on":"2026-12-01"}]}',
    '{"ask":[{"item":"700","qty":2.50}]}',
  ]);
  expect(answers).toEqual([
    { found: [{ id: A, body: { net: 1 } }] },
    { error: expect.objectContaining({ message: expect.stringContaining('no price') }) },
    { found: [{ id: A, body: { net: 1 } }] },
  ]);
});

test('one by one the parts stand in the address, and one that is not said is left out', async () => {
  const { answers, asked } = await asking(
    ONE,
    ({ path }) => (path.includes('700') ? { json: { net: 1 } } : { status: 404, json: {} }),
    [A, B],
  );
  expect(asked.map(({ path, query }) => [path, query]).sort()).toEqual([
    ['/prices/7%2F1', { qty: '3', day: '2026-12-01' }],
    ['/prices/700', { qty: '2.50' }],
  ]);
  expect(answers).toEqual([{ found: [{ id: A, body: { net: 1 } }] }, { absent: true }]);
});

test.each([
  '700',
  '[]',
  '{"product":"700"}',
  '{"product":"700","quantity":2}',
  '{"product":"7","quantity":"1","x":"1"}',
])('%s is no such question, and is not sent', async (id) => {
  const { answers, asked } = await asking(MANY, () => ({ status: 500 }), [id]);
  expect([asked, answers]).toEqual([[], [{ error: expect.objectContaining({ class: 'permanent' }) }]]);
});

test('a question can be asked and no more: it is neither listed nor written', async () => {
  const { connector } = await asking(MANY, () => ({ json: { answers: [] } }), []);
  expect(connector.capabilities['Price']).toMatchObject({
    read: { byId: true, byKey: false, maxBatch: 2 },
    changes: { mode: 'none' },
    write: { create: false, update: false, delete: false },
  });
  await expect(connector.list('Price', { cursor: '', limit: 1 }, aCall())).rejects.toMatchObject({
    code: 'UNSUPPORTED',
  });
  await expect(connector.read('Price', { keys: ['a'] }, aCall())).rejects.toMatchObject({ code: 'UNSUPPORTED' });
});

test.each<[string, JsonObject]>([
  [
    '{colour} is not known here',
    { ...MANY, item: { item: '{product}', qty: '{quantity}', on: '{day}', c: '{colour}' } },
  ],
  ['{day} is sent nowhere', { ...MANY, item: { item: '{product}', qty: '{quantity}' } }],
  ['many at once need `item` and `results`', { ...MANY, results: null }],
  ['`item` and `results` are for many at once', { ...ONE, results: 'answers' }],
  ['"questions.Price.found": is missing', { ...MANY, found: null }],
  ['must start with one slash', { ...ONE, request: { path: 'x/{product}', query: { q: '{quantity}', d: '{day}' } } }],
  ['a GET has no body', { ...ONE, request: { path: '/{product}', query: { d: '{day}' }, body: { q: '{quantity}' } } }],
  ['the part day is named twice', { ...MANY, parts: ['product', 'quantity', 'day'] }],
])('a preset is refused with the place: %s', async (sentence, question) => {
  const said = Object.fromEntries(Object.entries(question).filter(([, value]) => value !== null));
  const problems = (questions: JsonObject): readonly string[] => {
    try {
      void connectRest('http://127.0.0.1:1', aPreset({}, { questions })).close();
      return [];
    } catch (error) {
      return (error as { facts: { problems: readonly string[] } }).facts.problems;
    }
  };
  expect(problems({ Price: MANY })).toEqual([]);
  expect(problems({ Price: said }).join('\n')).toContain(sentence);
});

test('a question is called otherwise than every record type', () => {
  expect(() => connectRest('http://127.0.0.1:1', aPreset({}, { questions: { Thing: MANY } }))).toThrow(
    'there is a record type of this name',
  );
});
