/** The engine `rest`: any system with JSON over HTTP, described by a connector.yaml. */
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
import { headerTemplate, textTemplate, type Values } from '../engine/template.ts';
import { apiKey, basic, bearer, clientCredentials } from '../sdk/credentials.ts';
import { createHttp, type HttpSettings } from '../sdk/http.ts';
import type { Call, Capabilities, Connector, ReadAnswer, WriteItem } from '../sdk/seam.ts';
import { createFeed } from './feed.ts';
import { presetProblems } from './lint.ts';
import { createList, createPages } from './list.ts';
import { createReading, type ReadMany } from './read.ts';
import { type Ask, compilePath, compileRequest, createAsk, textOf, type World } from './request.ts';
import { createRows } from './rows.ts';
import { type RecordType, RestPreset } from './schema.ts';
import { createWrites } from './write.ts';

/** The preset with the connection's corrections in it; CONFIG_INVALID with everything that is wrong. */
const readPreset = ({ preset, settings }: EngineInput): RestPreset => {
  const file = presetFile(settings);
  const read = parsePreset(RestPreset, preset, file);
  const unknown = correctedRecords(settings.capabilities).find((name) => !Object.hasOwn(read.records, name));
  if (unknown !== undefined)
    throw invalidPreset('tallystick.yaml', [
      `connections.${settings.name}.capabilities.${unknown}: ${settings.connector} has no such record; use one of ${Object.keys(read.records).join(', ')}`,
    ]);
  const records = Object.entries(read.records).map(([name, type]): [string, RecordType] => [
    name,
    { ...type, capabilities: capabilitiesOf(name, type.capabilities, settings) },
  ]);
  const corrected = { ...read, records: Object.fromEntries(records) };
  const problems = presetProblems(corrected);
  if (problems.length > 0)
    throw invalidPreset(
      file,
      problems.map((problem) => `${file}: ${problem}`),
    );
  return corrected;
};

/** How the connection proves who it is. Undefined where the system asks for nothing. */
const credentialsOf = ({ auth }: RestPreset, values: Values): HttpSettings['credentials'] => {
  const text = (template: string): string => textTemplate(template)(values) ?? '';
  switch (auth.kind) {
    case 'none':
      return undefined;
    case 'basic':
      return basic(text(auth.user), text(auth.password));
    case 'bearer':
      return bearer(text(auth.token));
    case 'api_key':
      return apiKey(auth.header, text(auth.key));
    case 'oauth2_client_credentials':
      return clientCredentials({
        tokenPath: text(auth.token_path),
        clientId: text(auth.client_id),
        clientSecret: text(auth.client_secret),
        ...(auth.scope === undefined ? {} : { scope: text(auth.scope) }),
        send: auth.send,
      });
    default:
      return auth satisfies never;
  }
};

const createWorld = (input: EngineInput, preset: RestPreset): World => {
  const { settings } = input;
  const given = readSettings(preset.settings, input);
  const values = { settings: given };
  const secrets = Object.entries(given)
    .filter(([name]) => preset.settings[name]?.secret === true)
    .map(([, value]) => value);
  const baseUrl = resolved(settings.url, input.secret);
  const credentials = credentialsOf(preset, values);
  const headers = Object.entries(preset.headers ?? {}).map(
    ([name, text]) => [name, headerTemplate(text)(values) ?? ''] as const,
  );
  const http = createHttp({
    baseUrl,
    allow: settings.allow,
    mode: input.mode,
    concurrency: settings.concurrency,
    limits: {
      totalMs: settings.callMs,
      ...(preset.limits.first_byte_ms === undefined ? {} : { firstByteMs: preset.limits.first_byte_ms }),
      ...(preset.limits.reply_bytes === undefined ? {} : { maxBytes: preset.limits.reply_bytes }),
    },
    ...(credentials === undefined ? {} : { credentials }),
    ...(input.resolve === undefined ? {} : { resolve: input.resolve }),
  });
  return {
    http,
    sort: createSort(preset.errors, createSentence(secrets)),
    refusal: preset.refusal,
    retryAfterHeader: preset.retry_after.toLowerCase(),
    headers: Object.fromEntries(headers),
    values,
    concurrency: settings.concurrency,
    requestBytes: preset.limits.request_bytes,
    baseUrl,
  };
};

