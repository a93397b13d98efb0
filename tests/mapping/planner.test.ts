import { describe, expect, test } from 'vitest';
import { small, stateOf, type World } from './kit.ts';
import { agreed, base, codes, field, lineOf, plan, world } from './worlds.ts';

describe('a two-way field', () => {
  test('that never agreed follows the winner, and what already matches is only remembered', () => {
    const made = plan(field('conflict: erp wins'), world('Bonn', 'Köln'));
    expect(made.writes).toMatchObject({ crm: { op: 'update', values: { town: 'Köln' }, fields: ['city'] } });
    expect(made.agreed).toEqual({ name: agreed('A') });
    expect(made.intended).toEqual({ city: agreed('Köln') });
    expect(lineOf(made)?.reason).toBe('the sides differ and never agreed; the ERP wins');
  });

  test('in a new spelling goes to the other side, though it would match', () => {
    expect(plan(field('conflict: crm wins'), world('BONN', 'Bonn', base(agreed('Bonn')))).writes.erp?.values).toEqual({
      place: 'BONN',
    });
    expect(plan(field('conflict: crm wins'), world('BONN', 'Bonn')).writes.erp?.values).toEqual({ place: 'BONN' });
  });

  test('which only a target’s normalisation sets apart needs no person', () => {
    const made = plan(field('conflict: park'), world('Bonn', 'BONN', base(agreed('Ulm'))));
    expect(made.parked).toEqual([]);
    expect(made.writes).toEqual({});
    expect(made.agreed['city']).toEqual({ value: 'BONN', crm: 'Bonn', erp: 'BONN' });
  });

  test('keeps quiet when one side is empty and fills it in again', () => {
    const made = plan(field('conflict: park'), world('', 'Bonn', base(agreed('Bonn'))));
    expect(made.writes).toMatchObject({ crm: { values: { town: 'Bonn' } } });
    expect(lineOf(made)?.reason).toBe('the CRM is empty, which is no opinion; refilled from the ERP');
  });

  test('with `empty: clear` empties the other side, but not at the first meeting', () => {
    const clear = field('conflict: park, empty: clear');
    expect(plan(clear, world(null, 'Bonn', base(agreed('Bonn')))).writes.erp?.values).toEqual({ place: null });
    expect(plan(clear, world(null, 'Bonn')).writes).toMatchObject({ crm: { values: { town: 'Bonn' } } });
  });

  test('that is required is never cleared', () => {
    const made = plan(field('conflict: park, empty: clear, required: true'), world(null, 'Bonn', base(agreed('Bonn'))));
    expect(made.writes).toEqual({});
    expect(codes(made)).toEqual({ city: 'REQUIRED' });
  });

  test('with a value that cannot be read is parked with its code, whoever would have won', () => {
    for (const policy of ['crm wins', 'erp wins', 'newest wins', 'park']) {
      const made = plan(field(`conflict: ${policy}`), world('a\u0000b', 'Köln', base(agreed('Bonn'))));
      expect(codes(made)).toEqual({ city: 'INVALID_TEXT' });
      expect(made.writes).toEqual({});
    }
  });

  test('says in one sentence what is wrong and what to do', () => {
    const made = plan(field('conflict: park'), world('Bonn', 'Köln', base(agreed('Ulm'))));
    expect(made.parked).toEqual([
      {
        field: 'city',
        code: 'CONFLICT',
        crm: 'Bonn',
        erp: 'Köln',
        base: 'Ulm',
        cause: 'city: the two sides disagree',
        message:
          'The CRM says "Bonn", the ERP says "Köln", last agreed "Ulm". Choose the side whose value shall stand.',
      },
    ]);
  });

  test('whose side means what was agreed is not translated again', () => {
    // The ERP's ZB00 reads as "Due on receipt", but it stands for the Prepaid that we wrote.
    const lookup =
      'lookup: terms\nrevision: 1\nsummary: x\nrows:\n  - { crm: Due on receipt, erp: ZB00 }\n  - { crm: Prepaid, erp: ZB00, flow: crm -> erp }\n  - { crm: Net 30, erp: ZB30 }';
    const text = '  terms: { crm: terms, erp: terms, flow: crm <-> erp, lookup: terms, conflict: erp wins }';
    const state = {
      crm: { name: 'A', terms: 'Prepaid' },
      erp: { title: 'A', terms: 'ZB00' },
      baseline: { name: agreed('A'), terms: agreed('Prepaid', 'Prepaid', 'ZB00') },
    };
    expect(plan(small(text, { lookups: [lookup] }), state).writes).toEqual({});
    expect(
      plan(small(text, { lookups: [lookup], options: { mutation: 'canonical-compare' } }), state).writes.crm?.values,
    ).toEqual({ terms: 'Due on receipt' });
    // At the first meeting they are the same too: one side is what the other would be written as.
    expect(plan(small(text, { lookups: [lookup] }), { ...state, baseline: {} }).agreed['terms']).toEqual(
      agreed('Prepaid', 'Prepaid', 'ZB00'),
    );
  });
});

