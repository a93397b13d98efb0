import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Change } from '../../connectors/sdk/seam.ts';
import { enqueue, nudge } from '../../src/ledger/steps/queue.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const claimOf = () => ({ mapping: 'customer', fresh: randomUUID(), workflow: 'sync-customer' });

test('rule 4: what comes while a record is worked on stays due', async () => {
  await withRig({}, async (rig) => {
    const id = rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    const { segment } = await rig.pipeline.claim(claimOf());
    await enqueue(rig.db, [{ mapping: 'customer', slot: 'crm/Account', id }], 'change');
    await rig.pipeline.release(segment ?? '');
    expect(await rig.db.query('select state from pending')).toEqual([{ state: 'due' }]);
  });
});

test('a claim says whether somebody changed what it leases, so that a load can make way for it', async () => {
  await withRig({}, async (rig) => {
    const { people } = rig.systems.crm;
    const id = people.create(ACME);
    await rig.observe();
    await rig.observe();
    await rig.db.query(`update pending set cause = 'sweep'`); // as a full pass leaves what it meets first
    const loaded = await rig.pipeline.claim(claimOf());
    expect(loaded).toMatchObject({ records: 1, changes: false });
    await rig.pipeline.release(loaded.segment ?? '');
    people.edit(id, { city: 'Bonn' });
    rig.pass(2_000);
    await rig.observe();
    expect(await rig.pipeline.claim(claimOf())).toMatchObject({ records: 1, changes: true });
  });
});

test('rule 4: a parked field holds up no other field', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create({ ...ACME, payment_terms: 'Net 30' });
    await rig.settle();
    crm.people.edit(id, { payment_terms: 'Net 77', city: 'Bonn' });
    rig.pass(2_000);
    await rig.settle();
    expect(await rig.db.query('select field, code from parked')).toEqual([
      { field: 'payment terms', code: 'LOOKUP_MISS' },
    ]);
    expect(erp.records.get('P001')?.body).toMatchObject({ city: 'Bonn', payment_terms: 'ZB30' });
  });
});

test('rule 5: a claim repeated with the same id returns the same segment', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    const request = claimOf();
    const first = await rig.pipeline.claim(request);
    expect(first.segment).toBe(request.fresh);
    expect((await rig.pipeline.claim(request)).segment).toBe(request.fresh);
    expect((await rig.pipeline.claim(claimOf())).segment).toBe(request.fresh);
    expect(await rig.count('segment')).toBe(1);
  });
});

test('rule 5: an older attempt may neither store, send nor finish once a newer one began', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    const { segment } = await rig.pipeline.claim(claimOf());
    await rig.pipeline.plan(segment ?? '');
    const old = await rig.pipeline.fence(segment ?? '', 'erp');
    const young = await rig.pipeline.fence(segment ?? '', 'erp');
    await expect(rig.pipeline.beginSend(segment ?? '', 'erp', old, 200)).rejects.toMatchObject({ code: 'FENCED' });
    await expect(rig.pipeline.readings(segment ?? '', 'erp', old)).rejects.toMatchObject({ code: 'FENCED' });
    expect((await rig.pipeline.beginSend(segment ?? '', 'erp', young, 200))?.items).toHaveLength(1);
    await rig.pipeline.release(segment ?? '');
    await expect(rig.pipeline.beginSend(segment ?? '', 'erp', young, 200)).rejects.toMatchObject({ code: 'FENCED' });
  });
});

test('rule 5: a claim after a loss takes up the unfinished segment: what was sending is in doubt, what was stated is withdrawn', async () => {
  await withRig({}, async (rig) => {
    const { crm } = rig.systems;
    for (let i = 0; i < 5; i += 1) crm.people.create({ name: `Acme ${i}`, vat_number: `DE${i}` });
    await rig.observe();
    await rig.observe();
    const { segment } = await rig.pipeline.claim(claimOf());
    await rig.pipeline.plan(segment ?? '');
    await rig.pipeline.beginSend(segment ?? '', 'erp', await rig.pipeline.fence(segment ?? '', 'erp'), 3);
    const again = await rig.pipeline.claim(claimOf());
    expect(again.segment).toBe(segment);
    expect(
      await rig.db.query(
        'select state, coalesce(outcome, $1) as outcome, count(*)::int as n from intent group by 1, 2 order by 1',
        ['-'],
      ),
    ).toEqual([
      { state: 'doubt', outcome: '-', n: 3 },
      { state: 'ended', outcome: 'withdrawn', n: 2 },
    ]);
    await rig.settle();
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(5);
  });
});

test('rule 6: two writers of many rows in opposite orders end, both of them', async () => {
  await withRig({}, async (rig) => {
    const rows = Array.from({ length: 200 }, (_, i) => ({ mapping: 'customer', slot: 'crm/Account', id: `A${i}` }));
    await Promise.all(
      Array.from({ length: 12 }, (_, i) => enqueue(rig.db, i % 2 === 0 ? rows : rows.toReversed(), 'change')),
    );
    expect(await rig.count('pending')).toBe(200);
  });
});

test('rule 7: writes to one system do not wait for the other', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create(ACME);
    erp.people.create({ organization_name: 'Beta', tax_number: 'DE2' });
    await rig.observe();
    await rig.observe();
    erp.network = { fate: 'in-flight', deadline: Number.POSITIVE_INFINITY };
    await rig.round();
    expect([...crm.records.values()].map((record) => record.body['name'])).toContain('Beta');
    erp.network = { fate: 'ok', deadline: Number.POSITIVE_INFINITY };
    await rig.settle();
    await rig.settle();
    expect([crm.records.size, erp.records.size]).toEqual([2, 2]);
  });
});

test('the nudge flag is flipped by one process alone, and cleared before a claim reads', async () => {
  await withRig({}, async (rig) => {
    await rig.settle();
    await rig.round();
    expect(await nudge(rig.db, ['customer'])).toEqual(['customer']);
    expect(await nudge(rig.db, ['customer'])).toEqual([]);
    await rig.pipeline.claim(claimOf());
    expect(await nudge(rig.db, ['customer'])).toEqual(['customer']);
  });
});

test('nobody is woken while the first pass is under way; the page that ends it wakes the mapping, also when it shows nothing', async () => {
  await withRig({}, async (rig) => {
    const page = async (slot: string, changes: readonly Change[], done: boolean) => {
      const from = await rig.capture.now();
      rig.pass(1);
      return (await rig.capture.storePage({ slot, kind: 'feed', changes, next: 'c', done, from })).nudge;
    };
    const acme: Change = { op: 'upsert', record: { id: 'A1', version: '1', body: { id: 'A1', ...ACME } } };
    expect(await page('crm/Account', [acme], false)).toEqual([]);
    expect(await page('crm/Account', [], true)).toEqual([]);
    expect(await page('erp/Partner', [], true)).toEqual(['customer']);
    expect((await rig.pipeline.claim(claimOf())).records).toBe(1);
  });
});

test('rule 2: a record that was read afresh does not wait for the other side’s feed again after every reading', async () => {
  await withRig({}, async (rig) => {
    rig.systems.erp.people.create({ organization_name: 'Acme', tax_number: 'DE1' });
    await rig.observe();
    await rig.observe();
    await rig.db.query(`update pending set cause = 'reread'`);
    await rig.settle();
    expect(rig.systems.crm.records.size).toBe(1);
  });
});
