import { appendFile, mkdir, mkdtemp, rename, rm, stat, unlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createWatched } from '../../src/config/watched.ts';

const MAIN = 'connections: { crm: { connector: own, url: "http://a" } }\nmappings: [customer]\n';
const HOUR_MS = 3_600_000;

/** A folder whose files are old by the clock of whoever watches it; `look` answers with the files, `pass` moves the clock. */
const aFolder = async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-watched-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const at = (name: string): string => join(folder, name);
  for (const place of ['mappings', 'connectors/own/schema']) await mkdir(at(place), { recursive: true });
  await writeFile(at('t.yaml'), MAIN);
  await writeFile(at('mappings/customer.yaml'), 'one');
  await writeFile(at('connectors/own/connector.yaml'), 'preset');
  let now = Date.now() + HOUR_MS;
  return {
    at,
    look: createWatched(at('t.yaml'), () => now),
    pass: (ms: number): void => {
      now += ms;
    },
  };
};

test('while nothing changes nothing is read: the answer is the same', async () => {
  const { look, pass } = await aFolder();
  const first = await look();
  pass(500);
  expect(await look()).toBe(first);
  pass(HOUR_MS);
  expect(await look()).toBe(first);
});

test.each([
  ['written over', 'mappings/customer.yaml', async (path: string) => writeFile(path, 'two')],
  [
    'written over with its old date put back',
    'mappings/customer.yaml',
    async (path: string) => {
      const { atime, mtime } = await stat(path);
      await writeFile(path, 'two');
      await utimes(path, atime, mtime);
    },
  ],
  [
    'put in the place of the old one by an editor',
    'mappings/customer.yaml',
    async (path: string) => {
      await writeFile(`${path}~`, 'two');
      await rename(`${path}~`, path);
    },
  ],
  ['taken away', 'mappings/customer.yaml', async (path: string) => unlink(path)],
  ['added where there was no such folder', 'entities/x.yaml', async (path: string) => writeFile(path, 'two')],
  ['added to a folder', 'connectors/own/schema/Account.json', async (path: string) => writeFile(path, '{}')],
] as const)('a file that is %s is seen at the next look', async (_how, name, change) => {
  const { at, look, pass } = await aFolder();
  const first = await look();
  if (name.startsWith('entities')) await mkdir(at('entities'));
  await change(at(name));
  pass(500);
  const second = await look();
  expect(second).not.toBe(first);
  expect(second[name]).not.toBe(first[name]);
});

test('a file that the changed configuration names is watched from then on', async () => {
  const { at, look, pass } = await aFolder();
  await look();
  await writeFile(at('t.yaml'), MAIN.replace('customer', 'customer, other'));
  pass(500);
  await look();
  await writeFile(at('mappings/other.yaml'), 'more');
  pass(500);
  expect((await look())['mappings/other.yaml']).toBe('more');
});

test('files that cannot be read are told each time, and the next look reads them', async () => {
  const { at, look, pass } = await aFolder();
  await look();
  await unlink(at('t.yaml'));
  for (let i = 0; i < 2; i += 1) {
    pass(500);
    await expect(look()).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
  }
  await appendFile(at('t.yaml'), MAIN);
  pass(500);
  expect((await look())['mappings/customer.yaml']).toBe('one');
});
