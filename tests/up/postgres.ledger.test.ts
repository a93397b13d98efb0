import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { afterAll, expect, test } from 'vitest';
import { accountForPostgres, eraseHome, ledgerFolder } from '../../src/cli/up/account.ts';
import { startCluster } from '../../src/cli/up/cluster.ts';
import { ledgerReady } from '../../src/cli/up/probe.ts';

const folder = mkdtempSync(join(tmpdir(), 'tally-cluster-'));
chmodSync(folder, 0o755);
afterAll(() => rmSync(folder, { recursive: true }));

/** A home that only its owner may enter, as below /root or in a `mktemp -d`. */
const aClosedHome = (where: string): string => {
  const home = join(mkdtempSync(join(where, 'tally-closed-')), 'home');
  mkdirSync(home);
  return home;
};

const ask = async (url: string, sql: string): Promise<unknown> => {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return Object.values((await client.query(sql)).rows[0] ?? {})[0];
  } finally {
    await client.end();
  }
};

test('a cluster keeps the disk’s promises, sorts alike everywhere and makes the database it is asked for', async () => {
  const cluster = await startCluster(join(folder, 'durable'), 'durable');
  const url = cluster.url('tallystick');
  expect(await ledgerReady(url)).toBe(true);
  for (const setting of ['fsync', 'full_page_writes', 'synchronous_commit'])
    expect(await ask(url, `show ${setting}`)).toBe('on');
  expect(
    await ask(
      url,
      `select datlocprovider::text || ' ' || datlocale from pg_database where datname = current_database()`,
    ),
  ).toBe('b C.UTF-8');
  await cluster.stop();
  expect(await ledgerReady(url)).toBe(false);
});

test('a wrong password is no reason to wait', async () => {
  const cluster = await startCluster(join(folder, 'password'), 'none');
  const url = new URL(cluster.url('postgres'));
  url.password = 'wrong';
  await expect(ledgerReady(url.href)).rejects.toMatchObject({ code: 'LEDGER_DOWN' });
  await cluster.stop();
});

test.runIf(accountForPostgres())(
  'as root, a home that PostgreSQL’s account cannot reach gets its ledger outside',
  () => {
    const home = aClosedHome(tmpdir());
    const outside = ledgerFolder(home, 'a password');
    expect(lstatSync(join(home, 'ledger')).isSymbolicLink()).toBe(true);
    expect(readlinkSync(join(home, 'ledger'))).toBe(dirname(outside));
    expect(ledgerFolder(home, 'a password')).toBe(outside);
    eraseHome(home);
    rmSync(dirname(home), { recursive: true });
    expect(existsSync(dirname(outside))).toBe(false);
  },
);

test.runIf(accountForPostgres())('what a removed home has left outside is neither found again nor kept', () => {
  const home = aClosedHome('/var/tmp');
  const outside = ledgerFolder(home, 'first');
  mkdirSync(outside);
  writeFileSync(join(outside, 'PG_VERSION'), '18');
  rmSync(home, { recursive: true });
  mkdirSync(home);
  expect(ledgerFolder(home, 'second')).toBe(outside);
  expect(existsSync(outside)).toBe(false);
  eraseHome(home);
  rmSync(dirname(home), { recursive: true });
});

test.runIf(accountForPostgres())('a home that came back from a backup without its link finds its ledger', () => {
  const home = aClosedHome('/var/tmp');
  const outside = ledgerFolder(home, 'the same');
  mkdirSync(outside);
  rmSync(join(home, 'ledger'));
  expect(ledgerFolder(home, 'the same')).toBe(outside);
  expect(existsSync(outside)).toBe(true);
  eraseHome(home);
  rmSync(dirname(home), { recursive: true });
});

test('erasing a home leaves what its links outside the ledger point to', () => {
  const home = join(folder, 'linked');
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(home);
  mkdirSync(elsewhere);
  symlinkSync(elsewhere, join(home, 'notes'));
  eraseHome(home);
  expect(existsSync(elsewhere)).toBe(true);
});
