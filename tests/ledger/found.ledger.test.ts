import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/ledger/database.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { resolve } from '../../src/ledger/steps/acts.ts';
import { register } from '../../src/ledger/steps/register.ts';
import { aDatabase } from '../kit/ledger.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const STEWARD = { name: 'steward', mappings: null };

const page = async (rig: Rig, change: Parameters<Rig['capture']['storePage']>[0]['changes'][number]): Promise<void> => {
  const from = await rig.capture.now();
  rig.pass(1);
  const { feedCursor } = await rig.capture.position('erp/Partner');
  await rig.capture.storePage({
    slot: 'erp/Partner',
    kind: 'feed',
    changes: [change],
    next: feedCursor,
    done: false,
    from,
  });
};

test('rule 16: a change that could not be decoded stays parked until the record is read again', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    const [{ id: at = '' } = {}] = await rig.db.query<{ id: string }>(
      `select id from record where slot = 'erp/Partner'`,
    );
    await page(rig, { op: 'undecodable', id: at, raw: '<partner', problem: 'the element is not closed' });
    erp.blind = true;
    crm.people.edit(id, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.observe();
    await rig.round();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'UNDECODABLE' }]);
    erp.blind = false;
    rig.pass(60_000);
    await rig.settle();
    expect(await rig.count('parked')).toBe(0);
    expect(erp.records.get(at)?.body['city']).toBe('Bonn');
  });
});

test('rule 16: a record that can be decoded again is parked no longer, also when nothing in it has changed', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.settle();
    const [{ id = '' } = {}] = await rig.db.query<{ id: string }>(`select id from record where slot = 'erp/Partner'`);
    await page(rig, { op: 'undecodable', id, raw: '<partner', problem: 'the element is not closed' });
    rig.pass(2_000);
    await rig.db.query('update slot set pass_wanted = true');
    await rig.settle();
    expect(await rig.count('parked')).toBe(0);
  });
});

test('rule 10: a field that vanishes from a record that keeps its fields is parked until it is shown again, and empties nothing', async () => {
  await withRig({ traits: { whole: true } }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    const [record] = erp.records.values();
    if (record === undefined) throw new Error('nothing was created');
    const { city, ...without } = record.body;
    const shown = async (body: typeof record.body, version: string): Promise<void> => {
      await page(rig, { op: 'upsert', record: { id: record.id, body, version } });
      rig.pass(2_000);
      await rig.round();
    };
    await shown(without, 'odd');
    expect(await rig.db.query('select code, field from parked')).toEqual([{ code: 'FIELD_MISSING', field: 'city' }]);
    expect(crm.records.get(id)?.body['city']).toBe('Berlin');
    await shown(record.body, 'as ever');
    expect(city).toBe('Berlin');
    expect(await rig.count('parked')).toBe(0);
    expect(crm.commits.filter(({ actor }) => actor !== 'people')).toEqual([]);
  });
});

test('rule 1: of two decisions for the same other half the second goes back to the person', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const twins = [crm.people.create(ACME), crm.people.create(ACME)];
    erp.people.create({ organization_name: 'Acme', tax_number: 'DE1' });
    await rig.settle();
    for (const id of twins) {
      const [row] = await rig.db.query<{ id: string }>(
        `select p.id from parked p join record r on r.link = p.link and r.active where r.id = $1`,
        [id],
      );
      await resolve(rig.db, STEWARD, row?.id ?? '', { action: 'link', with: { slot: 'erp/Partner', id: 'P001' } });
    }
    rig.pass(2_000);
    await rig.settle();
    expect(await rig.count(`record a join record b on a.link = b.link and a.slot < b.slot`)).toBe(1);
    expect(await rig.db.query('select code, decision from parked')).toEqual([
      { code: 'MERGE_DECISION', decision: null },
    ]);
    expect(await rig.count('pending')).toBe(0);
  });
});

