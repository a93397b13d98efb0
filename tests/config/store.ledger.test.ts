import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { readConfigFiles } from '../../src/config/files.ts';
import { readSettings } from '../../src/config/settings.ts';
import { newestNumber, readRevision, storeRevision } from '../../src/config/store.ts';
import type { Database } from '../../src/ledger/database.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { drawBudget, returnBudget } from '../../src/ledger/steps/budget.ts';
import { createFollower } from '../../src/worker/follow.ts';
import { aLedger } from '../kit/ledger.ts';

const anOpenLedger = async (): Promise<Database> => {
  const { url, drop } = await aLedger();
  const db = await openLedger(url, 4);
  onTestFinished(async () => {
    await db.close();
    await drop();
  });
  return db;
};

test('a revision is whole, numbered, and stored once', async () => {
  const db = await anOpenLedger();
  expect(await newestNumber(db)).toBe(0);
  const files = { 'tallystick.yaml': 'name: "\u0000 ü 💚"', 'mappings/a.yaml': 'x' };
  expect((await storeRevision(db, { author: 'ada', files })).number).toBe(1);
  expect(await storeRevision(db, { author: 'bob', files: { ...files } })).toMatchObject({ number: 1, author: 'ada' });
  expect((await storeRevision(db, { author: 'bob', files: { ...files, 'mappings/a.yaml': 'y' } })).number).toBe(2);
  expect(await readRevision(db, 1)).toEqual({ number: 1, author: 'ada', files });
  expect((await readRevision(db))?.number).toBe(2);
});

test('going back to an older configuration is a revision of its own', async () => {
  const db = await anOpenLedger();
  const numbers = [];
  for (const text of ['a', 'b', 'a'])
    numbers.push((await storeRevision(db, { author: 'ada', files: { x: text } })).number);
  expect(numbers).toEqual([1, 2, 3]);
});

test('ten processes that store the same files at once make one revision', async () => {
  const db = await anOpenLedger();
  const stored = await Promise.all(
    Array.from({ length: 10 }, () => storeRevision(db, { author: 'x', files: { a: 'b' } })),
  );
  expect(new Set(stored.map(({ number }) => number))).toEqual(new Set([1]));
});

const product = join(import.meta.dirname, '../../tallystick.yaml');

/** A follower of a folder with a working configuration, and what it handed on and said. */
const aFollower = async (db: Database) => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-follow-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const path = join(folder, 'tallystick.yaml');
  const lines: string[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void lines.push(line) });
  const settings = readSettings({ TALLY_MODE: 'local', TALLY_CONFIG: path });
  const follow = createFollower({ settings, db, log });
  const applied: number[] = [];
  return {
    path,
    lines,
    applied,
    look: () =>
      follow(async ({ revision, compiled }) => {
        // Also one that was compiled before it had a number.
        expect(compiled.configuration.revision).toBe(revision.number);
        applied.push(revision.number);
      }),
  };
};

test('a broken file is said once and leaves the last good configuration in force', async () => {
  const db = await anOpenLedger();
  await storeRevision(db, { author: 'ada', files: await readConfigFiles(product) });
  const { path, lines, applied, look } = await aFollower(db);
  await writeFile(path, 'connections: [');
  for (let i = 0; i < 4; i += 1) await look();
  expect(applied).toEqual([1]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain('tallystick.yaml:1:');
  expect(await newestNumber(db)).toBe(1);
});

test('a file is applied when it has stood still for one look', async () => {
  const db = await anOpenLedger();
  const { path, lines, applied, look } = await aFollower(db);
  await look();
  expect(lines[0]).toContain('there is no');
  const text = tiny();
  await writeFile(path, text);
  await mkdir(join(path, '..', 'mappings'));
  await writeFile(join(path, '..', 'mappings', 'tiny.yaml'), TINY);
  await look();
  await writeFile(path, `${text}# saved again\n`);
  await look();
  expect(applied).toEqual([1]);
  await look();
  expect(applied).toEqual([1, 2]);
});

test('a file that its connector refuses is said with place and remedy and not stored; a good one is journalled', async () => {
  const db = await anOpenLedger();
  const { path, lines, applied, look } = await aFollower(db);
  await mkdir(join(path, '..', 'mappings'));
  await writeFile(join(path, '..', 'mappings', 'tiny.yaml'), TINY);
  await writeFile(path, tiny());
  for (let i = 0; i < 2; i += 1) await look();
  await writeFile(path, tiny('secret: s'));
  for (let i = 0; i < 4; i += 1) await look();
  expect([applied, await newestNumber(db)]).toEqual([[1], 1]);
  expect(lines).toHaveLength(1);
  expect(lines[0]).toContain(
    'connections.crm.settings.secret: sandbox-crm asks for no such setting; remove it (and 1 more)',
  );
  expect((JSON.parse(lines[0] ?? '') as { problems: unknown }).problems).toEqual([
    expect.stringContaining('connections.crm.settings.secret'),
    expect.stringContaining('connections.crm.settings.client_secret: is missing'),
  ]);
  await writeFile(path, tiny().replace('http://a', 'http://b'));
  for (let i = 0; i < 2; i += 1) await look();
  expect(applied).toEqual([1, 2]);
  expect(await db.query('select actor, action, config, reason from journal order by config')).toEqual([
    { actor: 'file', action: 'configure', config: 1, reason: expect.stringContaining('mapping tiny added') },
    { actor: 'file', action: 'configure', config: 2, reason: 'connection crm changed' },
  ]);
});

/** Two connections and one mapping. */
const tiny = (secret = 'client_secret: s'): string => {
  const crm = `{ connector: sandbox-crm, url: "http://a", settings: { client_id: c, ${secret} } }`;
  const erp = `{ connector: sandbox-erp, url: "http://a", settings: { user: u, password: p } }`;
  return `connections: { crm: ${crm}, erp: ${erp} }\nmappings: [tiny]\n`;
};

const TINY = `mapping: tiny
revision: 1
summary: As little as there can be.
contacts: { business: a@example.com, technical: b@example.com }
between:
  crm: { connection: crm, record: Account }
  erp: { connection: erp, record: Partner }
identity:
  match_on: [[name]]
  on_many: park
  on_none: { to_erp: ignore, to_crm: create }
  on_delete: { to_erp: block, to_crm: report }
fields:
  name: { crm: name, erp: organization_name, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
`;

test('workers share one request budget: what one has drawn the next waits for', async () => {
  const db = await anOpenLedger();
  expect(await drawBudget(db, 'crm', 10, 5)).toBe(0);
  const wait = await drawBudget(db, 'crm', 10, 5);
  expect(wait).toBeGreaterThan(300);
  expect(wait).toBeLessThanOrEqual(500);
  await returnBudget(db, 'crm', 10, 5);
  expect(await drawBudget(db, 'crm', 10, 1)).toBeLessThanOrEqual(wait);
});

test('a connection closed by one refusal closes the budget of all workers', async () => {
  const db = await anOpenLedger();
  await db.query(`insert into connection (name, closed_until) values ('crm', ledger_now() + interval '20 s')`);
  expect(await drawBudget(db, 'crm', 10, 1)).toBeGreaterThan(19_000);
});
