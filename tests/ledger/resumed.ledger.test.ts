import { expect, test } from 'vitest';
import type { Outcome } from '../../connectors/sdk/seam.ts';
import type { Sending } from '../../src/ledger/port.ts';
import { resumeConnection } from '../../src/ledger/steps/pausing.ts';
import type { Rig } from './rig.ts';
import { withRig } from './with-rig.ts';

const ACME = { name: 'Acme', vat_number: 'DE1', city: 'Berlin' };
const OPERATOR = { name: 'operator', mappings: null };
const NO_RIGHT: Outcome = {
  status: 'failed',
  error: { class: 'permission', message: 'forbidden', scope: 'item' },
};
const partners = (rig: Rig) => rig.systems.erp.commits.filter(({ op, actor }) => op === 'create' && actor === 'tally');

/** The only record of its request meets the refusal of a right; `meanwhile` happens before that is remembered. */
const refuseFirst = async (rig: Rig, meanwhile: () => Promise<unknown> = async () => undefined): Promise<void> => {
  rig.systems.crm.people.create(ACME);
  await rig.observe();
  await rig.observe();
  await rig.round('customer', async (sending: Sending) => {
    const [clock] = await rig.db.query<{ now: Date }>('select ledger_now() as now');
    rig.pass(100);
    await meanwhile();
    const outcomes = sending.items.map(() => NO_RIGHT);
    await rig.pipeline.remember(sending, outcomes, clock?.now.toISOString() ?? '');
  });
};

test('what was refused for want of a right is set aside, and tried again when somebody resumes the connection', () =>
  withRig({}, async (rig) => {
    await refuseFirst(rig);
    await rig.settle();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'NO_PERMISSION' }]);
    expect(partners(rig)).toEqual([]);
    expect(await resumeConnection(rig.db, OPERATOR, 'erp')).toMatchObject({ records: 1 });
    await rig.settle();
    expect(partners(rig)).toHaveLength(1);
    expect(await rig.count('parked')).toBe(0);
    expect(await rig.db.query(`select actor, action, code from journal where action = 'retry'`)).toEqual([
      { actor: 'operator', action: 'retry', code: 'NO_PERMISSION' },
    ]);
  }));

test('a refusal of a right that was under way when the connection was resumed is tried again', () =>
  withRig({}, async (rig) => {
    await refuseFirst(rig, () => resumeConnection(rig.db, OPERATOR, 'erp'));
    await rig.settle();
    expect(partners(rig)).toHaveLength(1);
    expect(await rig.count('parked')).toBe(0);
  }));

test('a refusal of a right after the connection was resumed waits for the next time', () =>
  withRig({}, async (rig) => {
    await resumeConnection(rig.db, OPERATOR, 'erp');
    rig.pass(100);
    await refuseFirst(rig);
    await rig.settle();
    expect(await rig.db.query('select code from parked')).toEqual([{ code: 'NO_PERMISSION' }]);
    expect(partners(rig)).toEqual([]);
  }));