test('rule 5: a plan and a release that come from before their segment was claimed again take nothing from the newer one', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    const request = { mapping: 'customer', fresh: randomUUID(), workflow: 'sync-customer' };
    const { segment } = await rig.pipeline.claim(request);
    // Its workflow was lost with the engine's store; a new one claims the same segment while the old one's steps still run.
    await rig.pipeline.claim({ ...request, fresh: randomUUID() });
    await rig.pipeline.plan(segment ?? '');
    const { targets } = await rig.pipeline.plan(segment ?? '');
    expect(targets).toEqual(['erp']);
    const epoch = await rig.pipeline.fence(segment ?? '', 'erp');
    const sending = await rig.pipeline.beginSend(segment ?? '', 'erp', epoch, 3);
    await rig.pipeline.release(segment ?? '');
    await expect(rig.pipeline.beginSend(segment ?? '', 'erp', epoch, 3)).rejects.toMatchObject({ code: 'FENCED' });
    const outcomes = await erp.connector.write('Partner', sending?.items ?? [], {
      signal: new AbortController().signal,
    });
    if (sending !== null) await rig.pipeline.remember(sending, outcomes, await rig.capture.now());
    rig.pass(60_000);
    await rig.settle();
    expect(erp.commits.filter(({ op }) => op === 'create')).toHaveLength(1);
    expect([
      await rig.count('pending'),
      await rig.count('parked'),
      await rig.count(`intent where state <> 'ended'`),
    ]).toEqual([0, 0, 0]);
  });
});

test('rule 9: what a mapping was sending when it was removed ends, and is journalled as unknown', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    // Its worker dies between the mark and the answer.
    await rig
      .round('customer', async () => {
        throw new Error('killed');
      })
      .catch(() => undefined);
    expect(await rig.count(`intent where state = 'sending'`)).toBe(1);
    const none = { config: 2, connections: ['crm', 'erp'], mappings: [] };
    await register(rig.db, none);
    expect(await rig.count(`intent where state <> 'ended'`)).toBe(1);
    // Long after the last answer could have come, at the next start of any worker.
    rig.pass(24 * 3_600_000);
    await register(rig.db, none);
    expect(await rig.count(`intent where state <> 'ended'`)).toBe(0);
    expect(await rig.count('link_key')).toBe(0);
    expect(await rig.db.query(`select action, mapping, code from journal where action = 'outcome unknown'`)).toEqual([
      { action: 'outcome unknown', mapping: 'customer', code: 'IN_DOUBT' },
    ]);
  });
});

test('rule 17: a user who cannot become the journal’s role does not run as the owner instead', async () => {
  const database = await aDatabase();
  const name = `owner_${randomUUID().replaceAll('-', '')}`;
  const admin = openDatabase(database.url, { size: 1 });
  await admin.query(`create role tally_app nologin`).catch(() => undefined);
  await admin.query(`create role ${name} login password 'x'`);
  await admin.query(`grant create on database ${new URL(database.url).pathname.slice(1)} to ${name}`);
  const url = new URL(database.url);
  url.username = name;
  url.password = 'x';
  try {
    await expect(openLedger(url.href, 1)).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
      message: expect.stringContaining(`grant tally_app to ${name}`),
    });
    await admin.query(`grant tally_app to ${name}`);
    const db = await openLedger(url.href, 1);
    expect(await db.query('select current_user::text as who, count(*)::int as entries from journal')).toEqual([
      { who: 'tally_app', entries: 0 },
    ]);
    await db.close();
  } finally {
    await admin.query(`drop owned by ${name}`);
    await admin.query(`drop role ${name}`);
    await admin.close();
    await database.drop();
  }
});

test('rule 17: what a system said when its connection was paused can be erased', async () => {
  await withRig({}, async (rig) => {
    await rig.pipeline.pauseConnection('erp', 'LOGIN_REFUSED', 'user jane.doe@example.com is locked');
    const [entry] = await rig.db.query(
      `select j.reason, convert_from(v.body, 'UTF8') as said from journal j join journal_value v on v.journal = j.id`,
    );
    expect(entry).toEqual({
      reason: 'the connection is not used until a person resumes it: LOGIN_REFUSED',
      said: '{"said":"user jane.doe@example.com is locked"}',
    });
  });
});

test('rule 12: the brake counts records that were blanked as it counts those that were deleted', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const ids = Array.from({ length: 14 }, (_, n) =>
      crm.people.create({ ...ACME, name: `Acme ${n}`, vat_number: `DE${n}` }),
    );
    await rig.settle();
    for (const id of ids.slice(0, 3)) crm.people.remove(id);
    for (const id of ids.slice(3, 12)) crm.people.edit(id, { city: '', vat_number: '' });
    rig.pass(2_000);
    await rig.settle();
    expect(await rig.db.query(`select name, paused_code from connection where paused_code is not null`)).toEqual([
      { name: 'crm', paused_code: 'BRAKE' },
    ]);
    expect([...erp.records.values()].filter(({ body }) => (body['city'] ?? '') === '')).toHaveLength(0);
  });
});
