import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const sweep = async (rig: Rig): Promise<void> => {
  await rig.db.query('update slot set pass_wanted = true');
  rig.pass(2_000);
  await rig.settle();
};
const states = (rig: Rig) => rig.db.query<{ id: string; state: string }>('select id, state from record order by id');

test('rule 12: absence makes a record suspect; only a reading beside a control record makes it gone', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create(ACME);
    crm.people.create({ name: 'Beta', vat_number: 'DE2' });
    await rig.settle();
    erp.blind = true;
    await sweep(rig);
    expect((await states(rig)).filter((row) => row.id.startsWith('P')).map((row) => row.state)).toEqual([
      'suspect',
      'suspect',
    ]);
    expect(await rig.count('parked')).toBe(0);
    erp.blind = false;
    erp.people.remove('P001');
    await sweep(rig);
    rig.pass(600_000);
    await sweep(rig);
    expect((await states(rig)).filter((row) => row.id.startsWith('P'))).toEqual([
      { id: 'P001', state: 'gone' },
      { id: 'P002', state: 'present' },
    ]);
  });
});

test('rule 12: deleted on one side and changed on the other is a question for a person', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    rig.pass(2_000);
    crm.people.remove(id);
    erp.people.edit('P001', { city: 'Köln' });
    await rig.settle();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'DELETED_AND_CHANGED' }]);
  });
});

test('rule 12: a deletion that the mapping blocks is parked and deletes nothing', async () => {
  await withRig({}, async (rig) => {
    const id = rig.systems.crm.people.create(ACME);
    await rig.settle();
    rig.pass(2_000);
    rig.systems.crm.people.remove(id);
    await rig.settle();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'DELETE_BLOCKED' }]);
    expect(rig.systems.erp.records.get('P001')?.deleted).toBe(false);
  });
});

test('rule 12: a deletion is mirrored on request, and never more than the brake allows', async () => {
  await withRig({ onDeleteToErp: 'delete' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const ids = Array.from({ length: 30 }, (_, i) => crm.people.create({ name: `Acme ${i}`, vat_number: `DE${i}` }));
    await rig.settle();
    rig.pass(2_000);
    crm.people.remove(ids[0] ?? '');
    await rig.settle();
    expect([...erp.records.values()].filter((record) => record.deleted)).toHaveLength(1);
    for (const id of ids.slice(1, 15)) crm.people.remove(id);
    rig.pass(2_000);
    await rig.settle();
    expect(await rig.db.query(`select paused_code from connection where name = 'crm'`)).toEqual([
      { paused_code: 'BRAKE' },
    ]);
    expect([...erp.records.values()].filter((record) => record.deleted)).toHaveLength(1);
  });
});

test('rule 13: every wait is a row with a due time and a reason, and a claim says when to look again', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    rig.systems.erp.network = { fate: 'busy', deadline: Number.POSITIVE_INFINITY };
    await rig.round();
    const [row] = await rig.db.query<{ state: string; reason: string; later: boolean }>(
      'select state, reason, due > ledger_now() as later from pending',
    );
    expect(row).toEqual({ state: 'waiting', reason: 'RATE_LIMITED', later: true });
    const claimed = await rig.pipeline.claim({ mapping: 'customer', fresh: randomUUID(), workflow: 'sync-customer' });
    expect(claimed.segment).toBeNull();
    expect(claimed.nextDue).toMatch(/^2026-01-01T/);
  });
});

test('rule 14: after failures in a row a connection is not used for a while; a success opens it', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    for (let i = 0; i < 3; i += 1) await rig.pipeline.recordFailure('erp', 'UNREACHABLE', 'no answer');
    const claimOf = () => rig.pipeline.claim({ mapping: 'customer', fresh: randomUUID(), workflow: 'sync-customer' });
    expect((await claimOf()).segment).toBeNull();
    rig.pass(2_001);
    expect((await claimOf()).segment).not.toBeNull();
    await rig.pipeline.recordSuccess('erp');
    expect(await rig.db.query(`select failures from connection where name = 'erp'`)).toEqual([{ failures: 0 }]);
  });
});

test('rule 14: what was stated and could not be sent is given back and due later', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    const { segment } = await rig.pipeline.claim({
      mapping: 'customer',
      fresh: randomUUID(),
      workflow: 'sync-customer',
    });
    await rig.pipeline.plan(segment ?? '');
    await rig.pipeline.withdraw(segment ?? '', 'erp', 'UNREACHABLE', 0);
    await rig.pipeline.release(segment ?? '');
    expect(await rig.db.query('select state, reason from pending')).toEqual([
      { state: 'waiting', reason: 'UNREACHABLE' },
    ]);
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});

test('rule 15: a connection that names a time is left alone by everyone until then', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.observe();
    await rig.observe();
    await rig.pipeline.recordFailure('erp', 'RATE_LIMITED', 'slow down', 30_000);
    const claimOf = () => rig.pipeline.claim({ mapping: 'customer', fresh: randomUUID(), workflow: 'sync-customer' });
    expect((await claimOf()).segment).toBeNull();
    expect((await rig.capture.position('erp/Partner')).closed).toMatch(/^2026-01-01T/);
    rig.pass(30_001);
    expect((await claimOf()).segment).not.toBeNull();
  });
});
