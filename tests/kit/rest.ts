/** Small REST presets for tests, and connectors made of them. */
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type { Json, JsonObject } from '../../src/domain/json.ts';
import { aConnection } from './fake-http.ts';

const PROMISES = {
  idempotency: 'none',
  guard: 'none',
  version_covers_all: false,
  returns_record: false,
  complete: true,
  deletes: 'absence',
};

/** A record type that can only be listed; `over` says what else. */
export const aRecordType = (over: JsonObject = {}): JsonObject => ({
  id: 'id',
  list: { request: { path: '/things', query: { limit: '{limit}' } }, rows: 'items', paging: { kind: 'none' } },
  ...over,
  capabilities: { ...PROMISES, ...((over['capabilities'] as JsonObject | undefined) ?? {}) },
});

/** A preset with one record type, `Thing`. */
export const aPreset = (thing: JsonObject = {}, over: JsonObject = {}): JsonObject => ({
  engine: 'rest',
  system: 'Test',
  auth: { kind: 'none' },
  check: { request: { path: '/me' }, who: 'name' },
  records: { Thing: aRecordType(thing) },
  refusal: { code: 'code', message: 'message', fields: ['field'] },
  ...over,
});

/** A connector for a preset. */
export const connectRest = (url: string, preset: Json, over: Partial<ConnectionSettings> = {}): Connector =>
  createConnector({
    settings: aConnection(url, over),
    preset,
    mode: 'local',
    secret: (reference) => `value of ${reference}`,
  });
