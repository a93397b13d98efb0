/** `npm test`: the vitest projects in turn, the quickest first; what follows on the command line goes to vitest. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './child.mjs';
import { findEngine } from './engine.mjs';
import { conclude } from './results.mjs';
import { report, say } from './say.mjs';

const PROJECTS = [{ name: 'unit' }, { name: 'ledger' }, { name: 'live', prepare: findEngine }];

const vitest = (name, output) => {
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  return run([program, 'run', '--project', name, '--passWithNoTests', ...reporters, ...process.argv.slice(2)]);
};

const counts = (output, code) => {
  try {
    const { numPassedTests, numFailedTests } = JSON.parse(readFileSync(output, 'utf8'));
    return { passed: numPassedTests, failed: Math.max(numFailedTests, code === 0 ? 0 : 1) };
  } catch {
    return { passed: 0, failed: code === 0 ? 0 : 1 }; // no report: no test file, or vitest itself failed
  }
};

const main = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-test-'));
  const results = [];
  try {
    for (const { name, prepare } of PROJECTS) {
      await prepare?.({ say });
      const started = Date.now();
      const output = join(folder, `${name}.json`);
      const code = await vitest(name, output);
      results.push({ name, ...counts(output, code), ms: Date.now() - started });
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return conclude(results);
};

process.exitCode = await main().catch(report);
