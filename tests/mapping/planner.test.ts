import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import type { Agreed, LinkPlan } from '../../src/domain/plan.ts';
import type { CompiledMapping } from '../../src/mapping/mapping.ts';
import { small, stateOf, sync, type World } from './kit.ts';

const field = (more: string): CompiledMapping =>
  small(`  city: { crm: town, erp: place, flow: crm <-> erp, as: text, ${more} }`);
const agreed = (value: Json, crm: Json = value, erp: Json = value): Agreed => ({ value, crm, erp });
const base = (city: Agreed) => ({ name: agreed('A'), city });
const world = (
  town: Json | undefined,
  place: Json | undefined,
  baseline: World['baseline'] = {},
  more: Partial<World> = {},
): World => ({
  crm: { name: 'A', ...(town === undefined ? {} : { town }) },
  erp: { title: 'A', ...(place === undefined ? {} : { place }) },
  baseline,
  ...more,
});
const plan = (mapping: CompiledMapping, from: World): LinkPlan => mapping.plan(stateOf(from));
const lineOf = (made: LinkPlan, name = 'city') => made.fields.find((line) => line.field === name);
const codes = (made: LinkPlan) => Object.fromEntries(made.parked.map((each) => [each.field, each.code]));

describe('the merge laws hold', () => {
  const mapping = field('conflict: park');
  const word = fc.constantFrom('Berlin', 'Bonn', 'Köln', 'Ulm');
  const merge = (b: string, l: string, r: string): string | 'CONFLICT' => {
    const made = sync(mapping, world(l, r, base(agreed(b))));
    if (made.plan.parked.length > 0) return 'CONFLICT';
    expect(made.world.crm?.['town']).toBe(made.world.erp?.['place']);
    return made.world.crm?.['town'] as string;
  };

  test('only one side changed: its value stands', () => {
    fc.assert(fc.property(word, word, (b, x) => merge(b, b, x) === x && merge(b, x, b) === x));
  });
  test('both changed alike: that value stands', () => {
    fc.assert(fc.property(word, word, (b, x) => merge(b, x, x) === x));
  });
  test('a conflict is exactly: both changed, and differently', () => {
    fc.assert(
      fc.property(word, word, word, (b, l, r) => (merge(b, l, r) === 'CONFLICT') === (l !== b && r !== b && l !== r)),
    );
  });
});

describe('who is asked first changes nothing', () => {
  const LINES = (left: string, right: string, policies: readonly string[]): string =>
    policies
      .map((policy, i) => {
        const swap = (text: string): string =>
          left === 'crm' ? text : text.replace(/crm|erp/g, (side) => (side === 'crm' ? 'erp' : 'crm'));
        const codec = ['text', 'decimal', 'phone', 'tax id', 'email'][i % 5];
        const empty = i % 2 === 0 ? 'keep' : 'clear';
        return `  f${i}: { ${left}: a${i}, ${right}: b${i}, flow: crm <-> erp, as: ${codec}, conflict: ${swap(policy)}, empty: ${empty}, max: { ${left}: 20 }, required: ${swap(i % 3 === 0 ? 'to_crm' : 'to_erp')} }`;
      })
      .join('\n');
  const POLICIES = [
    'crm wins',
    'erp wins',
    'newest wins',
    'park',
    'newest wins',
    'crm wins',
    'park',
    'erp wins',
    'newest wins',
    'park',
  ];
  const straight = small(LINES('crm', 'erp', POLICIES));
  const mirrored = small(LINES('erp', 'crm', POLICIES));
  const value = fc.constantFrom<Json>(
    'Acme',
    'ACME',
    ' acme ',
    'x'.repeat(30),
    '1',
    '1.0',
    1,
    '+49 30 123456',
    '',
    null,
    '\u0000',
    'a@b',
    'A@B',
    'call',
    {},
    true,
  );
  const record = (letter: string) => fc.record(Object.fromEntries(POLICIES.map((_, i) => [`${letter}${i}`, value])));
  const time = fc.constantFrom('2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z');

  test('a mapping and its mirror image give mirrored plans', () => {
    fc.assert(
      fc.property(
        record('a'),
        record('b'),
        record('a'),
        record('b'),
        time,
        time,
        fc.boolean(),
        (a, b, a2, b2, t, u, met) => {
          const before = met
            ? sync(straight, { crm: { ...a, name: 'A' }, erp: { ...b, title: 'A' }, baseline: {} }).world.baseline
            : {};
          const swapped = Object.fromEntries(
            Object.entries(before).map(([name, { value: v, crm, erp }]) => [name, { value: v, crm: erp, erp: crm }]),
          );
          const one = plan(straight, {
            crm: { ...a2, name: 'A' },
            erp: { ...b2, title: 'A' },
            at: { crm: t, erp: u },
            baseline: before,
          });
          const two = plan(mirrored, {
            crm: { ...b2, name: 'A' },
            erp: { ...a2, title: 'A' },
            at: { crm: u, erp: t },
            baseline: swapped,
          });
          expect(two.writes.crm?.values).toEqual(one.writes.erp?.values);
          expect(two.writes.erp?.values).toEqual(one.writes.crm?.values);
          expect(codes(two)).toEqual(codes(one));
          expect(Object.keys(two.agreed)).toEqual(Object.keys(one.agreed));
        },
      ),
      { numRuns: 3_000 },
    );
  });
});

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

  test('that is cut says both lengths', () => {
    const made = plan(oneWay('max: { erp: 5 }, too_long: cut'), world('Bonn am Rhein', undefined));
    expect(made.writes.erp?.values).toEqual({ place: 'Bonn' });
    expect(lineOf(made)?.cut).toEqual({ from: 13, to: 4 });
    expect(plan(oneWay('max: { erp: 5 }, too_long: cut'), world('😀😀😀', undefined)).writes.erp?.values).toEqual({
      place: '😀😀',
    });
  });
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
