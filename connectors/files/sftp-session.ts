/** A session on an SFTP server: its key is pinned and its socket comes from the door. */
import { createHash } from 'node:crypto';
import type { Socket } from 'node:net';
import { Client, type SFTPWrapper } from 'ssh2';
import { SyncError } from '../../src/domain/errors.ts';
import type { Mode, Resolve } from '../sdk/address.ts';
import { dial } from '../sdk/dial.ts';

/** Where the server is and how to sign in. */
export interface SftpSettings {
  readonly host: string;
  readonly port: number;
  /** The folder there that paths are below. */
  readonly root: string;
  readonly allow: readonly string[];
  readonly mode: Mode;
  readonly resolve?: Resolve;
  readonly callMs: number;
  readonly listed: number;
  readonly user: string;
  readonly password?: string;
  readonly privateKey?: string;
  readonly passphrase?: string;
  /** Fingerprints (SHA256:…) of keys that the server may show. */
  readonly hostKeys: readonly string[];
}

const fingerprint = (key: Buffer): string =>
  `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;

/** An open one. */
export interface Session {
  readonly sftp: SFTPWrapper;
  readonly client: Client;
  /** Rejects when the session ends, whatever it was waiting for. */
  readonly lost: Promise<never>;
}

const signInFailure = (
  settings: SftpSettings,
  error: Error & { level?: string },
  shown: string | undefined,
): SyncError => {
  const where = `${settings.host}:${settings.port}`;
  if (shown !== undefined)
    return new SyncError(
      'EGRESS_DENIED',
      `${where} shows the key ${shown}, which is not the pinned one; compare it with the server’s owner before you pin it`,
      { unsent: true },
    );
  if (error.level === 'client-authentication')
    return new SyncError('LOGIN_REFUSED', `${where} refuses the user or its password or key`, {
      class: 'auth',
      unsent: true,
    });
  if (error.level === 'client-timeout')
    return new SyncError('TIMED_OUT', `${where} did not answer in time`, { class: 'transient', unsent: true });
  return new SyncError('UNREACHABLE', `${where} ended the connection while signing in`, {
    class: 'transient',
    unsent: true,
  });
};

/** Signs in on a socket that is open. */
const signIn = (settings: SftpSettings, socket: Socket): Promise<Session> =>
  new Promise((done, fail) => {
    const client = new Client();
    let shown: string | undefined;
    let lose: (error: SyncError) => void = () => undefined;
    const lost = new Promise<never>((_done, reject) => {
      lose = reject;
    });
    // Whoever waits for something races it; nobody waiting is no fault.
    lost.catch(() => undefined);
    const ended = (): void => {
      const error = new SyncError('UNREACHABLE', `${settings.host}:${settings.port} ended the connection`, {
        class: 'transient',
      });
      lose(error);
      fail(error);
    };
    client.on('error', (error) => {
      fail(signInFailure(settings, error, shown));
      ended();
    });
    client.on('close', ended);
    client.on('ready', () =>
      client.sftp((error, sftp) => {
        if (error === undefined) done({ sftp, client, lost });
        else {
          fail(
            new SyncError('CONFIG_INVALID', `${settings.host}:${settings.port} gives this user no SFTP`, {
              class: 'permission',
            }),
          );
          client.end();
        }
      }),
    );
    const { password, privateKey, passphrase } = settings;
    client.connect({
      sock: socket,
      username: settings.user,
      readyTimeout: settings.callMs,
      keepaliveInterval: 15_000,
      hostVerifier: (key: Buffer) => {
        const own = fingerprint(key);
        if (settings.hostKeys.includes(own)) return true;
        shown = own;
        return false;
      },
      ...(password === undefined ? {} : { password }),
      ...(privateKey === undefined ? {} : { privateKey }),
      ...(passphrase === undefined ? {} : { passphrase }),
    });
  });

/** One session for everybody, opened when it is needed and again after it was lost. */
export const createSessions = (settings: SftpSettings) => {
  let current: Promise<Session> | undefined;
  const open = async (signal: AbortSignal): Promise<Session> => {
    const { host, port, allow, mode, resolve } = settings;
    const socket = await dial({ host, port, allow, mode, ...(resolve === undefined ? {} : { resolve }) }, signal);
    try {
      return await signIn(settings, socket);
    } catch (error) {
      socket.destroy();
      throw error;
    }
  };
  const get = (signal: AbortSignal): Promise<Session> => {
    if (current !== undefined) return current;
    const opening = open(signal);
    current = opening;
    const forget = (): void => {
      if (current === opening) current = undefined;
    };
    opening.then(({ lost }) => lost.catch(forget), forget);
    return opening;
  };
  const close = async (): Promise<void> => {
    const session = await current?.catch(() => undefined);
    current = undefined;
    session?.client.end();
  };
  return { get, close };
};
