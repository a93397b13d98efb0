/** Records that their system keeps: out of use, or merged into another one by its people (rules 1 and 12). */
import { expect, test } from 'vitest';
import { resolve } from '../../src/ledger/steps/acts.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const ZENITH = { name: 'Zenith', vat_number: 'DE2', city: 'Bonn' };
const STEWARD = { name: 'steward', mappings: null };

const later = async (rig: Rig): Promise<void> => {
  rig.pass(2_000);
  await rig.settle();
};
const parked = (rig: Rig) => rig.db.query<{ code: string; message: string }>('select code, message from parked');
const codes = async (rig: Rig): Promise<readonly string[]> => (await parked(rig)).map(({ code }) => code);
const partner = (rig: Rig, id: string) => rig.systems.erp.records.get(id)?.body ?? {};
const partners = (rig: Rig): number => [...rig.systems.erp.records.values()].length;
/** As Tryton merges: the loser is out of use, names the survivor, and has given its parts away. */
const merge = (rig: Rig, loser: string, survivor: string): void =>
  rig.systems.erp.people.edit(loser, { active: false, replaced_by: survivor, tax_number: '', city: '' });
/** Accounts of the CRM and the partner that each is linked to now. */
const links = (rig: Rig) =>
  rig.db.query<{ crm: string; erp: string }>(
    `select c.id as crm, e.id as erp from record c join record e on e.link = c.link and e.slot = 'erp/Partner' and e.active where c.slot = 'crm/Account' and c.active order by 1`,
  );

test('rule 12: a record out of use is parked, is not written to and not made again; back in use, what was edited meanwhile crosses', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    erp.people.edit('P001', { active: false });
    await later(rig);
    expect((await parked(rig)).map(({ message }) => message)).toEqual([
      `erp/Partner took P001 out of use; crm/Account ${id} stands: the mapping keeps its other half`,
    ]);
    expect(await codes(rig)).toEqual(['DELETE_BLOCKED']);
    crm.people.edit(id, { city: 'Ulm' });
    await later(rig);
    expect(await codes(rig)).toEqual(['DELETED_AND_CHANGED']);
    expect([partner(rig, 'P001')['city'], partners(rig)]).toEqual(['Berlin', 1]);
    erp.people.edit('P001', { active: true });
    await later(rig);
    expect([await codes(rig), partner(rig, 'P001')['city'], partners(rig)]).toEqual([[], 'Ulm', 1]);
  });
});

test('rule 12: with `report` a record out of use is listed once, and nothing else happens', async () => {
  await withRig({ retired: 'report' }, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.settle();
    rig.systems.erp.people.edit('P001', { active: false });
    await later(rig);
    await later(rig);
    expect(await codes(rig)).toEqual([]);
    expect(await rig.count(`journal where action = 'deleted' and record_id = 'P001'`)).toBe(1);
    expect(partners(rig)).toBe(1);
  });
});

test('rule 2: a customer whose other half is out of use is not made a second time', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    rig.systems.erp.people.create({ organization_name: 'Acme', tax_number: 'DE1', active: false });
    rig.systems.crm.people.create(ACME);
    await later(rig);
    expect([await codes(rig), partners(rig)]).toEqual([['OUTSIDE_INCLUDE'], 1]);
  });
});

test('rule 12: what a person has made again stands for the account, and the old record, edited and used again, stands for itself', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    erp.people.edit('P001', { active: false });
    await later(rig);
    const [row] = await rig.db.query<{ id: string }>('select id from parked');
    await resolve(rig.db, STEWARD, row?.id ?? '', { action: 'create' });
    await later(rig);
    expect([await codes(rig), await links(rig)]).toEqual([[], [{ crm: id, erp: 'P002' }]]);
    erp.people.edit('P001', { city: 'Köln' });
    await later(rig);
    expect([await codes(rig), await links(rig)]).toEqual([[], [{ crm: id, erp: 'P002' }]]);
    erp.people.edit('P001', { active: true });
    await later(rig);
    expect([await codes(rig), await links(rig)]).toEqual([['POSSIBLE_DUPLICATE'], [{ crm: id, erp: 'P002' }]]);
  });
});

test('rule 1: two customers that the ERP made one are a question that names both, and an edit of the loser goes nowhere', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const winner = crm.people.create(ACME);
    await rig.settle();
    const loser = crm.people.create(ZENITH);
    await later(rig);
    merge(rig, 'P002', 'P001');
    await later(rig);
    expect(await parked(rig)).toEqual([
      {
        code: 'MERGE_DECISION',
        message: `erp/Partner merged P002 into P001: crm/Account ${loser} belongs to the one and ${winner} to the other; merge these two there, or delete one`,
      },
    ]);
    crm.people.edit(loser, { city: 'Ulm' });
    crm.people.edit(winner, { city: 'Kiel' });
    await later(rig);
    expect([await codes(rig), partners(rig)]).toEqual([['MERGE_DECISION'], 2]);
    expect([partner(rig, 'P001')['city'], partner(rig, 'P002')['city']]).toEqual(['Kiel', '']);
    crm.people.remove(loser);
    await later(rig);
    expect([await codes(rig), await rig.count('pending')]).toEqual([[], 0]);
    erp.people.edit('P001', { city: 'Rostock' });
    await later(rig);
    expect(crm.records.get(winner)?.body['city']).toBe('Rostock');
  });
});

