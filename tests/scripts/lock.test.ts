import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { birthOf, ownerOf, tryLock, withLock } from '../../scripts/lock.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tally-lock-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a lock that is held is refused, and names its owner', () => {
  const lock = join(folder, 'held');
  const release = tryLock(lock);
  expect(release).toBeDefined();
  expect(tryLock(lock)).toBeUndefined();
  expect(ownerOf(lock)).toBe(process.pid);
  release?.();
  expect(existsSync(lock)).toBe(false);
});

test('a lock given back twice does not take it from the next owner', () => {
  const lock = join(folder, 'twice');
  const first = tryLock(lock);
  first?.();
  const second = tryLock(lock);
  first?.();
  expect(ownerOf(lock)).toBe(process.pid);
  second?.();
});

test('the lock of a killed process is taken over', async () => {
  const lock = join(folder, 'killed');
  const script = `const { tryLock } = await import(${JSON.stringify(import.meta.resolve('../../scripts/lock.mjs'))});
    tryLock(${JSON.stringify(lock)}); process.send('locked'); setInterval(() => undefined, 1000);`;
  const other = spawn(process.execPath, ['--input-type=module', '-e', script], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  await once(other, 'message');
  expect(ownerOf(lock)).toBe(other.pid);
  expect(tryLock(lock)).toBeUndefined();
  other.kill('SIGKILL');
  await once(other, 'exit');
  const release = tryLock(lock);
  expect(release).toBeDefined();
  release?.();
});

test('a process number used again is not taken for the old owner', () => {
  const lock = join(folder, 'reused');
  mkdirSync(lock);
  writeFileSync(join(lock, 'owner'), `${process.pid}\nanother birth\n`);
  expect(ownerOf(lock)).toBeUndefined();
  tryLock(lock)?.();
});

test('of many that want the lock at once, one after the other has it', async () => {
  const lock = join(folder, 'many');
  let inside = 0;
  let most = 0;
  const work = async (): Promise<void> => {
    inside += 1;
    most = Math.max(most, inside);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await Promise.all(Array.from({ length: 4 }, () => withLock(lock, () => undefined, work)));
  expect(most).toBe(1);
});

test('a process that is gone has no birth', async () => {
  const short = spawn(process.execPath, ['-e', '']);
  const pid = short.pid ?? 0;
  await once(short, 'exit');
  expect(birthOf(pid)).toBe('');
  expect(birthOf(process.pid)).not.toBe('');
});
