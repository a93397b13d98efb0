/**
 * `npm test`: first the vitest project that needs nothing, then the ledger's beside the whole system's, which mostly
 * waits; what follows on the command line goes to vitest.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, run } from './child.mjs';
import { findEngine } from './engine.mjs';
import { conclude } from './results.mjs';
import { report, say } from './say.mjs';

const vitest = (name, output, how) => {
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  return run([program, 'run', '--project', name, '--passWithNoTests', ...reporters, ...process.argv.slice(2)], how);
};

/** What failed, a few lines each: a file that could not be run, or a test and the beginning of what it says. */
const failuresOf = ({ testResults }) =>
  testResults.flatMap(({ name, status, message, assertionResults }) => {
    const failed = assertionResults.filter((result) => result.status === 'failed');
    const file = relative(root, name);
    if (status === 'failed' && failed.length === 0) return [`${file}\n${message}`];
    return failed.map(({ fullName, failureMessages }) => `${file} > ${fullName}\n${failureMessages.join('\n')}`);
  });

const counts = (output, code) => {
  try {
    const reported = JSON.parse(readFileSync(output, 'utf8'));
    const failed = Math.max(reported.numFailedTests, code === 0 ? 0 : 1);
    return { passed: reported.numPassedTests, failed, failures: failuresOf(reported) };
  } catch {
    return { passed: 0, failed: code === 0 ? 0 : 1, failures: [] }; // no report: no test file, or vitest itself failed
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
