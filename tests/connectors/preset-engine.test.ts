/** What presets of real systems asked of the engine, each on a system of a few lines. */
import { describe, expect, test } from 'vitest';
import { bodyTemplate } from '../../connectors/engine/template.ts';
import { compilePath, compileRefusal } from '../../connectors/rest/request.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';
import { batched, create, short, update, writing } from '../kit/rest-write.ts';

describe('templates and paths', () => {
  test('a list’s elements stand in the place of one of its elements', () => {
    const make = bodyTemplate({ names: ['key', { '...': '{more|split}' }, 'last'] });
    expect(make({ more: 'a, b,c' })).toEqual({ names: ['key', 'a', 'b', 'c', 'last'] });
    expect(make({})).toEqual({ names: ['key', 'last'] });
  });

  test('a number counts the elements of a list, also at the top of a reply', () => {
    expect(compilePath('0.code')([{ code: 'A' }])).toBe('A');
    expect(compilePath('errors.1.code')({ errors: [{}, { code: 'B' }] })).toBe('B');
    expect(compilePath('errors.1.code')({ errors: [] })).toBeUndefined();
  });

  test('a refusal may say its code in one of several places', () => {
    const read = compileRefusal({ code: ['0.errorCode', 'errors.0.statusCode'], message: ['0.message', 'error'] });
    expect(read([{ errorCode: 'X', message: 'whole' }])).toMatchObject({ code: 'X', message: 'whole' });
    expect(read({ errors: [{ statusCode: 'Y' }], error: 'item' })).toMatchObject({ code: 'Y', message: 'item' });
  });
});

test('a version that is no time is older than any record, so that a guarded write of it is refused', () => {
  const date = bodyTemplate('{version|http_date}');
  expect(date({ version: '2026-11-27T15:18:05.000+0000' })).toBe('Fri, 27 Nov 2026 15:18:05 GMT');
  for (const version of ['987654', 'x', '2026-13-45T00:00:00Z'])
    expect(date({ version })).toBe('Thu, 01 Jan 1970 00:00:00 GMT');
});

test('a value inside an address of a body stays in its segment, and one in a query stays in its JSON', () => {
  expect(bodyTemplate('/things/{id|segment}')({ id: '../a?b' })).toBe('/things/..%2Fa%3Fb');
  expect(bodyTemplate('[["name",">",{after|json}]]')({ after: '6" pipe' })).toBe('[["name",">","6\\" pipe"]]');
});

describe('a preset is refused with its place and what to do', () => {
  const reading = { request: { path: '/things/{id}' }, item: { id: '{id}' } };
  test.each([
    [
      'a shape for ids that go one by one',
      { read: { by_id: reading } },
      '"records.Thing.read.by_id.item": is for many at once',
    ],
    ['a zone by a setting that nobody declared', { zone: '{settings.zone}' }, '{settings.zone} is not known here'],
    [
      'fields that are asked for nowhere',
      { describe: { request: { path: 'x' }, path: 'name' } },
      '"records.Thing.describe.request.path": must start',
    ],
  ] as const)('%s', (_what, thing, sentence) => {
    expect(() => connectRest('http://127.0.0.1:9', aPreset(thing))).toThrow(sentence);
  });

  test('a list of refused items needs to know which items went well', () => {
    const { match: _none, ...create } = (batched().records as { Thing: { write: { create: JsonObject } } }).Thing.write
      .create as { match?: unknown };
    const preset = aPreset({ write: { max: 5, create: { ...create, refused: { at: 'errors' } } } as JsonObject });
    expect(() => connectRest('http://127.0.0.1:9', preset)).toThrow('"records.Thing.write.create.match": is missing');
  });
});

test('a batch of one operation may be smaller than others, and its items know their places', async () => {
  const item = { key: '{key}', place: 'item{place}' };
  const { asked } = await writing(
    batched({ item, max: 2 }),
    () => ({ json: { results: [] } }),
    ['a', 'b', 'c'].map((key) => create(key)),
  );
  expect(asked.map(({ body }) => (JSON.parse(body) as { items: JsonObject[] }).items)).toEqual([
    [
      { key: 'a', place: 'item0' },
      { key: 'b', place: 'item1' },
    ],
    [{ key: 'c', place: 'item0' }],
  ]);
});

test('null where an answer should stand is an absence only where the preset says so', async () => {
  const fake = await startFake(() => ({ json: [{ id: '1' }, null] }));
  const by_id = { request: { method: 'POST', path: '/read', body: { ids: '{ids}' } }, max: 10 };
  const answers = async (over: JsonObject) => {
    const connector = connectRest(fake.url, aPreset({ read: { by_id: { ...by_id, ...over } } }));
    const read = await connector.read('Thing', { ids: ['1', '2'] }, aCall());
    await connector.close();
    return read[1];
  };
  expect(await answers({ null_is: 'absent' })).toEqual({ absent: true });
  expect(await answers({})).toMatchObject({ error: { class: 'permanent' } });
});

