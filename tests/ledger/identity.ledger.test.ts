import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const acme = { organization_name: 'Acme', tax_number: 'DE1', city: 'Berlin' };

test('rule 1: records that are one thing stand in one link, one active member in each slot', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    rig.systems.erp.people.create(acme);
    await rig.settle();
    const members = await rig.db.query(
      `select slot, id from record where link = (select link from record where id = 'A001') and active order by slot`,
    );
    expect(members).toEqual([
      { slot: 'crm/Account', id: 'A001' },
      { slot: 'erp/Partner', id: 'P001' },
    ]);
    expect(await rig.count('link')).toBe(1);
    await expect(
      rig.db.query(
        `update record set link = (select link from record where id = 'A001'), slot = 'crm/Account', id = 'A999' where id = 'P001'`,
      ),
    ).rejects.toThrow();
  });
});

test('rule 1: two mappings on the same slots share the link and keep a baseline each', async () => {
  await withRig({ mappings: ['customer', 'contact-data'] }, async (rig) => {
    rig.systems.crm.people.create({ ...ACME, phone: '123' });
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
    expect(await rig.db.query('select mapping from baseline order by 1')).toEqual([
      { mapping: 'contact-data' },
      { mapping: 'customer' },
    ]);
    expect(await rig.count('link')).toBe(1);
  });
});

test('rule 2: nothing is linked or created until both sides were read once from end to end', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    rig.systems.erp.people.create(acme);
    const from = await rig.capture.now();
    rig.pass(1);
    const page = await rig.systems.crm.connector.changes(
      'Account',
      { cursor: '', limit: 10 },
      { signal: new AbortController().signal },
    );
    await rig.capture.storePage({
      slot: 'crm/Account',
      kind: 'feed',
      changes: page.changes,
      next: page.next,
      done: true,
      from,
    });
    expect(await rig.round()).toBe(false);
    expect(rig.systems.erp.commits.filter((commit) => commit.actor === 'tally')).toEqual([]);
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});

test('rule 2: a create waits until the target was read past the moment its source was seen', async () => {
  await withRig({}, async (rig) => {
    await rig.settle();
    rig.pass(2_000);
    rig.systems.erp.people.create(acme);
    rig.systems.crm.people.create(ACME);
    const { feedCursor } = await rig.capture.position('crm/Account');
    const from = await rig.capture.now();
    rig.pass(1);
    const page = await rig.systems.crm.connector.changes(
      'Account',
      { cursor: feedCursor, limit: 10 },
      { signal: new AbortController().signal },
    );
    await rig.capture.storePage({
      slot: 'crm/Account',
      kind: 'feed',
      changes: page.changes,
      next: page.next,
      done: true,
      from,
    });
    expect(await rig.round()).toBe(true);
    expect(await rig.db.query('select state, reason from pending')).toEqual([
      { state: 'waiting', reason: 'WAITING_FOR_FEED' },
    ]);
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
    expect(await rig.count('link')).toBe(1);
  });
});

test('rule 3: a record without a key parks, and goes on by itself when it gets one', async () => {
  await withRig({}, async (rig) => {
    const id = rig.systems.crm.people.create({ city: 'Berlin' });
    await rig.settle();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'NO_IDENTITY' }]);
    rig.systems.crm.people.edit(id, ACME);
    rig.pass(2_000);
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
    expect(await rig.count('parked')).toBe(0);
  });
});

test('rule 3: two records with one key all park; when one goes the other is matched', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create(ACME);
    const twin = crm.people.create(ACME);
    erp.people.create(acme);
    await rig.settle();
    expect(await rig.db.query('select distinct code from parked')).toEqual([{ code: 'POSSIBLE_DUPLICATE' }]);
    expect(await rig.count('parked')).toBe(3);
    expect([...crm.commits, ...erp.commits].filter((commit) => commit.actor === 'tally')).toEqual([]);
    rig.pass(2_000);
    crm.people.remove(twin);
    await rig.settle();
    expect(await rig.count('parked')).toBe(0);
    expect(
      await rig.db.query(`select count(*)::int as n from record where active and state = 'present' group by link`),
    ).toEqual([{ n: 2 }]);
  });
});

