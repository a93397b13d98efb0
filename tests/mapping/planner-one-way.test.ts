import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { small, sync } from './kit.ts';
import { agreed, base, codes, field, lineOf, plan, world } from './worlds.ts';

describe('a one-way field', () => {
  const oneWay = (more: string): CompiledMapping =>
    small(`  city: { crm: town, erp: place, flow: crm -> erp, as: text, ${more} }`);

  test('copies what its source says', () => {
    expect(plan(oneWay(''), world('Bonn', 'Köln', base(agreed('Köln')))).writes.erp?.values).toEqual({ place: 'Bonn' });
  });

  test.each([
    ['restore', 'drift-restored', { place: 'Ulm' }],
    ['keep', 'drift-kept', undefined],
    ['report', 'drift-reported', undefined],
  ])('edited at its target: %s', (drift, decision, values) => {
    const made = plan(oneWay(`drift: ${drift}`), world('Ulm', 'Köln', base(agreed('Ulm'))));
    expect(lineOf(made)?.decision).toBe(decision);
    expect(made.writes.erp?.values).toEqual(values);
  });

  test('kept drift is remembered once; reported drift is shown until somebody settles it', () => {
    const keep = sync(oneWay('drift: keep'), world('Ulm', 'Köln', base(agreed('Ulm'))));
    expect(lineOf(sync(oneWay('drift: keep'), keep.world).plan)?.decision).toBe('none');
    const report = sync(oneWay('drift: report'), world('Ulm', 'Köln', base(agreed('Ulm'))));
    expect(lineOf(sync(oneWay('drift: report'), report.world).plan)?.decision).toBe('drift-reported');
    const accepted = {
      ...report.world,
      decisions: [{ field: 'city', take: 'erp', seen: { crm: 'Ulm', erp: 'Köln' }, by: 'ann' } as const],
    };
    expect(lineOf(sync(oneWay('drift: report'), accepted).plan)?.decision).toBe('drift-kept');
  });

  test('with an empty source leaves its target alone', () => {
    expect(plan(oneWay(''), world('', 'Köln', base(agreed('Ulm')))).writes).toEqual({});
  });

  test('derived from a field that changes in the same round settles in it', () => {
    const mapping = small('  shout: { crm: name, erp: shout, flow: crm -> erp, as: upper text }');
    const first = sync(mapping, {
      crm: { name: 'Old' },
      erp: { title: 'New', shout: 'OLD' },
      baseline: { name: agreed('Old'), shout: agreed('OLD', 'Old', 'OLD') },
    });
    expect(first.plan.writes).toMatchObject({ crm: { values: { name: 'New' } }, erp: { values: { shout: 'NEW' } } });
    expect(sync(mapping, first.world).plan.writes).toEqual({});
  });

  test('that is read back from what another one-way field writes settles in the same round, wherever it stands in the file', () => {
    const mapping = small(
      `  state: { crm: shown, erp: place.state, flow: crm <- erp, as: text }
  wish: { crm: wish, erp: place.state, flow: crm -> erp, as: text }`,
    );
    const first = sync(mapping, {
      crm: { name: 'A', wish: 'confirmed', shown: 'draft' },
      erp: { title: 'A', place: { state: 'draft' } },
      baseline: { name: agreed('A'), wish: agreed('draft'), state: agreed('draft') },
    });
    expect(first.plan.writes).toMatchObject({
      crm: { values: { shown: 'confirmed' } },
      erp: { values: { 'place.state': 'confirmed' } },
    });
    expect(sync(mapping, first.world).plan.writes).toEqual({});
  });

  test('that is cut says both lengths', () => {
    const made = plan(oneWay('max: { erp: 5 }, too_long: cut'), world('Bonn am Rhein', undefined));
    expect(made.writes.erp?.values).toEqual({ place: 'Bonn' });
    expect(lineOf(made)).toMatchObject({
      cut: { from: 13, to: 4 },
      reason: 'the CRM decides; they never agreed; cut from 13 to 4 characters',
    });
    expect(plan(oneWay('max: { erp: 5 }, too_long: cut'), world('😀😀😀😀😀😀', undefined)).writes.erp?.values).toEqual(
      {
        place: '😀😀😀😀😀',
      },
    );
  });
});

test('a field written only at creation is never touched again, whichever way it flows', () => {
  const once = field('conflict: park, create_only: true');
  expect(plan(once, { crm: { name: 'A', town: 'Bonn' }, baseline: {} }).writes.erp?.values).toMatchObject({
    place: 'Bonn',
  });
  const later = plan(once, world('Bonn', 'Köln', base(agreed('Ulm'))));
  expect(later.writes).toEqual({});
  expect(later.parked).toEqual([]);
});

