/** A folder on an SFTP server; one session serves all calls. */
import type { SFTPWrapper, Stats } from 'ssh2';
import { type ErrorCode, SyncError } from '../../src/domain/errors.ts';
import { each } from '../engine/pool.ts';
import type { Call } from '../sdk/seam.ts';
import { type Found, isPlainName, type Place, type Reach, taken, tooLarge } from './place.ts';
import { createSessions, type SftpSettings } from './sftp-session.ts';

/** What an SFTP server answers with. */
const STATUS = { end: 1, noSuchFile: 2, permission: 3, failure: 4, unsupported: 8 } as const;

// As much as any server gives at once, and so many requests under way that distance costs little.
const PIECE = 32_768;
const AT_ONCE = 16;

const statusOf = (error: unknown): number | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
};

type Answer<T> = (done: (error: Error | null | undefined, value?: T) => void) => void;

const WORDS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [STATUS.noSuchFile]: ['UNREACHABLE', 'is not there; make the folder, or correct the address'],
  [STATUS.permission]: ['CONFIG_INVALID', 'may not be used by this user; give it the right to read and write there'],
  [STATUS.unsupported]: ['CONFIG_INVALID', 'cannot be used like this: the server does not support it'],
};

const refusal = (path: string, error: unknown): SyncError => {
  const [code, why] = WORDS[statusOf(error) ?? -1] ?? [
    'TARGET_UNAVAILABLE',
    'was refused by the server without a reason; its disk may be full',
  ];
  // The server answered, so it did not do it.
  return new SyncError(code, `${path} ${why}`, {
    class: code === 'CONFIG_INVALID' ? 'permission' : 'transient',
    unsent: true,
  });
};

/** Questions to the server, each with an end: an answer, a lost session, the time limit or the caller's stop. */
const asker = (settings: SftpSettings, sessions: ReturnType<typeof createSessions>, call: Call) => {
  return async <T>(
    path: string,
    allowed: readonly number[],
    question: (sftp: SFTPWrapper) => Answer<T>,
  ): Promise<T | undefined> => {
    call.signal.throwIfAborted();
    await call.beforeRequest?.();
    const session = await sessions.get(call.signal);
    const stop = AbortSignal.any([call.signal, AbortSignal.timeout(settings.callMs)]);
    const stopped = new Promise<never>((_done, reject) =>
      stop.addEventListener(
        'abort',
        () =>
          reject(
            call.signal.aborted
              ? call.signal.reason
              : new SyncError('TIMED_OUT', `${settings.host} did not answer in time`, { class: 'transient' }),
          ),
        { once: true },
      ),
    );
    stopped.catch(() => undefined);
    const answer = new Promise<T | undefined>((done, reject) =>
      question(session.sftp)((error, value) => {
        if (error === null || error === undefined) return done(value);
        const status = statusOf(error);
        if (status !== undefined && allowed.includes(status)) return done(undefined);
        // Without a status nobody answered: the session is lost, which says so itself.
        if (status !== undefined) reject(refusal(path, error));
      }),
    );
    return Promise.race([answer, session.lost, stopped]);
  };
};

/** Requests that some servers do not have. */
const optional = <T>(first: () => T, instead: () => T): T => {
  try {
    return first();
  } catch {
    return instead();
  }
};

const kindOf = (stat: Stats): Found['kind'] => (stat.isFile() ? 'file' : stat.isDirectory() ? 'folder' : 'other');

/** The operations below a folder of the server. */
export const openSftp = (settings: SftpSettings): Reach => {
  const sessions = createSessions(settings);
  const at = (path: string): string => `${settings.root.replace(/\/$/, '')}/${path}`;

  const on = (call: Call): Place => {
    const ask = asker(settings, sessions, call);
    const lookAt = (path: string) => ask<Stats>(path, [STATUS.noSuchFile], (sftp) => (done) => sftp.lstat(path, done));
    const exists = async (path: string): Promise<boolean> => (await lookAt(path)) !== undefined;

    /** One piece of a file; shorter only at its end. */
    const readPiece = async (path: string, handle: Buffer, from: number, length: number): Promise<Buffer> => {
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
    const readAll = async (path: string, handle: Buffer, size: number): Promise<Buffer> => {
      const pieces = Array.from({ length: Math.ceil(size / PIECE) }, (_, index) => index * PIECE);
      return Buffer.concat(
        await each(pieces, AT_ONCE, (from) => readPiece(path, handle, from, Math.min(PIECE, size - from))),
      );
    };
    const closing = async <T>(path: string, handle: Buffer, work: () => Promise<T>): Promise<T> => {
      try {
        return await work();
      } finally {
        await ask(path, [STATUS.failure], (sftp) => (done) => sftp.close(handle, done)).catch(() => undefined);
      }
    };
    return {
      list: async (folder) => {
        const path = at(folder);
        const entries = await ask<readonly { filename: string; attrs: Stats }[]>(
          path,
          [STATUS.noSuchFile],
          (sftp) => (done) => sftp.readdir(path, (error, list) => done(error, list)),
        );
        if (entries === undefined) return undefined;
        if (entries.length > settings.listed)
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
        const stat = await lookAt(path);
        if (stat === undefined) return undefined;
        if (!stat.isFile()) throw new SyncError('UNDECODABLE', `${path} is no plain file`, { class: 'validation' });
        if (stat.size > most) throw tooLarge(path, most);
        const handle = await ask<Buffer>(path, [STATUS.noSuchFile], (sftp) => (done) => sftp.open(path, 'r', done));
        return handle === undefined ? undefined : closing(path, handle, () => readAll(path, handle, stat.size));
      },
      write: async (relative, bytes) => {
        const path = at(relative);
        const handle = await ask<Buffer>(path, [], (sftp) => (done) => sftp.open(path, 'w', { mode: 0o640 }, done));
        if (handle === undefined) return;
        await closing(path, handle, async () => {
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
      makeFolder: async (relative) => {
        const path = at(relative);
        const made = await ask<boolean>(
          path,
          [STATUS.failure],
          (sftp) => (done) => sftp.mkdir(path, { mode: 0o750 }, (error) => done(error, true)),
        );
        if (made === true) return true;
        if (await exists(path)) return false;
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
      move: async (from, to) => {
        if (await exists(at(to))) throw taken(at(to));
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
    };
  };
  return { who: `${settings.user}@${settings.host}`, on, close: sessions.close };
};
