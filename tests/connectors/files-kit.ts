/** A folder with files, and a connection to it, for tests of the `files` engine. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { Change, Connector, NativeRecord } from '../../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import type { Json } from '../../src/domain/json.ts';
import { aCall, aConnection } from '../kit/fake-http.ts';

/** Columns that most tests need. */
export const COLUMNS = {
  number: { from: 'No' },
  name: { from: 'Name', max: 20 },
  limit: { from: 'Limit', type: 'decimal' },
} as const;

/** A record type that is read from files which are whole as soon as they are there. */
export const sourceType = (over: Record<string, unknown> = {}): Json =>
  ({
    format: { kind: 'csv' },
    columns: COLUMNS,
    id: 'number',
    in: { full: ['all*'], delta: ['some*'], ready: { by: 'rename' } },
    ...over,
  }) as Json;

/** A preset with one record type, `Partner`. */
export const presetWith = (type: Json, over: Record<string, unknown> = {}): Json =>
  ({ engine: 'files', system: 'Test files', records: { Partner: type }, ...over }) as Json;

/** A connection to a place. */
export const connectFiles = (url: string, preset: Json, over: Partial<ConnectionSettings> = {}): Connector =>
  createConnector({
    settings: aConnection(url, over),
    preset,
    mode: 'local',
    secret: (reference) => reference,
    read: async () => undefined,
  });

/** A folder of its own, removed when the test ends. */
export const aFolder = (...folders: readonly string[]): string => {
  const root = mkdtempSync(join(tmpdir(), 'tally-files-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const folder of folders) mkdirSync(join(root, folder), { recursive: true });
  return root;
};

/** Everything below a folder, by relative path. */
export const tree = (root: string, below = ''): readonly string[] =>
  readdirSync(join(root, below), { withFileTypes: true })
    .flatMap((entry) => {
      const path = below === '' ? entry.name : `${below}/${entry.name}`;
      return entry.isDirectory() ? tree(root, path) : [path];
    })
    .sort();

/** A folder that is read from, with what tests do to it. */
export const aSource = (type: Json = sourceType(), over: Record<string, unknown> = {}) => {
  const root = aFolder('in');
  const preset = presetWith(type, over);
  const connect = (): Connector => connectFiles(`folder:${root}`, preset);
  const connector = connect();
  /** Appears whole, as a rename makes it. */
  const drop = (name: string, content: string | Buffer): void => {
    writeFileSync(join(root, 'dropped.part'), content);
    renameSync(join(root, 'dropped.part'), join(root, 'in', name));
  };
  const result = (name: string): string => {
    const path = tree(root, 'archive').find((each) => each.endsWith(`/${name}.result.csv`));
    if (path === undefined) throw new Error(`there is no result of ${name} among ${tree(root).join(', ')}`);
    return readFileSync(join(root, path), 'utf8');
  };
  /** What a person reads in the result, without the header. */
  const rows = (name: string): readonly string[] => result(name).trimEnd().split('\r\n').slice(1);
  return {
    root,
    connector,
    connect,
    drop,
    rows,
    has: (path: string) => existsSync(join(root, path)),
    all: () => tree(root),
  };
};

/** Reads a feed from a cursor to its end, as capture does: where it ends is stored. */
export const readOn = async (connector: Connector, cursor: string, limit = 100) => {
  const changes: Change[] = [];
  for (let at = cursor; ; ) {
    const page = await connector.changes('Partner', { cursor: at, limit }, aCall());
    changes.push(...page.changes);
    at = page.next;
    if (page.gap !== undefined) return { changes, next: at, gap: true };
    if (!page.more) return { changes, next: at, gap: false };
  }
};

/** The whole of a full pass. */
export const passOver = async (connector: Connector, limit = 100): Promise<readonly Change[]> => {
  const changes: Change[] = [];
  for (let cursor = ''; ; ) {
    const page = await connector.list('Partner', { cursor, limit }, aCall());
    changes.push(...page.changes);
    if (!page.more) return changes;
    cursor = page.next;
  }
};

/** The records among changes. */
export const recordsIn = (changes: readonly Change[]): readonly NativeRecord[] =>
  changes.flatMap((change) => (change.op === 'upsert' ? [change.record] : []));

/** One word for each change. */
export const shown = (changes: readonly Change[]): readonly string[] =>
  changes.map((change) => (change.op === 'upsert' ? change.record.id : `${change.op} ${change.id ?? ''}`));
