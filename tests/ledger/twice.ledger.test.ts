import { expect, test } from 'vitest';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const FOREVER = Number.POSITIVE_INFINITY;
const outcomes = async (rig: Rig): Promise<readonly string[]> =>
  (await rig.db.query<{ outcome: string }>(`select outcome from intent where op = 'update' order by no`)).map(
    ({ outcome }) => outcome,
  );

/** An update of ours that something on the way carries out twice: the guard refuses the second, whose reply we get. */
const twice = async (rig: Rig): Promise<string> => {
  const { crm, erp } = rig.systems;
  const id = crm.people.create(ACME);
  await rig.settle();
  crm.people.edit(id, { vat_number: 'DE2' });
  rig.pass(2_000);
  await rig.observe();
  erp.network = { fate: 'twice', deadline: FOREVER };
  await rig.round();
  erp.network = { fate: 'ok', deadline: FOREVER };
  return id;
};

test('rule 9: a guarded update that was carried out twice on its way is ours, also when its source was edited meanwhile', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = await twice(rig);
    expect(erp.records.get('P001')?.body['tax_number']).toBe('DE2');
    crm.people.edit(id, { vat_number: 'DE3' });
    await rig.settle();
    expect(await rig.db.query('select code, field from parked')).toEqual([]);
    expect(erp.records.get('P001')?.body['tax_number']).toBe('DE3');
    expect(await outcomes(rig)).toEqual(['updated', 'updated']);
    expect(await rig.count('pending')).toBe(0);
  });
});

test('rule 9: what was refused because of an edit says so, and is planned again at once', async () => {
  await withRig({}, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    crm.people.edit(id, { name: 'Acme AG' });
    rig.pass(2_000);
    await rig.observe();
    erp.people.edit('P001', { organization_name: 'Acme KG' });
    await rig.round();
    await rig.settle();
    expect(await outcomes(rig)).toEqual(['conflict', 'updated']);
    expect(await rig.db.query(`select action, code from journal where code = 'STALE'`)).toHaveLength(1);
    expect(await rig.count(`journal where action = 'outcome unknown'`)).toBe(0);
  });
});

test.each(['answers', 'refuses'] as const)(
  'rule 9: a create that was carried out twice on its way makes one record, where a repeat %s',
  async (repeat) => {
    await withRig({ manners: { erp: { idempotency: 'unique', repeat } } }, async (rig) => {
      const { crm, erp } = rig.systems;
      crm.people.create(ACME);
      await rig.observe();
      await rig.observe();
      erp.network = { fate: 'twice', deadline: FOREVER };
      await rig.round();
      erp.network = { fate: 'ok', deadline: FOREVER };
      await rig.settle();
      await rig.settle();
      expect([crm.records.size, erp.records.size]).toEqual([1, 1]);
      expect(await rig.db.query('select code, field, message from parked')).toEqual([]);
    });
  },
);
