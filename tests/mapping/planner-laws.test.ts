import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Json } from '../../src/domain/json.ts';
import { small, sync } from './kit.ts';
import { agreed, base, codes, field, plan, world } from './worlds.ts';

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
