/** A field that a record no longer has, at a system whose records keep their fields: it was not emptied. */
import { expect, test } from 'vitest';
import type { LinkPlan } from '../../src/domain/plan.ts';
import type { Side } from '../../src/domain/record.ts';
import { small, stateOf } from './kit.ts';
import { agreed, base, codes, lineOf, world } from './worlds.ts';

const planned = (
  field: string,
  places: readonly [crm: string | null | undefined, erp: string | null | undefined],
  { whole = ['erp'], was = agreed('Köln') }: { whole?: readonly Side[]; was?: ReturnType<typeof agreed> } = {},
): LinkPlan =>
  small(`  city: { crm: town, erp: place, as: text, ${field} }`).plan({
    ...stateOf(world(...places, base(was))),
    whole: new Set(whole),
  });
const EITHER = 'flow: crm <-> erp, conflict: erp wins, empty: clear';

test('it is set aside with its name, and empties nothing on the other side', () => {
  const plan = planned(EITHER, ['Köln', undefined]);
  expect(codes(plan)).toEqual({ city: 'FIELD_MISSING' });
  expect(plan.parked[0]?.message).toMatch(/^The ERP no longer shows "place", where it showed a value before\. Let the/);
  expect([plan.writes, plan.agreed]).toEqual([{}, {}]);
});

test('an edit on the other side waits with it', () => {
  const plan = planned(EITHER, ['Ulm', undefined]);
  expect(codes(plan)).toEqual({ city: 'FIELD_MISSING' });
  expect(plan.writes).toEqual({});
});

test.each([
  ['null', null, {}],
  ['missing where records leave out what is empty', undefined, { whole: [] }],
] as const)('one that is %s was emptied', (_how, place, more) => {
  expect(planned(EITHER, ['Köln', place], more).writes.crm?.values).toEqual({ town: null });
});

test('one that never had a value there is as empty as before', () => {
  expect(planned(EITHER, ['Ulm', undefined], { was: agreed(null, null, null) }).writes.erp?.values).toEqual({
    place: 'Ulm',
  });
});

test('where the field is only written, what is not shown there decides nothing', () => {
  expect(lineOf(planned('flow: crm -> erp, drift: restore', ['Köln', undefined]))?.decision).toBe('none');
  expect(planned('flow: crm -> erp', ['Ulm', undefined]).writes.erp?.values).toEqual({ place: 'Ulm' });
  expect(codes(planned('flow: crm <- erp', ['Köln', undefined]))).toEqual({ city: 'FIELD_MISSING' });
});

test('a parent that was emptied and a child that was removed are no missing field; a parent that is not there is one', () => {
  const mapping = small(
    '  city: { crm: town, erp: "homes[use=main].place.name", flow: crm <-> erp, as: text, conflict: erp wins, empty: clear }',
  );
  const parked = (erp: object) =>
    codes(
      mapping.plan({
        ...stateOf({ crm: { name: 'A', town: 'Köln' }, erp: { title: 'A', ...erp }, baseline: base(agreed('Köln')) }),
        whole: new Set<Side>(['erp']),
      }),
    );
  expect(parked({ homes: [] })).toEqual({});
  expect(parked({ homes: [{ use: 'main', place: null }] })).toEqual({});
  expect(parked({ homes: [{ use: 'main', place: {} }] })).toEqual({ city: 'FIELD_MISSING' });
  expect(parked({ homes: [{ use: 'main' }] })).toEqual({ city: 'FIELD_MISSING' });
  expect(parked({})).toEqual({ city: 'FIELD_MISSING' });
});

test('of several columns the one that is missing is named', () => {
  const mapping = small('  city: { crm: town, erp: [zip, place], flow: crm <- erp, as: join }');
  const plan = mapping.plan({
    ...stateOf({
      crm: { name: 'A', town: 'Köln' },
      erp: { title: 'A', zip: '50667' },
      baseline: base({ value: 'Köln', crm: 'Köln', erp: ['50667', 'Köln'] }),
    }),
    whole: new Set<Side>(['erp']),
  });
  expect(plan.parked[0]?.cause).toBe('city: "place" is missing');
});