describe('a batch with a list of its own for what was refused', () => {
  const preset = batched({ match: 'key', refused: { at: 'errors', keys: ['about.keys'], ids: ['about.ids'] } });
  const results = [{ key: 'a', status: 201, record: { id: 'A' } }];
  const errors = [
    { code: 'GONE', message: 'there is no such record', about: { ids: ['9'] } },
    { code: 'BAD', message: 'no name', about: { keys: ['b', 'c'] } },
  ];

  test('each item is in one of the lists, by key or by id; one in neither is unknown', async () => {
    const table = { errors: [{ code: 'GONE', class: 'not-found' }] };
    const answer = (): Answer => ({ status: 207, json: { results, errors } });
    const items = [create('a'), create('b'), create('c'), create('d'), update('9')];
    const { outcomes } = await writing({ ...preset, ...table }, answer, items);
    expect(short(outcomes)).toEqual([
      'created A',
      'failed validation item',
      'failed validation item',
      'unknown transient item',
      'failed not-found item',
    ]);
  });
});

describe('a feed by ids alone', () => {
  interface Row {
    readonly id: string;
    at: number;
  }
  const iso = (at: number): string => new Date(at * 1000).toISOString();
  /** A system that sorts by id; after the first page, a row that was passed changes. */
  const aSystem = (withClock: boolean) => {
    const rows: Row[] = Array.from({ length: 6 }, (_, index) => ({ id: `r${index}`, at: 1000 }));
    const state = { now: 2000, moved: false };
    const answer = ({ query }: Asked): Answer => {
      const since = Date.parse(query['since'] ?? '') / 1000;
      const after = query['after'] ?? '';
      const page = rows.filter(({ id, at }) => at >= since && id > after).slice(0, Number(query['limit']));
      const json = { items: page.map(({ id, at }) => ({ id, at: iso(at) })) };
      if (after === '0' && !state.moved) {
        state.moved = true;
        const [first, , , , , last] = rows as [Row, Row, Row, Row, Row, Row];
        first.at = 2100;
        last.at = 2300;
        state.now = 2300;
      }
      const date = withClock ? new Date((after === '0' ? 2000 : state.now) * 1000).toUTCString() : 'unknown';
      return { json, headers: { date } };
    };
    return { state, answer };
  };
  const preset = aPreset({
    modified_at: 'at',
    changes: {
      strategy: 'timestamp',
      request: { path: '/changes', query: { since: '{since}', after: '{after}', limit: '{limit}' } },
      rows: 'items',
      paging: { kind: 'keyset', order: 'id', first: '0', page_size: 2 },
      grain_ms: 1000,
      overlap_ms: 10_000,
    },
  });

  test.each([true, false])(
    'finds a row that changed after it was passed, with the system’s clock known: %s',
    async (clock) => {
      const system = aSystem(clock);
      const fake = await startFake(system.answer);
      const connector = connectRest(fake.url, preset);
      const walk = async (from: string) => {
        const ids: string[] = [];
        for (let cursor = from; ; ) {
          const page = await connector.changes('Thing', { cursor, limit: 100 }, aCall());
          ids.push(...page.changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : [])));
          cursor = page.next;
          if (!page.more) return { ids, cursor };
        }
      };
      const first = await walk('');
      expect(first.ids).toEqual(['r0', 'r1', 'r2', 'r3', 'r4', 'r5']);
      expect(new Set(fake.asked.map(({ query }) => query['since'])).size).toBe(1);
      expect((await walk(first.cursor)).ids).toContain('r0');
      await connector.close();
    },
  );
});

test('what one of many ids looks like in a request is the preset’s to say', async () => {
  const fake = await startFake(({ body }) => ({
    json: { results: (JSON.parse(body) as { inputs: { id: string }[] }).inputs },
  }));
  const connector = connectRest(
    fake.url,
    aPreset({
      read: {
        by_id: {
          request: { method: 'POST', path: '/read', body: { inputs: '{ids}' } },
          item: { id: '{id}' },
          max: 10,
          results: 'results',
          match: 'id',
        },
      },
    }),
  );
  expect(await connector.read('Thing', { ids: ['1', '2'] }, aCall())).toMatchObject([
    { found: [{ id: '1' }] },
    { found: [{ id: '2' }] },
  ]);
  await connector.close();
});
