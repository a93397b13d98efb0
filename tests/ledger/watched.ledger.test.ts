import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const FOREVER = Number.POSITIVE_INFINITY;
const UNGUARDED = { manners: { erp: { guard: 'none' } } } as const;

const standing = ({ systems }: Rig, path: string, erpPath = path) => [
  systems.crm.records.get('A001')?.body[path],
  systems.erp.records.get('P001')?.body[erpPath],
];
const interleaved = (rig: Rig) =>
  rig.db.query<{ mapping: string; slot: string; record_id: string; fields: string[]; said: string }>(
    `select j.mapping, j.slot, j.record_id, j.fields, convert_from(v.body, 'UTF8') as said from journal j join journal_value v on v.journal = j.id
     where j.action = 'interleaved' order by j.id`,
  );

/** A write whose request stays under way: it is sent again, and the first of the two may arrive at any time. */
const sentTwice = async (rig: Rig, values: JsonObject): Promise<void> => {
  const { crm, erp } = rig.systems;
  crm.people.create(ACME);
  await rig.settle();
  crm.people.edit('A001', values);
  rig.pass(2_000);
  await rig.observe();
  erp.network = { fate: 'in-flight', deadline: FOREVER };
  await rig.round();
  erp.network = { fate: 'ok', deadline: FOREVER };
  await rig.settle();
  expect(erp.flying).toHaveLength(1);
};

const editedSince = async (rig: Rig, values: JsonObject): Promise<void> => {
  rig.systems.crm.people.edit('A001', values);
  rig.pass(2_000);
  await rig.settle();
};

test('rule 9: without a guard a late duplicate of our write is no change: it is journalled as interleaved, and the newer value is written again', async () => {
  await withRig(UNGUARDED, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    await editedSince(rig, { city: 'Köln' });
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    rig.systems.erp.arrive(0);
    expect(standing(rig, 'city')).toEqual(['Köln', 'Bonn']);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    const [entry, ...more] = await interleaved(rig);
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ mapping: 'customer', slot: 'erp/Partner', record_id: 'P001', fields: ['city'] });
    expect(JSON.parse(entry?.said ?? '')).toEqual({ before: { city: 'Köln' }, sent: { city: 'Bonn' } });
    expect(await rig.count('pending')).toBe(0);
    expect(await rig.count('watched')).toBe(0);
  });
});

test('rule 9: what a target makes of our late write is our late write still', async () => {
  const upper = (body: JsonObject): JsonObject => ({ ...body, city: String(body['city'] ?? '').toUpperCase() });
  await withRig({ manners: { erp: { guard: 'none', normalise: upper } } }, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    await editedSince(rig, { city: 'Köln' });
    rig.systems.erp.arrive(0);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Köln', 'KÖLN']);
    expect(await interleaved(rig)).toHaveLength(1);
  });
});

test('rule 9: no mapping takes another mapping’s late write for a change', async () => {
  await withRig({ ...UNGUARDED, mappings: ['customer', 'contact-data'] }, async (rig) => {
    await sentTwice(rig, { name: 'Acme AG' });
    await editedSince(rig, { name: 'Acme SE' });
    rig.systems.erp.arrive(0);
    rig.pass(2_000);
    await rig.observe();
    for (const mapping of ['contact-data', 'customer']) await rig.round(mapping);
    await rig.settle();
    expect(standing(rig, 'name', 'organization_name')).toEqual(['Acme SE', 'Acme SE']);
    expect(rig.systems.erp.records.get('P001')?.body['search_term']).toBe('ACME SE');
    expect(rig.systems.crm.commits.filter((commit) => commit.actor === 'tally')).toEqual([]);
    expect(await interleaved(rig)).toHaveLength(1);
  });
});

test('rule 9: a request arrives once: whoever types the same value afterwards has changed it', async () => {
  await withRig(UNGUARDED, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    await editedSince(rig, { city: 'Köln' });
    rig.systems.erp.arrive(0);
    await rig.settle();
    rig.systems.erp.people.edit('P001', { city: 'Bonn' });
    rig.pass(2_000);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Bonn', 'Bonn']);
    expect(await interleaved(rig)).toHaveLength(1);
  });
});

test('rule 9: an intent that ended unknown is watched: arriving late it does not beat what a person typed since', async () => {
  await withRig(UNGUARDED, async (rig) => {
    const { crm, erp } = rig.systems;
    crm.people.create(ACME);
    await rig.settle();
    crm.people.edit('A001', { city: 'Bonn' });
    rig.pass(2_000);
    await rig.observe();
    erp.network = { fate: 'in-flight', deadline: FOREVER };
    await rig.round();
    erp.network = { fate: 'ok', deadline: FOREVER };
    erp.people.edit('P001', { city: 'Köln' });
    await rig.settle();
    expect(await rig.count(`journal where action = 'outcome unknown'`)).toBe(1);
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    erp.arrive(0);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    expect(JSON.parse((await interleaved(rig))[0]?.said ?? '{}')).toEqual({
      before: { city: 'Köln' },
      sent: { city: 'Bonn' },
    });
  });
});

test('rule 9: what a late write of ours overwrote before anybody planned it is listed', async () => {
  await withRig(UNGUARDED, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    await editedSince(rig, { city: 'Köln' });
    rig.systems.erp.people.edit('P001', { city: 'Ulm' });
    rig.pass(2_000);
    await rig.observe();
    rig.systems.erp.arrive(0);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    expect(JSON.parse((await interleaved(rig))[0]?.said ?? '{}')).toEqual({
      before: { city: 'Ulm' },
      sent: { city: 'Bonn' },
    });
  });
});

test('rule 9: a late write that is put right but not sent is still ours when it is planned again', async () => {
  await withRig(UNGUARDED, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    await editedSince(rig, { city: 'Köln' });
    rig.systems.erp.arrive(0);
    rig.pass(2_000);
    await rig.observe();
    await rig.round('customer', async (sending) => {
      await rig.pipeline.remember(
        sending,
        sending.items.map(() => ({
          status: 'failed',
          error: { class: 'transient', message: 'not now', scope: 'connection' },
        })),
        await rig.capture.now(),
      );
    });
    expect(standing(rig, 'city')).toEqual(['Köln', 'Bonn']);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
    expect(await interleaved(rig)).toHaveLength(1);
  });
});

test('rule 9: after a day a write sent twice is watched no longer', async () => {
  await withRig(UNGUARDED, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    await editedSince(rig, { city: 'Köln' });
    rig.pass(25 * 3_600_000);
    rig.systems.erp.people.edit('P001', { city: 'Bonn' });
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Bonn', 'Bonn']);
    expect(await interleaved(rig)).toEqual([]);
  });
});

test('rule 9: behind a guard nothing is watched', async () => {
  await withRig({}, async (rig) => {
    await sentTwice(rig, { city: 'Bonn' });
    expect(await rig.count('watched')).toBe(0);
    await editedSince(rig, { city: 'Köln' });
    rig.systems.erp.arrive(0);
    await rig.settle();
    expect(standing(rig, 'city')).toEqual(['Köln', 'Köln']);
  });
});
