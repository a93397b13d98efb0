/** What is asked of a service: filters of pages, keys in addresses, links, and what replies are not believed. */
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall, startFake } from '../kit/fake-http.ts';
import { allOf, anODataPreset, connectOData, filters } from '../kit/odata.ts';
import { foundIn, idsOf } from '../kit/trial.ts';

const row = (number: string, at: string): JsonObject => ({ Number: number, Name: 'x', ChangedAt: at });

describe('a change feed', () => {
  test('goes on behind (time, key): rows of one time are parted by their keys, and none is asked for twice', async () => {
    const pages = [
      [row("a'1", '2026-11-27T10:00:00.1234567Z'), row('b', '2026-11-27T10:00:00.1234567Z')],
      [row('c', '2026-11-27T10:00:01Z')],
    ];
    const fake = await startFake((_asked, count) => ({ json: { value: pages[count - 1] ?? [] } }));
    expect(idsOf(await allOf(connectOData(fake.url), 'changes'))).toEqual(["a'1", 'b', 'c']);
    expect(filters(fake.asked)).toEqual([
      'ChangedAt ge 1970-01-01T00:00:00.000Z',
      "(ChangedAt gt 2026-11-27T10:00:00.1234567Z) or (ChangedAt eq 2026-11-27T10:00:00.1234567Z and Number gt 'b')",
    ]);
    expect(fake.asked[0]?.query).toMatchObject({
      $orderby: 'ChangedAt,Number',
      $top: '2',
      $select: 'Number,Name,ChangedAt',
    });
  });

  test('reads the overlap again at the next poll, and stands still where nothing comes', async () => {
    const rows = [row('a', '2026-11-27T10:00:00.000Z')];
    const fake = await startFake(() => ({ json: { value: rows } }));
    const changes = { strategy: 'timestamp', grain_ms: 1000, overlap_ms: 60_000 };
    const connector = connectOData(fake.url, anODataPreset({}, { changes }));
    const { next } = await connector.changes('Thing', { cursor: '', limit: 10 }, aCall());
    const again = await connector.changes('Thing', { cursor: next, limit: 10 }, aCall());
    expect(filters(fake.asked)[1]).toBe('ChangedAt ge 2026-11-27T09:59:00.000Z');
    expect([again.next, again.more]).toEqual([next, false]);
  });

  const DATE_AND_TIME = {
    keys: { Number: 'string', Plant: 'integer' },
    fields: { Day: 'date', Clock: 'time', MadeOn: 'date', MadeAt: 'time', Category: 'string' },
    filter: { Category: ['1', "2'"] },
    modified_at: { date: 'Day', time: 'Clock' },
    zone: 'Europe/Berlin',
  };

  test('a day and a time in two fields are compared as one, in V2’s literals and the service’s own zone', async () => {
    const rows = ['7', '8'].map((number) => ({
      Number: number,
      Plant: 10,
      Day: '/Date(1795737600000)/',
      Clock: 'PT12H30M00S',
    }));
    const fake = await startFake((_asked, count) => ({ json: { d: { results: count === 1 ? rows : [] } } }));
    const changes = { strategy: 'timestamp', grain_ms: 1000, overlap_ms: 0, from: '2026-01-01T00:00:00Z' };
    const connector = connectOData(fake.url, anODataPreset({ version: 'v2' }, { ...DATE_AND_TIME, changes }));
    const [first] = await allOf(connector, 'changes');
    expect(first).toMatchObject({ record: { id: "Number='7',Plant=10", modifiedAt: '2026-11-27T11:30:00.000Z' } });
    const standing = "((Category eq '1') or (Category eq '2'''))";
    const [day, noon] = ["datetime'2026-11-27T00:00:00'", "time'PT12H30M00S'"];
    expect(filters(fake.asked)).toEqual([
      `${standing} and ((Day gt datetime'2026-01-01T00:00:00') or (Day eq datetime'2026-01-01T00:00:00' and Clock ge time'PT01H00M00S'))`,
      `${standing} and (${[
        `(Day gt ${day})`,
        `(Day eq ${day} and Clock gt ${noon})`,
        `(Day eq ${day} and Clock eq ${noon} and Number gt '8')`,
        `(Day eq ${day} and Clock eq ${noon} and Number eq '8' and Plant gt 10)`,
      ].join(' or ')})`,
    ]);
  });

  test('records that were never changed are found by their creation; then the walk goes by key', async () => {
    const rows = [
      { Number: '7', Plant: 1, Day: null, Clock: null, MadeOn: '2026-11-26', MadeAt: '08:00:00' },
      { Number: '8', Plant: 1, Day: '2026-11-27', Clock: '09:00:00', MadeOn: '2026-11-01', MadeAt: '08:00:00' },
    ];
    const fake = await startFake((_asked, count) => ({ json: { value: count === 1 ? rows : [] } }));
    const thing = {
      ...DATE_AND_TIME,
      filter: {},
      zone: 'UTC',
      created_at: { date: 'MadeOn', time: 'MadeAt' },
      changes: { strategy: 'timestamp', order: 'key', grain_ms: 1000, overlap_ms: 0, from: '2026-01-01T00:00:00Z' },
    };
    const seen = await allOf(connectOData(fake.url, anODataPreset({}, thing)), 'changes');
    expect(seen).toMatchObject([
      { record: { modifiedAt: '2026-11-26T08:00:00.000Z' } },
      { record: { modifiedAt: '2026-11-27T09:00:00.000Z' } },
    ]);
    const since =
      '((Day gt 2026-01-01) or (Day eq 2026-01-01 and Clock ge 00:00:00)) or ((Day eq null) and ((MadeOn gt 2026-01-01) or (MadeOn eq 2026-01-01 and MadeAt ge 00:00:00)))';
    expect(filters(fake.asked)).toEqual([since, `(${since}) and ((Number gt '8') or (Number eq '8' and Plant gt 1))`]);
    expect(fake.asked[0]?.query['$orderby']).toBe('Number,Plant');
  });
});

