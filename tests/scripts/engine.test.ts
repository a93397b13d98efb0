import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { arch, platform, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { findEngine } from '../../scripts/engine.mjs';

const folder = mkdtempSync(join(tmpdir(), 'tally-engine-'));
const empty = join(folder, 'empty');
mkdirSync(empty);
const said: string[] = [];
const say = {
  step: async <T>(
    title: string,
    _seconds: number,
    work: (update: (fraction: number) => void) => Promise<T>,
  ): Promise<T> => {
    said.push(title);
    return work(() => undefined);
  },
  note: (text: string): void => void said.push(text),
};

/** An archive with a program in it, and who asks for it over HTTP. */
const anArchive = async (text = 'made up') => {
  const packed = mkdtempSync(join(folder, 'packed-'));
  writeFileSync(join(packed, 'temporal'), `#!/bin/sh\necho ${text}\n`);
  chmodSync(join(packed, 'temporal'), 0o755);
  const path = join(packed, 'archive.tar.gz');
  execFileSync('tar', ['-czf', path, '-C', packed, 'temporal']);
  const bytes = readFileSync(path);
  let requests = 0;
  const server = createServer((_request, reply) => {
    requests += 1;
    reply.end(bytes);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  const sum = createHash('sha256').update(bytes).digest('hex');
  afterAll(() => server.close());
  const sums = { [`${platform()}-${arch() === 'x64' ? 'amd64' : arch()}`]: sum };
  return { url, sums, requests: () => requests };
};

/** A machine with nothing but its cache, and `tar` where a download is to be opened. */
const machine = (name: string, tools = false): Record<string, string> => ({
  PATH: tools ? '/usr/bin:/bin' : empty,
  TALLY_CACHE: join(folder, name),
});

afterAll(() => rmSync(folder, { recursive: true }));

test('no engine is brought when TEMPORAL_ADDRESS names a server', async () => {
  expect(
    await findEngine({ say, env: { ...machine('none'), TEMPORAL_ADDRESS: '127.0.0.1:7233' }, urls: [] }),
  ).toBeUndefined();
  expect(existsSync(join(folder, 'none'))).toBe(false);
});

test('a `temporal` on the PATH is taken before all others', async () => {
  const bin = join(folder, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'temporal'), '#!/bin/sh\n', { mode: 0o755 });
  expect(await findEngine({ say, env: { ...machine('path'), PATH: `${empty}:${bin}` }, urls: [] })).toBe(
    join(bin, 'temporal'),
  );
});

test('the official archive is downloaded once, and then the cache is enough', async () => {
  const archive = await anArchive();
  const found = await findEngine({ say, env: machine('download', true), urls: [archive.url], sums: archive.sums });
  expect(execFileSync(found ?? '', { encoding: 'utf8' })).toBe('made up\n');
  expect(await findEngine({ say, env: machine('download', true), urls: [archive.url], sums: archive.sums })).toBe(
    found,
  );
  expect(archive.requests()).toBe(1);
  expect(readdirSync(join(folder, 'download', 'engine'))).toEqual([found?.split('/').at(-1)]);
});

test('four that need the engine at once download it once', async () => {
  const archive = await anArchive();
  const search = { say, env: machine('together', true), urls: [archive.url], sums: archive.sums };
  const found = await Promise.all(Array.from({ length: 4 }, () => findEngine(search)));
  expect(new Set(found).size).toBe(1);
  expect(archive.requests()).toBe(1);
});

test('an archive with another checksum is not used; the next address is', async () => {
  const wrong = await anArchive('another one');
  const right = await anArchive();
  const found = await findEngine({
    say,
    env: machine('sums', true),
    urls: [wrong.url, right.url],
    sums: right.sums,
  });
  expect(found).toBeDefined();
  expect(right.requests()).toBe(1);
});

test('without network and without Go, one sentence says what to do, and nothing is left behind', async () => {
  const search = findEngine({ say, env: machine('sealed'), urls: ['http://127.0.0.1:9/'] });
  await expect(search).rejects.toThrow(
    /^The Temporal engine cannot be downloaded, and there is no Go .* set TEMPORAL_ADDRESS to a server you run\.$/,
  );
  expect(readdirSync(join(folder, 'sealed', 'engine'))).toEqual([]);
});

test('a cache that cannot be a folder is named, with the way out', async () => {
  writeFileSync(join(folder, 'file'), '');
  await expect(findEngine({ say, env: machine('file/below'), urls: [] })).rejects.toThrow(
    /set TALLY_CACHE to a folder that is/,
  );
});
