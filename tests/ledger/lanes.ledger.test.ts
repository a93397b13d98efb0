import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { SEGMENT_SIZE } from '../../src/ledger/steps/claim.ts';
import { withRig } from './with-rig.ts';

const MAIN = 'sync-customer';
const SECOND = 'sync-customer/2';
const claimOf = (workflow: string, adopts: readonly string[] = []) => ({
  mapping: 'customer',
  fresh: randomUUID(),
  workflow,
  adopts,
});

test('a full segment says that there is more, and a second lane gets the rest', async () => {
  await withRig({}, async (rig) => {
    for (let i = 0; i < SEGMENT_SIZE + 1; i += 1)
      rig.systems.crm.people.create({ name: `Customer ${i}`, vat_number: `DE${i}`, city: 'Berlin' });
    await rig.observe();
    await rig.observe();
    const first = await rig.pipeline.claim(claimOf(MAIN, [SECOND]));
    const second = await rig.pipeline.claim(claimOf(SECOND));
    expect([first.records, first.more]).toEqual([SEGMENT_SIZE, true]);
    expect([second.records, second.more]).toEqual([1, false]);
  });
});

test('what a lane that runs no more left unfinished is taken over by the one that runs', async () => {
  await withRig({}, async (rig) => {
    rig.systems.crm.people.create({ name: 'Acme', vat_number: 'DE1', city: 'Berlin' });
    await rig.observe();
    await rig.observe();
    const left = await rig.pipeline.claim(claimOf(SECOND));
    await rig.pipeline.plan(left.segment ?? '');
    expect((await rig.pipeline.claim(claimOf(MAIN))).segment).toBeNull();
    expect((await rig.pipeline.claim(claimOf(MAIN, [SECOND]))).segment).toBe(left.segment);
    expect((await rig.pipeline.claim(claimOf(SECOND))).segment).toBeNull();
    await rig.pipeline.release(left.segment ?? '');
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(1);
  });
});
