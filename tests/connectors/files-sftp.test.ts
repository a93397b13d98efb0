/** Files on an SFTP server: the laws, and what is peculiar to a line that can break. */
import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { parseJson } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { aCall } from '../kit/fake-http.ts';
import { aFolder, connectFiles, presetWith } from './files-kit.ts';
import { HOST_KEY, startSftp } from './files-sftp-server.ts';

const SECRET = 'tally-sftp-secret';
const WRONG = 'wrong-secret-of-nobody';

const PRESET = (hostKey = HOST_KEY): Json =>
  presetWith(
    {
      format: { kind: 'csv' },
      columns: { number: {}, ref: {}, name: { max: 60 }, limit: { type: 'decimal' }, note: {} },
      id: 'number',
      out: { name: 'partners-{no}.csv', key: 'ref', max: 50 },
    },
    {
      settings: { user: { describe: 'User' }, password: { describe: 'Password', secret: true } },
      sign_in: { user: '{settings.user}', password: '{settings.password}', host_key: hostKey },
    },
  );

const start = async (root: string) => {
  const server = await startSftp(root, 'tally', SECRET);
  const connect = (password = SECRET, preset = PRESET()) =>
    connectFiles(server.url, preset, { settings: { user: 'tally', password } });
  return { server, connect };
};

const open = async (): Promise<ConformanceWorld> => {
  const root = mkdtempSync(join(tmpdir(), 'tally-sftp-'));
  const { server, connect } = await start(root);
  return {
    record: 'Partner',
    connect: (who) => connect(who === 'impostor' ? WRONG : SECRET),
    draft: (name) => ({ name }),
    change: (name) => ({ note: name }),
    refused: { name: 'x'.repeat(61) },
    decimal: (name, digits) => ({ name, limit: parseJson(digits) }),
    readDecimal: (body) => body['limit'],
    empties: (name) => ({ name, limit: null, note: '' }),
    readEmpties: (body) => [body['limit'], body['note']],
    strike: async (fate, on) =>
      server.strike({ fate: fate === 'cut before' || fate === 'cut after' ? fate : 'refused', on }),
    secrets: [SECRET, WRONG],
    close: async () => {
      await server.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
};

conformance('CSV on an SFTP server', open, {
  skip: [
    {
      law: 5,
      reason: 'SFTP asks nobody to wait; wrong credentials and a server that refuses have tests of their own below',
    },
    { law: 7, reason: 'files send no webhooks, so nothing is verified' },
  ],
});

const aServer = async () => {
  const root = aFolder();
  const { server, connect } = await start(root);
  const connectors = [connect()];
  onTestFinished(async () => {
    for (const connector of connectors) await connector.close();
    await server.close();
  });
  const another = (...with_: Parameters<typeof connect>) => {
    const connector = connect(...with_);
    connectors.push(connector);
    return connector;
  };
  return { root, server, connector: connectors[0] ?? connect(), another };
};

const item = (key: string) => ({ op: 'create', data: { name: key }, idempotencyKey: key }) as const;

test('a wrong password pauses the connection, whatever is asked', async () => {
  const { another } = await aServer();
  const impostor = another(WRONG);
  await expect(impostor.check(aCall())).rejects.toMatchObject({ code: 'LOGIN_REFUSED', recovery: 'pause' });
  expect(await impostor.write('Partner', [item('a')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'auth', scope: 'connection' } },
  ]);
});

test('a server that shows another key is not talked to, and its key is named', async () => {
  const { another } = await aServer();
  const stranger = another(SECRET, PRESET(`SHA256:${'A'.repeat(43)}`));
  await expect(stranger.check(aCall())).rejects.toMatchObject({
    code: 'EGRESS_DENIED',
    recovery: 'pause',
    message: expect.stringContaining(`shows the key ${HOST_KEY}`),
  });
});

test('a key that is not pinned, and an address with a password, are refused before anything is dialled', async () => {
  expect(() =>
    connectFiles('sftp://127.0.0.1:9/', PRESET('any'), { settings: { user: 'tally', password: 'x' } }),
  ).toThrow('the server’s key is not pinned');
  expect(() =>
    connectFiles('sftp://tally:x@127.0.0.1:9/', PRESET(), { settings: { user: 'tally', password: 'x' } }),
  ).toThrow('must have a host and a path alone');
  expect(() =>
    connectFiles(
      'sftp://127.0.0.1:9/',
      presetWith({ format: { kind: 'csv' }, columns: { no: {} }, id: 'no', in: { full: ['*'] } }),
    ),
  ).toThrow('"sign_in": is missing');
});

test('a server that is not there is unreachable, and nothing was sent', async () => {
  const { server, connector } = await aServer();
  await server.close();
  await expect(connector.check(aCall())).rejects.toMatchObject({ code: 'UNREACHABLE' });
  expect(await connector.write('Partner', [item('a')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'transient', scope: 'connection' } },
  ]);
});

test('a rename that the server refuses was not done, and the same write then goes', async () => {
  const { server, connector, root } = await aServer();
  server.strike({ fate: 'refused', on: 'write' });
  expect(await connector.write('Partner', [item('a')], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'transient' } },
  ]);
  expect(existsSync(join(root, 'out')) ? readdirSync(join(root, 'out')) : []).toEqual([]);
  expect(await connector.write('Partner', [item('a')], aCall())).toMatchObject([{ status: 'created' }]);
  expect(readdirSync(join(root, 'out'))).toEqual(['partners-0000000002.csv']);
});

test.each(['cut before', 'cut after'] as const)(
  'a line that is %s the handing over leaves it unknown, and the same write again ends with one file',
  async (fate) => {
    const { server, connector, root } = await aServer();
    server.strike({ fate, on: 'write' });
    expect(await connector.write('Partner', [item('a')], aCall())).toMatchObject([{ status: 'unknown' }]);
    expect(await connector.write('Partner', [item('a')], aCall())).toMatchObject([{ status: 'created', id: 'a' }]);
    expect(readdirSync(join(root, 'out'))).toHaveLength(1);
  },
);

test('a call that is stopped ends at once', async () => {
  const { connector } = await aServer();
  const stop = new AbortController();
  stop.abort(new Error('stopped'));
  await expect(connector.check({ signal: stop.signal })).rejects.toThrow('stopped');
});
