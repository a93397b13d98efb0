import { afterEach, describe, expect, test, vi } from 'vitest';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from '../kit/fake-http.ts';
import { aPreset, connectRest } from '../kit/rest.ts';

interface Row {
  readonly id: string;
  /** Second of its change. */
  at: number;
}
const iso = (at: number): string => new Date(at * 1000).toISOString();

/** A system with rows and a clock of its own; how it pages is its kind. */
const aSystem = (kind: 'cursor' | 'offset' | 'keyset', withClock: boolean) => {
  const rows: Row[] = [];
  const state = { now: 1_000_000 };
  const sorted = () => [...rows].sort((a, b) => a.at - b.at || (a.id < b.id ? -1 : 1));
  const answer = ({ query }: Asked): Answer => {
    const limit = Math.min(Number(query['limit']), 7);
    const since = Date.parse(query['since'] ?? '') / 1000;
    const later = sorted().filter((row) => row.at >= since);
    const [time = 0, id = ''] = (query['cursor'] ?? '').split('|');
    const behind = later.filter(
      (row) => query['cursor'] === undefined || row.at > Number(time) || (row.at === Number(time) && row.id > id),
    );
    const beyond = later.filter((row) => query['after'] === undefined || row.at > since || row.id > query['after']);
    const from = kind === 'cursor' ? behind : kind === 'keyset' ? beyond : later.slice(Number(query['skip'] ?? 0));
    const page = from.slice(0, limit);
    const last = page.at(-1);
    const next = last === undefined || page.length < limit ? null : `${last.at}|${last.id}`;
    const date = withClock ? { date: new Date(state.now * 1000).toUTCString() } : { date: 'unknown' };
    return { json: { items: page.map(({ id, at }) => ({ id, at: iso(at) })), next }, headers: date };
  };
  return { rows, state, answer };
};

const PAGING: Readonly<Record<string, JsonObject>> = {
  cursor: { kind: 'cursor', next: 'next', page_size: 7 },
  offset: { kind: 'offset', page_size: 7 },
  keyset: { kind: 'keyset', page_size: 7 },
};
const QUERY: Readonly<Record<string, JsonObject>> = {
  cursor: { cursor: '{cursor}' },
  offset: { skip: '{offset}' },
  keyset: { after: '{after}' },
};

const feedPreset = (kind: string, over: JsonObject = {}): JsonObject =>
  aPreset({
    modified_at: 'at',
    changes: {
      strategy: 'timestamp',
      request: { path: '/changes', query: { since: '{since}', limit: '{limit}', ...QUERY[kind] } },
      rows: 'items',
      paging: PAGING[kind] ?? {},
      grain_ms: 1000,
      overlap_ms: 60_000,
      ...over,
    },
  });

const walk = async (connector: Connector, from: string, each?: () => void) => {
  const ids: string[] = [];
  for (let cursor = from, pages = 1; ; pages += 1) {
    const page = await connector.changes('Thing', { cursor, limit: 100 }, aCall());
    ids.push(...page.changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : [])));
    cursor = page.next;
    if (!page.more) return { ids, cursor, pages };
    if (pages > 200) throw new Error('the feed has no end');
    each?.();
  }
};
const missing = (rows: readonly Row[], ids: readonly string[]): string[] =>
  rows.map(({ id }) => id).filter((id) => !ids.includes(id));
const name = (index: number): string => `r${String(index).padStart(3, '0')}`;

afterEach(() => vi.useRealTimers());

