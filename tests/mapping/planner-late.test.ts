import { expect, test } from 'vitest';
import type { Decision, LinkPlan } from '../../src/domain/plan.ts';
import type { Side } from '../../src/domain/record.ts';
import type { LinkState } from '../../src/mapping/port.ts';
import { small, stateOf } from './kit.ts';
import { agreed, base, lineOf, world } from './worlds.ts';

const planned = (field: string, crm: string, erp: string, more: Partial<LinkState> = {}): LinkPlan => {
  const late: LinkState['late'] = { erp: new Set(['city']) };
  return small(`  city: { crm: town, erp: place, as: text, ${field} }`).plan({
    ...stateOf(world(crm, erp, base(agreed('Köln')))),
    late,
    ...more,
  });
};
const EITHER = 'flow: crm <-> erp, conflict: erp wins';
const toErp = (plan: LinkPlan) => plan.writes.erp?.values;

test('where a late write of ours stands, what was agreed is written again and nothing flows back', () => {
  const plan = planned(EITHER, 'Köln', 'Bonn');
  expect(toErp(plan)).toEqual({ place: 'Köln' });
  expect(plan.writes.crm).toBeUndefined();
  expect(lineOf(plan)?.reason).toBe(
    'the ERP shows a late write of ours, which is no change; the CRM’s value is written again',
  );
});

test('a change on the other side goes there, whatever the field says about conflicts', () => {
  expect(toErp(planned(EITHER, 'Ulm', 'Bonn'))).toEqual({ place: 'Ulm' });
  expect(planned('flow: crm <-> erp, conflict: park', 'Ulm', 'Bonn').parked).toEqual([]);
});

test.each(['keep', 'report', 'restore'])('on a one-way field it is no drift: %s', (drift) => {
  expect(toErp(planned(`flow: crm -> erp, drift: ${drift}`, 'Köln', 'Bonn'))).toEqual({ place: 'Köln' });
});

test('a field that flows the other way waits for the mapping that wrote it', () => {
  const plan = planned('flow: crm <- erp', 'Köln', 'Bonn');
  expect(plan.writes).toEqual({});
  expect(plan.agreed).toEqual({});
});

test('where it left what was agreed as it was, or nothing was agreed, it is planned as ever', () => {
  expect(planned(EITHER, 'Ulm', 'Köln').writes.erp?.values).toEqual({ place: 'Ulm' });
  const never = stateOf(world('Ulm', 'Bonn', {}));
  expect(planned(EITHER, 'Ulm', 'Bonn', never).writes.crm?.values).toEqual({ town: 'Bonn' });
});

test('a person who saw both values and picked that one is believed', () => {
  const decision: Decision = {
    field: 'city',
    take: 'erp' satisfies Side,
    seen: { crm: 'Köln', erp: 'Bonn' },
    by: 'ann',
  };
  expect(planned(EITHER, 'Köln', 'Bonn', { decisions: [decision] }).writes.crm?.values).toEqual({ town: 'Bonn' });
});
