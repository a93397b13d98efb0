/** `npm run test:system`: the long tests, each a command that ends with exit code 0 or not. Name some to run only those. */
import { spawn } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { conclude } from './results.mjs';
import { report } from './say.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Each entry: a name, and what Node 24 is given. */
const ENTRIES = [
  { name: 'demo', command: ['src/cli/demo.ts', '--once'] },
  { name: 'torture', command: ['tests/torture/main.ts', '--kills', '10', '--seed', '1'] },
];

const run = ({ command }) =>
  new Promise((resolve, reject) => {
    const child = spawn(process.execPath, command, { cwd: root, stdio: 'inherit' });
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });

const main = async () => {
  const chosen = process.argv.slice(2);
  const results = [];
  for (const entry of ENTRIES.filter(({ name }) => chosen.length === 0 || chosen.includes(name))) {
    process.stdout.write(`\n${entry.name}\n`);
    const started = Date.now();
    const code = await run(entry);
    results.push({
      name: entry.name,
      passed: code === 0 ? 1 : 0,
      failed: code === 0 ? 0 : 1,
      ms: Date.now() - started,
    });
  }
  return results.length === 0 ? 0 : conclude(results);
};

process.exitCode = await main().catch(report);