test('rule 1: when the CRM deletes the survivor’s account, the other account takes its place', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm } = rig.systems;
    const winner = crm.people.create(ACME);
    await rig.settle();
    const loser = crm.people.create(ZENITH);
    await later(rig);
    merge(rig, 'P002', 'P001');
    await later(rig);
    crm.people.remove(winner);
    await later(rig);
    crm.people.edit(loser, { city: 'Ulm' });
    await later(rig);
    expect((await links(rig)).filter(({ erp }) => erp === 'P001')).toEqual([{ crm: loser, erp: 'P001' }]);
    expect(partners(rig)).toBe(2);
  });
});

test('rule 1: merged into a record that nobody is linked to, the link goes over to that; separated again, the loser stands for itself', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    // Two of one name: the second is nobody's, and a person is asked.
    const id = crm.people.create(ACME);
    await rig.settle();
    erp.people.create({ organization_name: 'Acme', city: 'Kiel' });
    await later(rig);
    expect(await codes(rig)).toEqual(['POSSIBLE_DUPLICATE']);
    merge(rig, 'P001', 'P002');
    await later(rig);
    expect([await codes(rig), await links(rig), partners(rig)]).toEqual([[], [{ crm: id, erp: 'P002' }], 2]);
    expect(partner(rig, 'P002')).toMatchObject({ tax_number: 'DE1', city: 'Kiel' });
    expect(crm.records.get(id)?.body['city']).toBe('Kiel');
    erp.people.edit('P001', { organization_name: 'Acme, closed' });
    crm.people.edit(id, { city: 'Ulm' });
    await later(rig);
    expect([await codes(rig), partner(rig, 'P002')['city'], partner(rig, 'P001')['city']]).toEqual([[], 'Ulm', '']);
    erp.people.edit('P001', { active: true, replaced_by: null, organization_name: 'Acme' });
    await later(rig);
    expect([await codes(rig), await links(rig), partners(rig)]).toEqual([
      ['POSSIBLE_DUPLICATE'],
      [{ crm: id, erp: 'P002' }],
      2,
    ]);
  });
});

test('rule 1: a survivor that was about to be made in the CRM in the very same round is not made there', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    erp.people.create({ organization_name: 'Second' });
    merge(rig, 'P001', 'P002');
    rig.pass(2_000);
    // The feed is read to its end twice, so that nothing keeps the new one waiting: both are due in one segment.
    await rig.observe();
    rig.pass(2_000);
    await rig.observe();
    await rig.settle();
    expect([await links(rig), crm.records.size, await codes(rig)]).toEqual([[{ crm: id, erp: 'P002' }], 1, []]);
  });
});

test('rule 1: a record merged into a merged one is followed to the end, and one merged into nothing known is a question', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = crm.people.create(ACME);
    await rig.settle();
    for (const name of ['Second', 'Third']) erp.people.create({ organization_name: name, active: false });
    erp.people.edit('P003', { replaced_by: 'P004' });
    merge(rig, 'P001', 'P002');
    erp.people.edit('P002', { replaced_by: 'P003' });
    await later(rig);
    expect((await parked(rig)).map(({ message }) => message)).toEqual([
      `erp/Partner merged P001 into P002, which is not known here; crm/Account ${id} waits for it`,
    ]);
    erp.people.edit('P003', { active: true, replaced_by: null, tax_number: 'DE1' });
    crm.people.edit(id, { city: 'Ulm' });
    await later(rig);
    expect(await links(rig)).toEqual([{ crm: id, erp: 'P003' }]);
  });
});

test('rule 2: what was merged away before it was linked is still known by its keys: its customer is not made anew', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm, erp } = rig.systems;
    erp.people.create({ organization_name: 'Old name', tax_number: 'DE2' });
    erp.people.create({ organization_name: 'Acme', tax_number: 'DE1' });
    erp.people.edit('P001', { active: true });
    crm.people.create({ name: 'Beta', vat_number: 'DE7' });
    await rig.observe();
    merge(rig, 'P001', 'P002');
    await rig.observe();
    crm.people.create({ ...ZENITH });
    await later(rig);
    expect(await codes(rig)).toEqual(['OUTSIDE_INCLUDE']);
    expect([...erp.records.values()].filter(({ body }) => body['tax_number'] === 'DE2')).toEqual([]);
  });
});

test('the brake does not take records that people merged for emptied ones', async () => {
  await withRig({ retired: 'block' }, async (rig) => {
    const { crm } = rig.systems;
    const names = Array.from({ length: 13 }, (_, i) => ({ name: `Acme ${i}`, vat_number: `DE${i}`, city: 'Berlin' }));
    for (const name of names) crm.people.create(name);
    await rig.settle();
    for (let i = 2; i <= 13; i += 1) merge(rig, `P${String(i).padStart(3, '0')}`, 'P001');
    await later(rig);
    expect(await rig.count('record where blanked_at is not null')).toBe(0);
    expect(new Set(await codes(rig))).toEqual(new Set(['MERGE_DECISION']));
  });
});
