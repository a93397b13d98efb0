/** Replies that are not as they should be, at every engine that reads pages: each gives a code and a sentence, and loses nothing. */
import { describe, expect, test } from 'vitest';
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall } from '../kit/fake-http.ts';
import {
  aFaultySystem,
  type Dialect,
  endless,
  type Fault,
  type Given,
  JSONRPC,
  ODATA,
  REST,
  ROWS,
  walkOn,
} from '../kit/malformed.ts';

const all = (dialect: Dialect): Set<string> =>
  new Set(Array.from({ length: ROWS }, (_, index) => String(dialect.row(index)['id'])));

/** What is wrong, and with what code it is told. */
const FAULTS: readonly (readonly [string, Fault, string])[] = [
  ['JSON that breaks off', (given, answer) => ({ text: answer(given).slice(0, -20) }), 'PROTOCOL_ERROR'],
  [
    'a body shorter than announced',
    (given, answer) => (response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '99999' });
      response.write(answer(given));
      response.socket?.end();
    },
    'UNREACHABLE',
  ],
  ['no body at all', () => ({ text: '' }), 'PROTOCOL_ERROR'],
  ['a web page', () => ({ text: '<html>sign in</html>' }), 'PROTOCOL_ERROR'],
  ['rows that are an object', (given, answer) => ({ text: answer({ ...given, rows: {} as never }) }), 'PROTOCOL_ERROR'],
  [
    'rows that are a text',
    (given, answer) => ({ text: answer({ ...given, rows: 'none' as never }) }),
    'PROTOCOL_ERROR',
  ],
  ['a number where an object was due', () => ({ text: '7' }), 'PROTOCOL_ERROR'],
  [
    'bytes that are not UTF-8',
    (given, answer) => (response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        Buffer.concat([Buffer.from(answer(given).replace('}', ',"x":"')), Buffer.from([0xe4]), Buffer.from('"}')]),
      );
    },
    'PROTOCOL_ERROR',
  ],
  [
    'the same page again and again',
    (given, answer, count) => ({ text: answer({ rows: firstPage(given), next: String(4 + count) }) }),
    'PROTOCOL_ERROR',
  ],
  ['a body without end', () => endless('{"items":[{"id":"x"}', ',{"id":"x"}'), 'REPLY_TOO_LARGE'],
  ['a system that breaks down', () => ({ status: 500, text: 'private words' }), 'TARGET_UNAVAILABLE'],
];
/** The first page, in the dialect of the one that was asked for. */
const firstPage = ({ rows: [row] }: Given): readonly JsonObject[] =>
  [0, 1, 2, 3].map((typeof row?.['id'] === 'number' ? JSONRPC : REST).row);

describe.each([REST, JSONRPC, ODATA])('$name', (dialect) => {
  describe.each(['list', 'changes'] as const)('%s', (way) => {
    test.each(FAULTS)('%s stops the walk with a sentence and loses nothing', async (_what, fault, code) => {
      const { connector, heal } = await aFaultySystem(dialect, fault);
      const stopped = await walkOn(connector, way, dialect.record, '');
      expect(stopped.error).toBeInstanceOf(SyncError);
      const error = stopped.error as SyncError;
      expect(error).toMatchObject({ code, recovery: 'retry' });
      expect(error.message).toMatch(/^\S.{15,200}$/);
      expect(error.message).not.toContain('private');
      heal();
      const rest = await walkOn(connector, way, dialect.record, stopped.cursor);
      await connector.close();
      expect(rest.error).toBeUndefined();
      const seen = new Set([...stopped.ids, ...rest.ids]);
      expect([...all(dialect)].filter((id) => !seen.has(id))).toEqual([]);
    });

    test('an id twice in a page is given twice, the later one last, and nothing else is lost', async () => {
      const twice: Fault = (given, answer) => {
        const [first] = given.rows;
        const again = first === undefined ? [] : [first, { ...first, name: 'later' } as JsonObject];
        return { text: answer({ ...given, rows: [...again, ...given.rows.slice(1)] }) };
      };
      const { connector } = await aFaultySystem(dialect, twice);
      const { ids, error } = await walkOn(connector, way, dialect.record, '');
      await connector.close();
      expect(error).toBeUndefined();
      expect(new Set(ids)).toEqual(all(dialect));
      expect(ids.length).toBeGreaterThan(ROWS);
    });

    test('a cursor that goes back is told, and is no end', async () => {
      const back: Fault = (_given, answer, count) => ({
        text: answer(
          dialect === REST
            ? { rows: [dialect.row(100 + count)], next: count % 3 === 0 ? '4' : String(8 + (count % 3)) }
            : {
                rows: [
                  dialect.row(9 - 4 * (count % 2)),
                  ...[1, 2, 3].map((at) => dialect.row(9 - 4 * (count % 2) + at)),
                ],
                next: null,
              },
        ),
      });
      const { connector, heal } = await aFaultySystem(dialect, back);
      const stopped = await walkOn(connector, way, dialect.record, '');
      expect(stopped.error).toMatchObject({ code: 'PROTOCOL_ERROR' });
      heal();
      await connector.close();
    });
  });
});

