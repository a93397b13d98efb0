import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { type Database, openDatabase } from '../../src/ledger/database.ts';

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

test('statements asked for together run in their order; one that fails undoes all, and says so', async () => {
  const db = openDatabase(inject('databaseUrl'), { size: 1 });
  try {
    await db.query('create temporary table told (n int primary key)');
    const three = await db.transaction(async (tx) => {
      const [, , rows] = await Promise.all([
        tx.query('insert into told values (1)'),
        tx.query('update told set n = n + 1'),
        tx.query('select n from told'),
      ]);
      return rows;
    });
    expect(three).toEqual([{ n: 2 }]);
    const failing = db.transaction((tx) =>
      Promise.all([
        tx.query('delete from told'),
        tx.query('insert into told values (7), (7)'),
        tx.query('select n from told'),
      ]),
    );
    // 23505: the one that failed, not that those after it met a transaction undone.
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    expect(await db.query('select n from told')).toEqual([{ n: 2 }]);
  } finally {
    await db.close();
  }
});

test('a statement that comes after its transaction has ended is refused: it would stand alone', async () => {
  const db = openDatabase(inject('databaseUrl'), { size: 1 });
  try {
    await db.query('create temporary table told (n int primary key)');
    const given: Database[] = [];
    const work = db.transaction(async (tx) => {
      given.push(tx);
      throw new Error('the work failed');
    });
    await expect(work).rejects.toThrow('the work failed');
    await expect(given[0]?.query('insert into told values (1)')).rejects.toThrow('after its transaction had ended');
    expect(await db.query('select n from told')).toEqual([]);
  } finally {
    await db.close();
  }
});

test('a statement prepared before its table got another column is prepared anew', async () => {
  const db = openDatabase(inject('databaseUrl'), { size: 1 });
  try {
    await db.query('create table widened as select 1 as one');
    const rows = () => db.query('select * from widened where one = $1', [1]);
    expect(await rows()).toEqual([{ one: 1 }]);
    await db.query('alter table widened add column two int');
    expect(await rows()).toEqual([{ one: 1, two: null }]);
    await db.query('alter table widened drop column two');
    expect(await db.transaction((tx) => tx.query('select * from widened where one = $1', [1]))).toEqual([{ one: 1 }]);
  } finally {
    await db.query('drop table if exists widened');
    await db.close();
  }
});
