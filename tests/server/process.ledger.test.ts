import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { aDatabase } from '../kit/ledger.ts';

const MAIN = fileURLToPath(new URL('../../src/server/main.ts', import.meta.url));
// Nobody listens there.
const NOWHERE = '127.0.0.1:1';

interface Part {
  readonly child: ChildProcess;
  readonly home: string;
  readonly output: () => string;
}

/** The API as the process it is, in a home of its own; ended whatever happens. */
const withPart = async (env: Readonly<Record<string, string>>, work: (part: Part) => Promise<void>): Promise<void> => {
  const home = await mkdtemp(join(tmpdir(), 'tally-server-'));
  const child = fork(MAIN, [], {
    silent: true,
    env: { PATH: process.env['PATH'], TALLY_MODE: 'local', TALLY_HOME: home, TEMPORAL_ADDRESS: NOWHERE, ...env },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream?.on('data', (chunk: Buffer) => {
      output += String(chunk);
    });
  try {
    await work({ child, home, output: () => output });
  } finally {
    child.kill('SIGKILL');
    await rm(home, { recursive: true, force: true });
  }
};

const ready = async ({ child }: Part): Promise<string> => {
  const [message] = (await once(child, 'message')) as [{ ready: { url: string } }];
  return message.ready.url;
};

test('the API runs alone against its ledger, on loopback, says where it is and ends cleanly', async () => {
  const database = await aDatabase();
  await withPart({ DATABASE_URL: database.url }, async (part) => {
    const url = await ready(part);
    expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(JSON.parse(await readFile(join(part.home, 'api.json'), 'utf8'))).toEqual({ url });
    expect((await fetch(`${url}/health`)).status).toBe(200);
    expect(await (await fetch(`${url}/ready`)).json()).toMatchObject({ code: 'ENGINE_DOWN' });
    const keys = JSON.parse(await readFile(join(part.home, 'keys.json'), 'utf8')) as Record<string, string>;
    const status = await fetch(`${url}/status`, { headers: { authorization: `Bearer ${keys['operator']}` } });
    expect(status.status).toBe(200);
    part.child.kill('SIGTERM');
    expect((await once(part.child, 'exit'))[0]).toBe(0);
    for (const key of Object.values(keys)) expect(part.output()).not.toContain(key);
  });
  await database.drop();
});

// All of 127.0.0.0/8 is this machine on Linux; elsewhere only 127.0.0.1 is.
test.skipIf(process.platform !== 'linux')(
  'in production the API listens at one address of this machine, and at others only when it is told to',
  async () => {
    const database = await aDatabase();
    const reached = async (env: Readonly<Record<string, string>>): Promise<boolean> => {
      let answered = false;
      await withPart({ DATABASE_URL: database.url, TALLY_MODE: 'production', ...env }, async (part) => {
        const { port } = new URL(await ready(part));
        answered = await fetch(`http://127.0.0.2:${port}/health`).then(
          (response) => response.ok,
          () => false,
        );
        expect((await fetch(`http://127.0.0.1:${port}/health`)).status).toBe(200);
      });
      return answered;
    };
    expect(await reached({})).toBe(false);
    expect(await reached({ TALLY_API_HOST: '0.0.0.0' })).toBe(true);
    await database.drop();
  },
);

test('the API does not outlive whoever started it', async () => {
  const database = await aDatabase();
  await withPart({ DATABASE_URL: database.url }, async (part) => {
    await ready(part);
    part.child.disconnect();
    expect((await once(part.child, 'exit'))[0]).toBe(1);
  });
  await database.drop();
});

test('an address disguised as another is nobody’s, as it comes over the wire', async () => {
  const database = await aDatabase();
  await withPart({ DATABASE_URL: database.url }, async (part) => {
    const { port } = new URL(await ready(part));
    const { request } = await import('node:http');
    const keys = JSON.parse(await readFile(join(part.home, 'keys.json'), 'utf8')) as Record<string, string>;
    const ask = (path: string): Promise<number> =>
      new Promise((resolve, reject) => {
        request(
          { port, path, host: '127.0.0.1', headers: { authorization: `Bearer ${keys['it-admin']}` } },
          (response) => resolve(response.resume().statusCode ?? 0),
        )
          .on('error', reject)
          .end();
      });
    expect(await ask('/keys')).toBe(200);
    for (const path of [
      '//keys',
      '/records/%2e%2e/keys',
      '/records/../keys',
      '/keys%2f',
      '/KEYS',
      '/keys;a',
      '/keys/',
      '/keys/.',
      'http://elsewhere/keys',
    ])
      expect([path, await ask(path)]).toEqual([path, 404]);
  });
  await database.drop();
});

test.each([
  ['DATABASE_URL is not set', {}],
  ['PostgreSQL cannot be reached', { DATABASE_URL: 'postgresql://nobody:secret-word@127.0.0.1:1/none' }],
  [
    'the environment variable TALLY_API_PORT',
    { DATABASE_URL: 'postgresql://x@127.0.0.1:1/none', TALLY_API_PORT: 'abc' },
  ],
])('what keeps it from starting is one line: %s', (sentence, env) =>
  withPart(env as unknown as Record<string, string>, async (part) => {
    expect((await once(part.child, 'close'))[0]).toBe(1);
    expect(part.output()).toContain(sentence);
    expect(part.output().trim().split('\n')).toHaveLength(1);
    expect(part.output()).not.toContain('secret-word');
  }),
);