const unsupported = (what: string): SyncError => new SyncError('UNSUPPORTED', `the preset does not say how to ${what}`);

const capabilities = (type: RecordType): Capabilities => {
  const { by_id, by_key } = type.read;
  const { create, update, delete: remove, max } = type.write;
  return assembled(type.capabilities, {
    readById: by_id !== undefined,
    readByKey: by_key !== undefined,
    readBatch: Math.min(by_id?.max ?? Number.POSITIVE_INFINITY, by_key?.max ?? Number.POSITIVE_INFINITY, 1000),
    feed:
      type.changes === undefined ? undefined : { grainMs: type.changes.grain_ms, overlapMs: type.changes.overlap_ms },
    create: create !== undefined,
    update: update !== undefined,
    delete: remove !== undefined,
    writeBatch: max,
  });
};

/** One record type, compiled. */
const createRecord = (name: string, type: RecordType, world: World, ask: Ask) => {
  const rows = createRows(name, type);
  const { by_id, by_key } = type.read;
  const reading = (way: 'id' | 'key', shape: typeof by_id): ReadMany =>
    shape === undefined
      ? async () => {
          throw unsupported(`read ${name} by ${way}`);
        }
      : createReading(name, way, shape, rows, world, ask);
  return {
    capabilities: capabilities(type),
    list: createList(createPages(name, type.list, rows, world, ask), rows),
    changes:
      type.changes === undefined
        ? undefined
        : createFeed(type.changes, type.zone, createPages(name, type.changes, rows, world, ask), rows),
    byId: reading('id', by_id),
    byKey: reading('key', by_key),
    write: createWrites(type, rows, world),
  };
};
type CompiledRecord = ReturnType<typeof createRecord>;

const createCheck = (preset: RestPreset, world: World, ask: Ask, records: ReadonlyMap<string, CompiledRecord>) => {
  const prepare = compileRequest(preset.check.request, world);
  const whoOf = preset.check.who === undefined ? () => undefined : compilePath(preset.check.who);
  return async (call: Call) => {
    const reply = await ask('the check', prepare({}), call);
    const who = textOf(whoOf(reply.json())) ?? preset.system;
    const warnings: string[] = [];
    for (const [name, record] of records) {
      try {
        await record.list({ cursor: '', limit: 1 }, call);
      } catch (error) {
        if (!(error instanceof SyncError) || error.recovery === 'pause') throw error;
        warnings.push(`${name} cannot be listed: ${error.message}`);
      }
    }
    return { who, warnings };
  };
};

const connect = (input: EngineInput): Connector => {
  const preset = readPreset(input);
  const world = createWorld(input, preset);
  const ask = createAsk(world);
  const records = new Map(
    Object.entries(preset.records).map(([name, type]) => [name, createRecord(name, type, world, ask)]),
  );
  const of = (name: string): CompiledRecord => {
    const record = records.get(name);
    if (record === undefined)
      throw new SyncError(
        'CONFIG_INVALID',
        `${presetFile(input.settings)} has no record "${name}"; use one of ${[...records.keys()].join(', ')}`,
      );
    return record;
  };
  return {
    capabilities: Object.fromEntries([...records].map(([name, record]) => [name, record.capabilities])),
    check: createCheck(preset, world, ask, records),
    describe: async (name) => {
      const { capabilities } = of(name);
      return { record: name, fields: (await describedFields(name, input)) ?? [], capabilities };
    },
    changes: async (name, request, call) => {
      const { changes } = of(name);
      if (changes === undefined) throw unsupported(`read changes of ${name}`);
      return changes(request, call);
    },
    list: async (name, request, call) => of(name).list(request, call),
    read: async (name, by, call): Promise<readonly ReadAnswer[]> =>
      'ids' in by ? of(name).byId(by.ids, call) : of(name).byKey(by.keys, call),
    write: async (name, items: readonly WriteItem[], call) => of(name).write(items, call),
    close: async () => world.http.close(),
  };
};

/** REST with JSON bodies, by configuration alone. */
export const rest: Engine = { name: 'rest', schema: RestPreset, connect };
