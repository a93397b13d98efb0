import { expect, test } from 'vitest';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const TOLD = { feedback: true } as const;

const shown = ({ systems }: Rig, id = 'A001'): readonly unknown[] => {
  const body = systems.crm.records.get(id)?.body;
  return [body?.['sync_state'], body?.['sync_message']];
};
const ours = ({ systems }: Rig): number =>
  [...systems.crm.commits, ...systems.erp.commits].filter(({ actor }) => actor === 'tally').length;
const closed = (rig: Rig, ms: number, code = 'TARGET_UNAVAILABLE') =>
  rig.pipeline.recordFailure('erp', code, 'out of order', ms);

test('feedback: a record that waits for a system longer than a minute says so, once, and agrees when it does', async () => {
  await withRig(TOLD, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.settle();
    expect(shown(rig)).toEqual(['in agreement', undefined]);
    await closed(rig, 600_000);
    rig.systems.crm.people.edit('A001', { city: 'Bonn' });
    rig.pass(2_000);
    await rig.settle();
    expect(shown(rig)).toEqual(['in agreement', undefined]);
    rig.pass(60_000);
    const before = ours(rig);
    await rig.settle();
    expect(shown(rig)).toEqual(['waiting', 'erp does not answer. We keep trying.']);
    rig.pass(120_000);
    await rig.settle();
    expect(ours(rig)).toBe(before + 1);
    rig.pass(600_000);
    await rig.settle();
    await rig.settle();
    expect(shown(rig)).toEqual(['in agreement', null]);
    expect(rig.systems.erp.records.get('P001')?.body['city']).toBe('Bonn');
    expect(await rig.count('pending')).toBe(0);
    const rest = ours(rig);
    await rig.db.query('update slot set pass_wanted = true');
    await rig.settle();
    expect(ours(rig)).toBe(rest);
  });
});

test('feedback: a record nobody has linked yet waits as visibly as any, and a limit of requests is named as what it is', async () => {
  await withRig(TOLD, async (rig) => {
    await rig.settle();
    await closed(rig, 600_000, 'RATE_LIMITED');
    rig.systems.crm.people.create(ACME);
    rig.pass(2_000);
    await rig.settle();
    rig.pass(61_000);
    await rig.settle();
    expect(shown(rig)).toEqual(['waiting', 'erp allows no more requests for now. We wait as long as it asks.']);
    rig.pass(600_000);
    await rig.settle();
    await rig.settle();
    expect(shown(rig)).toEqual(['in agreement', null]);
    expect(rig.systems.erp.records.size).toBe(1);
  });
});

test('feedback: as long as its write has not taken effect a record that was said to wait is not said to agree', async () => {
  await withRig(TOLD, async (rig) => {
    rig.systems.crm.people.create(ACME);
    await rig.settle();
    await closed(rig, 90_000);
    rig.systems.crm.people.edit('A001', { city: 'Bonn' });
    rig.pass(2_000);
    await rig.settle();
    rig.pass(61_000);
    await rig.settle();
    expect(shown(rig)[0]).toBe('waiting');
    rig.pass(60_000);
    await rig.observe();
    const told = ours(rig);
    // The system is tried again, and fails again.
    await rig.round('customer', async (sending) => {
      if (sending.slot === 'crm/Account') return rig.deliver(sending);
      await rig.pipeline.remember(
        sending,
        sending.items.map(() => ({
          status: 'failed',
          error: { class: 'transient', message: 'not yet', scope: 'connection' },
        })),
        await rig.capture.now(),
      );
    });
    expect([ours(rig), shown(rig)[0]]).toEqual([told, 'waiting']);
    await rig.settle();
    await rig.settle();
    expect(shown(rig)[0]).toBe('in agreement');
  });
});

test('feedback: before both sides were read only who edits since then is told, so that a first load writes nothing twice', async () => {
  await withRig(TOLD, async (rig) => {
    for (let i = 0; i < 3; i += 1) rig.systems.crm.people.create({ name: `Acme ${i}`, vat_number: `DE${i}` });
    await rig.capture.beginPass('crm/Account', true);
    const read = async (): Promise<void> => {
      const from = await rig.capture.now();
      const { feedCursor } = await rig.capture.position('crm/Account');
      const page = await rig.systems.crm.connector.changes(
        'Account',
        { cursor: feedCursor, limit: 100 },
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
    };
    await read();
    rig.pass(90_000);
    await rig.round();
    expect(ours(rig)).toBe(0);
    rig.systems.crm.people.edit('A002', { city: 'Bonn' });
    rig.pass(2_000);
    await read();
    rig.pass(61_000);
    await rig.round();
    expect([shown(rig), shown(rig, 'A002')]).toEqual([
      [undefined, undefined],
      ['waiting', 'Both sides are being read completely for the first time.'],
    ]);
    await rig.settle();
    await rig.settle();
    expect(rig.systems.erp.records.size).toBe(3);
    expect(shown(rig, 'A002')).toEqual(['in agreement', null]);
  });
});
