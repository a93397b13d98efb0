/** Questions to an SFTP server, and what its answers mean. */
import type { SFTPWrapper } from 'ssh2';
import { type ErrorCode, SyncError } from '../../src/domain/errors.ts';
import type { Call } from '../sdk/seam.ts';
import type { createSessions, SftpSettings } from './sftp-session.ts';

/** What an SFTP server answers with. */
export const STATUS = { end: 1, noSuchFile: 2, permission: 3, failure: 4, unsupported: 8 } as const;

const statusOf = (error: unknown): number | undefined => {
  const { code } = error as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
};

/** A question that calls back. */
type Answer<T> = (done: (error: Error | null | undefined, value?: T) => void) => void;

const WORDS: Readonly<Record<number, readonly [ErrorCode, string]>> = {
  [STATUS.noSuchFile]: ['UNREACHABLE', 'is not there; make the folder, or correct the address'],
  [STATUS.permission]: ['CONFIG_INVALID', 'may not be used by this user; give it the right to read and write there'],
  [STATUS.unsupported]: ['CONFIG_INVALID', 'cannot be used like this: the server does not support it'],
};

/** An answer that says no, as an error; the server answered, so it did not do it. */
export const refusal = (path: string, error: unknown): SyncError => {
  const [code, why] = WORDS[statusOf(error) ?? -1] ?? [
    'TARGET_UNAVAILABLE',
    'was refused by the server without a reason; its disk may be full',
  ];
  return new SyncError(code, `${path} ${why}`, {
    class: code === 'CONFIG_INVALID' ? 'permission' : 'transient',
    unsent: true,
  });
};

/** Questions to the server, each with an end: an answer, a lost session, the time limit or the caller's stop. */
export const asker = (settings: SftpSettings, sessions: ReturnType<typeof createSessions>, call: Call) => {
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
export const optional = <T>(first: () => T, instead: () => T): T => {
  try {
    return first();
  } catch {
    return instead();
  }
};

/** Asks one question. */
export type Ask = ReturnType<typeof asker>;
