/** The `jsonrpc` engine: one address, methods with arguments, records and children described in a connector.yaml. */
import { SyncError } from '../../src/domain/errors.ts';
import { assembled, capabilitiesOf, correctedRecords } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import { createSentence, createSort } from '../engine/errors.ts';
import {
  type Engine,
  type EngineInput,
  invalidPreset,
  parsePreset,
  presetFile,
  readSettings,
  resolved,
} from '../engine/preset.ts';
import { createHttp } from '../sdk/http.ts';
import type { Call, Capabilities, Connector } from '../sdk/seam.ts';
import { createFeed, createList } from './feed.ts';
import { createReferences, type References } from './references.ts';
import { createRows } from './rows.ts';
import { compileCall, createRpc, createWire, type Rpc } from './rpc.ts';
import { JsonRpcPreset, type RecordType } from './schema.ts';
import { createSearch } from './search.ts';
import { createSession } from './session.ts';
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
  });

const createRecord = (name: string, type: RecordType, preset: JsonRpcPreset, rpc: Rpc, references: References) => {
  const rows = createRows(name, type, preset.related);
  const search = createSearch(name, type, rows, rpc);
  const writer = createWriter(name, type, preset.commands, rows, references);
  return {
    list: createList(name, type, rows, search),
    changes: type.changes === undefined ? undefined : createFeed(name, type, rows, search),
    read: search.read,
    write: createWrite({ name, type, rows, search, writer, references, rpc }),
  };
};

const connect = (input: EngineInput): Connector => {
  const { settings, mode } = input;
  const file = presetFile(settings);
  const preset = parsePreset(JsonRpcPreset, input.preset, file);
  const unknown = correctedRecords(settings.capabilities).find((name) => !Object.hasOwn(preset.records, name));
  if (unknown !== undefined)
    throw invalidPreset('tallystick.yaml', [
      `connections.${settings.name}.capabilities: ${preset.system} has no ${unknown}`,
    ]);
  const values = readSettings(preset.settings, input);
  const secrets = Object.entries(preset.settings).flatMap(([name, { secret }]) => (secret ? [values[name] ?? ''] : []));
  const wire = createWire(preset, values, createSort(preset.errors, createSentence(secrets)));
  const session = createSession(preset.session, values, wire);
  const http = createHttp({
    baseUrl: resolved(settings.url, input.secret),
    allow: settings.allow,
    mode,
    concurrency: settings.concurrency,
    limits: {
      totalMs: settings.callMs,
      firstByteMs: preset.limits.first_byte_ms ?? settings.callMs,
      ...(preset.limits.reply_bytes === undefined ? {} : { maxBytes: preset.limits.reply_bytes }),
    },
    credentials: session.credentials,
    ...(input.resolve === undefined ? {} : { resolve: input.resolve }),
  });
  const rpc = createRpc(http, session, wire, values, preset.limits.request_bytes);
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
    if (record === undefined)
      throw new SyncError(
        'UNSUPPORTED',
        `${preset.system} has no record type "${name}"; it has ${[...records.keys()].join(', ')}`,
      );
    return record;
  };
  return {
    capabilities: declared,
    check: async (call: Call) => {
      await rpc.ask('the check', check, {}, call);
      return { who: values['user'] ?? preset.system, warnings: [] };
    },
    describe: async (name) => {
      of(name);
      const fields = await describedFields(name, input);
      if (fields === undefined) throw new SyncError('UNSUPPORTED', `${file} has no schema/${name}.json`);
      return { record: name, fields, capabilities: declared[name] as Capabilities };
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
