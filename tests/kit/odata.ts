/** A small OData preset for tests, and a connector made with it. */
import { createConnector } from '../../connectors/index.ts';
import type { Change, Connector } from '../../connectors/sdk/seam.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { type Asked, aCall, aConnection } from './fake-http.ts';

const NOTHING = {
  idempotency: 'none',
  guard: 'none',
  version_covers_all: true,
  returns_record: true,
  complete: true,
  deletes: 'absence',
};

/** A preset with one record type, `Thing`; `thing` and `over` correct it. */
export const anODataPreset = (over: JsonObject = {}, thing: JsonObject = {}): JsonObject => ({
  engine: 'odata',
  system: 'A service',
  version: 'v4',
  auth: { kind: 'none' },
  records: {
    Thing: {
      set: 'Things',
      keys: { Number: 'string' },
      fields: { Name: 'string', ChangedAt: 'instant' },
      modified_at: 'ChangedAt',
      changes: { strategy: 'timestamp', grain_ms: 1, overlap_ms: 0 },
      page_size: 2,
      write: { create: true, update: true, delete: true, max: 10 },
      capabilities: NOTHING,
      ...thing,
    },
  },
  ...over,
});

/** What a record type promises, with something else in it. */
export const promises = (over: JsonObject): JsonObject => ({ ...NOTHING, ...over });

/** A connector made with a preset. */
export const connectOData = (url: string, preset: Json = anODataPreset()): Connector =>
  createConnector({
    settings: aConnection(url),
    preset,
    mode: 'local',
    secret: (reference) => reference,
    read: async () => undefined,
  });

/** Everything of a list or feed, page by page. */
export const allOf = async (connector: Connector, way: 'list' | 'changes', limit = 10): Promise<readonly Change[]> => {
  const changes: Change[] = [];
  for (let cursor = '', more = true, pages = 0; more; pages += 1) {
    const page = await connector[way]('Thing', { cursor, limit }, aCall());
    changes.push(...page.changes);
    ({ next: cursor, more } = page);
    if (pages > 50) throw new Error('it has no end');
  }
  return changes;
};

/** The filters that were asked for, in order. */
export const filters = (asked: readonly Asked[]): readonly (string | undefined)[] =>
  asked.map(({ query }) => query['$filter']);
