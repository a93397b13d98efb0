/** Days from and until which a record holds what it says (rule 13): every wait is a row, due when its day begins. */
import { expect, test } from 'vitest';
import { explain } from '../../src/ledger/queries/explain.ts';
import { mappingStatus } from '../../src/ledger/queries/status.ts';
import { compiledOf } from '../mapping/kit.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const compiled = compiledOf({
  'mappings/staff.yaml': `mapping: staff
revision: 1
summary: Who works here.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[email]], on_none: { to_erp: ignore, to_crm: create } }
effective: { erp: { from: valid_from, until: end_date, after: { status: gone }, zone: Europe/Berlin } }
fields:
  name: { crm: name, erp: name, flow: crm <- erp, as: text }
  email: { crm: email, erp: email, flow: crm <- erp, as: email }
  territory: { crm: territory, erp: territory, flow: crm <- erp, as: text }
  phone: { crm: phone, erp: phone, flow: crm <-> erp, as: text, conflict: crm wins }
  active: { crm: active, erp: status, flow: crm <- erp, lookup: states }
`,
  'mappings/lookups/states.yaml': `lookup: states
revision: 1
summary: Who may come in.
rows: [{ crm: true, erp: here }, { crm: false, erp: gone }]
`,
});
const inRig = (work: (rig: Rig) => Promise<void>) => withRig({ compiled, mappings: ['staff'] }, work);

const ADA = { name: 'Ada', email: 'ada@ours.example', territory: 'N', phone: '1', status: 'here' };
const PRIVATE = {
  birth_date: '1990-12-10',
  national_id: '65-101290-B',
  salary: '71000',
  home_address: 'Lindenallee 3',
};
const DAY = 86_400_000;
// The rig's clock begins at 2026-01-01T00:00Z, when it is one o'clock in Berlin.
const MIDNIGHT = DAY - 3_600_000;

const later = async (rig: Rig, ms: number): Promise<void> => {
  rig.pass(ms);
  for (let tries = 0; tries < 5; tries += 1) {
    await rig.observe();
    while (await rig.round('staff'));
  }
};
const settle = async (rig: Rig): Promise<void> => later(rig, 2_000);
const accounts = (rig: Rig) => [...rig.systems.crm.records.values()].map(({ body }) => body);
const waiting = (rig: Rig) =>
  rig.db.query<{ state: string; reason: string; detail: string; due: Date }>(
    `select state, reason, detail, due from pending order by slot`,
  );

test('a hire entered ahead is a waiting row until 00:00 of the first day where people live, and is a user then', async () => {
  await inRig(async (rig) => {
    rig.systems.erp.people.create({ ...ADA, valid_from: '2026-01-02' });
    await settle(rig);
    expect(accounts(rig)).toEqual([]);
    expect(await waiting(rig)).toMatchObject([
      { state: 'waiting', reason: 'NOT_YET_EFFECTIVE', detail: '2026-01-02', due: new Date('2026-01-01T23:00:00Z') },
    ]);
    const { segment, nextDue } = await rig.pipeline.claim({
      mapping: 'staff',
      fresh: crypto.randomUUID(),
      workflow: 'w',
    });
    expect([segment, nextDue]).toEqual([null, '2026-01-01T23:00:00.000Z']);
    await later(rig, MIDNIGHT - 60_000);
    expect(accounts(rig)).toEqual([]);
    await later(rig, 60_000);
    expect(accounts(rig)).toMatchObject([{ name: 'Ada', territory: 'N', active: true }]);
    expect(await rig.count('pending')).toBe(0);
  });
});

test('a move waits for its day; put forward it crosses at once, withdrawn it is forgotten', async () => {
  await inRig(async (rig) => {
    const { crm, erp } = rig.systems;
    const id = erp.people.create({ ...ADA, valid_from: '2025-01-01' });
    await settle(rig);
    erp.people.edit(id, { territory: 'S', valid_from: '2026-02-01' });
    await settle(rig);
    expect(accounts(rig)).toMatchObject([{ territory: 'N' }]);
    expect(await waiting(rig)).toMatchObject([{ reason: 'NOT_YET_EFFECTIVE', detail: '2026-02-01' }]);
    erp.people.edit(id, { valid_from: '2026-01-01' });
    await settle(rig);
    expect(accounts(rig)).toMatchObject([{ territory: 'S' }]);
    expect(await rig.count('pending')).toBe(0);
    erp.people.edit(id, { territory: 'W', valid_from: '2026-03-01' });
    await settle(rig);
    erp.people.edit(id, { territory: 'S', valid_from: '2026-01-01' });
    await settle(rig);
    expect(await rig.count('pending')).toBe(0);
    const writes = await rig.count(`journal where action = 'update'`);
    await later(rig, 70 * DAY);
    expect(accounts(rig)).toMatchObject([{ territory: 'S' }]);
    expect(await rig.count(`journal where action = 'update'`)).toBe(writes);
    expect(crm.records.size).toBe(1);
  });
});

