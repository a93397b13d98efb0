/** What stands between our parts and yours is encrypted, and whoever is not who the certificate says is not spoken to. */
import { mkdtempSync, rmSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { eraseHome } from '../../src/cli/up/account.ts';
import { type Group, startGroup } from '../../src/cli/up/group.ts';
import { type EngineSettings, readEngineSettings } from '../../src/config/engine.ts';
import { readSettings } from '../../src/config/settings.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { createEngine } from '../../src/server/engine.ts';
import { connectEngine } from '../../src/worker/engine.ts';
import { documented } from '../kit/documented.ts';
import { AUTHORITY, STRANGER, secured, securedPostgres } from '../kit/tls.ts';
import { silent } from '../up/fakes.ts';

const folder = mkdtempSync(join(tmpdir(), 'tally-tls-'));
let group: Group;
const proxies: { close(): void }[] = [];
let engineAt = '';
let ledgerAt = '';

beforeAll(async () => {
  group = await startGroup({ home: join(folder, 'home'), parts: ['ledger', 'engine'], say: silent });
  const engine = await secured(Number(group.urls['TEMPORAL_ADDRESS']?.split(':')[1]));
  const plain = new URL(group.urls['DATABASE_URL'] ?? '');
  const ledger = await securedPostgres(Number(plain.port));
  proxies.push(engine, ledger);
  engineAt = `127.0.0.1:${engine.port}`;
  plain.port = String(ledger.port);
  ledgerAt = plain.href;
});
afterAll(async () => {
  for (const { close } of proxies) close();
  await group?.stop();
  eraseHome(join(folder, 'home'));
  rmSync(folder, { recursive: true, force: true });
});

/** The engine as a `temporal.yaml` with these lines has it. */
const engineWith = async (lines: string): Promise<EngineSettings> => {
  await writeFile(join(folder, 'temporal.yaml'), `address: ${engineAt}\n${lines}`);
  return readEngineSettings(readSettings({ TALLY_CONFIG: join(folder, 'tallystick.yaml') }));
};

const reachable = async (settings: EngineSettings): Promise<boolean> => {
  const engine = createEngine(settings);
  try {
    return await engine.reachable();
  } finally {
    await engine.close();
  }
};

test('the engine is reached over TLS by API and worker where its certificate is trusted', async () => {
  const settings = await engineWith(`tls: { ca: ${AUTHORITY} }\n`);
  expect(await reachable(settings)).toBe(true);
  await (await connectEngine(settings)).close();
});

test.each([
  ['a certificate of a stranger', () => `tls: { ca: ${STRANGER} }\n`],
  ['a certificate nobody vouches for', () => 'tls: true\n'],
  ['a name that is not in the certificate', () => `tls: { ca: ${AUTHORITY}, server_name: elsewhere.example.com }\n`],
  ['no TLS where the engine demands it', () => ''],
])('%s is not spoken to by either', async (_what, lines) => {
  const settings = await engineWith(lines());
  expect(await reachable(settings)).toBe(false);
  await expect(connectEngine(settings)).rejects.toMatchObject({ code: 'ENGINE_DOWN' });
});

test('the ledger is reached over TLS where its certificate is trusted', async () => {
  const db = await openLedger(`${ledgerAt}?sslmode=verify-full&sslrootcert=${AUTHORITY}`, 1);
  expect(await db.query('select 1 as one')).toEqual([{ one: 1 }]);
  await db.close();
});

test.each([
  [
    'a certificate of a stranger',
    () => `${ledgerAt}?sslmode=verify-full&sslrootcert=${STRANGER}`,
    documented('a ledger whose certificate nobody vouches for'),
  ],
  [
    'a certificate nobody vouches for',
    () => `${ledgerAt}?sslmode=verify-full`,
    documented('a ledger whose certificate nobody vouches for'),
  ],
  ['a ledger without TLS where it is demanded', () => `${group.urls['DATABASE_URL']}?sslmode=verify-full`, /no TLS/],
])('%s is refused in one sentence', async (_what, url, said) => {
  await expect(openLedger(url(), 1)).rejects.toMatchObject({
    code: 'LEDGER_DOWN',
    message: expect.stringMatching(said),
  });
});

test('a wrong password and a database that is not there are told apart from a ledger that is down', async () => {
  const url = new URL(group.urls['DATABASE_URL'] ?? '');
  url.password = 'wrong';
  await expect(openLedger(url.href, 1)).rejects.toMatchObject({
    code: 'LEDGER_DOWN',
    message: expect.stringMatching(documented('a wrong password for the ledger')),
  });
  const nowhere = new URL(group.urls['DATABASE_URL'] ?? '');
  nowhere.pathname = '/nowhere';
  await expect(openLedger(nowhere.href, 1)).rejects.toMatchObject({
    code: 'LEDGER_DOWN',
    message: expect.stringMatching(documented('a database that is not there')),
  });
});
