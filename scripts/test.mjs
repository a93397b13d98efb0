/**
 * `npm test`: first the vitest project that needs nothing, then the ledger's beside the whole system's, which mostly
 * waits and goes on in both lanes once the ledger's is through; what follows on the command line goes to vitest.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { root, run } from './child.mjs';
import { findEngine } from './engine.mjs';
import { conclude } from './results.mjs';
import { report, say } from './say.mjs';

/** Parts of the project `live`, a few files each, that two lanes take in turn: enough that neither waits long for the other. */
const LIVE_PARTS = 6;

const given = process.argv.slice(2);

const vitest = (name, output, { part, ...how }) => {
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${output}`];
  const shard = part === undefined ? [] : [`--shard=${part}/${LIVE_PARTS}`];
  return run([program, 'run', '--project', name, '--passWithNoTests', ...shard, ...reporters, ...given], how);
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

/** One row of several parts that ran beside and after each other. */
const together = (name, parts, ms) => ({
  name,
  passed: parts.reduce((sum, { passed }) => sum + passed, 0),
  failed: parts.reduce((sum, { failed }) => sum + failed, 0),
  failures: parts.flatMap(({ failures }) => failures),
  ms,
});

const main = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-test-'));
  const project = async (name, how = {}) => {
    const started = Date.now();
    const output = join(folder, `${name}-${how.part ?? 'whole'}.json`);
    const code = await vitest(name, output, how);
    return { name, ...counts(output, code), ms: Date.now() - started };
  };
  try {
    const unit = await project('unit');
    await findEngine({ say });
    // What is asked for by name may be fewer files than parts, which vitest refuses.
    const left = given.length > 0 ? [undefined] : Array.from({ length: LIVE_PARTS }, (_, nth) => nth + 1);
    const started = Date.now();
    const lives = [];
    const live = async (beside) => {
      while (left.length > 0) lives.push(await project('live', { part: left.shift(), beside }));
    };
    const ledgerThenLive = async () => {
      const ledger = await project('ledger', { beside: true });
      await live(true);
      return ledger;
    };
    const [ledger] = await Promise.all([ledgerThenLive(), live(false)]);
    return conclude([unit, ledger, together('live', lives, Date.now() - started)]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
};

process.exitCode = await main().catch(report);
