/** Two small systems of each engine for replies that are not as they should be: rows by page, and a fault on the way. */
import type { ServerResponse } from 'node:http';
import { createConnector } from '../../connectors/index.ts';
import type { Change, Connector } from '../../connectors/sdk/seam.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, aConnection, startFake } from './fake-http.ts';
import { anODataPreset } from './odata.ts';
import { presetOf } from './preset.ts';
import { aPreset } from './rest.ts';

/** A page as the system would give it: its rows, and where the next one begins. */
export interface Given {
  readonly rows: readonly JsonObject[];
  readonly next: string | null;
}
/** What is wrong with a page; `count` is the number of the page since the fault began. */
export type Fault = (given: Given, answer: (given: Given) => string, count: number) => Answer;

/** How one engine's system asks and answers. */
export interface Dialect {
  readonly name: string;
  readonly record: string;
  readonly preset: Json;
  readonly settings: Readonly<Record<string, string>>;
  row(index: number): JsonObject;
  /** The index of the first row of the page asked for; undefined for what is no page. */
  from(asked: Asked): number | undefined;
  /** What a request that is no page is answered with. */
  other(asked: Asked): Answer;
  answer(asked: Asked, given: Given): string;
}

const SIZE = 4;
/** How many rows a healthy system has. */
export const ROWS = 14;

const restPaging = { kind: 'cursor', next: 'next' };
export const REST: Dialect = {
  name: 'rest',
  record: 'Thing',
  preset: aPreset({
    modified_at: 'at',
    list: { request: { path: '/things', query: { cursor: '{cursor}' } }, rows: 'items', paging: restPaging },
    changes: {
      strategy: 'timestamp',
      request: { path: '/changes', query: { since: '{since}', cursor: '{cursor}' } },
      rows: 'items',
      paging: restPaging,
      grain_ms: 1000,
      overlap_ms: 1000,
    },
  }),
  settings: {},
  row: (index) => ({ id: `t${index}`, at: '2026-01-01T00:00:00Z' }),
  from: ({ query }) => Number(query['cursor'] ?? 0),
  other: () => ({ status: 404 }),
  answer: (_asked, { rows, next }) => JSON.stringify({ items: rows, next }),
};

export const ODATA: Dialect = {
  name: 'odata',
  record: 'Thing',
  preset: anODataPreset({}, { keys: { id: 'string' }, fields: { at: 'instant' }, modified_at: 'at', page_size: SIZE }),
  settings: {},
  row: (index) => ({ id: `t${index}`, at: '2026-01-01T00:00:00Z' }),
  from: ({ path, query }) =>
    path === '/Things' ? Number(/id gt 't(\d+)'/.exec(query['$filter'] ?? '')?.[1] ?? -1) + 1 : undefined,
  other: () => ({ status: 404 }),
  answer: (_asked, { rows }) => JSON.stringify({ value: rows }),
};

const bodyOf = (asked: Asked) => JSON.parse(asked.body) as { id: number; method: string; params: Json[] };
const afterOf = (domain: Json): number => ((domain as Json[][])[0] as Json[])[2] as number;
const shipped = presetOf('tryton') as { readonly records: { readonly Party: JsonObject } } & JsonObject;
export const JSONRPC: Dialect = {
  name: 'jsonrpc',
  record: 'Party',
  preset: { ...shipped, records: { Party: { ...shipped.records.Party, page: SIZE } } },
  settings: { database: 'demo', user: 'tally', password: 'a-password' },
  row: (index) => ({ id: index + 1, name: `P${index}`, write_date: null, create_date: null }),
  from: (asked) => {
    const { method, params } = bodyOf(asked);
    return method === 'model.party.party.search_read' ? afterOf(params[0] as Json) : undefined;
  },
  other: (asked) => {
    const { id, method } = bodyOf(asked);
    return { json: { id, result: method === 'common.db.login' ? [2, 'a-session-key'] : {} } };
  },
  answer: (asked, { rows }) => JSON.stringify({ id: bodyOf(asked).id, result: rows }),
};

const pageOf = (dialect: Dialect, from: number): Given => ({
  rows: Array.from({ length: Math.max(0, Math.min(SIZE, ROWS - from)) }, (_, at) => dialect.row(from + at)),
  next: from + SIZE < ROWS ? String(from + SIZE) : null,
});

/** Starts a system whose pages from the second on meet `fault` until it is healed. */
export const aFaultySystem = async (dialect: Dialect, fault: Fault, callMs = 5_000) => {
  const state = { healed: false, count: 0 };
  const fake = await startFake((asked) => {
    const from = dialect.from(asked);
    if (from === undefined) return dialect.other(asked);
    const given = pageOf(dialect, from);
    const answer = (other: Given): string => dialect.answer(asked, other);
    if (state.healed || (from === 0 && state.count === 0)) return { text: answer(given) };
    state.count += 1;
    return fault(given, answer, state.count);
  });
  const connector: Connector = createConnector({
    settings: aConnection(fake.url, { settings: dialect.settings, callMs }),
    preset: dialect.preset,
    mode: 'local',
    secret: (reference) => reference,
  });
  const heal = (): void => {
    state.healed = true;
  };
  return { connector, heal };
};

const idsOf = (changes: readonly Change[]): string[] =>
  changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : []));

/** From a cursor to the end, or to the error that stops it. */
export const walkOn = async (
  connector: Connector,
  way: 'list' | 'changes',
  record: string,
  from: string,
  most = 200,
) => {
  const ids: string[] = [];
  for (let cursor = from, pages = 0; ; pages += 1) {
    if (pages > most) throw new Error('the walk has no end');
    try {
      const page = await connector[way](record, { cursor, limit: 100 }, aCall());
      ids.push(...idsOf(page.changes));
      cursor = page.next;
      if (!page.more) return { ids, cursor };
    } catch (error) {
      return { ids, cursor, error };
    }
  }
};

/** Rows without end, until whoever reads them hangs up. */
export const endless = (start: string, each: string): Answer => {
  return (response: ServerResponse) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(start);
    const more = (): void => {
      while (!response.destroyed && response.write(each.repeat(1000)));
    };
    response.on('drain', more);
    more();
  };
};
