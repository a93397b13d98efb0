/** The engine `files`: systems that read and write files, in a folder or on an SFTP server, described by a connector.yaml. */
import { isAbsolute } from 'node:path';
import { SyncError } from '../../src/domain/errors.ts';
import { assembled, capabilitiesOf, type DeclaredCapabilities } from '../engine/capabilities.ts';
import { describedFields } from '../engine/describe.ts';
import { type Engine, type EngineInput, invalidPreset, presetFile, readSettings, resolved } from '../engine/preset.ts';
import { readPreset } from '../engine/read-preset.ts';
import { textTemplate, type Values } from '../engine/template.ts';
import type { Call, Capabilities, Connector, FieldDescription } from '../sdk/seam.ts';
import { openFolder } from './folder.ts';
import { presetProblems } from './lint.ts';
import { matcher, suffixOf } from './pickup.ts';
import type { Reach } from './place.ts';
import { FilesPreset, type Ready, type RecordType } from './schema.ts';
import { openSftp } from './sftp.ts';
import { createSource } from './source.ts';
import { createTarget } from './target.ts';

const notAPlace = ({ settings }: EngineInput, why: string): SyncError =>
  invalidPreset('tallystick.yaml', [`connections.${settings.name}.url: ${why}`]);

/** How the preset signs in, with the connection's values in it. */
const signInOf = (input: EngineInput, preset: FilesPreset, values: Values) => {
  const { sign_in: given } = preset;
  if (given === undefined)
    throw invalidPreset(presetFile(input.settings), [
      `${presetFile(input.settings)}: "sign_in": is missing; an SFTP server asks for a user and its key must be pinned`,
    ]);
  const text = (template: string): string => textTemplate(template)(values) ?? '';
  const filled = (template: string | undefined): string | undefined =>
    template === undefined || text(template) === '' ? undefined : text(template);
  const [password, privateKey, passphrase] = [given.password, given.private_key, given.passphrase].map(filled);
  const hostKeys = text(given.host_key)
    .split(/\s+/)
    .filter((key) => key !== '');
  if (hostKeys.length === 0 || hostKeys.some((key) => !/^SHA256:[A-Za-z0-9+/]{43}$/.test(key)))
    throw invalidPreset('tallystick.yaml', [
      `connections.${input.settings.name}: the server’s key is not pinned; give its fingerprint, SHA256: and 43 characters, as ssh-keygen -lf shows it`,
    ]);
  return {
    user: text(given.user),
    hostKeys,
    ...(password === undefined ? {} : { password }),
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
};

/** Opens the place that the connection's address names. Nothing is dialled yet. */
const openPlace = (input: EngineInput, preset: FilesPreset): Reach => {
  const { settings, mode, resolve } = input;
  const values = { settings: readSettings(preset.settings, input) };
  const address = resolved(settings.url, input.secret);
  const [, path = ''] = /^folder:(.+)$/s.exec(address) ?? [];
  if (isAbsolute(path)) return openFolder(path, preset.limits.listed);
  const url = address.startsWith('sftp://') ? URL.parse(address) : null;
  if (url === null || url.hostname === '')
    throw notAPlace(input, 'is no place for files; write folder:/path/from/the/root or sftp://host/path');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw notAPlace(input, 'must have a host and a path alone; user and password stand under settings');
  return openSftp({
    host: url.hostname.replace(/^\[|\]$/g, ''),
    port: url.port === '' ? 22 : Number(url.port),
    root: decodeURIComponent(url.pathname),
    allow: settings.allow,
    mode,
    callMs: settings.callMs,
    listed: preset.limits.listed,
    ...(resolve === undefined ? {} : { resolve }),
    ...signInOf(input, preset, values),
  });
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

/** Looks into every folder that others write to, and names what lies there and fits no pattern. */
const createCheck = (preset: FilesPreset, reach: Reach) => async (call: Call) => {
  const place = reach.on(call);
  if ((await place.list('')) === undefined)
    throw new SyncError('UNREACHABLE', `the folder of ${reach.who} is not there; make it, or mount what belongs there`);
  const warnings: string[] = [];
  for (const [folder, patterns] of foldersOf(preset)) {
    const found = await place.list(folder);
    const strange = (found ?? []).filter(({ name }) => !matcher(patterns)(name));
    if (found === undefined) warnings.push(`the folder "${folder}" is not there`);
    if (strange.length > 0)
      warnings.push(
        `"${folder}" has ${strange.length} entries that fit no pattern, the first is "${strange[0]?.name}"`,
      );
  }
  return { who: reach.who, warnings };
};

/** Folders that others write to, with the patterns of what is read there. */
const foldersOf = ({ records }: FilesPreset): ReadonlyMap<string, readonly string[]> => {
  const folders = new Map<string, readonly string[]>();
  const add = (folder: string, patterns: readonly string[], ready: Ready): void => {
    const suffix = suffixOf(ready);
    const beside = suffix === undefined ? [] : patterns.map((pattern) => `${pattern}${suffix}`);
    folders.set(folder, [...(folders.get(folder) ?? []), ...patterns, ...beside]);
  };
  for (const { in: from, out } of Object.values(records)) {
    if (from !== undefined) add(from.folder, [...from.full, ...from.delta], from.ready);
    if (out?.acknowledged !== undefined) add(out.acknowledged.folder, out.acknowledged.files, out.acknowledged.ready);
  }
  return folders;
};

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
  const preset = readPreset(input, FilesPreset, presetProblems);
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
    check: createCheck(preset, reach),
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
