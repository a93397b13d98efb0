/** The `jsonrpc` engine: one address, methods with arguments, records and children described in a connector.yaml. */
import { SyncError } from '../../src/domain/errors.ts';
import { assembled, capabilitiesOf } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import { createSentence, createSort } from '../engine/errors.ts';
import { type Engine, type EngineInput, presetFile, readSettings, resolved } from '../engine/preset.ts';
import { readPreset } from '../engine/read-preset.ts';
import { createSecrets } from '../engine/secrets.ts';
import type { Values } from '../engine/template.ts';
import { createHttp } from '../sdk/http.ts';
import type { Call, Capabilities, Connector } from '../sdk/seam.ts';
import { createAsks } from './asks.ts';
import { createFeed, createList, sinceOf } from './feed.ts';
import { presetProblems } from './lint.ts';
import { createMoves } from './moves.ts';
import { createNative } from './native.ts';
import { createReferences, type References } from './references.ts';
import { createRows } from './rows.ts';
import { compileCall, createRpc, createWire, type Rpc } from './rpc.ts';
import { JsonRpcPreset, type RecordType } from './schema.ts';
import { createSearch } from './search.ts';
import { createSession } from './session.ts';
import { isChildren } from './shape.ts';
import { createWriter } from './values.ts';
import { createWrite } from './write.ts';

const capabilities = (name: string, type: RecordType, input: EngineInput): Capabilities =>
  assembled(capabilitiesOf(name, type.capabilities, input.settings), {
    readById: true,
    readByKey: type.where.keys !== undefined && type.key !== undefined,
    readBatch: Math.min(type.page, 100),
    feed:
      type.changes === undefined ? undefined : { grainMs: type.changes.grain_ms, overlapMs: type.changes.overlap_ms },
    create: type.write.create !== undefined,
    update: type.write.update !== undefined,
    delete: type.write.delete !== undefined,
    writeBatch: type.write.max,
    removes: Object.values(type.body).some((spec) => isChildren(spec)),
  });

const createRecord = (name: string, type: RecordType, preset: JsonRpcPreset, rpc: Rpc, references: References) => {
  const rows = createRows(name, type, preset.related);
  const search = createSearch(name, type, rows, rpc, createNative(type, preset, rpc));
  const writer = createWriter(name, type, preset, rows, references);
  return {
    list: createList(name, type, rows, search),
    changes: type.changes === undefined ? undefined : createFeed(name, type, rows, search, sinceOf(preset.values)),
    read: search.read,
    write: createWrite({
      ...{ name, type, rows, search, writer, references, rpc },
      complete: createAsks(name, type, rpc),
      moves: createMoves(name, type, rpc),
    }),
  };
};

/** The door, the session that opens it, and the calls through it. */
const openDoor = (preset: JsonRpcPreset, values: Values, input: EngineInput) => {
  const { settings, mode, resolve, secret } = input;
  const given = Object.entries(preset.settings).flatMap(([name, { secret: hidden }]) =>
    hidden ? [String(values[name] ?? '')] : [],
  );
  const secrets = createSecrets(given);
  const wire = createWire(preset, values, createSort(preset.errors, createSentence(secrets.all)));
  const session = createSession(preset.session, values, wire, secrets.learn);
  const http = createHttp({
    baseUrl: resolved(settings.url, secret),
    allow: settings.allow,
    mode,
    concurrency: settings.concurrency,
    limits: {
      totalMs: settings.callMs,
      firstByteMs: preset.limits.first_byte_ms ?? settings.callMs,
      ...(preset.limits.reply_bytes === undefined ? {} : { maxBytes: preset.limits.reply_bytes }),
    },
    credentials: session.credentials,
    ...(resolve === undefined ? {} : { resolve }),
  });
  return { http, rpc: createRpc(http, session, wire, values, preset.limits.request_bytes) };
};

const connect = (input: EngineInput): Connector => {
  const preset = readPreset(input, JsonRpcPreset, presetProblems);
  const values = readSettings(preset.settings, input);
  const { http, rpc } = openDoor(preset, values, input);
  const references = createReferences(preset.lookup, rpc);
  const check = compileCall(preset.check);
  const records = new Map(
    Object.entries(preset.records).map(([name, type]) => [name, createRecord(name, type, preset, rpc, references)]),
  );
  const declared = Object.fromEntries(
    Object.entries(preset.records).map(([name, type]) => [name, capabilities(name, type, input)]),
  );
  const of = (name: string) => {
    const record = records.get(name);
    if (record !== undefined) return record;
    const known = [...records.keys()].join(', ');
    throw new SyncError('CONFIG_INVALID', `${presetFile(input.settings)} has no record "${name}"; use one of ${known}`);
  };
  return {
    capabilities: declared,
    check: async (call: Call) => {
      await rpc.ask('the check', check, {}, call);
      return { who: values['user'] ?? preset.system, warnings: [] };
    },
    describe: async (name) => {
      of(name);
      return {
        record: name,
        fields: (await describedFields(name, input)) ?? [],
        capabilities: declared[name] as Capabilities,
      };
    },
    changes: async (name, request, call) => {
      const { changes } = of(name);
      if (changes === undefined) throw new SyncError('UNSUPPORTED', `${preset.system} has no change feed for ${name}`);
      return changes(request, call);
    },
    list: async (name, request, call) => of(name).list(request, call),
    read: async (name, by, call) => of(name).read(by, call),
    write: async (name, items, call) => of(name).write(items, call),
    close: async () => http.close(),
  };
};

/** The engine, by the name that a preset's `engine:` gives. */
export const jsonrpc: Engine = { name: 'jsonrpc', schema: JsonRpcPreset, connect };
