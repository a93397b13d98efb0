/** Finds the Temporal server's program, or brings it into the cache that all checkouts share. Needs the packages. */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  accessSync,
  chmodSync,
  constants,
  createWriteStream,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { arch, availableParallelism, platform } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { cached, cacheFolder, diskFull } from './cache.mjs';
import { withLock } from './lock.mjs';
import { Obstacle } from './say.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const program = platform() === 'win32' ? 'temporal.exe' : 'temporal';
const os = platform() === 'win32' ? 'windows' : platform();
const cpu = arch() === 'x64' ? 'amd64' : arch();
const CONNECT_MS = 3_000;
const DOWNLOAD_MS = 600_000;
/** Packages that one build from nothing compiles, and the seconds it takes on one core: only the time left hangs on them. */
const BUILD = { packages: 1_500, coreSeconds: 360 };

const { version, sha256 } = parse(readFileSync(join(root, 'temporal.yaml'), 'utf8')).engine;

const archives = () => [
  `https://temporal.download/cli/archive/v${version}?platform=${os}&arch=${cpu}`,
  `https://github.com/temporalio/cli/releases/download/v${version}/temporal_cli_${version}_${os}_${cpu}.tar.gz`,
];

const executable = (path) => {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
};

const onPath = (env) =>
  (env.PATH ?? '')
    .split(delimiter)
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find(executable);

const run = (command, args, env, heard) =>
  new Promise((resolve, reject) => {
    const child = spawn(command, args, { env, stdio: ['ignore', 'ignore', 'pipe'] });
    let words = '';
    child.stderr.on('data', (chunk) => {
      words = (words + chunk).slice(-4_000);
      heard?.(String(chunk));
    });
    child.on('error', reject);
    child.on('close', (code) =>
      code === 0 ? resolve() : reject(new Error(words.trim().split('\n').at(-1) ?? `exit code ${code}`)),
    );
  });

/** The reply's body, if somebody answers soon: a sealed machine must not be held up. */
const open = async (url) => {
  const abort = new AbortController();
  const impatient = setTimeout(() => abort.abort(), CONNECT_MS);
  try {
    const reply = await fetch(url, { signal: AbortSignal.any([abort.signal, AbortSignal.timeout(DOWNLOAD_MS)]) });
    if (reply.ok && reply.body) return reply;
    await reply.body?.cancel();
  } catch {
    // No network, no such host, refused: the next way is tried.
  } finally {
    clearTimeout(impatient);
  }
  return undefined;
};

const download = async (reply, file, sum, update) => {
  const size = Number(reply.headers.get('content-length'));
  const hash = createHash('sha256');
  let received = 0;
  const count = new Transform({
    transform(chunk, _encoding, done) {
      hash.update(chunk);
      received += chunk.length;
      if (size > 0) update(received / size);
      done(null, chunk);
    },
  });
  await pipeline(Readable.fromWeb(reply.body), count, createWriteStream(file));
  if (hash.digest('hex') !== sum) throw new Error('its checksum is not the pinned one');
};

const fromArchive = async (folder, { say, urls, sums, env }) => {
  const sum = sums[`${os}-${cpu}`];
  if (sum === undefined) return false;
  for (const url of urls) {
    const reply = await open(url);
    if (reply === undefined) continue;
    try {
      await say.step('Temporal engine, downloaded', 30, async (update) => {
        await download(reply, join(folder, 'archive'), sum, update);
        await run('tar', ['-xzf', join(folder, 'archive'), '-C', folder, program], env);
      });
      return true;
    } catch (error) {
      say.note(`${new URL(url).host}: ${error.message}; trying another way`);
    }
  }
  return false;
};

const fromSource = async (folder, { say, env }) => {
  const settings = { ...env, GOBIN: folder, CGO_ENABLED: '0' };
  const args = [
    'install',
    '-v',
    '-trimpath',
    '-ldflags',
    '-s -w',
    `github.com/temporalio/cli/cmd/temporal@v${version}`,
  ];
  let built = 0;
  const estimateS = BUILD.coreSeconds / availableParallelism();
  await say.step('Temporal engine, built with Go (only this once)', estimateS, (update) =>
    run('go', args, settings, (text) => {
      built += text.split('\n').filter((line) => line !== '' && !line.startsWith('go: ')).length;
      update(built / BUILD.packages);
    }),
  );
};

const remedy =
  'connect this machine to the network for the first run, put the program "temporal" on the PATH, or set TEMPORAL_ADDRESS to a server you run';

const withoutEngine = (error, folder) => {
  if (error.code === 'ENOENT')
    return new Obstacle(`The Temporal engine cannot be downloaded, and there is no Go to build it with: ${remedy}.`);
  if (error.code === 'ENOSPC' || diskFull(folder))
    return new Obstacle(`The disk is full: free about 3 GB for ${folder} and Go's cache, then run the command again.`);
  return new Obstacle(`The Temporal engine could not be built (${error.message}): ${remedy}.`);
};

const bring = async (file, search) => {
  const folder = `${file}.${process.pid}`;
  mkdirSync(folder, { recursive: true });
  try {
    if (!(await fromArchive(folder, search))) await fromSource(folder, search);
    chmodSync(join(folder, program), 0o755);
    renameSync(join(folder, program), file);
  } catch (error) {
    throw withoutEngine(error, folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

/** The path of the Temporal program, brought first if it is nowhere; undefined when TEMPORAL_ADDRESS names a server. */
export const findEngine = async ({ say, env = process.env, urls = archives(), sums = sha256 }) => {
  if (env.TEMPORAL_ADDRESS) return undefined;
  const name = `temporal-${version}-${os}-${cpu}${platform() === 'win32' ? '.exe' : ''}`;
  const file = join(cacheFolder(env), 'engine', name);
  const there = () => onPath(env) ?? (executable(file) ? file : undefined);
  const found = there();
  if (found !== undefined) return found;
  const folder = cached('engine', env);
  const wait = (pid) => say.note(`Waiting for process ${pid ?? '?'}, which brings the Temporal engine`);
  return withLock(join(folder, 'lock'), wait, async () => {
    if (there() === undefined) await bring(file, { say, env, urls, sums });
    return there();
  });
};
