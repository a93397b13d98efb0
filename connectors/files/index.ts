/** The engine `files`: systems that read and write files, in a folder or on an SFTP server, described by a connector.yaml. */
import { isAbsolute } from 'node:path';
import { SyncError } from '../../src/domain/errors.ts';
import { assembled, capabilitiesOf, correctedRecords, type DeclaredCapabilities } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import {
  type Engine,
  type EngineInput,
  invalidPreset,
  parsePreset,
  presetFile,
  readSettings,
  resolved,
} from '../engine/preset.ts';
import type { Capabilities, Connector, FieldDescription } from '../sdk/seam.ts';
import { openFolder } from './folder.ts';
import { presetProblems } from './lint.ts';
import type { Reach } from './place.ts';
import { FilesPreset, type RecordType } from './schema.ts';
import { createSource } from './source.ts';
import { createTarget } from './target.ts';

/** The preset as the engine reads it; CONFIG_INVALID with everything that is wrong. */
const readPreset = ({ preset, settings }: EngineInput): FilesPreset => {
  const file = presetFile(settings);
  const read = parsePreset(FilesPreset, preset, file);
  const unknown = correctedRecords(settings.capabilities).find((name) => !Object.hasOwn(read.records, name));
  if (unknown !== undefined)
    throw invalidPreset('tallystick.yaml', [
      `connections.${settings.name}.capabilities.${unknown}: ${settings.connector} has no such record; use one of ${Object.keys(read.records).join(', ')}`,
    ]);
  const problems = presetProblems(read);
  if (problems.length > 0)
    throw invalidPreset(
      file,
      problems.map((problem) => `${file}: ${problem}`),
    );
  return read;
};

/** Opens the place that the connection's address names. */
const openPlace = (input: EngineInput, preset: FilesPreset): Reach => {
  const address = resolved(input.settings.url, input.secret);
  const [, path = ''] = /^folder:(.+)$/s.exec(address) ?? [];
  if (isAbsolute(path)) return openFolder(path, preset.limits.listed);
  throw invalidPreset('tallystick.yaml', [
    `connections.${input.settings.name}.url: is no place for files; write folder:/path/from/the/root or sftp://host/path`,
  ]);
};

/** What files promise by themselves: nobody guards a file, every row shows in the feed, and no key is handed over twice. */
const promised = (type: RecordType): DeclaredCapabilities => ({
  idempotency: type.out === undefined ? 'none' : 'unique',
  guard: 'none',
  version_covers_all: true,
  returns_record: true,
  complete: true,
  deletes: type.deleted === undefined && type.out === undefined ? 'absence' : 'in-feed',
});

const capabilities = (name: string, type: RecordType, input: EngineInput): Capabilities =>
  assembled(capabilitiesOf(name, type.capabilities ?? promised(type), input.settings), {
    readById: true,
    readByKey: type.out !== undefined,
    readBatch: 500,
    feed: { grainMs: 1, overlapMs: 0 },
    create: type.out !== undefined,
    update: type.out !== undefined,
    delete: type.out?.operation?.delete !== undefined,
    writeBatch: type.out?.max ?? 200,
  });

const TYPES: Readonly<Record<RecordType['columns'][string]['type'], FieldDescription['type']>> = {
  text: 'text',
  integer: 'integer',
  decimal: 'decimal',
  flag: 'boolean',
  date: 'date',
  instant: 'instant',
  any: 'unknown',
};

const fieldsOf = (type: RecordType): readonly FieldDescription[] =>
  Object.entries(type.columns).map(([path, column]) => ({
    path,
    type: TYPES[column.type],
    ...(column.max === undefined ? {} : { max: column.max }),
    ...(type.out === undefined ? { readOnly: true } : {}),
    ...(column.required ? { required: true } : {}),
  }));

const connect = (input: EngineInput): Connector => {
  const preset = readPreset(input);
  readSettings(preset.settings, input);
  const reach = openPlace(input, preset);
  const records = new Map(
    Object.entries(preset.records).map(([name, type]) => [
      name,
      type.out === undefined ? createSource(name, type, preset) : createTarget(name, type, type.out, preset),
    ]),
  );
  const declared = Object.fromEntries(
    Object.entries(preset.records).map(([name, type]) => [name, capabilities(name, type, input)]),
  );
  const of = (name: string) => {
    const record = records.get(name);
    if (record !== undefined) return record;
    throw new SyncError(
      'CONFIG_INVALID',
      `${presetFile(input.settings)} has no record "${name}"; use one of ${[...records.keys()].join(', ')}`,
    );
  };
  return {
    capabilities: declared,
    check: async () => ({ who: reach.who, warnings: [] }),
    describe: async (name) => {
      of(name);
      const type = preset.records[name];
      return {
        record: name,
        fields: (await describedFields(name, input)) ?? (type === undefined ? [] : fieldsOf(type)),
        capabilities: declared[name] as Capabilities,
      };
    },
    changes: async (name, request, call) => of(name).changes(reach.on(call), request),
    list: async (name, request, call) => of(name).list(reach.on(call), request),
    read: async (name, by, call) =>
      'ids' in by ? of(name).byId(reach.on(call), by.ids) : of(name).byKey(reach.on(call), by.keys),
    write: async (name, items, call) => of(name).write(reach.on(call), items, call),
    close: async () => reach.close(),
  };
};

/** Files, by configuration alone. */
export const files: Engine = { name: 'files', schema: FilesPreset, connect };