test('rule 3: a reserved key is neither matched nor created by another record', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    await rig.settle();
    crm.people.create(ACME);
    rig.pass(2_000);
    await rig.observe();
    await rig.observe();
    erp.network = { fate: 'in-flight', deadline: Number.POSITIVE_INFINITY };
    await rig.round();
    expect(await rig.db.query('select fields, key from link_key order by 1')).toHaveLength(2);
    erp.network = { fate: 'ok', deadline: Number.POSITIVE_INFINITY };
    erp.arrive(0);
    await rig.observe();
    await rig.round();
    // The ERP's new record is the one being created: it is not sent back as another customer.
    expect(crm.records.size).toBe(1);
    await rig.settle();
    expect([crm.records.size, erp.records.size, await rig.count('link_key')]).toEqual([1, 1, 0]);
  });
});

test('rule 3: a record that carries our key is never made into another, though its source is gone and its create was given up', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create({ name: 'Acme', vat_number: 'DE1' });
    await rig.observe();
    await rig.observe();
    erp.network = { fate: 'reply-lost', deadline: Number.POSITIVE_INFINITY };
    await rig.round();
    erp.network = { fate: 'ok', deadline: Number.POSITIVE_INFINITY };
    await rig.observe();
    // Both halves go before the doubt is settled; at the target nobody says so.
    crm.people.remove(id);
    erp.people.remove('P001');
    await rig.settle();
    await rig.settle();
    expect([crm.records.size, erp.records.size]).toEqual([1, 1]);
    expect(await rig.count('link')).toBe(1);
  });
});

test('rule 2: a feed counts as read up to where its walk began: what came behind its pages is not seen yet', async () => {
  await withRig({}, async (rig) => {
    await rig.settle();
    const { feedCursor } = await rig.capture.position('erp/Partner');
    const turn = async (done: boolean): Promise<void> => {
      const from = await rig.capture.now();
      rig.pass(1_000);
      await rig.capture.storePage({ slot: 'erp/Partner', kind: 'feed', changes: [], next: feedCursor, done, from });
    };
    await turn(false);
    // Behind the page that was read, and before the record that it is the other half of.
    rig.systems.erp.people.create({ organization_name: 'Acme', tax_number: 'DE1' });
    rig.pass(1_000);
    rig.systems.crm.people.create({ name: 'Acme', vat_number: 'DE1' });
    const from = await rig.capture.now();
    rig.pass(1);
    const record = { id: 'A001', body: { name: 'Acme', vat_number: 'DE1' }, version: '1' };
    await rig.capture.storePage({
      slot: 'crm/Account',
      kind: 'feed',
      changes: [{ op: 'upsert', record }],
      next: '',
      done: true,
      from,
    });
    rig.pass(1_000);
    await turn(true);
    await rig.round();
    await rig.settle();
    expect([rig.systems.crm.records.size, rig.systems.erp.records.size]).toEqual([1, 1]);
  });
});

test('rule 3: a record that carries our key is no stranger’s other half, though its own row is not looked at yet', async () => {
  await withRig({ manners: { erp: { deletes: 'in-feed' } } }, async (rig) => {
    const { crm, erp } = rig.systems;
    erp.people.create({ organization_name: 'Acme' });
    await rig.observe();
    await rig.observe();
    crm.network = { fate: 'in-flight', deadline: Number.POSITIVE_INFINITY };
    await rig.round();
    crm.network = { fate: 'ok', deadline: Number.POSITIVE_INFINITY };
    erp.people.remove('P001');
    rig.pass(2_000);
    await rig.observe();
    await rig.settle();
    expect(await rig.count(`intent where state <> 'ended'`)).toBe(0);
    // It takes effect later than anything could; somebody has typed the same company anew meanwhile.
    crm.arrive(0);
    erp.people.create({ organization_name: 'Acme' });
    rig.pass(2_000);
    await rig.observe();
    await rig.db.query(`delete from pending where slot = 'crm/Account'`);
    await rig.round();
    expect(
      await rig.db.query(`select r.id, p.code from parked p join record r on r.link = p.link and r.active`),
    ).toEqual([{ id: 'P002', code: 'POSSIBLE_DUPLICATE' }]);
  });
});

