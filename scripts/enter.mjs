/**
 * The first thing that runs, on a machine that may never have seen the project and under any Node from 18 on: brings
 * what is missing, then goes on under Node 24. `enter.mjs <file.ts> …`, `enter.mjs --test …` or `enter.mjs --system …`.
 */
import { spawn } from 'node:child_process';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensurePackages, nodeOf } from './packages.mjs';
import { Obstacle, report, say } from './say.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = dirname(here);
const SUITES = { '--test': 'test.mjs', '--system': 'system.mjs' };

const run = (node, file, args) =>
  new Promise((resolved, reject) => {
    const bin = join(root, 'node_modules', '.bin');
    const env = { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH ?? ''}`, TALLY_TETHER: 'term' };
    const tether = `--import=${pathToFileURL(join(here, 'tether.mjs')).href}`;
    const child = spawn(node, ['--disable-warning=ExperimentalWarning', tether, file, ...args], {
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env,
    });
    // Ctrl-C reaches the whole group by itself; what is sent to us alone is passed on. Both end with the child.
    process.on('SIGINT', () => undefined);
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code, signal) => resolved(code ?? (signal === 'SIGINT' ? 130 : 143)));
  });

const main = async () => {
  if (Number(process.versions.node.split('.')[0]) < 18) {
    throw new Obstacle(
      `Node ${process.versions.node} is too old: install Node 18 or later, then run the command again.`,
    );
  }
  const [first, ...args] = process.argv.slice(2);
  if (first === undefined) throw new Obstacle('Say what to run: node scripts/enter.mjs <file.ts> …');
  await ensurePackages(root, say);
  const suite = SUITES[first];
  return run(nodeOf(root), suite ? join(here, suite) : resolve(first), args);
};

process.exitCode = await main().catch(report);
