/** What becomes of the records of somebody who leaves, or moves: they pass on by a declared rule, through the same queue. */
import { expect, test } from 'vitest';
import { compiledOf } from '../mapping/kit.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const compiled = compiledOf({
  'mappings/staff.yaml': `mapping: staff
revision: 1
summary: Who works here.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
identity: { match_on: [[email]], on_none: { to_erp: ignore, to_crm: create } }
effective: { erp: { from: valid_from, until: end_date, after: { status: gone }, zone: UTC } }
on_leave:
  when: { erp: { status: [gone] } }
  reassign: [{ mapping: customer, field: owner, within: territory, to: [{ same: territory }, { superior: manager }] }]
fields:
  email: { crm: email, erp: email, flow: crm <- erp, as: email }
  territory: { crm: territory, erp: territory, flow: crm <- erp, as: text }
  manager: { crm: manager_id, erp: manager, flow: crm <- erp, link: staff }
  active: { crm: active, erp: status, flow: crm <- erp, lookup: states }
`,
  'mappings/customer.yaml': `mapping: customer
revision: 1
summary: Whom we sell to.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
  territory: { crm: territory, erp: territory, flow: crm <-> erp, as: text, conflict: crm wins }
  owner: { crm: owner_id, erp: sales_rep, flow: crm <-> erp, link: staff, conflict: crm wins }
`,
  'mappings/lookups/states.yaml': `lookup: states
revision: 1
summary: Who may come in.
rows: [{ crm: true, erp: here }, { crm: false, erp: gone }]
`,
});

const DAY = 86_400_000;
const settle = async (rig: Rig, ms = 2_000): Promise<void> => {
  rig.pass(ms);
  for (let tries = 0; tries < 8; tries += 1) {
    rig.pass(1_500);
    await rig.observe();
    for (const name of ['staff', 'customer']) while (await rig.round(name));
  }
};
const inRig = (work: (rig: Rig, of: Staff) => Promise<void>) =>
  withRig({ compiled }, async (rig) => work(rig, await staffed(rig)));

interface Staff {
  readonly boss: string;
  readonly ada: string;
  readonly account: string;
}
const user = (rig: Rig, email: string): string =>
  [...rig.contacts.crm.records.entries()].find(([, { body }]) => body['email'] === email)?.[0] ?? '';
const owners = (rig: Rig, account: string): readonly unknown[] => [
  rig.systems.crm.records.get(account)?.body['owner_id'],
  [...rig.systems.erp.records.values()][0]?.body['sales_rep'],
];

/** Ada works in the north for the boss, and looks after Acme there. */
const staffed = async (rig: Rig): Promise<Staff> => {
  const people = rig.contacts.erp.people;
  const boss = people.create({ email: 'boss@ours.example', territory: 'ALL', status: 'here' });
  const ada = people.create({ email: 'ada@ours.example', territory: 'N', status: 'here', manager: boss });
  await settle(rig);
  const account = rig.systems.crm.people.create({
    name: 'Acme',
    territory: 'N',
    owner_id: user(rig, 'ada@ours.example'),
  });
  await settle(rig);
  expect(owners(rig, account)).toEqual([user(rig, 'ada@ours.example'), ada]);
  return { boss, ada, account };
};
const parked = (rig: Rig) => rig.db.query<{ code: string; message: string }>('select code, message from parked');

test('the customers of somebody who leaves pass to the superior on the day after the last day, on both sides and journalled with the reason', async () => {
  await inRig(async (rig, { boss, ada, account }) => {
    rig.contacts.erp.people.edit(ada, { end_date: '2026-01-01' });
    await settle(rig);
    expect(owners(rig, account)).toEqual([user(rig, 'ada@ours.example'), ada]);
    await settle(rig, DAY);
    expect(rig.contacts.crm.records.get(user(rig, 'ada@ours.example'))?.body['active']).toBe(false);
    expect(owners(rig, account)).toEqual([user(rig, 'boss@ours.example'), boss]);
    const [entry] = await rig.db.query<{ reason: string }>(
      `select reason from journal where action = 'update' and slot = 'crm/Account' and 'owner' = any(fields)`,
    );
    expect(entry?.reason).toBe(
      `owner: ${user(rig, 'ada@ours.example')} has gone; their superior ${user(rig, 'boss@ours.example')} takes over`,
    );
    expect(await rig.count('pending')).toBe(0);
    expect(await parked(rig)).toEqual([]);
  });
});

