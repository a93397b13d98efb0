import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { lastLine, openLog } from '../../src/cli/up/log.ts';

const folder = mkdtempSync(join(tmpdir(), 'tally-log-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('however much a part says, its log and the one before stay within their bound', () => {
  const log = openLog(join(folder, 'chatty.log'), 1_000);
  for (let line = 0; line < 500; line += 1) log.write(`line ${line} of many that a part has to say\n`);
  const sizes = [log.path, `${log.path}.1`].map((path) => statSync(path).size);
  expect(Math.max(...sizes)).toBeLessThan(1_100);
  expect(lastLine(log.path)).toBe('line 499 of many that a part has to say');
});

test('the bound counts what an earlier run has written', () => {
  const path = join(folder, 'restarted.log');
  openLog(path, 100).write('x'.repeat(200));
  openLog(path, 100).write('after the restart\n');
  expect(statSync(path).size).toBe('after the restart\n'.length);
});

test('the last line of a long log is read without reading all of it', () => {
  const log = openLog(join(folder, 'long.log'));
  log.write(`${'x'.repeat(100_000)}\nthe last words\n`);
  expect(lastLine(log.path)).toBe('the last words');
});
