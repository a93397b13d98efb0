/** A database is reached by the same rules as every other system. */
import { createServer } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import { aCall, aConnection } from '../kit/fake-http.ts';
import { sqlPreset } from '../kit/sql.ts';
import { thrownBy } from '../kit/trial.ts';

interface How {
  readonly allow?: readonly string[];
  readonly mode?: 'local' | 'production';
  readonly tls?: string;
  readonly addresses?: readonly string[];
  readonly dialect?: 'postgresql' | 'sqlserver' | 'oracle';
}

const connectorFor = (
  url: string,
  { allow = [], mode = 'production', tls = 'verify', addresses, dialect = 'postgresql' }: How = {},
): Connector => {
  const connector = createConnector({
    settings: aConnection(url, {
      ...{ connector: 'sandbox-sql', allow, callMs: 500 },
      settings: { user: 'tally', password: 'env:PASSWORD', tls },
    }),
    preset: { ...sqlPreset('postgresql'), dialect },
    mode,
    secret: () => 'a-secret',
    ...(addresses === undefined ? {} : { resolve: async () => addresses.map((address) => ({ address, family: 4 })) }),
  });
  onTestFinished(() => connector.close());
  return connector;
};

/** A server that counts who comes, and answers as it is told. */
const listening = async (answer: Buffer | undefined) => {
  const came: string[] = [];
  const server = createServer((socket) => {
    came.push(socket.remoteAddress ?? '');
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      came.push(chunk.toString('latin1'));
      if (answer !== undefined) socket.write(answer);
    });
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  onTestFinished(() => void server.close());
  return { came, port: (server.address() as { port: number }).port };
};

test.each([
  ['the loopback address', 'postgresql://127.0.0.1:PORT/shop', {}],
  ['a name that stands for loopback', 'postgresql://db.example:PORT/shop', { addresses: ['127.0.0.1'] }],
  [
    'a public and a private address at once',
    'postgresql://db.example:PORT/shop',
    { addresses: ['93.184.216.34', '127.0.0.1'] },
  ],
  ['the metadata address', 'postgresql://169.254.169.254:PORT/shop', {}],
  ['a private address that is not listed', 'postgresql://10.1.2.3:PORT/shop', { allow: ['10.9.0.0/16'] }],
] as const)('outside local mode %s is refused before anything is dialled', async (_what, url, how) => {
  const { came, port } = await listening(undefined);
  const connector = connectorFor(url.replace('PORT', String(port)), how);
  expect(await thrownBy(connector.check(aCall()))).toMatchObject({ code: 'EGRESS_DENIED', recovery: 'pause' });
  const item = { op: 'create', data: { organization_name: 'x' }, idempotencyKey: 'x' } as const;
  expect(await connector.write('Customer', [item], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'auth' } },
  ]);
  expect(came).toEqual([]);
});

test('a server without TLS gets no password', async () => {
  const { came, port } = await listening(Buffer.from('N'));
  const connector = connectorFor(`postgresql://127.0.0.1:${port}/shop`, { mode: 'local' });
  expect(await thrownBy(connector.check(aCall()))).toMatchObject({ recovery: expect.stringMatching(/pause|retry/) });
  expect(came.join('')).not.toContain('tally');
});

test('outside local mode plain is only for a private address that is listed', () => {
  const open = (url: string, allow: readonly string[]) => () => connectorFor(url, { tls: 'plain', allow });
  expect(open('postgresql://db.example/shop', [])).toThrow('tls.mode');
  expect(open('postgresql://10.1.2.3/shop', [])).toThrow('tls.mode');
  expect(open('postgresql://10.1.2.3/shop', ['10.1.0.0/16'])).not.toThrow();
  expect(open('postgresql://93.184.216.34/shop', ['10.1.0.0/16'])).toThrow('tls.mode');
  expect(() => connectorFor('postgresql://db.example/shop', { tls: 'prefer' })).toThrow('write verify or plain');
});

test('a server that never answers is given up in time', async () => {
  const { port } = await listening(undefined);
  const connector = connectorFor(`postgresql://127.0.0.1:${port}/shop`, { mode: 'local', tls: 'plain' });
  expect(await thrownBy(connector.check(aCall()))).toMatchObject({ recovery: 'retry' });
});

test('nobody there is told with its code, and a write was surely not sent', async () => {
  const connector = connectorFor('postgresql://127.0.0.1:1/shop', { mode: 'local', tls: 'plain' });
  expect(await thrownBy(connector.check(aCall()))).toMatchObject({ code: 'UNREACHABLE', facts: { unsent: true } });
  const item = { op: 'create', data: { organization_name: 'x' }, idempotencyKey: 'x' } as const;
  expect(await connector.write('Customer', [item], aCall())).toMatchObject([
    { status: 'failed', error: { class: 'transient', scope: 'connection' } },
  ]);
});

test.each([
  ['sqlserver', 'sqlserver://127.0.0.1:1/shop', 'npm install --save-exact tedious@'],
  ['oracle', 'oracle://127.0.0.1:1/shop', 'npm install --save-exact oracledb@'],
] as const)('without its driver %s says how to install it', async (dialect, url, command) => {
  const connector = connectorFor(url, { mode: 'local', tls: 'plain', dialect });
  const failure = await thrownBy(connector.check(aCall()));
  expect(failure).toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringContaining(command) });
});