describe.each(['cursor', 'offset', 'keyset'] as const)('a feed paged by %s', (kind) => {
  test.each([true, false])(
    'loses nothing when many pages share one time, with the system’s clock known: %s',
    async (clock) => {
      const system = aSystem(kind, clock);
      for (let index = 0; index < 50; index += 1) system.rows.push({ id: name(index), at: 900_000 });
      system.rows.push({ id: 'before', at: 800_000 }, { id: 'after', at: 900_001 });
      const fake = await startFake(system.answer);
      const connector = connectRest(fake.url, feedPreset(kind));
      const first = await walk(connector, '');
      expect(missing(system.rows, first.ids)).toEqual([]);
      system.rows.push({ id: 'new', at: 900_001 });
      const second = await walk(connector, first.cursor);
      expect(second.ids).toContain('new');
      expect(second.ids).not.toContain('before');
      await connector.close();
    },
  );

  test('loses nothing when rows change while they are read', async () => {
    const system = aSystem(kind, true);
    for (let index = 0; index < 60; index += 1) system.rows.push({ id: name(index), at: 900_000 });
    const fake = await startFake(system.answer);
    const connector = connectRest(fake.url, feedPreset(kind));
    let edits = 0;
    // Rows that were read already leave the block, so that all others move up.
    const edit = (): void => {
      for (const row of system.rows.slice(edits, edits + 3)) {
        row.at = 900_100 + edits;
        edits += 1;
      }
    };
    const { ids } = await walk(connector, '', edit);
    expect(edits).toBeGreaterThan(12);
    expect(missing(system.rows, ids)).toEqual([]);
    await connector.close();
  });

  test('finds a row that a late transaction commits behind the last one, within the overlap', async () => {
    const system = aSystem(kind, true);
    system.rows.push({ id: 'one', at: 999_990 });
    const fake = await startFake(system.answer);
    const connector = connectRest(fake.url, feedPreset(kind));
    const { cursor } = await walk(connector, '');
    system.rows.push({ id: 'late', at: 999_940 });
    expect((await walk(connector, cursor)).ids).toContain('late');
    await connector.close();
  });

  test('finds everything though the worker’s clock is an hour wrong, either way', async () => {
    const system = aSystem(kind, true);
    const fake = await startFake(system.answer);
    const connector = connectRest(fake.url, feedPreset(kind));
    vi.useFakeTimers({ toFake: ['Date'] });
    let cursor = '';
    for (const [index, wrong] of [3_600, -3_600, 0].entries()) {
      vi.setSystemTime((system.state.now + wrong) * 1000);
      system.rows.push({ id: name(index), at: system.state.now });
      const walked = await walk(connector, cursor);
      expect(walked.ids).toContain(name(index));
      cursor = walked.cursor;
      system.state.now += 10;
    }
    await connector.close();
  });
});

describe('how far a feed moves', () => {
  const sinceOf = (asked: readonly Asked[]): string | undefined => asked.at(-1)?.query['since'];

  test('a row from the future does not carry the feed past rows that are still to come', async () => {
    const system = aSystem('cursor', true);
    system.rows.push({ id: 'future', at: system.state.now + 90_000 });
    const fake = await startFake(system.answer);
    const connector = connectRest(fake.url, feedPreset('cursor'));
    const { cursor } = await walk(connector, '');
    system.state.now += 10;
    system.rows.push({ id: 'present', at: system.state.now });
    expect((await walk(connector, cursor)).ids).toContain('present');
    await connector.close();
  });

  test('a quiet feed moves on with the system’s own clock where the preset says that it stamps the rows', async () => {
    const system = aSystem('cursor', true);
    system.rows.push({ id: 'old', at: 900_000 });
    const fake = await startFake(system.answer);
    const connector = connectRest(fake.url, feedPreset('cursor', { clock: 'header' }));
    const { cursor } = await walk(connector, '');
    expect((await walk(connector, cursor)).ids).toEqual([]);
    // The clock when the request began, down to the grain, less the overlap.
    expect(Date.parse(sinceOf(fake.asked) ?? '')).toBeLessThanOrEqual((system.state.now - 60) * 1000);
    expect(Date.parse(sinceOf(fake.asked) ?? '')).toBeGreaterThan((system.state.now - 70) * 1000);
    await connector.close();
  });

  test('without such a promise it stays at the last row, less the overlap', async () => {
    const system = aSystem('cursor', true);
    system.rows.push({ id: 'old', at: 900_000 });
    const fake = await startFake(system.answer);
    const connector = connectRest(fake.url, feedPreset('cursor'));
    const { cursor } = await walk(connector, '');
    await walk(connector, cursor);
    expect(sinceOf(fake.asked)).toBe(iso(900_000 - 60));
    await connector.close();
  });

  test('a cursor that the system has forgotten, or that nobody made, is a gap', async () => {
    const fake = await startFake(() => ({ status: 400, json: { code: 'BAD_TOKEN' } }));
    const preset = { ...feedPreset('cursor'), errors: [{ code: 'BAD_TOKEN', class: 'cursor-expired' }] };
    const connector = connectRest(fake.url, preset);
    const gap = { changes: [], next: '', more: false, gap: 'cursor-expired' };
    expect(await connector.changes('Thing', { cursor: '', limit: 5 }, aCall())).toEqual(gap);
    for (const cursor of ['nonsense', '{"v":2}', 'null']) {
      expect(await connector.changes('Thing', { cursor, limit: 5 }, aCall())).toEqual(gap);
    }
    expect(fake.asked).toHaveLength(1);
    await connector.close();
  });
});
