import { expect, test } from 'vitest';
import { planSegment } from '../../src/ledger/steps/plan.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const claimOf = (mapping = 'customer') => ({ mapping, fresh: randomUUID(), workflow: `sync-${mapping}` });

/** One new customer in the CRM, known to the ledger, both sides read once. */
const withAcme = async (rig: Rig): Promise<string> => {
  const id = rig.systems.crm.people.create(ACME);
  await rig.observe();
  await rig.observe();
  return id;
};

test('rule 5: a late repeat of the claim, which takes stated writes back, loses none of them', async () => {
  await withRig({}, async (rig) => {
    await withAcme(rig);
    const request = claimOf();
    const { segment } = await rig.pipeline.claim(request);
    await rig.pipeline.plan(segment ?? '');
    // The first attempt was frozen between its start and its transaction; the second one's segment is under way.
    await rig.pipeline.claim(request);
    const epoch = await rig.pipeline.fence(segment ?? '', 'erp');
    expect(await rig.pipeline.beginSend(segment ?? '', 'erp', epoch, 200)).toBeNull();
    await rig.pipeline.release(segment ?? '');
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});

test('rule 4: a segment planned by a worker that does not know its mapping yet ends no row', async () => {
  await withRig({}, async (rig) => {
    await withAcme(rig);
    const { segment } = await rig.pipeline.claim(claimOf());
    await planSegment({ ...rig.context, mappings: () => new Map() }, segment ?? '');
    await rig.pipeline.release(segment ?? '');
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});