describe('newest wins', () => {
  const both = world('Bonn', 'Köln', base(agreed('Ulm')), {
    at: { crm: '2026-01-01T10:00:01Z', erp: '2026-01-01T10:00:00Z' },
  });

  test('takes the side whose value is newer', () => {
    expect(plan(field('conflict: newest wins'), both).writes.erp?.values).toEqual({ place: 'Bonn' });
  });

  test('looks at the value’s own time before the record’s', () => {
    const state = stateOf(both);
    const erp = { ...state.erp, times: { place: '2026-01-01T12:00:00Z' } } as NonNullable<typeof state.erp>;
    expect(field('conflict: newest wins').plan({ ...state, erp }).writes.crm?.values).toEqual({ town: 'Köln' });
  });

  test.each([
    ['for all connections', 1_000],
    ['by connection, the larger counts', { crm: 10, erp: 1_000 }],
  ])('parks what lies within the clock skew, %s', (_how, skewMs) => {
    const mapping = small('  city: { crm: town, erp: place, flow: crm <-> erp, as: text, conflict: newest wins }', {
      options: { skewMs },
    });
    expect(codes(plan(mapping, both))).toEqual({ city: 'CONFLICT' });
  });

  test('parks when a side does not say when', () => {
    expect(codes(plan(field('conflict: newest wins'), world('Bonn', 'Köln', base(agreed('Ulm')))))).toEqual({
      city: 'CONFLICT',
    });
  });
});

describe('a person’s decision', () => {
  const decide = (take: 'crm' | 'erp', seen = { crm: 'Bonn', erp: 'Köln' }): Partial<World> => ({
    decisions: [{ field: 'city', take, seen, by: 'ann' }],
  });

  test.each([
    ['crm', 'erp', { place: 'Bonn' }],
    ['erp', 'crm', { town: 'Köln' }],
  ] as const)('for the %s is carried out', (take, to, values) => {
    const made = plan(field('conflict: park'), world('Bonn', 'Köln', base(agreed('Ulm')), decide(take)));
    expect(made.writes[to]?.values).toEqual(values);
    expect(made.parked).toEqual([]);
  });

  test('about other values than stand there now goes back to the person', () => {
    const made = plan(field('conflict: park'), world('Bonn', 'Essen', base(agreed('Ulm')), decide('crm')));
    expect(codes(made)).toEqual({ city: 'CONFLICT' });
  });

  test('against a value that cannot be read mends the field', () => {
    const made = plan(
      field('conflict: park'),
      world('a\u0000', 'Köln', base(agreed('Ulm')), decide('erp', { crm: 'a\u0000', erp: 'Köln' })),
    );
    expect(made.writes).toMatchObject({ crm: { values: { town: 'Köln' } } });
  });

  test('frees a field that is set aside for flapping, never one that is in doubt', () => {
    const state = stateOf(world('Bonn', 'Köln', base(agreed('Ulm')), decide('crm')));
    const mapping = field('conflict: park');
    expect(mapping.plan({ ...state, held: { city: 'FLAPPING' } }).writes.erp?.values).toEqual({ place: 'Bonn' });
    const doubt = mapping.plan({ ...state, held: { city: 'IN_DOUBT' } });
    expect(doubt.writes).toEqual({});
    expect(doubt.parked).toEqual([]);
    expect(codes(mapping.plan({ ...state, decisions: [], held: { city: 'FLAPPING' } }))).toEqual({ city: 'FLAPPING' });
  });
});

test('a one-way field that a new record would write as it stands is agreed with its create, so that a later edit there is drift', () => {
  const mapping = small(`
  short: { crm: name, erp: short, flow: crm -> erp, as: upper text, drift: keep }
`);
  const erp = { id: 'P1', body: { title: 'Acme', short: 'ACME' }, times: {} };
  const made = mapping.plan({ erp, baseline: {}, decisions: [], held: {} });
  expect(made.writes.crm?.values).toEqual({ name: 'Acme' });
  expect(made.agreed).toEqual({ short: { value: 'ACME', crm: 'Acme', erp: 'ACME' } });
});

test('a source that changes behind the cut changes nothing at the target, least of all a better value that was kept', () => {
  const mapping = small(
    '  short: { crm: name, erp: short, flow: crm -> erp, as: upper text, max: { erp: 4 }, too_long: cut, drift: keep }',
  );
  const crm = { id: 'A1', body: { name: 'Acme AG' }, times: {} };
  const erp = { id: 'P1', body: { title: 'Acme AG', short: 'OWN' }, times: {} };
  const kept = { value: 'ACME GMBH', crm: 'Acme GmbH', erp: 'OWN' };
  const both = { name: { value: 'Acme AG', crm: 'Acme AG', erp: 'Acme AG' }, short: kept };
  const made = mapping.plan({ crm, erp, baseline: both, decisions: [], held: {} });
  expect(made.writes).toEqual({});
  const moved = mapping.plan({ crm: { ...crm, body: { name: 'Beta' } }, erp, baseline: both, decisions: [], held: {} });
  expect(moved.writes.erp?.values).toMatchObject({ short: 'BETA' });
});
