import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, cut, silence } from '../kit/fake-http.ts';
import { allCreated, batched, create, keysIn, short, update, writing } from '../kit/rest-write.ts';

describe('a batch', () => {
  test('is answered item by item, in whatever order the reply has them', async () => {
    const { outcomes, asked } = await writing(
      batched(),
      () => ({
        json: {
          results: [
            { key: 'u-9', status: 412, code: 'CHANGED', message: 'changed meanwhile' },
            { key: 'u-8', status: 304, record: { id: '8', v: 4 } },
            { key: 'b', status: 400, code: 'BAD', message: 'no\u0007 name', field: 'name' },
            { key: 'a', status: 201, record: { id: 'A', v: 1.5 } },
          ],
        },
      }),
      [create('a'), create('b'), update('9', { expectVersion: '3' }), update('8')],
    );
    expect(short(outcomes)).toEqual(['created A', 'failed validation item', 'failed conflict item', 'unchanged 8']);
    expect(outcomes[0]).toMatchObject({ version: '1.5', record: { id: 'A', body: { id: 'A', v: 1.5 } } });
    expect(outcomes[1]).toMatchObject({ error: { message: 'no name', code: 'BAD', fields: ['name'] } });
    expect(asked.flatMap(keysIn)).toEqual(['a', 'b', 'u-9', 'u-8']);
    expect(JSON.parse(asked[1]?.body ?? '{}')).toEqual({
      items: [
        { key: 'u-9', id: '9', if_match: '3', data: { name: '9' } },
        { key: 'u-8', id: '8', data: { name: '8' } },
      ],
    });
  });

  test('states no version where the connection says that the system guards nothing', async () => {
    const { asked } = await writing(batched(), allCreated, [update('9', { expectVersion: '3' })], {
      capabilities: { Thing: { guard: 'none' } },
    });
    expect(asked[0]?.body).not.toContain('if_match');
  });

  const lost: readonly [string, Answer][] = [
    ['the connection is cut', cut],
    ['the system breaks down', { status: 500, json: { code: 'X' } }],
    ['a gateway answers for the system', { status: 503, text: '<html>busy</html>' }],
    ['no answer comes in time', silence],
    ['the reply is a web page', { text: '<html></html>' }],
    ['the reply breaks off', { text: '{"results":[{"key":"a","status":201' }],
    ['the reply has no outcomes', { json: { ok: true } }],
    ['the reply is about other items', { json: { results: [{ key: 'z', status: 201, record: { id: 'z' } }] } }],
    ['the reply redirects', { status: 303, headers: { location: 'http://elsewhere.example/' } }],
    [
      'it was created, but nobody says under which id',
      {
        json: {
          results: [
            { key: 'a', status: 201 },
            { key: 'b', status: 201 },
          ],
        },
      },
    ],
  ];
  test.each(lost)('leaves every item unknown and is not sent again when %s', async (_what, answer) => {
    const { outcomes, asked } = await writing(batched(), () => answer, [create('a'), create('b')], { callMs: 150 });
    expect(outcomes.map(({ status }) => status)).toEqual(['unknown', 'unknown']);
    expect(asked).toHaveLength(1);
  });

  const refused: readonly [string, Answer, string][] = [
    ['too many requests', { status: 429, headers: { 'retry-after': '3' } }, 'failed rate-limited connection'],
    ['the login is refused', { status: 401 }, 'failed auth connection'],
    ['no permission', { status: 403 }, 'failed permission batch'],
    ['an address that is not there', { status: 404 }, 'failed not-found batch'],
  ];
  test.each(refused)('is known not to be done when %s', async (_what, answer, outcome) => {
    const { outcomes, asked } = await writing(batched(), () => answer, [create('a'), create('b')]);
    expect(short(outcomes)).toEqual([outcome, outcome]);
    expect(asked).toHaveLength(1);
  });

  test('is known not to be done after a 503 only where the error table says so', async () => {
    const table = { errors: [{ status: 503, class: 'transient', nothing_done: true, retry_after_ms: 1500 }] };
    const { outcomes } = await writing(batched({}, table), () => ({ status: 503 }), [create('a')]);
    expect(outcomes).toMatchObject([{ status: 'failed', error: { class: 'transient', retryAfterMs: 1500 } }]);
  });

  test('says how long to wait when the system names a date', async () => {
    const headers = { date: 'Sat, 31 Jan 2026 12:00:00 GMT', 'retry-after': 'Sat, 31 Jan 2026 12:00:40 GMT' };
    const { outcomes } = await writing(batched(), () => ({ status: 429, headers }), [create('a')]);
    expect(outcomes).toMatchObject([{ error: { class: 'rate-limited', retryAfterMs: 40_000 } }]);
  });

  test('of more items than fit is cut, and what follows a lost part is not sent', async () => {
    const items = Array.from({ length: 35 }, (_, index) => create(`k${index}`));
    const { outcomes, asked } = await writing(batched(), (one, count) => (count === 2 ? cut : allCreated(one)), items);
    expect(asked.map((one) => keysIn(one).length)).toEqual([10, 10]);
    expect(outcomes.map(({ status }) => status)).toEqual([
      ...Array(10).fill('created'),
      ...Array(10).fill('unknown'),
      ...Array(15).fill('failed'),
    ]);
    expect(outcomes.at(-1)).toMatchObject({ error: { class: 'transient', scope: 'connection' } });
  });

  test('refused as a whole for one item is sent in halves until only that item is refused', async () => {
    const items = Array.from({ length: 8 }, (_, index) => create(`k${index}`));
    const poisoned = (asked: Asked): Answer =>
      keysIn(asked).includes('k5') ? { status: 422, json: { code: 'BAD', message: 'k5 is bad' } } : allCreated(asked);
    const { outcomes } = await writing(batched(), poisoned, items);
    expect(short(outcomes)).toEqual(
      items.map(({ idempotencyKey: key }) => (key === 'k5' ? 'failed validation item' : `created id-${key}`)),
    );
    const whole = await writing(batched({ split_refused: false }), poisoned, items);
    expect(whole.asked).toHaveLength(1);
    expect(new Set(short(whole.outcomes))).toEqual(new Set(['failed validation batch']));
  });

  test('heavier than a request may be is cut, and a record heavier than that is refused without being sent', async () => {
    const limits = { limits: { request_bytes: 1000 } };
    const items = ['a', 'b', 'c', 'd'].map((key) => create(key, { text: 'x'.repeat(key === 'c' ? 2000 : 300) }));
    const { outcomes, asked } = await writing(batched({}, limits), allCreated, items);
    expect(short(outcomes)).toEqual(['created id-a', 'created id-b', 'failed too-large item', 'created id-d']);
    expect(Math.max(...asked.map(({ body }) => body.length))).toBeLessThanOrEqual(1000);
  });

  test('item that names another record than asked for is unknown', async () => {
    const json = { results: [{ key: 'u-9', status: 200, record: { id: '10', v: 1 } }] };
    expect(short((await writing(batched(), () => ({ json }), [update('9')])).outcomes)).toEqual([
      'unknown transient item',
    ]);
  });

  test('item with a server fault of its own is unknown, unless the table says that nothing was done', async () => {
    const json = {
      results: [
        { key: 'a', status: 500, code: 'DEADLOCK' },
        { key: 'b', status: 500, code: 'BUG' },
      ],
    };
    const table = { errors: [{ code: 'DEADLOCK', class: 'transient', nothing_done: true }] };
    const { outcomes } = await writing(batched({}, table), () => ({ json }), [create('a'), create('b')]);
    expect(short(outcomes)).toEqual(['failed transient item', 'unknown transient item']);
  });

  test('keeps digits, half characters and names like __proto__ on their way', async () => {
    const data = JSON.parse('{"__proto__":{"x":1},"name":"\\u0000 \\ud800"}') as JsonObject;
    const { asked } = await writing(batched(), allCreated, [create('a', data)]);
    expect(asked[0]?.body).toContain('"data":{"__proto__":{"x":1},"name":"\\u0000 \\ud800"}');
  });
});
