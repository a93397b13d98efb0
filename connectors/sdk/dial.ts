/** A plain socket through the door, for systems that speak something other than HTTP: the host that the connection names, its tested and pinned address, a time limit. */
import { connect, isIP, type Socket } from 'node:net';
import { SyncError } from '../../src/domain/errors.ts';
import { type Mode, pinnedLookup, type Resolve, readAllowList, testAddress } from './address.ts';
import { LIMITS } from './http.ts';
import { translated } from './wire.ts';

/** Where a socket goes, and what it may not pass. */
export interface DialSettings {
  readonly host: string;
  readonly port: number;
  /** Private networks (CIDR) that this connection may reach. */
  readonly allow: readonly string[];
  readonly mode: Mode;
  readonly connectMs?: number;
  readonly resolve?: Resolve;
}

/** Opens one. Throws a SyncError that says nothing was sent, or the caller's own reason when the caller stopped it. */
export const dial = ({ host, port, allow, mode, resolve, ...settings }: DialSettings, signal: AbortSignal) =>
  new Promise<Socket>((done, fail) => {
    signal.throwIfAborted();
    const { cidrs } = readAllowList(allow);
    // An address that is written as one is never looked up, so it is tested here.
    if (isIP(host) !== 0) testAddress(host, host, mode, cidrs);
    const socket = connect({ host, port, noDelay: true, lookup: pinnedLookup(mode, cidrs, resolve) });
    const late = (): void => {
      socket.destroy(Object.assign(new Error('connect timed out'), { code: 'CONNECT_TIMEOUT' }));
    };
    const timer = setTimeout(late, settings.connectMs ?? LIMITS.connectMs);
    const stop = (): void => {
      socket.destroy();
      end(() => fail(signal.reason));
    };
    const broken = (error: Error): void => end(() => fail(unsent(translated(error, `${host}:${port}`))));
    const ready = (): void => end(() => done(socket));
    const end = (then: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', stop);
      socket.off('error', broken);
      socket.off('connect', ready);
      // Whoever takes the socket over listens to it; until then a late error must end no process.
      socket.on('error', () => undefined);
      then();
    };
    signal.addEventListener('abort', stop, { once: true });
    socket.once('error', broken);
    socket.once('connect', ready);
  });

const unsent = (error: SyncError): SyncError =>
  error.facts.unsent === true ? error : new SyncError(error.code, error.message, { ...error.facts, unsent: true });
