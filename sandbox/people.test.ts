import { afterEach, expect, test } from 'vitest';
import { check } from './checker/check.ts';
import { tinySync } from './checker/tiny-sync.ts';
import { findingLines } from './checker/verdict.ts';
import { startCrm } from './crm/server.ts';
import { startErp } from './erp/server.ts';
import { call, docOf, listOf } from './kit/calls.ts';
import { createPeople } from './people.ts';

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  await Promise.all(ends.splice(0).map((end) => end()));
});

const aWorld = async (seed = 3) => {
  const [crm, erp] = await Promise.all([startCrm({ customers: 50, seed: 2 }), startErp({ customers: 50, seed: 2 })]);
  ends.push(crm.close, erp.close);
  const people = createPeople({ crmUrl: crm.url, erpUrl: erp.url, seed });
  const commits = async (control: string) =>
    listOf(docOf(await call('GET', `${control}/control/ledger?kind=commits&limit=5000`)), 'entries').filter(
      (entry) => entry['actor'] === 'people',
    );
  const faults = (list: unknown) =>
    Promise.all([crm, erp].map((system) => call('POST', `${system.controlUrl}/control/faults`, { body: list })));
  return {
    crm,
    erp,
    people,
    faults,
    all: async () => [...(await commits(crm.controlUrl)), ...(await commits(erp.controlUrl))],
  };
};

test('the same seed makes the same edits', async () => {
  const [left, right] = [await aWorld(), await aWorld()];
  const edits = await left.people.edit(30);
  expect(edits).toEqual(await right.people.edit(30));
  expect(new Set(edits.map((edit) => edit.side))).toEqual(new Set(['crm', 'erp']));
  const other = await aWorld(4);
  expect(await other.people.edit(30)).not.toEqual(edits);
});

test('every edit and every new customer is committed exactly once, whatever the line does', async () => {
  const { people, faults, all } = await aWorld();
  await faults([
    { kind: '500', rate: 0.1 },
    { kind: '429', rate: 0.05 },
    { kind: 'reset-after', rate: 0.1, only_writes: true },
    { kind: 'reset-before', rate: 0.1 },
  ]);
  const edits = await people.edit(60);
  const made = await people.create(6);
  const commits = await all();
  expect(edits).toHaveLength(60);
  expect(commits.filter((commit) => commit['op'] === 'create').map((commit) => commit['id'])).toEqual(
    expect.arrayContaining(made.map((edit) => edit.id)),
  );
  expect(commits.filter((commit) => commit['op'] === 'create')).toHaveLength(6);
  // Choosing the value that stands already is no commit.
  expect(commits.filter((commit) => commit['op'] === 'update').length).toBeLessThanOrEqual(60);
  expect(commits.filter((commit) => commit['op'] === 'update').length).toBeGreaterThan(50);
});

test('what people do in any order can be brought into agreement', async () => {
  const { crm, erp, people } = await aWorld();
  const sync = await tinySync(crm, erp);
  await sync.settle();
  for (let round = 0; round < 8; round += 1) {
    await people.edit(25);
    if (round % 3 === 0) await people.create(2);
    await sync.settle();
  }
  await people.conflict();
  await people.conflict('name');
  await people.conflict('street');
  const parked = await sync.settle();
  expect(parked.filter((item) => item.field === 'tax id')).toMatchObject([{ code: 'CONFLICT' }]);
  const verdict = await check({ crmControl: crm.controlUrl, erpControl: erp.controlUrl, parked, expectCustomers: 56 });
  expect(findingLines(verdict)).toEqual([]);
});

test('a conflict needs a linked customer', async () => {
  const { people } = await aWorld();
  await expect(people.conflict()).rejects.toThrow('no account');
});

test('people stop when they are told to', async () => {
  const { people } = await aWorld();
  expect(await people.edit(5, { signal: AbortSignal.abort() })).toEqual([]);
});
