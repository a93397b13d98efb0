import { expect, test } from 'vitest';
import { openDatabase } from '../../src/ledger/database.ts';
import { openLedger } from '../../src/ledger/open.ts';
import { chain } from '../../src/ledger/steps/journal.ts';
import { aDatabase, aLedger } from '../kit/ledger.ts';
import { aRig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };

test('rule 16: the ledger keeps the mapped fields of a body and no others, as bytes that hold any text', async () => {
  await withRig({}, async (rig) => {
    const id = rig.systems.crm.people.create({ ...ACME, city: 'Ber\u0000lin \ud800', secret: 'shoe size' });
    await rig.settle();
    const [row] = await rig.db.query<{ body: Buffer }>('select body from record where id = $1', [id]);
    const body = JSON.parse(row?.body.toString('utf8') ?? '{}');
    expect(body).toMatchObject({ name: 'Acme', city: 'Ber\u0000lin \ud800' });
    expect(body).not.toHaveProperty('secret');
    expect(await rig.db.query('select field, code from parked')).toEqual([{ field: 'city', code: 'INVALID_TEXT' }]);
  });
});

test('rule 17: effects and their journal entries stand one to one, with ids, fields, reason and revision', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    crm.people.edit(id, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.settle();
    const effects = [...crm.commits, ...erp.commits]
      .filter((commit) => commit.actor === 'tally')
      .map(({ op, id: record }) => ({ action: op, record_id: record }));
    const entries = await rig.db.query(
      `select action, record_id from journal where action in ('create', 'update', 'delete') order by id`,
    );
    expect(entries).toEqual(effects);
    const [entry] = await rig.db.query(
      `select actor, mapping, config, fields, reason from journal where action = 'update'`,
    );
    expect(entry).toEqual({
      actor: 'tallystick',
      mapping: 'customer',
      config: 1,
      fields: ['city'],
      reason: 'city: only the CRM changed it',
    });
  });
});

test('rule 17: every entry gets a number and a hash, and a changed entry no longer fits', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.settle();
    const entries = await rig.count('journal');
    expect(await chain(rig.db)).toBe(entries);
    expect(await chain(rig.db)).toBe(0);
    const before = await rig.db.query<{ hash: Buffer }>('select hash from journal_chain order by number');
    await rig.db.query(`update journal set reason = 'because' where id = (select min(id) from journal)`);
    await rig.db.query('truncate journal_chain');
    await chain(rig.db);
    const after = await rig.db.query<{ hash: Buffer }>('select hash from journal_chain order by number');
    expect(after).toHaveLength(before.length);
    expect(after.some((row, i) => before[i]?.hash.equals(row.hash) === true)).toBe(false);
  });
});

test('rule 17: the application’s role may add to the journal and nothing else', async () => {
  const database = await aLedger();
  const rig = await aRig(database.url, {});
  const app = openDatabase(database.url, { role: 'tally_app' });
  try {
    rig.systems.crm.people.create(ACME);
    await rig.settle();
    for (const act of [
      `update journal set reason = ''`,
      'delete from journal',
      'truncate journal',
      'delete from journal_chain',
      'update journal_value set body = body',
      'alter table journal disable trigger all',
    ])
      await expect(app.query(act)).rejects.toMatchObject({ code: '42501' });
    expect(await app.query('select count(*)::int > 0 as some from journal')).toEqual([{ some: true }]);
  } finally {
    await app.close();
    await rig.close();
    await database.drop();
  }
});

test('who approved what, and when what happened, can be added to and not rewritten, whatever was granted meanwhile', async () => {
  const database = await aDatabase();
  const owner = openDatabase(database.url, { size: 1 });
  await (await openLedger(database.url, 1)).close();
  await owner.query('grant update, delete on order_approval, order_event to tally_app');
  const app = await openLedger(database.url, 1);
  try {
    for (const table of ['order_approval', 'order_event']) {
      await expect(app.query(`update ${table} set at = at`)).rejects.toMatchObject({ code: '42501' });
      await expect(app.query(`delete from ${table}`)).rejects.toMatchObject({ code: '42501' });
      expect(await app.query(`select * from ${table}`)).toEqual([]);
    }
  } finally {
    await app.close();
    await owner.close();
    await database.drop();
  }
});
