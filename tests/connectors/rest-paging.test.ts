import { describe, expect, test } from 'vitest';
import { nextLink } from '../../connectors/rest/paging.ts';
import type { Change, Connector } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';

const IDS = Array.from({ length: 23 }, (_, index) => `t${String(index).padStart(2, '0')}`);
const rowsFrom = (from: number, count: number): JsonObject[] => IDS.slice(from, from + count).map((id) => ({ id }));

const passThrough = async (connector: Connector, limit: number): Promise<string[]> => {
  const ids: string[] = [];
  for (let cursor = '', more = true, pages = 0; more; pages += 1) {
    const page = await connector.list('Thing', { cursor, limit }, aCall());
    ids.push(...page.changes.flatMap((change: Change) => (change.op === 'upsert' ? [change.record.id] : [])));
    ({ next: cursor, more } = page);
    if (pages > 50) throw new Error('the list has no end');
  }
  await connector.close();
  return ids;
};

const listing = (query: JsonObject, paging: JsonObject): JsonObject =>
  aPreset({ list: { request: { path: '/things', query }, rows: 'items', paging } });

const count = (asked: Asked, name: string): number => Number(asked.query[name] ?? 0);

describe('every kind of paging shows every row once', () => {
  const kinds: readonly [string, JsonObject, (asked: Asked) => Answer][] = [
    ['none', listing({}, { kind: 'none' }), () => ({ json: { items: rowsFrom(0, 99) } })],
    [
      'cursor',
      listing({ cursor: '{cursor}' }, { kind: 'cursor', next: 'next' }),
      ({ query }) => {
        const at = Number(query['cursor'] ?? 0);
        return { json: { items: rowsFrom(at, 5), next: at + 5 < IDS.length ? at + 5 : null } };
      },
    ],
    [
      'cursor with a flag',
      listing({ cursor: '{cursor}' }, { kind: 'cursor', next: 'next', more: 'has_more' }),
      ({ query }) => {
        const at = Number(query['cursor'] ?? 0);
        return { json: { items: rowsFrom(at, 5), next: at + 5, has_more: at + 5 < IDS.length } };
      },
    ],
    [
      'page',
      listing({ page: '{page}', per: '{limit}' }, { kind: 'page', first: 0 }),
      (asked) => ({ json: { items: rowsFrom(count(asked, 'page') * 5, 5) } }),
    ],
    [
      'offset, with a system that gives fewer rows than asked for',
      listing({ skip: '{offset}', take: '{limit}' }, { kind: 'offset' }),
      (asked) => ({ json: { items: rowsFrom(count(asked, 'skip'), 3) } }),
    ],
    [
      'offset with a stated page size',
      listing({ skip: '{offset}', take: '{limit}' }, { kind: 'offset', page_size: 4 }),
      (asked) => ({ json: { items: rowsFrom(count(asked, 'skip'), count(asked, 'take')) } }),
    ],
    [
      'keyset, with a system that gives fewer rows than asked for and says that more follow',
      listing({ after: '{after}', take: '{limit}' }, { kind: 'keyset', more: 'next', page_size: 7 }),
      ({ query }) => {
        const from = query['after'] === undefined ? 0 : IDS.indexOf(query['after']) + 1;
        return { json: { items: rowsFrom(from, 3), ...(from + 3 < IDS.length ? { next: 'there' } : {}) } };
      },
    ],
    [
      'keyset',
      listing({ after: '{after}', take: '{limit}' }, { kind: 'keyset' }),
      ({ query }) => ({
        json: { items: rowsFrom(query['after'] === undefined ? 0 : IDS.indexOf(query['after']) + 1, 6) },
      }),
    ],
  ];
  test.each(kinds)('%s', async (_kind, preset, answer) => {
    const fake = await startFake(answer);
    expect(await passThrough(connectRest(fake.url, preset), 6)).toEqual(IDS);
  });

  test('link header', async () => {
    const preset = aPreset({
      list: { request: { path: '/things', query: { take: '{limit}' } }, paging: { kind: 'link' } },
    });
    const fake = await startFake((asked) => {
      const at = count(asked, 'at');
      const link = `</things?at=0>; rel="first", <http://${asked.headers.host}/things?at=${at + 5}&take=5>; title="a, b"; rel="prev next"`;
      return { json: rowsFrom(at, 5), headers: at + 5 < IDS.length ? { link } : {} };
    });
    expect(await passThrough(connectRest(fake.url, preset), 6)).toEqual(IDS);
  });

  test('a link in the body that is below the address', async () => {
    const preset = listing({}, { kind: 'link', next: 'links.next' });
    const fake = await startFake((asked) => {
      const at = count(asked, 'at');
      return { json: { items: rowsFrom(at, 5), links: at + 5 < IDS.length ? { next: `/things?at=${at + 5}` } : {} } };
    });
    expect(await passThrough(connectRest(fake.url, preset), 6)).toEqual(IDS);
  });
});