test('rule 2: a record renamed while we write to it is found by its new key, though what showed it could not be stored', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const account = crm.people.create(ACME);
    const partner = erp.people.create(acme);
    await rig.settle();
    erp.people.edit(partner, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.observe();
    await rig.round('customer', async (sending) => {
      crm.people.edit(account, { vat_number: 'DE2' });
      erp.people.create({ organization_name: 'Other', tax_number: 'DE2' });
      rig.pass(2_000);
      await rig.observe();
      const lane = { mapping: 'customer', fresh: randomUUID(), workflow: 'another lane' };
      const { segment } = await rig.pipeline.claim(lane);
      await rig.pipeline.plan(segment ?? '');
      expect(await rig.count(`intent where op = 'create'`)).toBe(0);
      expect(await rig.db.query('select code from parked')).toEqual([{ code: 'POSSIBLE_DUPLICATE' }]);
      await rig.pipeline.release(segment ?? '');
      await rig.deliver(sending);
    });
    await rig.settle();
    expect(crm.records.size).toBe(1);
    // Read again, it has the keys that it shows and no others.
    expect(await rig.count(`record_key where slot = 'crm/Account' and key like '%DE1%'`)).toBe(0);
  });
});

test.each([
  ['can no longer be read', { tax_number: { kind: 'VAT', value: 'DE1' }, organization_name: { short: 'Acme' } }],
  ['vanished from a system that shows empty fields', { city: 'Ulm' }],
])(
  'rule 3: a record keeps the keys of what %s: its twins stay a question, and nobody is made a second time',
  async (_name, shown) => {
    await withRig({ traits: { whole: true } }, async (rig) => {
      const { crm, erp } = rig.systems;
      const twins = [erp.people.create({ ...acme, city: 'Ulm' }), erp.people.create(acme)];
      crm.people.create(ACME);
      await rig.settle();
      const asked = () =>
        rig.count(
          `parked p join record r on r.link = p.link where r.slot = 'crm/Account' and p.code = 'POSSIBLE_DUPLICATE'`,
        );
      expect(await asked()).toBe(1);
      const keys = () =>
        rig.db.query(`select fields, key, id from record_key where slot = 'erp/Partner' order by 1, 2, 3`);
      const before = await keys();
      const readable = twins.map((id) => erp.records.get(id)?.body);
      for (const id of twins) {
        const record = erp.records.get(id);
        if (record === undefined) throw new Error('a twin is not there');
        Object.assign(record, { body: shown, version: record.version + 1, modified: record.modified + 60_000 });
      }
      crm.people.edit('A001', { city: 'Bonn' });
      await rig.db.query('update slot set pass_wanted = true');
      rig.pass(70_000);
      await rig.settle();
      expect(await keys()).toEqual(before);
      expect(await asked()).toBe(1);
      expect(erp.records.size).toBe(2);
      for (const [at, id] of twins.entries()) {
        const record = erp.records.get(id);
        const body = { ...readable[at], tax_number: `DE${at + 7}` };
        if (record !== undefined)
          Object.assign(record, { body, version: record.version + 1, modified: record.modified + 70_000 });
      }
      await rig.db.query('update slot set pass_wanted = true');
      rig.pass(70_000);
      await rig.observe();
      expect(await rig.count(`record_key where slot = 'erp/Partner' and key = '["de1"]'`)).toBe(0);
      expect(await rig.count(`record_key where slot = 'erp/Partner'`)).toBe(4);
    });
  },
);
