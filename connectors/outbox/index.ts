/** The engine `outbox`: systems that cannot be called. They pull their writes from the API, acknowledge each, and post their records. */
import { SyncError } from '../../src/domain/errors.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { pathOf, setPath, withValues } from '../../src/mapping/path.ts';
import { assembled, capabilitiesOf, type DeclaredCapabilities } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import { type Engine, type EngineInput, invalidPreset, presetFile, resolved } from '../engine/preset.ts';
import { readPreset } from '../engine/read-preset.ts';
import type { Capabilities, Change, Connector, NativeRecord, ReadAnswer } from '../sdk/seam.ts';
import { OutboxPreset, type RecordType } from './schema.ts';
import { type Held, NO_STORE, type OutboxStore } from './store.ts';
import { createWrite, waiting } from './write.ts';

/** What an outbox promises by itself: a key is handed over as one write, and every acknowledgement and posted record shows in the feed. */
const PROMISED: DeclaredCapabilities = {
  idempotency: 'unique',
  guard: 'none',
  version_covers_all: true,
  returns_record: true,
  complete: true,
  deletes: 'in-feed',
};

const capabilities = (name: string, type: RecordType, input: EngineInput): Capabilities =>
  assembled(capabilitiesOf(name, type.capabilities ?? PROMISED, input.settings), {
    readById: true,
    readByKey: true,
    readBatch: 500,
    feed: { grainMs: 1, overlapMs: 0 },
    create: type.writes.includes('create'),
    update: type.writes.includes('update'),
    delete: type.writes.includes('delete'),
    writeBatch: type.max,
    removes: type.lists !== undefined,
  });

/** One record type over its storage. */
const createRecord = (name: string, type: RecordType, store: OutboxStore, system: string) => {
  const withId = (body: JsonObject, id: string): JsonObject => {
    if (type.id === undefined) return body;
    const draft = withValues(body, {}) as Record<string, unknown>;
    setPath(draft, pathOf(type.id), id);
    return draft as JsonObject;
  };
  const recordOf = ({ id, seq, body = {}, version, modifiedAt, reference }: Held): NativeRecord => ({
    id,
    body: withId(body, id),
    version: version ?? seq,
    ...(modifiedAt === undefined ? {} : { modifiedAt }),
    ...(reference === undefined ? {} : { reference }),
  });
  const changeOf = (held: Held): Change =>
    held.body === undefined ? { op: 'delete', id: held.id } : { op: 'upsert', record: recordOf(held) };
  const page = async ({ cursor, limit }: { readonly cursor: string; readonly limit: number }) => {
    const held = await store.after(name, cursor, limit);
    return { held, next: held.at(-1)?.seq ?? cursor, more: held.length === limit };
  };
  const lists =
    type.lists === undefined
      ? undefined
      : Object.fromEntries(
          Object.entries(type.lists).map(([path, { key }]) => [path, { key, write: 'whole' as const }]),
        );
  return {
    changes: async (request: { readonly cursor: string; readonly limit: number }) => {
      const { held, next, more } = await page(request);
      return { changes: held.map(changeOf), next, more };
    },
    list: async (request: { readonly cursor: string; readonly limit: number }) => {
      if (type.begins === 'posted' && !(await store.complete(name)))
        throw new SyncError(
          'TARGET_UNAVAILABLE',
          `${system} has not said yet that it has posted all of its ${name} records; let its program post them with "complete": true, or say \`begins: empty\` in the connector file`,
        );
      const { held, next, more } = await page(request);
      return { changes: held.filter(({ body }) => body !== undefined).map(changeOf), next: more ? next : '', more };
    },
    byId: async (ids: readonly string[]): Promise<readonly ReadAnswer[]> => {
      const open = await store.openOf(name, ids);
      const held = await store.byIds(name, ids);
      return ids.map((id, index): ReadAnswer => {
        const found = held[index];
        if (open.has(id)) return { error: waiting().error };
        return found?.body === undefined ? { absent: true } : { found: [recordOf(found)] };
      });
    },
    byKey: async (keys: readonly string[]): Promise<readonly ReadAnswer[]> =>
      (await store.byKeys(name, keys)).map(({ standing, held }): ReadAnswer => {
        if (standing?.state === 'waiting') return { error: waiting().error };
        return held?.body === undefined ? { absent: true } : { found: [recordOf(held)] };
      }),
    write: createWrite(name, { store, lists, recordOf }),
  };
};

const connect = (input: EngineInput): Connector => {
  const preset = readPreset(input, OutboxPreset, () => []);
  const { settings, secret, outbox: store = NO_STORE } = input;
  if (!/^(outbox:|https:\/\/secret\.invalid)/.test(resolved(settings.url, secret)))
    throw invalidPreset('tallystick.yaml', [
      `connections.${settings.name}.url: nothing is called at this connection; write \`url: "outbox:"\``,
    ]);
  const types = Object.entries(preset.records);
  const records = new Map(types.map(([name, type]) => [name, createRecord(name, type, store, preset.system)]));
  const declared = Object.fromEntries(types.map(([name, type]) => [name, capabilities(name, type, input)]));
  const of = (name: string) => {
    const record = records.get(name);
    if (record !== undefined) return record;
    throw new SyncError(
      'CONFIG_INVALID',
      `${presetFile(settings)} has no record "${name}"; use one of ${[...records.keys()].join(', ')}`,
    );
  };
  return {
    capabilities: declared,
    check: async () => {
      const told = await Promise.all(
        types.map(async ([name, type]) => (type.begins === 'empty' || (await store.complete(name)) ? [] : [name])),
      );
      return {
        who: `${preset.system} (it calls us)`,
        warnings: told.flat().map((name) => `it has not said yet that it has posted all of its ${name} records`),
      };
    },
    describe: async (name) => {
      of(name);
      return {
        record: name,
        fields: (await describedFields(name, input)) ?? [],
        capabilities: declared[name] as Capabilities,
      };
    },
    changes: async (name, request) => of(name).changes(request),
    list: async (name, request) => of(name).list(request),
    read: async (name, by) => ('ids' in by ? of(name).byId(by.ids) : of(name).byKey(by.keys)),
    write: async (name, items, call) => of(name).write(items, call),
    close: async () => undefined,
  };
};

/** An outbox, by configuration alone. */
export const outbox: Engine = { name: 'outbox', schema: OutboxPreset, connect };
