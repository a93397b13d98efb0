import { expect, test } from 'vitest';
import { resolve } from '../../src/ledger/steps/acts.ts';
import type { Rig, RigOptions } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const FOREVER = Number.POSITIVE_INFINITY;
const STEWARD = { name: 'steward', mappings: null };
/** A target that knows no key of ours, and two mappings of its records. */
const MUTE: RigOptions = { manners: { erp: { idempotency: 'none' } }, mappings: ['customer', 'contact-data'] };

/** A create whose answer was lost. Returns the source's id; the record it made is P001 if it took effect. */
const lostCreate = async (rig: Rig, fate: 'reply-lost' | 'request-lost'): Promise<string> => {
  const id = rig.systems.crm.people.create(ACME);
  await rig.observe();
  await rig.observe();
  rig.systems.erp.network = { fate, deadline: FOREVER };
  await rig.round();
  rig.systems.erp.network = { fate: 'ok', deadline: FOREVER };
  return id;
};
const asked = (rig: Rig) =>
  rig.db.query(
    `select p.mapping, r.slot, r.id, p.code from parked p join record r on r.link = p.link and r.active order by 1, 2, 3`,
  );
const question = async (rig: Rig, slot: string): Promise<string> => {
  const [row] = await rig.db.query<{ id: string }>(
    `select p.id from parked p join record r on r.link = p.link and r.active where p.mapping = 'customer' and r.slot = $1`,
    [slot],
  );
  return row?.id ?? '';
};
const BOTH = [
  { mapping: 'contact-data', slot: 'crm/Account', id: 'A001', code: 'AMBIGUOUS' },
  { mapping: 'contact-data', slot: 'erp/Partner', id: 'P001', code: 'AMBIGUOUS' },
  { mapping: 'customer', slot: 'crm/Account', id: 'A001', code: 'AMBIGUOUS' },
  { mapping: 'customer', slot: 'erp/Partner', id: 'P001', code: 'AMBIGUOUS' },
];

test('rule 9: a record that shows a key of a create nobody knows the fate of is no source, though its source has changed', async () => {
  await withRig(MUTE, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = await lostCreate(rig, 'reply-lost');
    crm.people.edit(id, { name: 'Apex' });
    erp.people.edit('P001', { tax_number: 'DE2' });
    await rig.settle();
    await rig.settle();
    expect([crm.records.size, erp.records.size]).toEqual([1, 1]);
    expect(await asked(rig)).toEqual(BOTH);
  });
});

test('rule 9: it is no source either once people have changed the last key it shared', async () => {
  await withRig(MUTE, async (rig) => {
    const { crm, erp } = rig.systems;
    const id = await lostCreate(rig, 'reply-lost');
    crm.people.edit(id, { name: 'Apex' });
    erp.people.edit('P001', { tax_number: 'DE2' });
    await rig.settle();
    erp.people.edit('P001', { organization_name: 'Other' });
    crm.people.create({ name: 'Other', vat_number: 'DE7' });
    rig.pass(2_000);
    await rig.settle();
    expect([crm.records.size, erp.records.size]).toEqual([2, 1]);
    expect(await asked(rig)).toEqual(expect.arrayContaining(BOTH));
  });
});

test('rule 9: what may have been created is not linked to a newcomer when its source is gone', async () => {
  await withRig(MUTE, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.remove(await lostCreate(rig, 'reply-lost'));
    crm.people.create(ACME);
    rig.pass(2_000);
    await rig.settle();
    await rig.settle();
    expect(erp.records.size).toBe(1);
    expect(await rig.count(`record a join record b on a.link = b.link and a.slot < b.slot`)).toBe(0);
    expect(await rig.count(`parked where code <> 'AMBIGUOUS'`)).toBe(0);
  });
});

test('rule 9: found unchanged, it is linked to its source, and nobody is asked', async () => {
  await withRig(MUTE, async (rig) => {
    await lostCreate(rig, 'reply-lost');
    await rig.settle();
    await rig.settle();
    expect(await rig.count(`record a join record b on a.link = b.link and a.slot < b.slot`)).toBe(1);
    expect(await asked(rig)).toEqual([]);
    expect(await rig.count('link_key')).toBe(0);
  });
});

test.each(['link', 'create'] as const)(
  'rule 9: a person’s word (%s) ends the question for all who were held back over it',
  async (action) => {
    await withRig(MUTE, async (rig) => {
      const { crm, erp } = rig.systems;
      const id = await lostCreate(rig, 'reply-lost');
      crm.people.edit(id, { name: 'Apex' });
      erp.people.edit('P001', { tax_number: 'DE2' });
      await rig.settle();
      const ruling = action === 'link' ? { action, with: { slot: 'erp/Partner', id: 'P001' } } : { action };
      await resolve(rig.db, STEWARD, await question(rig, 'crm/Account'), ruling);
      await rig.settle();
      await rig.settle();
      expect([crm.records.size, erp.records.size]).toEqual(action === 'link' ? [1, 1] : [2, 2]);
      expect(await rig.count(`parked where code = 'AMBIGUOUS'`)).toBe(0);
      expect(await rig.count('link_key')).toBe(0);
    });
  },
);
