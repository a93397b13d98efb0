/** The embedded PostgreSQL: real, durable, kept across restarts, on a folder of its own. */
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { SyncError } from '../../domain/errors.ts';
import { accountForPostgres, programsFor } from './account.ts';
import { type Account, type Binary, commandOf, end, type Stop, signalled } from './process.ts';

/** Fast shutdown first, then without a checkpoint; the guard ends it at last by SIGKILL. Each is safe. */
const STOPS: readonly Stop[] = [
  { signal: 'SIGINT', ms: 10_000 },
  { signal: 'SIGQUIT', ms: 3_000 },
];

const USER = 'tallystick';

/** Where a cluster stands and how it is reached. */
export interface Cluster {
  readonly folder: string;
  readonly port: number;
  readonly password: string;
  /** For tests only: a cluster that forgets everything may leave out the disk's slow promises. */
  readonly durability: 'durable' | 'none';
}

/** The address of one database of the cluster. */
export const databaseUrl = ({ port, password }: Cluster, database = USER): string =>
  `postgresql://${USER}:${password}@127.0.0.1:${port}/${database}`;

/** A password nobody has to remember. */
export const freshPassword = (): string => randomBytes(18).toString('base64url');

const run = (program: string, args: readonly string[], account: Account | undefined): Promise<void> =>
  new Promise((resolve, reject) => {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], cwd: '/', env, ...account });
    let words = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        words = (words + String(chunk)).slice(-2_000);
      });
    }
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) return resolve();
      reject(
        new SyncError(
          'START_FAILED',
          `PostgreSQL could not lay out its data folder: ${words.trim().split('\n').at(-1)}`,
        ),
      );
    });
  });

/** Lays a new cluster out beside its place and moves it there whole: a crash leaves no half of one. */
const initialise = async (cluster: Cluster, initdb: string, account: Account | undefined): Promise<void> => {
  const folder = `${cluster.folder}.new`;
  const passwordFile = `${cluster.folder}.first-password`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(dirname(folder), { recursive: true });
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(passwordFile, `${cluster.password}\n`, { mode: 0o600 });
  if (account !== undefined) for (const path of [folder, passwordFile]) chownSync(path, account.uid, account.gid);
  const access = [`--pgdata=${folder}`, `--username=${USER}`, `--pwfile=${passwordFile}`, '--auth=scram-sha-256'];
  // The built-in locale sorts alike on every machine and does not change with the system's libraries.
  const text = ['--encoding=UTF8', '--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  try {
    await run(initdb, [...access, ...text, ...(cluster.durability === 'none' ? ['--no-sync'] : [])], account);
    renameSync(folder, cluster.folder);
  } finally {
    rmSync(passwordFile, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
};

/** A postmaster.pid left by a crash: its process is ended if it is one of ours, the file removed if the number is now a stranger's. */
const clearLeftover = async (folder: string): Promise<void> => {
  const file = `${folder}/postmaster.pid`;
  if (!existsSync(file)) return;
  const pid = Number(readFileSync(file, 'utf8').split('\n')[0]);
  if (!Number.isInteger(pid) || pid <= 1 || !signalled(pid, 0)) return; // PostgreSQL itself sees that it is dead
  if (commandOf(pid).includes(folder)) await end(pid, STOPS);
  else rmSync(file);
};

const settingsOf = ({ folder, port, durability }: Cluster): string[] => {
  const settings = [
    'listen_addresses=127.0.0.1',
    'unix_socket_directories=',
    'max_connections=200',
    'timezone=UTC',
    'log_timezone=UTC',
    'log_error_verbosity=terse', // its details would name values
    ...(durability === 'none' ? ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'] : []),
  ];
  return ['-D', folder, '-p', String(port), ...settings.flatMap((setting) => ['-c', setting])];
};

/** Everything before the start: programs in reach, a data folder, no leftover. The result is what to run. */
export const preparePostgres = async (cluster: Cluster): Promise<Binary> => {
  const account = accountForPostgres();
  const { initdb, postgres } = programsFor(account);
  if (existsSync(`${cluster.folder}/PG_VERSION`)) await clearLeftover(cluster.folder);
  else await initialise(cluster, initdb, account);
  const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
  return { program: postgres, args: settingsOf(cluster), env, stops: STOPS, ...(account && { account }) };
};
