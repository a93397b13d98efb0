/** The engine `sql`: tables, views and procedures of a database, described by a connector.yaml. */
import { SyncError } from '../../src/domain/errors.ts';
import { assembled } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import { createSentence } from '../engine/errors.ts';
import { type Engine, type EngineInput, presetFile, readSettings, resolved } from '../engine/preset.ts';
import { readCorrected } from '../engine/read-preset.ts';
import { textTemplate } from '../engine/template.ts';
import type { Call, Capabilities, Connector, FieldDescription, WriteItem } from '../sdk/seam.ts';
import { readAddress } from './address.ts';
import type { Dialect, Kind } from './dialect.ts';
import { DIALECTS } from './dialects.ts';
import { createRefusals, Refusal, readingError } from './failure.ts';
import { createFeed } from './feed.ts';
import { presetProblems } from './lint.ts';
import { createList } from './list.ts';
import { createReading, READ_BATCH } from './read.ts';
import { createRows } from './rows.ts';
import { type RecordType, SqlPreset } from './schema.ts';
import { createSessions, type Sessions } from './sessions.ts';
import { type Base, createSource, type Source } from './source.ts';
import { tlsOf } from './tls.ts';
import { createWrites } from './write.ts';

const createOpened = (input: EngineInput, preset: SqlPreset, dialect: Dialect): Sessions => {
  const { settings } = input;
  const given = readSettings(preset.settings, input);
  const text = (template: string): string => textTemplate(template)({ settings: given }) ?? '';
  const secrets = Object.entries(given).flatMap(([name, value]) =>
    preset.settings[name]?.secret === true ? [value] : [],
  );
  const { place, database } = readAddress(resolved(settings.url, input.secret), dialect);
  return createSessions({
    ...{ dialect, place, database },
    user: text(preset.auth.user),
    password: text(preset.auth.password),
    tls: tlsOf(preset, text, place, input),
    allow: settings.allow,
    mode: input.mode,
    ...(input.resolve === undefined ? {} : { resolve: input.resolve }),
    concurrency: settings.concurrency,
    statementMs: settings.callMs,
    replyBytes: preset.limits.reply_bytes,
    refusalOf: createRefusals(dialect, preset.errors, createSentence(secrets)),
  });
};

const unsupported = (what: string): SyncError =>
  new SyncError('UNSUPPORTED', `the connection file does not say how to ${what}`);

const capabilities = (type: RecordType): Capabilities => {
  const { changes, write } = type;
  return assembled(type.capabilities, {
    readById: true,
    readByKey: type.reference !== undefined,
    readBatch: READ_BATCH,
    feed: changes === undefined ? undefined : { grainMs: 1, overlapMs: changes.overlap_ms ?? 0 },
    create: write.create !== undefined,
    update: write.update !== undefined,
    delete: write.delete !== undefined,
    writeBatch: write.max,
  });
};

const TYPES: Readonly<Record<Kind, FieldDescription['type']>> = {
  text: 'text',
  integer: 'integer',
  decimal: 'decimal',
  boolean: 'boolean',
  date: 'date',
  time: 'text',
  instant: 'instant',
  local: 'text',
  json: 'unknown',
  binary: 'text',
  uuid: 'text',
  unknown: 'unknown',
};

/** Fields as the database describes its columns. */
const liveFields = async (source: Source, call: Call): Promise<readonly FieldDescription[]> => {
  const shape = await source.reading(`the description of ${source.name}`, call, source.shape);
  const { id, version, modified_at, reference, columns } = source.type;
  const ours = new Set([id, version, modified_at, reference]);
  return Object.entries(columns).map(([path, column]) => {
    const name = typeof column === 'string' ? column : column.column;
    const { kind, max } = shape.get(name) ?? { kind: 'unknown' as const, max: undefined };
    const readOnly = ours.has(name) || (typeof column !== 'string' && column.read_only);
    return { path, type: TYPES[kind], ...(max === undefined ? {} : { max }), ...(readOnly ? { readOnly } : {}) };
  });
};

/** One record type, compiled. */
const createRecord = (name: string, type: RecordType, base: Base) => {
  const source = createSource(name, type, base);
  const rows = createRows(name, type);
  return {
    source,
    capabilities: capabilities(type),
    list: createList(source, rows),
    changes: createFeed(source, rows),
    byId: createReading(source, rows, 'id'),
    byKey: createReading(source, rows, 'key'),
    write: createWrites(source, rows),
  };
};
type CompiledRecord = ReturnType<typeof createRecord>;

const createCheck = (base: Base, records: ReadonlyMap<string, CompiledRecord>) => async (call: Call) => {
  const { sessions, dialect } = base;
  const hello = async (): Promise<string> => {
    try {
      return await sessions.use('read', call, async (talk) => String((await talk.run(dialect.hello, [])).rows[0]?.[0]));
    } catch (error) {
      throw error instanceof Refusal ? readingError('the check', error) : error;
    }
  };
  const who = await hello();
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

const connect = (input: EngineInput): Connector => {
  const preset = readCorrected(input, SqlPreset, (read) => presetProblems(read, DIALECTS[read.dialect]));
  const dialect = DIALECTS[preset.dialect];
  const file = presetFile(input.settings);
  const sessions = createOpened(input, preset, dialect);
  const base: Base = { dialect, sessions, file, rows: preset.limits.rows, lanes: input.settings.concurrency };
  const records = new Map(Object.entries(preset.records).map(([name, type]) => [name, createRecord(name, type, base)]));
  const of = (name: string): CompiledRecord => {
    const record = records.get(name);
    if (record === undefined)
      throw new SyncError(
        'CONFIG_INVALID',
        `${file} has no record "${name}"; use one of ${[...records.keys()].join(', ')}`,
      );
    return record;
  };
  return {
    capabilities: Object.fromEntries([...records].map(([name, record]) => [name, record.capabilities])),
    check: createCheck(base, records),
    describe: async (name, call) => {
      const { source, capabilities } = of(name);
      return {
        record: name,
        fields: (await describedFields(name, input)) ?? (await liveFields(source, call)),
        capabilities,
      };
    },
    changes: async (name, request, call) => {
      const { changes } = of(name);
      if (changes === undefined) throw unsupported(`read changes of ${name}`);
      return changes(request, call);
    },
    list: async (name, request, call) => of(name).list(request, call),
    read: async (name, by, call) => ('ids' in by ? of(name).byId(by.ids, call) : of(name).byKey(by.keys, call)),
    write: async (name, items: readonly WriteItem[], call) => of(name).write(items, call),
    close: () => sessions.close(),
  };
};

/** Tables, views and procedures of a database, by configuration alone. */
export const sql: Engine = { name: 'sql', schema: SqlPreset, connect };
