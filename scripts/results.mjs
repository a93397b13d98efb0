/** What each part of the tests counted, printed as one table; kept in TALLY_RESULTS for whoever adds them up. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { seconds } from './say.mjs';

// The end of a long log is what is kept of it: what failed stands there again, as far as its own lines go.
const LINES = 12;
const beginning = (text) => text.split('\n').slice(0, LINES).join('\n    ');

/** Print the results; the answer is the exit code. */
export const conclude = (results) => {
  const folder = process.env.TALLY_RESULTS;
  if (folder) mkdirSync(folder, { recursive: true });
  const width = Math.max(...results.map(({ name }) => name.length));
  process.stdout.write('\n');
  for (const result of results) {
    const { name, passed, failed, ms } = result;
    if (folder) writeFileSync(join(folder, `${name}.json`), JSON.stringify(result));
    process.stdout.write(`  ${name.padEnd(width)}  ${passed} passed, ${failed} failed  (${seconds(ms)})\n`);
  }
  for (const { name, failures = [] } of results) {
    for (const failure of failures) process.stdout.write(`\n  ${name}: ${beginning(failure)}\n`);
  }
  const sum = (key) => results.reduce((total, result) => total + result[key], 0);
  process.stdout.write(`\n${sum('passed')} passed, ${sum('failed')} failed\n`);
  return sum('failed') === 0 && sum('passed') > 0 ? 0 : 1;
};

const kept = (folder) => readdirSync(folder).map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')));

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const folder = process.argv[2] ?? '';
  delete process.env.TALLY_RESULTS;
  process.exitCode = conclude(kept(folder));
}