describe('a record that is missing on one side', () => {
  test('is created with everything that can cross', () => {
    const made = plan(field('conflict: park'), { crm: { name: 'A', town: 'Bonn' }, baseline: {} });
    expect(made.writes).toEqual({
      erp: {
        op: 'create',
        values: { title: 'A', place: 'Bonn' },
        data: { title: 'A', place: 'Bonn' },
        fields: ['name', 'city'],
      },
    });
  });

  test('is created without a field that cannot be read, unless that is required', () => {
    const world0 = { crm: { name: 'A', town: 'a\u0000' }, baseline: {} };
    const open = plan(field('conflict: park'), world0);
    expect(open.writes.erp?.values).toEqual({ title: 'A' });
    expect(codes(open)).toEqual({ city: 'INVALID_TEXT' });
    const needed = plan(field('conflict: park, required: true'), world0);
    expect(needed.writes).toEqual({});
    expect(needed.intended).toEqual({});
    expect(lineOf(needed, 'name')).toMatchObject({
      decision: 'none',
      reason: 'not written: the record cannot be created in the ERP without city',
    });
  });

  test('gets the default of an empty field, which returns to the source in the next round', () => {
    const mapping = field('conflict: park, default: { to_erp: Ulm }');
    const first = sync(mapping, { crm: { name: 'A' }, baseline: {} });
    expect(first.plan.writes).toEqual({
      erp: {
        op: 'create',
        values: { title: 'A', place: 'Ulm' },
        data: { title: 'A', place: 'Ulm' },
        fields: ['name', 'city'],
      },
    });
    const second = sync(mapping, first.world);
    expect(second.plan.writes).toMatchObject({ crm: { values: { town: 'Ulm' } } });
    expect(sync(mapping, second.world).plan.writes).toEqual({});
  });

  test('is not created for nothing but constants', () => {
    const mapping = small('', { text: 'constants: [{ erp: category, value: "2" }]' });
    expect(plan(mapping, { crm: { name: ' ' }, baseline: {} }).writes).toEqual({});
    expect(plan(mapping, { crm: { name: 'A' }, baseline: {} }).writes.erp?.values).toEqual({
      title: 'A',
      category: '2',
    });
  });

  test('with no record at all there is nothing to plan', () => {
    expect(plan(field('conflict: park'), { baseline: {} })).toEqual({
      writes: {},
      fields: [],
      parked: [],
      agreed: {},
      intended: {},
    });
  });
});

test('a constant is put back, unless it only stands there from the creation', () => {
  const always = small('', { text: 'constants: [{ erp: category, value: "2" }]' });
  const once = small('', { text: 'constants: [{ erp: category, value: "2", create_only: true }]' });
  const state = { crm: { name: 'A' }, erp: { title: 'A', category: '3' }, baseline: { name: agreed('A') } };
  expect(plan(always, state).writes.erp?.values).toEqual({ category: '2' });
  expect(plan(once, state).writes).toEqual({});
});

describe('a rule of `validate`', () => {
  const ruled = (is: string): CompiledMapping =>
    small('  city: { crm: town, erp: place, flow: crm <-> erp, as: text, conflict: crm wins }', {
      text: `validate: [{ field: city, to: erp, when: { crm: { land: [DE] } }, is: ${is}, say: Germans have a city }]`,
    });
  const one = (town: Json, land = 'DE') => ({ crm: { name: 'A', town, land }, baseline: {} });

  test.each([
    ['present', '', 'Bonn'],
    ['{ one of: [Bonn, Ulm] }', 'Köln', 'Ulm'],
    ['{ matches: "^[A-Z]" }', 'bonn', 'Bonn'],
    ['{ between: [2, 10] }', '11', '9.5'],
    ['{ between: [B, D] }', 'Essen', 'Bonn'],
  ])('%s parks the record with its sentence', (is, wrong, right) => {
    const parked = plan(ruled(is), one(wrong));
    expect(parked.writes).toEqual({});
    expect(parked.parked).toMatchObject([{ field: '', code: 'RULE_FAILED', message: 'Germans have a city' }]);
    expect(lineOf(parked, 'name')?.reason).toBe('not written: Germans have a city');
    expect(plan(ruled(is), one(right)).writes.erp?.op).toBe('create');
  });

  test('applies only where its `when` does, and only when something would cross', () => {
    expect(plan(ruled('present'), one('', 'SE')).writes.erp?.op).toBe('create');
    expect(
      plan(ruled('present'), { crm: { name: 'A', land: 'DE' }, erp: { title: 'A' }, baseline: { name: agreed('A') } })
        .parked,
    ).toEqual([]);
  });

  test('is not satisfied by a value that the source has lost since', () => {
    const mapping = small('  city: { crm: town, erp: place, flow: crm -> erp, as: text }', {
      text: 'validate: [{ field: city, to: erp, is: present, say: A city is needed }]',
    });
    const baseline = { name: agreed('A'), city: agreed('Bonn') };
    const made = plan(mapping, { crm: { name: 'B', town: '' }, erp: { title: 'A', place: 'Bonn' }, baseline });
    expect(codes(made)).toEqual({ '': 'RULE_FAILED' });
  });

  test('sees the value that is about to stand', () => {
    const made = plan(ruled('present'), {
      crm: { name: 'B', land: 'DE' },
      erp: { title: 'A', place: 'Bonn' },
      baseline: { name: agreed('A') },
    });
    expect(made.parked).toEqual([]);
    expect(made.writes).toMatchObject({ crm: { values: { town: 'Bonn' } }, erp: { values: { title: 'B' } } });
  });
});