describe('a list', () => {
  test('goes on though a page is shorter than asked for, where the service says that more follows', async () => {
    const pages = [
      { value: [row('1', 'x')], '@odata.nextLink': 'Things?$skiptoken=1' },
      { value: [row('2', 'x')], '@odata.nextLink': 'Things?$skiptoken=2' },
      { value: [row('3', 'x')] },
    ];
    const fake = await startFake((_asked, count) => ({ json: pages[count - 1] ?? { value: [] } }));
    expect(idsOf(await allOf(connectOData(fake.url), 'list'))).toEqual(['1', '2', '3']);
    expect(filters(fake.asked)).toEqual([undefined, "Number gt '1'", "Number gt '2'"]);
  });

  test.each([
    ['relative in V4', 'v4', (link: string) => ({ '@odata.nextLink': `Things?${link}` })],
    [
      'by the service’s inner name in V4',
      'v4',
      (link: string) => ({ '@odata.nextLink': `http://erp.internal:8000/Things?${link}` }),
    ],
    ['absolute in V2', 'v2', (link: string) => ({ __next: `https://erp.internal/Things?${link}` })],
  ] as const)(
    'follows the service’s own links, %s, always at the connection’s address',
    async (_how, version, lead) => {
      const fake = await startFake(({ query }) => {
        const at = Number(query['$skiptoken'] ?? 0);
        const rows = [row(String(at), 'x')];
        const link = at < 3 ? lead(`$skiptoken=${at + 1}`) : {};
        return { json: version === 'v2' ? { d: { results: rows, ...link } } : { value: rows, ...link } };
      });
      const connector = connectOData(fake.url, anODataPreset({ version }, { paging: 'link' }));
      expect(idsOf(await allOf(connector, 'list'))).toEqual(['0', '1', '2', '3']);
      expect(fake.asked[0]?.headers['prefer']).toBe(version === 'v4' ? 'odata.maxpagesize=2' : undefined);
    },
  );

  test('counts where a service can do nothing else', async () => {
    const all = ['1', '2', '3', '4', '5'].map((number) => row(number, 'x'));
    const fake = await startFake(({ query }) => {
      const skip = Number(query['$skip'] ?? 0);
      return { json: { value: all.slice(skip, skip + Number(query['$top'])) } };
    });
    const connector = connectOData(fake.url, anODataPreset({}, { paging: 'skip' }));
    expect(idsOf(await allOf(connector, 'list'))).toEqual(['1', '2', '3', '4', '5']);
  });

  test('a reply without rows is no empty list', async () => {
    const fake = await startFake(() => ({ json: { error: 'later' } }));
    await expect(allOf(connectOData(fake.url), 'list')).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  });
});

describe('reading by id', () => {
  test('an id with quotes, slashes and signs is one literal in the address, and leads nowhere else', async () => {
    const fake = await startFake(() => ({ json: row("a'/b?c#d&e+f %", 'x') }));
    const [answer] = await connectOData(fake.url).read('Thing', { ids: ["a'/b?c#d&e+f %"] }, aCall());
    expect(foundIn(answer)).toBe(1);
    expect(fake.asked[0]?.path).toBe("/Things('a''%2Fb%3Fc%23d%26e%2Bf%20%25')");
  });

  test('an id with steps that lead up is not put in an address: some servers resolve them before they decode', async () => {
    const fake = await startFake(() => ({ json: row('x', 'x') }));
    await expect(connectOData(fake.url).read('Thing', { ids: ["a'/../b"] }, aCall())).rejects.toMatchObject({
      code: 'BAD_VALUE',
    });
    expect(fake.asked).toEqual([]);
  });

  test('many at once are one filter; a reply in pages is refused, for the rest would pass for absent', async () => {
    const fake = await startFake((_asked, count) => ({
      json: { value: [row('1', 'x')], ...(count === 1 ? {} : { '@odata.nextLink': 'Things?$skiptoken=1' }) },
    }));
    const connector = connectOData(fake.url, anODataPreset({}, { read: { max: 10 } }));
    expect((await connector.read('Thing', { ids: ['1', "it's"] }, aCall())).map(foundIn)).toEqual([1, 0]);
    expect(filters(fake.asked)).toEqual(["(Number eq '1') or (Number eq 'it''s')"]);
    await expect(connector.read('Thing', { ids: ['1', '2'] }, aCall())).rejects.toMatchObject({
      code: 'PROTOCOL_ERROR',
      message: expect.stringContaining('set a smaller `read.max`'),
    });
  });
});

test('what only one service wants goes with every request: its client and language', async () => {
  const fake = await startFake(({ path }) => ({ json: path === '/' ? {} : { d: { results: [] } } }));
  const over = { version: 'v2', query: { 'sap-client': '100', 'sap-language': 'EN' } };
  await allOf(connectOData(fake.url, anODataPreset(over)), 'list');
  expect(fake.asked[0]?.query).toMatchObject({ 'sap-client': '100', 'sap-language': 'EN', $format: 'json' });
});