test('jsonrpc: ids of more digits than a double keeps are walked, read and told without losing one', async () => {
  const big = (index: number): string => `90071992547409930${String(index).padStart(2, '0')}`.slice(0, 18);
  const dialect: Dialect = { ...JSONRPC, from: (asked) => (asked.body.includes('search_read') ? 0 : undefined) };
  const asked: string[] = [];
  const { connector } = await aFaultySystem(
    {
      ...dialect,
      answer: (each) => {
        asked.push(each.body);
        const rows = [1, 2].map((index) => `{"id":${big(index)},"name":"P${index}"}`);
        const { id } = JSON.parse(each.body) as { id: number };
        return `{"id":${id},"result":[${each.body.includes(big(2)) ? '' : rows.join(',')}]}`;
      },
    },
    (given, answer) => ({ text: answer(given) }),
  );
  const { ids, error } = await walkOn(connector, 'list', 'Party', '');
  expect(error).toBeUndefined();
  expect(ids).toEqual([big(1), big(2)]);
  await connector.read('Party', { ids: [big(1)] }, aCall());
  expect(asked.at(-1)).toContain(`["id","in",[${big(1)}]]`);
  await connector.close();
});

describe('pages that are empty or short in the middle', () => {
  test.each(['list', 'changes'] as const)('rest, %s: are no end while the reply says how to go on', async (way) => {
    const emptied: Fault = (given, answer, count) =>
      count === 1 ? { text: answer({ rows: [], next: '4b' }) } : { text: answer(given) };
    const { connector } = await aFaultySystem(
      { ...REST, from: ({ query }) => Number.parseInt(query['cursor'] ?? '0', 10) },
      emptied,
    );
    const { ids, error } = await walkOn(connector, way, 'Thing', '');
    await connector.close();
    expect(error).toBeUndefined();
    expect(new Set(ids)).toEqual(all(REST));
  });

  test.each(['list', 'changes'] as const)('rest, %s: for ever are told, and lose nothing', async (way) => {
    const dialect: Dialect = { ...REST, from: ({ query }) => Number.parseInt(query['cursor'] ?? '0', 10) };
    const { connector, heal } = await aFaultySystem(dialect, (given, answer, count) =>
      given.rows.length === 0 || count > 0
        ? { text: answer({ rows: [], next: `4~${count}` }) }
        : { text: answer(given) },
    );
    const stopped = await walkOn(connector, way, 'Thing', '', 2_000);
    expect(stopped.error).toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('more than 1000 pages in a row were empty'),
    });
    heal();
    const rest = await walkOn(connector, way, 'Thing', stopped.cursor);
    await connector.close();
    expect(rest.error).toBeUndefined();
    expect(new Set([...stopped.ids, ...rest.ids])).toEqual(all(REST));
  });

  test.each(['list', 'changes'] as const)(
    'jsonrpc, %s: a short page is no end unless the preset says so',
    async (way) => {
      const short: Fault = (given, answer, count) => ({
        text: answer({ ...given, rows: given.rows.slice(0, count === 1 ? 1 : 4) }),
      });
      const { short_page_is_last: _last, ...party } = (JSONRPC.preset as { records: { Party: JsonObject } }).records
        .Party;
      const careful = { ...(JSONRPC.preset as JsonObject), records: { Party: party } };
      const { connector } = await aFaultySystem({ ...JSONRPC, preset: careful }, short);
      const { ids, error } = await walkOn(connector, way, 'Party', '');
      await connector.close();
      expect(error).toBeUndefined();
      expect(new Set(ids)).toEqual(all(JSONRPC));
    },
  );

  const wrong: readonly (readonly [string, JsonObject, JsonObject])[] = [
    ['a token that is an object', { kind: 'cursor', next: 'next' }, { next: { token: 'x' } }],
    ['a token that is a flag', { kind: 'cursor', next: 'next' }, { next: true }],
    ['a flag that is no flag', { kind: 'cursor', next: 'next', more: 'more' }, { next: 'x', more: 'yes' }],
    ['more to come, but not where', { kind: 'cursor', next: 'next', more: 'more' }, { next: null, more: true }],
    ['an address that is an object', { kind: 'link', next: 'next' }, { next: { href: '/things?at=2' } }],
  ];
  test.each(wrong)('rest: %s is told, and is no end', async (_what, paging, reply) => {
    const preset = (REST.preset as { records: { Thing: JsonObject } }).records.Thing;
    const request = paging['kind'] === 'link' ? { path: '/things' } : (preset['list'] as JsonObject)['request'];
    const list = { ...(preset['list'] as JsonObject), request, paging } as JsonObject;
    const other = { ...(REST.preset as JsonObject), records: { Thing: { ...preset, list } } };
    const { connector } = await aFaultySystem(
      { ...REST, preset: other, answer: (_asked, { rows }) => JSON.stringify({ items: rows, ...reply }) },
      (given, answer) => ({ text: answer(given) }),
    );
    const { error } = await walkOn(connector, 'list', 'Thing', '');
    await connector.close();
    expect(error).toMatchObject({ code: 'PROTOCOL_ERROR' });
  });
});
