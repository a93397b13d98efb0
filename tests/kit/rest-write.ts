/** Writing with small REST presets, for tests. */
import type { Connector, Outcome, WriteItem } from '../../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, type Asked, aCall, startFake } from './fake-http.ts';
import { aPreset, connectRest } from './rest.ts';

const BATCH: JsonObject = {
  request: { method: 'POST', path: '/batch', body: { items: '{items}' } },
  item: { key: '{key}', id: '{id}', if_match: '{version}', data: '{data}' },
  results: 'results',
  match: 'key',
  status: 'status',
  done: [
    { status: [201], as: 'created' },
    { status: [200], as: 'updated' },
    { status: [304], as: 'unchanged' },
  ],
  record: 'record',
};
const GUARDED: JsonObject = { guard: 'version' };
/** A preset that writes in batches. */
export const batched = (over: JsonObject = {}, preset: JsonObject = {}): JsonObject =>
  aPreset(
    {
      version: 'v',
      write: { max: 10, create: { ...BATCH, ...over }, update: { ...BATCH, ...over } },
      capabilities: GUARDED,
    },
    preset,
  );
/** A preset that writes one by one. */
export const single = (over: JsonObject = {}): JsonObject =>
  aPreset({
    version: 'v',
    write: {
      create: { request: { method: 'POST', path: '/things', body: '{data}' }, ...over },
      update: {
        request: { method: 'PATCH', path: '/things/{id}', headers: { 'if-match': '{version}' }, body: '{data}' },
        ...over,
      },
      delete: { request: { method: 'DELETE', path: '/things/{id}' } },
    },
    capabilities: GUARDED,
  });

/** A record to create. */
export const create = (key: string, data: JsonObject = { name: key }): WriteItem => ({
  op: 'create',
  data,
  idempotencyKey: key,
});
/** A record to change. */
export const update = (id: string, over: Partial<WriteItem> = {}): WriteItem => ({
  op: 'update',
  id,
  data: { name: id },
  idempotencyKey: `u-${id}`,
  ...over,
});
/** The keys of a batch as it was sent. */
export const keysIn = ({ body }: Asked): string[] =>
  (JSON.parse(body) as { items: { key: string }[] }).items.map(({ key }) => key);
/** A system that takes every item. */
export const allCreated = (asked: Asked): Answer => ({
  json: { results: keysIn(asked).map((key) => ({ key, status: 201, record: { id: `id-${key}`, v: 1 } })) },
});

/** Writes items to a system that answers so, and tells what became of them and what was asked. */
export const writing = async (
  preset: JsonObject,
  answer: (asked: Asked, count: number) => Answer,
  items: readonly WriteItem[],
  over: Partial<ConnectionSettings> = {},
): Promise<{ readonly outcomes: readonly Outcome[]; readonly asked: readonly Asked[] }> => {
  const fake = await startFake(answer);
  const connector: Connector = connectRest(fake.url, preset, over);
  const outcomes = await connector.write('Thing', items, aCall());
  await connector.close();
  return { outcomes, asked: fake.asked };
};
/** Outcomes in a few words each. */
export const short = (outcomes: readonly Outcome[]): string[] =>
  outcomes.map((each) =>
    'error' in each ? `${each.status} ${each.error.class} ${each.error.scope}` : `${each.status} ${each.id}`,
  );
