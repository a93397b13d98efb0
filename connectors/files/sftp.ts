/** A folder on an SFTP server; one session serves all calls. */
import type { Stats } from 'ssh2';
import { SyncError } from '../../src/domain/errors.ts';
import { each } from '../engine/pool.ts';
import type { Call } from '../sdk/seam.ts';
import { type Found, isPlainName, type Place, type Reach, taken, tooLarge } from './place.ts';
import { type Ask, asker, optional, refusal, STATUS } from './sftp-ask.ts';
import { createSessions, type SftpSettings } from './sftp-session.ts';

// As much as any server gives at once, and so many requests under way that distance costs little.
const PIECE = 32_768;
const AT_ONCE = 16;

const kindOf = (stat: Stats): Found['kind'] => (stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other');

const lookAt = (ask: Ask, path: string) =>
  ask<Stats>(path, [STATUS.noSuchFile], (sftp) => (done) => sftp.lstat(path, done));

/** One piece of a file; shorter only at its end. */
const readPiece = async (ask: Ask, path: string, handle: Buffer, from: number, length: number): Promise<Buffer> => {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const count = await ask<number>(
      path,
      [STATUS.end],
      (sftp) => (done) =>
        sftp.read(handle, buffer, filled, length - filled, from + filled, (error, bytes) => done(error, bytes)),
    );
    if (count === undefined || count === 0) break;
    filled += count;
  }
  return buffer.subarray(0, filled);
};
const readAll = async (ask: Ask, path: string, handle: Buffer, size: number): Promise<Buffer> => {
  const pieces = Array.from({ length: Math.ceil(size / PIECE) }, (_, index) => index * PIECE);
  return Buffer.concat(
    await each(pieces, AT_ONCE, (from) => readPiece(ask, path, handle, from, Math.min(PIECE, size - from))),
  );
};

const closing = async <T>(ask: Ask, path: string, handle: Buffer, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } finally {
    await ask(path, [STATUS.failure], (sftp) => (done) => sftp.close(handle, done)).catch(() => undefined);
  }
};

const exists = async (ask: Ask, path: string): Promise<boolean> => (await lookAt(ask, path)) !== undefined;

type At = (path: string) => string;

const reading = (ask: Ask, at: At, listed: number): Pick<Place, 'list' | 'read'> => ({
  list: async (folder) => {
    const path = at(folder);
    const entries = await ask<readonly { filename: string; attrs: Stats }[]>(
      path,
      [STATUS.noSuchFile],
      (sftp) => (done) => sftp.readdir(path, (error, list) => done(error, list)),
    );
    if (entries === undefined) return undefined;
    if (entries.length > listed)
      throw new SyncError('REPLY_TOO_LARGE', `${path} has ${entries.length} entries, more than limits.listed`);
    return entries
      .filter(({ filename }) => isPlainName(filename))
      .map(({ filename, attrs }) => ({
        name: filename,
        kind: kindOf(attrs),
        size: attrs.size,
        mtimeMs: attrs.mtime * 1000,
      }));
  },
  read: async (relative, most) => {
    const path = at(relative);
    const stat = await lookAt(ask, path);
    if (stat === undefined) return undefined;
    if (!stat.isFile()) throw new SyncError('UNDECODABLE', `${path} is no plain file`, { class: 'validation' });
    if (stat.size > most) throw tooLarge(path, most);
    const handle = await ask<Buffer>(path, [STATUS.noSuchFile], (sftp) => (done) => sftp.open(path, 'r', done));
    return handle === undefined ? undefined : closing(ask, path, handle, () => readAll(ask, path, handle, stat.size));
  },
});

const writing = (ask: Ask, at: At): Pick<Place, 'write' | 'move' | 'remove'> => ({
  write: async (relative, bytes) => {
    const path = at(relative);
    const handle = await ask<Buffer>(path, [], (sftp) => (done) => sftp.open(path, 'w', { mode: 0o640 }, done));
    if (handle === undefined) return;
    await closing(ask, path, handle, async () => {
      if (bytes.length > 0)
        await ask(path, [], (sftp) => (done) => sftp.write(handle, bytes, 0, bytes.length, 0, done));
      await ask(
        path,
        [STATUS.unsupported],
        (sftp) => (done) =>
          optional(
            () => sftp.ext_openssh_fsync(handle, done),
            () => done(undefined),
          ),
      );
    });
  },
  move: async (from, to) => {
    if (await exists(ask, at(to))) throw taken(at(to));
    const moved = await ask<boolean>(at(from), [STATUS.noSuchFile], (sftp) => (done) => {
      const settle = (error?: Error | null): void => done(error, true);
      // OpenSSH's plain rename of a file makes a second name and takes the first away: two steps. This is one.
      optional(
        () => sftp.ext_openssh_rename(at(from), at(to), settle),
        () => sftp.rename(at(from), at(to), settle),
      );
    });
    return moved ?? false;
  },
  remove: async (relative) => {
    const path = at(relative);
    await ask(path, [STATUS.noSuchFile], (sftp) => (done) => sftp.unlink(path, done));
  },
});

const folding = (ask: Ask, at: At): Pick<Place, 'makeFolder' | 'removeFolder'> => ({
  makeFolder: async (relative) => {
    const path = at(relative);
    const made = await ask<boolean>(
      path,
      [STATUS.failure],
      (sftp) => (done) => sftp.mkdir(path, { mode: 0o750 }, (error) => done(error, true)),
    );
    if (made === true) return true;
    if (await exists(ask, path)) return false;
    throw refusal(path, { code: STATUS.failure });
  },
  removeFolder: async (relative) => {
    const path = at(relative);
    return (
      (await ask<boolean>(
        path,
        [STATUS.noSuchFile, STATUS.failure],
        (sftp) => (done) => sftp.rmdir(path, (error) => done(error, true)),
      )) ?? false
    );
  },
});

/** The operations below a folder of the server. */
export const openSftp = (settings: SftpSettings): Reach => {
  const sessions = createSessions(settings);
  const at: At = (path) => `${settings.root.replace(/\/$/, '')}/${path}`;
  const on = (call: Call): Place => {
    const ask = asker(settings, sessions, call);
    return { ...reading(ask, at, settings.listed), ...writing(ask, at), ...folding(ask, at) };
  };
  return { who: `${settings.user}@${settings.host}`, on, close: sessions.close };
};
