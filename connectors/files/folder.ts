/** A folder of this machine, or one that is mounted here. Links are never followed below it. */
import { constants } from 'node:fs';
import { lstat, mkdir, open, readdir, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { type ErrorCode, SyncError } from '../../src/domain/errors.ts';
import type { Call } from '../sdk/seam.ts';
import { type Found, isPlainName, type Place, type Reach, taken, tooLarge } from './place.ts';

const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? '';

const CODES: Readonly<Record<string, readonly [ErrorCode, string]>> = {
  EACCES: ['CONFIG_INVALID', 'may not be used by this account; give it the right to read and write there'],
  EPERM: ['CONFIG_INVALID', 'may not be used by this account; give it the right to read and write there'],
  EROFS: ['CONFIG_INVALID', 'cannot be written; the engine moves files there when it has read them'],
  EXDEV: [
    'CONFIG_INVALID',
    'lies on another disk than its neighbours; a file can only be moved in one step on the same one',
  ],
  ELOOP: ['CONFIG_INVALID', 'is a link; links are not followed'],
  ENOTDIR: ['CONFIG_INVALID', 'is no folder'],
  ENOENT: ['UNREACHABLE', 'is not there; make the folder, or mount what belongs there'],
  ENOSPC: ['TARGET_UNAVAILABLE', 'has no room left'],
  EDQUOT: ['TARGET_UNAVAILABLE', 'has no room left for this account'],
};

const failed = (path: string, error: unknown): SyncError => {
  if (error instanceof SyncError) return error;
  const [code, why] = CODES[codeOf(error)] ?? [
    'TARGET_UNAVAILABLE',
    `cannot be used (${codeOf(error) || 'no reason given'})`,
  ];
  return new SyncError(
    code,
    `${path} ${why}`,
    { class: code === 'CONFIG_INVALID' ? 'permission' : 'transient' },
    error,
  );
};

/** What `work` gives; `instead` where it fails with one of these codes. */
const unless = async <T, I>(
  path: string,
  codes: readonly string[],
  instead: I,
  work: () => Promise<T>,
): Promise<T | I> => {
  try {
    return await work();
  } catch (error) {
    if (codes.includes(codeOf(error))) return instead;
    throw failed(path, error);
  }
};

const syncFolder = async (path: string): Promise<void> => {
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
};

const kindOf = (stat: { isFile(): boolean; isDirectory(): boolean }): Found['kind'] =>
  stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other';

const lookAt = async (path: string, name: string): Promise<Found | undefined> =>
  unless(path, ['ENOENT'], undefined, async () => {
    const stat = await lstat(path);
    return { name, kind: kindOf(stat), size: stat.size, mtimeMs: stat.mtimeMs };
  });

const readWhole = async (path: string, most: number): Promise<Buffer> => {
  const file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const stat = await file.stat();
    if (!stat.isFile()) throw new SyncError('UNDECODABLE', `${path} is no plain file`, { class: 'validation' });
    if (stat.size > most) throw tooLarge(path, most);
    return await file.readFile();
  } finally {
    await file.close();
  }
};

const writeWhole = async (path: string, bytes: Buffer): Promise<void> => {
  const file = await open(
    path,
    constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW,
    0o640,
  );
  try {
    await file.writeFile(bytes);
    await file.sync();
  } finally {
    await file.close();
  }
  await syncFolder(dirname(path));
};

/** A rename that the system refused changed nothing. */
const renamed = async (from: string, to: string): Promise<boolean> => {
  try {
    await rename(from, to);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    const refused = failed(from, error);
    throw new SyncError(refused.code, refused.message, { ...refused.facts, unsent: true }, error);
  }
};

/** The operations below a folder; `listed` is the most entries that a folder may have. */
export const openFolder = (root: string, listed: number): Reach => {
  const at = (path: string): string => join(root, path);
  const before = async ({ signal, beforeRequest }: Call): Promise<void> => {
    signal.throwIfAborted();
    await beforeRequest?.();
  };
  const on = (call: Call): Place => ({
    list: async (folder) => {
      await before(call);
      const names = await unless(at(folder), ['ENOENT'], undefined, () => readdir(at(folder)));
      if (names === undefined) return undefined;
      if (names.length > listed)
        throw new SyncError('REPLY_TOO_LARGE', `${at(folder)} has ${names.length} entries, more than limits.listed`);
      const found = await Promise.all(names.filter(isPlainName).map((name) => lookAt(at(`${folder}/${name}`), name)));
      return found.filter((one) => one !== undefined);
    },
    read: async (path, most) => {
      await before(call);
      return unless(at(path), ['ENOENT'], undefined, () => readWhole(at(path), most));
    },
    write: async (path, bytes) => {
      await before(call);
      await unless(at(path), [], undefined, () => writeWhole(at(path), bytes));
    },
    makeFolder: async (path) => {
      await before(call);
      return unless(at(path), ['EEXIST'], false, async () => {
        await mkdir(at(path), { mode: 0o750 });
        return true;
      });
    },
    removeFolder: async (path) => {
      await before(call);
      return unless(at(path), ['ENOENT', 'ENOTEMPTY', 'EEXIST'], false, async () => {
        await rmdir(at(path));
        return true;
      });
    },
    move: async (from, to) => {
      await before(call);
      const there = await lookAt(at(to), to);
      if (there !== undefined) throw taken(at(to));
      if (!(await renamed(at(from), at(to)))) return false;
      await unless(at(to), [], undefined, () => syncFolder(dirname(at(to))));
      await unless(at(from), ['ENOENT'], undefined, () => syncFolder(dirname(at(from))));
      return true;
    },
    remove: async (path) => {
      await before(call);
      await unless(at(path), ['ENOENT'], undefined, () => unlink(at(path)));
    },
  });
  return { who: `this account, in ${root}`, on, close: async () => undefined };
};
