/** Those who work for us, on the real engine: hired, moved and left on their day, and what they owned passes on. */
import { cp, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkStaff, staffLine } from '../../sandbox/checker/staff.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { basic, bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.staff.yaml', import.meta.url));
const DAY = 86_400_000;
/** A day so many days from now: far enough from today that no zone is in doubt. */
const day = (days: number): string => new Date(Date.now() + days * DAY).toISOString().slice(0, 10);
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const users = (): Promise<readonly Doc[]> => recordsOf(town.crm.control, 'user');
const userOf = async (email: string): Promise<Doc | undefined> =>
  (await users()).find((user) => user['email'] === email);
const employees = (): Promise<readonly Doc[]> => recordsOf(town.erp.control, 'employee');
const inErp = async (verb: 'create' | 'update', item: Doc): Promise<Doc> => {
  const headers = basic('people', 'people-secret');
  const reply = await call('POST', `${town.erp.url}/api/employees/${verb}`, { headers, body: { items: [item] } });
  const [result = {}] = listOf(docOf(reply), 'results');
  expect(result).toMatchObject({ ok: true });
  return result;
};
const change = (number: unknown, employee: Doc): Promise<Doc> => inErp('update', { number: String(number), employee });
const inCrm = async (path: string, body: Doc): Promise<Doc> => {
  const headers = await bearer(town.crm.url, 'people', 'people-secret');
  return docOf(await call('PATCH', `${town.crm.url}/v1/${path}`, { headers, body }));
};
const waitsFor = async (number: unknown): Promise<boolean> =>
  (
    await town.query<{ reason: string }>(
      `select reason from pending where mapping = 'employee' and id = '${String(number)}' and state = 'waiting'`,
    )
  ).some(({ reason }) => reason === 'NOT_YET_EFFECTIVE');

beforeAll(async () => {
  town = await startTown({
    customers: 20,
    employees: 40,
    seed: 11,
    mappings: ['customer', 'employee', 'owner'],
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('everybody who works here is a user, with the superior whom personnel names, and whoever left may not come in', async () => {
  const all = await users();
  const byNumber = new Map(all.map((user) => [user['employee_number'], user]));
  for (const employee of await employees()) {
    const user = byNumber.get(employee['number'] ?? null);
    const here = employee['status'] !== 'terminated';
    if (here) expect(user).toBeDefined();
    if (user !== undefined) expect(user['active']).toBe(here);
    const manager = byNumber.get(employee['manager'] ?? '');
    if (here && manager !== undefined) expect(user?.['manager_id']).toBe(manager['id']);
  }
  expect(all.filter((user) => user['employee_number'] === null)).toHaveLength(1);
});

test('a hire entered ahead waits, and is a user as soon as the day is today', async () => {
  const email = 'new@ours.example';
  const { number } = await inErp('create', {
    employee: { first_name: 'Neu', last_name: 'Hier', email, status: 'active', start_date: day(40) },
  });
  await eventually('the hire waits for its day', () => waitsFor(number));
  expect(await userOf(email)).toBeUndefined();
  await change(number, { start_date: day(-2) });
  await eventually('there is a user', async () => (await userOf(email))?.['active'] === true);
});

test('the customers of somebody who leaves pass to the superior, on both sides, and access ends', async () => {
  const all = await employees();
  const leaver = all.find(
    ({ manager, status, territory }) => manager !== '' && status === 'active' && territory === '',
  );
  const boss = all.find(({ number }) => number === leaver?.['manager']);
  const [user, superior] = [await userOf(String(leaver?.['email'])), await userOf(String(boss?.['email']))];
  const account = (await recordsOf(town.crm.control, 'account')).find(
    ({ erp_number: number }) => typeof number === 'string' && number !== '',
  );
  await inCrm(`accounts/${String(account?.['id'])}`, { owner_id: user?.['id'] ?? null });
  const owner = async (): Promise<unknown> =>
    (await recordsOf(town.erp.control, 'partner')).find(({ number }) => number === account?.['erp_number'])?.[
      'sales_rep'
    ];
  await eventually('the ERP knows the owner', async () => (await owner()) === leaver?.['number']);
  await change(leaver?.['number'], { end_date: day(40) });
  await eventually('the leave waits for its day', () => waitsFor(leaver?.['number']));
  expect(await owner()).toBe(leaver?.['number']);
  await change(leaver?.['number'], { end_date: day(-3) });
  await eventually('access has ended', async () => (await userOf(String(leaver?.['email'])))?.['active'] === false);
  await eventually('the superior has taken over in the ERP', async () => (await owner()) === boss?.['number']);
  const now = (await recordsOf(town.crm.control, 'account')).find(({ id }) => id === account?.['id']);
  expect(now?.['owner_id']).toBe(superior?.['id']);
});

test('a move crosses on its day: the territory of the user is another one then', async () => {
  const mover = (await employees()).find(({ status, territory }) => status === 'active' && territory === 'NORD');
  const territory = async (): Promise<unknown> => (await userOf(String(mover?.['email'])))?.['territory'];
  await change(mover?.['number'], { territory: 'SUED', valid_from: day(40) });
  await eventually('the move waits for its day', () => waitsFor(mover?.['number']));
  expect(await territory()).toBe('NORD');
  await change(mover?.['number'], { valid_from: day(-2) });
  await eventually('the move has crossed', async () => (await territory()) === 'SUED');
});

test('nothing private of anybody stands in the ledger, its journal included, in a log or in the CRM', async () => {
  const secrets = (await employees()).flatMap((each) =>
    ['national_id', 'home_address'].flatMap((field) => (each[field] === '' ? [] : [String(each[field])])),
  );
  expect(secrets.length).toBeGreaterThan(70);
  const texts = await town.query<{ text: string }>(
    `select convert_from(body, 'UTF8') as text from record union all select convert_from(body, 'UTF8') from journal_value
     union all select convert_from(body, 'UTF8') from baseline union all select reason from journal union all select message from parked`,
  );
  const all = texts.map(({ text }) => text).join('\n');
  expect(all).toContain('e1@ours.example');
  const folder = join(town.world.home, 'logs');
  const logs = await Promise.all((await readdir(folder)).map((name) => readFile(join(folder, name), 'utf8')));
  expect(logs.join('').length).toBeGreaterThan(100);
  const everything = [all, ...logs, JSON.stringify(await users())].join('\n');
  expect(secrets.filter((secret) => everything.includes(secret))).toEqual([]);
});

test('the checker finds employees and users in agreement on this day, and nothing private in the CRM', async () => {
  await town.world.quiet(WITHIN_MS);
  const parked = (await town.world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
  const verdict = await checkStaff({
    crmControl: town.crm.control,
    erpControl: town.erp.control,
    today: day(0),
    parked,
  });
  expect(findingLines(verdict)).toEqual([]);
  expect(staffLine(verdict)).toMatch(/^agreement: 40 of ours, 1 users who are nobody of ours, /);
});
