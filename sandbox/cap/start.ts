/**
 * Starts SAP's own server with the model of this folder. Its packages are fetched once with npm, from a lockfile of their
 * own, into the cache that all checkouts share: they are no part of the project's dependencies.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const HERE = import.meta.dirname;
const PACKAGES = ['package.json', 'package-lock.json', '.npmrc'];
const OWN = ['serve.mjs', 'model'];

/** The users of the sandbox. They are good for nothing but a loopback sandbox, so their passwords are no secret. */
export const USERS = { tally: 'sandbox-tally-7', people: 'sandbox-people-7' } as const;

/** A server that listens. */
export interface Cap {
  /** The service in OData V4, and the same one in V2. */
  readonly v4: string;
  readonly v2: string;
  readonly port: number;
  close(): Promise<void>;
}

const cacheFolder = (): string => process.env['TALLY_CACHE'] ?? join(homedir(), '.cache', 'tallystick');

const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise((done, failed) => child.once('error', failed).once('exit', done));

/** The folder with the packages; it appears whole or not at all. */
const prepared = async (): Promise<string> => {
  const hash = createHash('sha256');
  for (const file of PACKAGES) hash.update(readFileSync(join(HERE, file)));
  const folder = join(cacheFolder(), `cap-${hash.digest('hex').slice(0, 10)}`);
  if (existsSync(folder)) return folder;
  const temporary = `${folder}-${randomUUID().slice(0, 8)}`;
  mkdirSync(temporary, { recursive: true });
  for (const file of PACKAGES) cpSync(join(HERE, file), join(temporary, file));
  const npm = spawn('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: temporary, stdio: 'pipe' });
  let words = '';
  npm.stderr.setEncoding('utf8').on('data', (text: string) => {
    words = `${words}${text}`.slice(-2_000);
  });
  if ((await ended(npm)) !== 0) throw new Error(`SAP CAP cannot be fetched with npm: ${words.trim()}`);
  // Of two that start together both fetch, and one is first.
  if (existsSync(folder)) rmSync(temporary, { recursive: true, force: true });
  else renameSync(temporary, folder);
  return folder;
};

const listening = (child: ChildProcess): Promise<number> =>
  new Promise((done, failed) => {
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = `${words}${text}`.slice(-2_000);
    });
    child.once('error', failed);
    child.once('exit', () => failed(new Error(`SAP CAP ended at its start: ${words.trim()}`)));
    if (child.stdout)
      createInterface(child.stdout).on('line', (line) => {
        const port = /^ready (\d+)$/.exec(line)?.[1];
        if (port !== undefined) done(Number(port));
      });
  });

/** Starts one with its data in memory; it ends with this process, or when it is closed. */
export const startCap = async (): Promise<Cap> => {
  const packages = await prepared();
  const folder = join(packages, 'run', randomUUID().slice(0, 8));
  mkdirSync(folder, { recursive: true });
  for (const file of OWN) cpSync(join(HERE, file), join(folder, file), { recursive: true });
  cpSync(join(HERE, 'package.json'), join(folder, 'package.json'));
  const env = { PATH: process.env['PATH'] ?? '', HOME: folder, PORT: '0' };
  // Its standard input is a pipe from us: when we are gone, however that came, it ends too.
  const child = spawn(process.execPath, ['serve.mjs'], { cwd: folder, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const gone = ended(child);
  const port = await listening(child);
  const url = `http://127.0.0.1:${port}/odata`;
  return {
    v4: `${url}/v4/s4`,
    v2: `${url}/v2/s4`,
    port,
    close: async () => {
      child.kill('SIGTERM');
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
};
