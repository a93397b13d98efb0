import { expect, test } from 'vitest';
import type { Kept } from '../simulation/books.ts';
import type { Rig, RigOptions } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const LAG_MS = 60_000;
/** A version that counts and guards nothing: the ERP is read afresh before each plan. */
const COUNTS: RigOptions = { manners: { erp: { guard: 'detect' } }, traits: { lagMs: LAG_MS, grainMs: 1_000 } };
/** Nothing but the time of the last change. */
const TIMES: RigOptions = { manners: { erp: { guard: 'none' } }, traits: { lagMs: LAG_MS, grainMs: 1_000 } };

const linked = async ({ systems, settle, pass }: Rig): Promise<void> => {
  systems.crm.people.create(ACME);
  await settle();
  pass(2 * LAG_MS);
};
const standing = ({ systems }: Rig, path: string) => [
  systems.crm.records.get('A001')?.body[path],
  systems.erp.records.get('P001')?.body[path],
];
const oursAt = ({ systems }: Rig, side: 'crm' | 'erp') =>
  systems[side].commits.filter(({ actor, op }) => actor === 'tally' && op === 'update').length;
const wentBack = ({ db }: Rig) =>
  db.query<{ slot: string; record_id: string; reason: string; said: string }>(
    `select j.slot, j.record_id, j.reason, convert_from(v.body, 'UTF8') as said from journal j join journal_value v on v.journal = j.id where j.action = 'went back' order by j.id`,
  );
/** People edit in the CRM, and one round carries it over. */
const carried = async (rig: Rig, values: Readonly<Record<string, string>>): Promise<void> => {
  rig.systems.crm.people.edit('A001', values);
  rig.pass(500);
  await rig.observe();
  await rig.round();
};
/** The copy has caught up before anybody would believe it, and all who wait look again. */
const caughtUp = async (rig: Rig): Promise<void> => {
  for (let turn = 0; turn < 4; turn += 1) {
    rig.pass(LAG_MS / 5);
    await rig.settle();
  }
};
const erpPartner = ({ systems }: Rig): Kept => systems.erp.records.get('P001') as Kept;

test.each([
  ['the version counts', COUNTS],
  ['only the time of the change is known', TIMES],
  [
    'a write is answered without the record',
    { ...TIMES, manners: { erp: { guard: 'none', returnsRecord: false } } } satisfies RigOptions,
  ],
])('rule 11: what a copy shows that lags is no change: it is read again (%s)', async (_name, options) => {
  await withRig(options, async (rig) => {
    await linked(rig);
    rig.systems.erp.lagMs = 20_000;
    await carried(rig, { city: 'Bonn' });
    await carried(rig, { city: 'Köln' });
    await carried(rig, { name: 'Acme AG' });
    expect(oursAt(rig, 'crm')).toBe(0);
    await caughtUp(rig);
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    expect(erpPartner(rig).body['organization_name']).toBe('Acme AG');
    expect(oursAt(rig, 'crm')).toBe(0);
    expect(await wentBack(rig)).toEqual([]);
    expect(await rig.count('pending')).toBe(0);
  });
});

test('rule 11: while a copy lags a record is read again with growing pauses, by each mapping', async () => {
  await withRig({ ...COUNTS, mappings: ['customer', 'contact-data'] }, async (rig) => {
    await linked(rig);
    const { erp } = rig.systems;
    erp.lagMs = LAG_MS - 5_000;
    await carried(rig, { city: 'Bonn' });
    const read = erp.connector.read;
    let reads = 0;
    Object.assign(erp.connector, {
      read: (...asked: Parameters<typeof read>) => {
        reads += 'ids' in asked[1] && asked[1].ids.length > 0 ? 1 : 0;
        return read(...asked);
      },
    });
    await carried(rig, { city: 'Köln' });
    for (let second = 0; second < 40; second += 1) {
      rig.pass(1_000);
      await rig.observe();
      for (const mapping of ['customer', 'contact-data']) await rig.round(mapping);
    }
    // At once and after 1, 2, 4, 8 and 16 s, by two mappings.
    expect(reads).toBeGreaterThan(4);
    expect(reads).toBeLessThan(16);
    await caughtUp(rig);
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
  });
});

test.each([
  ['a backup was put back, and the version counts from there', COUNTS],
  ['a clock was set back', TIMES],
])(
  'rule 11: what stays older for longer than a copy may lag is believed, and the journal says so (%s)',
  async (_name, options) => {
    await withRig(options, async (rig) => {
      await linked(rig);
      await carried(rig, { city: 'Bonn' });
      await carried(rig, { city: 'Köln' });
      const partner = erpPartner(rig);
      Object.assign(partner, {
        version: 1,
        modified: partner.modified - 3_600_000,
        body: { ...partner.body, city: 'Ulm' },
      });
      await rig.db.query(`update slot set pass_wanted = true`);
      rig.pass(1_000);
      await rig.observe();
      await rig.round();
      expect(standing(rig, 'city')).toEqual(['Köln', 'Ulm']);
      expect(oursAt(rig, 'erp')).toBe(2);
      rig.pass(2 * LAG_MS);
      await rig.settle();
      expect(standing(rig, 'city')).toEqual(['Ulm', 'Ulm']);
      const [entry, ...more] = await wentBack(rig);
      expect(more).toEqual([]);
      expect(entry).toMatchObject({ slot: 'erp/Partner', record_id: 'P001' });
      expect(entry?.reason).toMatch(/older state than it did before/);
      expect(JSON.parse(entry?.said ?? '')).toHaveProperty('before');
      expect(await rig.count('pending')).toBe(0);
    });
  },
);

test('rule 11: within one step of its time a change is not older: it is taken at once', async () => {
  await withRig(TIMES, async (rig) => {
    await linked(rig);
    await carried(rig, { city: 'Bonn' });
    rig.systems.erp.people.edit('P001', { city: 'Ulm' });
    erpPartner(rig).modified -= 999;
    await rig.observe();
    await rig.round();
    expect(standing(rig, 'city')).toEqual(['Ulm', 'Ulm']);
  });
});

test('rule 12: what we have just created is not gone because a copy that lags does not have it yet', async () => {
  await withRig(COUNTS, async (rig) => {
    await linked(rig);
    await rig.db.query(`update slot set pass_wanted = true`);
    await rig.observe();
    const { crm, erp } = rig.systems;
    crm.people.create({ name: 'Beta', vat_number: 'DE2', city: 'Ulm' });
    rig.pass(2_000);
    await rig.observe();
    await rig.round();
    const beta = erp.records.get('P002');
    if (beta === undefined) throw new Error('nothing was created');
    const records = erp.records as Map<string, Kept>;
    records.delete('P002');
    crm.people.edit('A002', { city: 'Kiel' });
    rig.pass(1_000);
    await rig.db.query(`update slot set pass_wanted = true`);
    await rig.observe();
    await rig.round();
    expect(await rig.count(`record where state = 'suspect'`)).toBe(1);
    expect(await rig.count(`record where state = 'gone'`)).toBe(0);
    records.set('P002', beta);
    await caughtUp(rig);
    expect(erp.records.get('P002')?.body['city']).toBe('Kiel');
    expect(await rig.count('parked')).toBe(0);
    expect(await rig.count(`journal where action = 'create'`)).toBe(2);
  });
});
