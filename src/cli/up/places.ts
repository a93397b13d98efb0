/** What a group keeps below its home so that it comes back the same: ports, a password, and who is running. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { birthOf } from '../../../scripts/lock.mjs';
import { SyncError } from '../../domain/errors.ts';
import { freshPassword } from './postgres.ts';
import { end, until } from './process.ts';

/** Below the range from which systems take ports for outgoing connections: one of those must not stand on ours while a part restarts. */
const FIRST_PORT = 20_000;
const LAST_PORT = 31_999;

const free = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });

/** A port that nobody listens on now. */
export const freePort = async (taken: readonly number[] = []): Promise<number> => {
  for (let attempt = 0; attempt < 1_000; attempt += 1) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT + 1));
    if (!taken.includes(port) && (await free(port))) return port;
  }
  throw new SyncError('PORT_TAKEN', `no port between ${FIRST_PORT} and ${LAST_PORT} is free on 127.0.0.1`);
};

const write = (path: string, text: string): void => {
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  renameSync(`${path}.new`, path);
};

const read = <T>(path: string, otherwise: T): T => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch {
    return otherwise; // not there, or cut off by a crash: it is made again
  }
};

/** A part's port for the life of the home; `asked` is one that a person chose. */
export type PortOf = (name: string, asked?: number) => Promise<number>;

/** Ports are chosen once and kept, so that addresses stay the same; one that a stranger has taken is an error, not a reason to move. */
export const keptPorts = (home: string): PortOf => {
  const path = join(home, 'ports.json');
  const ports = read<Record<string, number>>(path, {});
  return async (name, asked) => {
    const known = asked ?? ports[name];
    if (known === undefined) {
      const port = await freePort(Object.values(ports));
      ports[name] = port;
      write(path, `${JSON.stringify(ports, null, 2)}\n`);
      return port;
    }
    if (await until(() => free(known), 5_000)) return known;
    const remedy =
      asked === undefined
        ? `end what uses it, or delete ${path} to have new ports chosen`
        : 'end what uses it, or choose another';
    throw new SyncError('PORT_TAKEN', `port ${known} of ${name} is taken: ${remedy}`);
  };
};

/** The ledger's password, made once. */
export const keptPassword = (home: string): string => {
  const path = join(home, 'ledger-password');
  if (!existsSync(path)) write(path, `${freshPassword()}\n`);
  return readFileSync(path, 'utf8').trim();
};

interface Running {
  readonly name: string;
  readonly pid: number;
  readonly birth: string;
}

/** Notes which processes run, so that a supervisor that follows a killed one can end what is left. */
export const keptProcesses = (home: string): { started(name: string, pid: number): void; ended(pid: number): void } => {
  const path = join(home, 'running.json');
  let running: readonly Running[] = [];
  const keep = (next: readonly Running[]): void => {
    running = next;
    try {
      write(path, JSON.stringify(running));
    } catch {
      // A full disk must not end the group; this note is only for one that is killed.
    }
  };
  return {
    started: (name, pid) => keep([...running, { name, pid, birth: birthOf(pid) }]),
    ended: (pid) => keep(running.filter((process) => process.pid !== pid)),
  };
};

/** Ends whatever a former group has left. Its parts end by themselves; who has not done so in time is helped. */
export const endLeftovers = async (home: string): Promise<void> => {
  mkdirSync(home, { recursive: true });
  const path = join(home, 'running.json');
  const lives = ({ pid, birth }: Running): boolean => birth !== '' && birthOf(pid) === birth;
  await Promise.all(
    read<readonly Running[]>(path, []).map(async (process) => {
      if (await until(() => !lives(process), 15_000)) return;
      await end(process.pid, [{ signal: 'SIGTERM', ms: 3_000 }]);
    }),
  );
  rmSync(path, { force: true });
};
