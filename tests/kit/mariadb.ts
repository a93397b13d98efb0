/** A MariaDB of a test's own: its own folder, a free port of loopback, no service of the machine. */
import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';

/** True where Debian's `mariadb-server`, or another with the same programs, is installed. */
export const hasMariaDb = (): boolean =>
  ['mariadbd', 'mariadb-install-db'].every((name) => spawnSync('which', [name]).status === 0);

/** A running server and a way in for whoever may do everything. */
export interface MariaDb {
  readonly port: number;
  /** Runs a script as its administrator, in a database or in none. */
  run(script: string, database?: string): Promise<void>;
  query(text: string, database: string): Promise<readonly Record<string, unknown>[]>;
  /** A connection as anybody, for tests that hold one open. */
  connect(user: string, password: string, database: string): Promise<mysql.Connection>;
  stop(): Promise<void>;
}

const freePort = (): Promise<number> =>
  new Promise((done) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => done(port));
    });
  });

const WITHIN_MS = 60_000;

/** Waits until it lets us in; throws when it ends before. */
const ready = async (child: ChildProcess, open: () => Promise<mysql.Connection>): Promise<void> => {
  for (const end = performance.now() + WITHIN_MS; ; ) {
    try {
      await (await open()).end();
      return;
    } catch (error) {
      if (child.exitCode !== null || performance.now() > end) throw error;
      await new Promise((again) => setTimeout(again, 50));
    }
  }
};

/** Makes and starts one. */
export const startMariaDb = async (more: readonly string[] = []): Promise<MariaDb> => {
  const folder = mkdtempSync(join(tmpdir(), 'mdb-'));
  const data = join(folder, 'data');
  const own = [`--datadir=${data}`, `--user=${userInfo().username}`];
  await promisify(execFile)('mariadb-install-db', [
    '--no-defaults',
    ...own,
    '--auth-root-authentication-method=normal',
    '--skip-test-db',
  ]);
  const port = await freePort();
  const flags = [
    ...['--no-defaults', ...own, `--port=${port}`, '--bind-address=127.0.0.1', `--socket=${join(folder, 's')}`],
    ...[`--pid-file=${join(folder, 'pid')}`, '--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=0'],
    ...['--skip-log-bin', '--skip-name-resolve', '--max-connections=60', ...more],
  ];
  const child = spawn('mariadbd', flags, { stdio: 'ignore' });
  const connect = (user: string, password: string, database?: string): Promise<mysql.Connection> =>
    mysql.createConnection({
      ...{ host: '127.0.0.1', port, user, password, multipleStatements: true },
      ...(database === undefined ? {} : { database }),
    });
  const stop = async (): Promise<void> => {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true, force: true });
  };
  const within = async <T>(
    database: string | undefined,
    work: (connection: mysql.Connection) => Promise<T>,
  ): Promise<T> => {
    const connection = await connect('root', '', database);
    try {
      return await work(connection);
    } finally {
      await connection.end();
    }
  };
  try {
    await ready(child, () => connect('root', ''));
  } catch (error) {
    await stop();
    throw error;
  }
  return {
    ...{ port, connect, stop },
    run: (script, database) => within(database, async (connection) => void (await connection.query(script))),
    query: (text, database) =>
      within(database, async (connection) => (await connection.query(text))[0] as Record<string, unknown>[]),
  };
};
