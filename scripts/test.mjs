/**
 * `npm test`: first the vitest project that needs nothing, then the ledger's beside the whole system's, which mostly
 * waits; what follows on the command line goes to vitest.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { root, run } from './child.mjs';
import { findEngine } from './engine.mjs';
import { conclude } from './results.mjs';
import { report, say } from './say.mjs';

const vitest = (name, output, how) => {
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  return run([program, 'run', '--project', name, '--passWithNoTests', ...reporters, ...process.argv.slice(2)], how);
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
  const project = async (name, how) => {
    const started = Date.now();
    const output = join(folder, `${name}.json`);
    const code = await vitest(name, output, how);
    return { name, ...counts(output, code), ms: Date.now() - started };
  };
  try {
    const unit = await project('unit');
    await findEngine({ say });
    return conclude([unit, ...(await Promise.all([project('ledger', { beside: true }), project('live')]))]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

process.exitCode = await main().catch(report);