test('the customers of somebody who moves stay in their territory: whoever has that now takes over', async () => {
  await inRig(async (rig, { ada, account }) => {
    const bruno = rig.contacts.erp.people.create({ email: 'bruno@ours.example', territory: 'N', status: 'here' });
    await settle(rig);
    expect(owners(rig, account)[1]).toBe(ada);
    rig.contacts.erp.people.edit(ada, { territory: 'S', valid_from: '2026-01-02' });
    await settle(rig);
    expect(owners(rig, account)[1]).toBe(ada);
    await settle(rig, DAY);
    expect(owners(rig, account)).toEqual([user(rig, 'bruno@ours.example'), bruno]);
  });
});

test('who moved away keeps what nobody else there can take, and hands it over to whoever comes', async () => {
  await inRig(async (rig, { ada, account }) => {
    const people = rig.contacts.erp.people;
    const bruno = people.create({ email: 'bruno@ours.example', territory: 'W', status: 'here' });
    people.edit(ada, { territory: 'S' });
    await settle(rig);
    expect(owners(rig, account)[1]).toBe(ada);
    people.edit(bruno, { territory: 'N' });
    await settle(rig);
    expect(owners(rig, account)).toEqual([user(rig, 'bruno@ours.example'), bruno]);
  });
});

test('where nobody is there to take over a person is asked in a sentence, until somebody is', async () => {
  await inRig(async (rig, { boss, ada, account }) => {
    const people = rig.contacts.erp.people;
    people.edit(boss, { status: 'gone' });
    people.edit(ada, { status: 'gone' });
    await settle(rig);
    const [waits] = await parked(rig);
    expect(waits?.code).toBe('NO_SUCCESSOR');
    expect(waits?.message).toContain(`${user(rig, 'ada@ours.example')} has gone, and nobody is there to take over`);
    expect(owners(rig, account)[1]).toBe(ada);
    const eve = people.create({ email: 'eve@ours.example', territory: 'N', status: 'here' });
    await settle(rig);
    expect(owners(rig, account)).toEqual([user(rig, 'eve@ours.example'), eve]);
    expect(await parked(rig)).toEqual([]);
  });
});

test('superiors in a circle are nobody: the search ends, and a person is asked', async () => {
  await inRig(async (rig, { boss, ada, account }) => {
    const people = rig.contacts.erp.people;
    people.edit(boss, { manager: ada });
    await settle(rig);
    people.edit(boss, { status: 'gone' });
    people.edit(ada, { status: 'gone' });
    await settle(rig);
    expect((await parked(rig)).map(({ code }) => code)).toContain('NO_SUCCESSOR');
    expect(owners(rig, account)[1]).toBe(ada);
  });
});

test('nobody is made a user who has gone already', async () => {
  await inRig(async (rig) => {
    rig.contacts.erp.people.create({ email: 'old@ours.example', status: 'gone' });
    await settle(rig);
    expect(user(rig, 'old@ours.example')).toBe('');
    expect(await rig.count('pending')).toBe(0);
  });
});

test('a row about a person that nobody can decode is parked without what it holds', async () => {
  await inRig(async (rig) => {
    const from = await rig.capture.now();
    const raw = '{"national_id":"65-101290-B"}';
    await rig.capture.storePage({
      ...{ slot: 'erp/Person', kind: 'feed', next: 'x', done: true, from },
      changes: [{ op: 'undecodable', id: 'E9', problem: 'no e-mail can be read', raw }],
    });
    const rows = await rig.db.query<{ code: string; detail: string }>(
      `select code, convert_from(detail, 'UTF8') as detail from parked`,
    );
    expect(rows).toMatchObject([{ code: 'UNDECODABLE' }]);
    expect(rows[0]?.detail).not.toContain('65-101290-B');
  });
});
