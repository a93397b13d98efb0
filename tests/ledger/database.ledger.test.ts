import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { openDatabase } from '../../src/ledger/database.ts';

/** A way to PostgreSQL that can be cut. */
const aWire = async () => {
  const to = new URL(inject('databaseUrl'));
  const ends: Socket[] = [];
  const server = createServer((near) => {
    const far = connect(Number(to.port), to.hostname);
    ends.push(near, far);
    near.on('error', () => undefined).pipe(far);
    far.on('error', () => undefined).pipe(near);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = new URL(to);
  url.hostname = '127.0.0.1';
  url.port = String((server.address() as AddressInfo).port);
  const cut = (): void => {
    for (const end of ends.splice(0)) end.destroy();
  };
  const close = (): void => {
    cut();
    server.close();
  };
  return { url, cut, close };
};

test.each([
  ['a statement', (url: string) => openDatabase(url, { size: 1 })],
  ['a transaction', (url: string) => openDatabase(url, { size: 1, now: () => '2026-01-01T00:00:00Z' })],
])('a line that is cut under %s says that the ledger is down, and the next one works', async (_under, open) => {
  const wire = await aWire();
  const db = open(wire.url.href);
  try {
    await db.query('select 1');
    const asked = expect(db.query('select pg_sleep(60)')).rejects.toMatchObject({ code: 'LEDGER_DOWN' });
    wire.cut();
    await asked;
    expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
  } finally {
    await db.close();
    wire.close();
  }
});

test('a server without TLS is told apart from one that is down', async () => {
  const wire = await aWire();
  wire.url.searchParams.set('sslmode', 'verify-full');
  const db = openDatabase(wire.url.href, { size: 1 });
  try {
    await expect(db.query('select 1')).rejects.toMatchObject({
      code: 'LEDGER_DOWN',
      message: 'DATABASE_URL demands TLS, and this PostgreSQL has no TLS',
    });
  } finally {
    await db.close();
    wire.close();
  }
});

test('what fails in the work of a transaction is no word on the ledger, whatever it says', async () => {
  const db = openDatabase(inject('databaseUrl'), { size: 1 });
  const said = new Error('Connection terminated unexpectedly, said the ERP');
  try {
    await expect(
      db.transaction(async () => {
        throw said;
      }),
    ).rejects.toBe(said);
  } finally {
    await db.close();
  }
});
