/** The folder that `tally feed` writes to: whole files only, and how far they go. */
import { closeSync, fsyncSync, mkdirSync, openSync, readdirSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { SyncError } from '../domain/errors.ts';

const CURSOR = 'cursor.json';
const Cursor = z.strictObject({ after: z.int().min(0), mapping: z.string().nullable() });
const NAME = /^changes-(\d{12,16})-(\d{12,16})\.(?:csv|parquet)$/;

/** A folder of changes, of one mapping or of all. */
export interface FeedFolder {
  /** All up to this number stands in files. */
  readonly after: number;
  /** Keep a file with all changes up to a number (undefined: there were none to keep). Gives its name. */
  keep(from: number, to: number, file?: { readonly ending: string; readonly bytes: Uint8Array }): string | undefined;
}

/** Written beside its place first, so that who looks sees it whole or not at all. */
const placed = (folder: string, name: string, bytes: Uint8Array): void => {
  const beside = join(folder, `.${name}.new`);
  const file = openSync(beside, 'w', 0o600);
  try {
    for (let at = 0; at < bytes.length; ) at += writeSync(file, bytes, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(beside, join(folder, name));
};

const cursorIn = (folder: string, names: readonly string[]): z.infer<typeof Cursor> | undefined => {
  if (!names.includes(CURSOR)) return undefined;
  const path = join(folder, CURSOR);
  try {
    return Cursor.parse(JSON.parse(readFileSync(path, 'utf8')));
  } catch (cause) {
    throw new SyncError(
      'CONFIG_INVALID',
      `${path} does not say how far the feed is: restore it, or begin in an empty folder`,
      {},
      cause,
    );
  }
};

/** Opens or makes the folder. How far it goes is said by its cursor and by its files: one that was placed just before an end counts. */
export const openFeed = (folder: string, mapping: string | undefined): FeedFolder => {
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder);
  const cursor = cursorIn(folder, names);
  const of = mapping ?? null;
  if (cursor !== undefined && cursor.mapping !== of)
    throw new SyncError(
      'BAD_REQUEST',
      `${folder} holds changes of ${cursor.mapping ?? 'all mappings'}, not of ${of ?? 'all'}: give each feed a folder of its own`,
    );
  const reached = names.flatMap((name) => Number(NAME.exec(name)?.[2] ?? []));
  return {
    after: Math.max(0, cursor?.after ?? 0, ...reached.filter(Number.isFinite)),
    keep: (from, to, file) => {
      const name =
        file === undefined
          ? undefined
          : `changes-${[from, to].map((number) => String(number).padStart(12, '0')).join('-')}.${file.ending}`;
      if (name !== undefined && file !== undefined) placed(folder, name, file.bytes);
      placed(folder, CURSOR, Buffer.from(`${JSON.stringify({ after: to, mapping: of })}\n`));
      return name;
    },
  };
};