test('a pass whose place the system has forgotten begins again', async () => {
  const preset = {
    ...listing({ cursor: '{cursor}' }, { kind: 'cursor', next: 'next' }),
    errors: [{ status: 410, class: 'cursor-expired' }],
  };
  const fake = await startFake(({ query }, count) => {
    if (query['cursor'] === undefined) return { json: { items: rowsFrom(0, 5), next: 5 } };
    return count === 2 ? { status: 410 } : { json: { items: rowsFrom(5, 99) } };
  });
  expect(await passThrough(connectRest(fake.url, preset), 6)).toEqual([...IDS.slice(0, 5), ...IDS]);
});

describe('lists that cannot be right are errors, not ends', () => {
  test('a link that leads to another system is not followed', async () => {
    const preset = listing({}, { kind: 'link', next: 'next' });
    const fake = await startFake(() => ({ json: { items: [], next: 'http://evil.example/things' } }));
    await expect(passThrough(connectRest(fake.url, preset), 6)).rejects.toMatchObject({ code: 'EGRESS_DENIED' });
  });

  test('a cursor that leads to the same page again', async () => {
    const preset = listing({ cursor: '{cursor}' }, { kind: 'cursor', next: 'next' });
    const fake = await startFake(() => ({ json: { items: [{ id: 'x' }], next: 'again' } }));
    await expect(passThrough(connectRest(fake.url, preset), 6)).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });

  test('a reply without the list', async () => {
    const fake = await startFake(() => ({ json: { rows: [] } }));
    const failure = passThrough(connectRest(fake.url, listing({}, { kind: 'none' })), 6);
    await expect(failure).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('"items"'),
    });
  });

  test('a refusal that comes with status 200 is sorted by its code', async () => {
    const preset = aPreset({}, { errors: [{ code: 'LOCKED_OUT', class: 'auth' }] });
    const fake = await startFake(() => ({ json: { code: 'LOCKED_OUT', message: 'no' } }));
    await expect(passThrough(connectRest(fake.url, preset), 6)).rejects.toMatchObject({ code: 'LOGIN_REFUSED' });
  });

  test('a 404 for an empty list, where the preset says so', async () => {
    const list = { request: { path: '/things' }, rows: 'items', paging: { kind: 'none' } };
    const fake = await startFake(() => ({ status: 404 }));
    expect(await passThrough(connectRest(fake.url, aPreset({ list: { ...list, empty_status: [404] } })), 6)).toEqual(
      [],
    );
    await expect(passThrough(connectRest(fake.url, aPreset({ list })), 6)).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
    });
  });
});

test('a row that is no record is kept raw, and its page goes on', async () => {
  const items = [
    { id: 'a' },
    { name: 'no id' },
    'text',
    null,
    { id: '' },
    { id: { x: 1 } },
    { id: 7 },
    { id: 'b', deleted: true },
  ];
  const fake = await startFake(() => ({ json: { items } }));
  const connector = connectRest(fake.url, aPreset({ deleted: { path: 'deleted', is: true } }));
  const { changes } = await connector.list('Thing', { cursor: '', limit: 50 }, aCall());
  await connector.close();
  expect(changes.map((change) => change.op)).toEqual(['upsert', ...Array(5).fill('undecodable'), 'upsert']);
  expect(changes[1]).toEqual({
    op: 'undecodable',
    raw: '{"name":"no id"}',
    problem: 'a row of Thing has no id at "id"',
  });
  expect(changes[6]).toEqual({ op: 'upsert', record: { id: '7', body: { id: 7 } } });
});

test('the body of a record is what came, digit by digit, with names like __proto__ and half characters', async () => {
  const row = '{"id":"a","n":1.50,"__proto__":{"x":1},"constructor":"c","name":"\\u0000 \\ud800"}';
  const fake = await startFake(() => ({ text: `{"items":[${row}]}` }));
  const connector = connectRest(fake.url, aPreset());
  const { changes } = await connector.list('Thing', { cursor: '', limit: 50 }, aCall());
  await connector.close();
  const [change] = changes;
  expect(JSON.stringify(change?.op === 'upsert' ? change.record.body : null)).toBe(row);
});

test('links are found in headers as they are written in the wild', () => {
  expect(nextLink('<https://a/?p=2>; rel=next')).toBe('https://a/?p=2');
  expect(nextLink('<a,b>; rel="last", <c;d>; rel="NEXT"; type="x/y"')).toBe('c;d');
  expect(nextLink('<a>; rel="nextish"')).toBeUndefined();
  expect(nextLink('<a>; title="rel=next"')).toBeUndefined();
  expect(nextLink(undefined)).toBeUndefined();
});
