/** Rows that a system may give and a ledger could not keep: they are set aside, and their page goes on. */
import { afterEach, describe, expect, test, vi } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { Change, Connector } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { aCall, aConnection, startFake } from '../kit/fake-http.ts';
import { JSONRPC, REST, walkOn } from '../kit/malformed.ts';

afterEach(() => vi.useRealTimers());

type Way = 'list' | 'changes';
const dialects = [REST, JSONRPC];

/** A connector to a system that always answers with these rows, and no clock of its own unless one is given. */
const giving = async (dialect: (typeof dialects)[number], rows: () => readonly JsonObject[], date = 'unknown') => {
  const asked: string[] = [];
  const fake = await startFake((request) => {
    if (dialect.from(request) === undefined) return dialect.other(request);
    asked.push(`${request.path} ${JSON.stringify(request.query)} ${request.body}`);
    return { text: dialect.answer(request, { rows: rows(), next: null }), headers: { date } };
  });
  const connector: Connector = createConnector({
    settings: aConnection(fake.url, { settings: dialect.settings }),
    preset: dialect.preset,
    mode: 'local',
    secret: (reference) => reference,
  });
  return { connector, asked };
};
const ops = (changes: readonly Change[]): readonly string[] => changes.map(({ op }) => op);

describe.each(dialects)('$name', (dialect) => {
  const good = (): JsonObject => dialect.row(1);
  const timed = (time: string | null): JsonObject =>
    dialect === REST ? { id: 't9', at: time } : { ...dialect.row(8), write_date: time };

  test.each([
    ['NUL', 'a\u0000b'],
    ['half a character', 'a\ud800'],
    ['a kilobyte and more', 'x'.repeat(1_001)],
  ])('an id with %s cannot be kept, and is shown as it came', async (_what, id) => {
    if (dialect === JSONRPC) return;
    const { connector } = await giving(dialect, () => [{ id }, good()]);
    for (const way of ['list', 'changes'] as const satisfies Way[]) {
      const { changes } = await connector[way](dialect.record, { cursor: '', limit: 5 }, aCall());
      expect(ops(changes)).toEqual(['undecodable', 'upsert']);
      expect(changes[0]).not.toHaveProperty('id');
      expect(changes[0]).toMatchObject({ problem: expect.stringMatching(/id/), raw: expect.stringContaining('id') });
    }
    await connector.close();
  });

  test.each([
    'tomorrow',
    '',
    '0000-01-01T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '-000001-01-01T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-01-01T00:00:00.1234567890123456789Z',
  ])('a time of change like "%s" leads no feed astray and is no time that a ledger refuses', async (time) => {
    const { connector } = await giving(dialect, () => [timed(time)]);
    const first = await connector.changes(dialect.record, { cursor: '', limit: 5 }, aCall());
    expect(ops(first.changes)).toEqual(['upsert']);
    const [change] = first.changes;
    const at = change?.op === 'upsert' ? change.record.modifiedAt : undefined;
    if (at !== undefined) expect(new Date(at).toISOString().slice(0, 19)).toBe(at.slice(0, 19));
    if (at !== undefined) expect(at).toMatch(/^(?!0000)\d{4}-.*Z$/);
    const second = await connector.changes(dialect.record, { cursor: first.next, limit: 5 }, aCall());
    expect(second.gap).toBeUndefined();
    await connector.close();
  });

  test('a row from the future does not carry the feed away where the system tells no time at all', async () => {
    vi.useFakeTimers({ toFake: ['Date'] });
    vi.setSystemTime(Date.parse('2026-01-01T00:00:00Z'));
    const { connector, asked } = await giving(dialect, () => [timed('2093-01-01T00:00:00Z')]);
    const { next } = await connector.changes(dialect.record, { cursor: '', limit: 5 }, aCall());
    await connector.changes(dialect.record, { cursor: next, limit: 5 }, aCall());
    expect(asked.at(-1)).not.toContain('2093');
    expect(asked.at(-1)).not.toContain('2092');
    await connector.close();
  });
});

test('versions and references that cannot be kept make a row undecodable', async () => {
  const thing = (REST.preset as { records: { Thing: JsonObject } }).records.Thing;
  const preset = { ...(REST.preset as JsonObject), records: { Thing: { ...thing, version: 'v', reference: 'ref' } } };
  const rows = [
    { id: 'a', v: '1\u0000' },
    { id: 'b', ref: 'x\ud800' },
    { id: 'c', v: '1', ref: 'x' },
  ];
  const { connector } = await giving({ ...REST, preset }, () => rows);
  const { changes } = await connector.list('Thing', { cursor: '', limit: 5 }, aCall());
  await connector.close();
  expect(ops(changes)).toEqual(['undecodable', 'undecodable', 'upsert']);
});

test('a feed by offset whose replies have room for one row at a time goes on all the same', async () => {
  const thing = (REST.preset as { records: { Thing: JsonObject } }).records.Thing;
  const changes = {
    ...(thing['changes'] as JsonObject),
    request: { path: '/changes', query: { since: '{since}', skip: '{offset}' } },
    paging: { kind: 'offset' },
  };
  const preset = { ...(REST.preset as JsonObject), records: { Thing: { ...thing, changes } } };
  const rows = [1, 2, 3, 4].map((at) => ({ id: `t${at}`, at: `2026-01-01T00:0${at}:00Z` }));
  const fake = await startFake(({ query }) => {
    const later = rows.filter(({ at }) => Date.parse(at) >= Date.parse(query['since'] ?? ''));
    const skip = Number(query['skip'] ?? 0);
    return { json: { items: later.slice(skip, skip + 1) } };
  });
  const connector = createConnector({
    settings: aConnection(fake.url),
    preset,
    mode: 'local',
    secret: (reference) => reference,
  });
  const { ids, error } = await walkOn(connector, 'changes', 'Thing', '');
  await connector.close();
  expect(error).toBeUndefined();
  expect(new Set(ids)).toEqual(new Set(['t1', 't2', 't3', 't4']));
});

test('a party with a hundred addresses has a long version, and is a record like any other', async () => {
  const addresses = Array.from({ length: 100 }, (_, index) => ({ id: index, _timestamp: `17669${index}.123456` }));
  const { connector } = await giving(JSONRPC, () => [
    { ...JSONRPC.row(1), 'addresses.': addresses, _timestamp: '1.5' },
  ]);
  const { changes } = await connector.list('Party', { cursor: '', limit: 5 }, aCall());
  await connector.close();
  expect(ops(changes)).toEqual(['upsert']);
});

test('a feed by offset whose rows stand elsewhere each time they are counted ends with a sentence', async () => {
  let turn = 0;
  const thing = (REST.preset as { records: { Thing: JsonObject } }).records.Thing;
  const changes = {
    ...(thing['changes'] as JsonObject),
    request: { path: '/changes', query: { since: '{since}', skip: '{offset}' } },
    paging: { kind: 'offset' },
  };
  const preset = { ...(REST.preset as JsonObject), records: { Thing: { ...thing, changes } } };
  const { connector } = await giving({ ...REST, preset, from: () => 0 }, () => {
    turn += 1;
    return [REST.row(10 * turn), REST.row(10 * turn + 1)];
  });
  const walk = async (): Promise<void> => {
    for (let cursor = '', pages = 0; pages < 200; pages += 1)
      cursor = (await connector.changes('Thing', { cursor, limit: 2 }, aCall())).next;
  };
  await expect(walk()).rejects.toMatchObject({ code: 'PROTOCOL_ERROR' });
  await connector.close();
});