test('somebody who leaves comes in on the last day and not on the next, by a row that waits for it', async () => {
  await inRig(async (rig) => {
    const { erp } = rig.systems;
    const id = erp.people.create(ADA);
    await settle(rig);
    erp.people.edit(id, { end_date: '2026-01-01' });
    await settle(rig);
    expect(accounts(rig)).toMatchObject([{ active: true }]);
    expect(await waiting(rig)).toMatchObject([{ reason: 'NOT_YET_EFFECTIVE', detail: '2026-01-02' }]);
    await later(rig, MIDNIGHT);
    expect(accounts(rig)).toMatchObject([{ active: false }]);
    expect(await rig.count('pending')).toBe(0);
    erp.people.edit(id, { end_date: '' });
    await settle(rig);
    expect(accounts(rig)).toMatchObject([{ active: true }]);
  });
});

test('a wait for a day is no arrears: what people mend meanwhile crosses, and explain says from when the rest holds', async () => {
  await inRig(async (rig) => {
    const { crm, erp } = rig.systems;
    const id = erp.people.create(ADA);
    await settle(rig);
    erp.people.edit(id, { territory: 'S', valid_from: '2026-02-01' });
    await settle(rig);
    await later(rig, 10 * DAY);
    const [mapping] = await mappingStatus(rig.db, new Date('2026-01-11T00:00:00Z'));
    expect(mapping).toMatchObject({ lagMs: null, pending: 0, agreement: 1, waiting: { NOT_YET_EFFECTIVE: 1 } });
    const [account] = crm.records.keys();
    crm.people.edit(account ?? '', { phone: '2' });
    await settle(rig);
    expect([...erp.records.values()].map(({ body }) => body['phone'])).toEqual(['2']);
    expect(accounts(rig)).toMatchObject([{ territory: 'N' }]);
    const [row] = await rig.db.query<{ link: string }>('select link from record limit 1');
    const [explained] = (await explain(rig.db, compiled.values(), row?.link ?? '')) ?? [];
    expect(explained?.notes).toContain('What was changed holds from 2026-02-01 on: until then it waits.');
    expect(explained?.writes).toEqual({});
  });
});

test('what is private stays where it is: not a byte of it in any table of the ledger, nor in the CRM', async () => {
  await inRig(async (rig) => {
    const { erp } = rig.systems;
    const id = erp.people.create({ ...ADA, ...PRIVATE });
    await settle(rig);
    erp.people.edit(id, { territory: 'S', salary: '72000', valid_from: '2026-02-01' });
    await settle(rig);
    await later(rig, 40 * DAY);
    const tables = await rig.db.query<{ name: string }>(
      `select table_name as name from information_schema.tables where table_schema = 'tally'`,
    );
    expect(tables.length).toBeGreaterThan(15);
    const secrets = [...Object.values(PRIVATE), '72000', ...Object.keys(PRIVATE)];
    const found: string[] = [];
    for (const { name } of tables)
      for (const secret of secrets) {
        // Bytes are searched as bytes: a row in text shows them in hexadecimal.
        const hex = Buffer.from(secret).toString('hex');
        if ((await rig.count(`${name} t where t::text like $1 or t::text like $2`, [`%${secret}%`, `%${hex}%`])) > 0)
          found.push(`${name}: ${secret}`);
      }
    expect(found).toEqual([]);
    // The search would find what does cross.
    expect(await rig.count(`record t where t::text like $1`, [`%${Buffer.from(ADA.email).toString('hex')}%`])).toBe(2);
    expect(JSON.stringify(accounts(rig))).not.toMatch(new RegExp(secrets.join('|')));
  });
});
