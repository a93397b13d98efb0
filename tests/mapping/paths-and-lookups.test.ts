import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { getPath, overlap, parsePath, pathName, pathOf, withValues } from '../../src/mapping/path.ts';
import { small, stateOf } from './kit.ts';

describe('paths', () => {
  test.each([
    ...[
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      'a[b]',
      'a[b=]',
      '__proto__',
      'a.__proto__.b',
      'a[__proto__=x].b',
      'a]b',
      'a[b=c]d',
    ],
    ...['"a"', '"a', '"a.b', '"a.b"c', '""', 'a."', '"a.b".', 'a["b"=c]', '"a.b"."__proto__"'],
  ])('%s is none', (text) => {
    expect(parsePath(text)).toBeUndefined();
  });

  test.each(['@odata.etag', 'a.b', '[0]', 'a=b', 'x'])('lead to the name %s, in quotes where it needs them', (name) => {
    const written = pathName(name) ?? '';
    expect(parsePath(written)).toEqual([{ key: name }]);
    const body: JsonObject = { [name]: 1, list: [{ [name]: 'x', v: 2 }] };
    expect(getPath(body, pathOf(written))).toBe(1);
    expect(getPath(body, pathOf(`list[${written}=x].v`))).toBe(2);
    expect(withValues(body, { [written]: 3 })[name]).toBe(3);
    expect(overlap(`${written}.b`, written)).toBe(true);
  });

  test('name no name that has a quote of its own', () => {
    expect(['', 'a"b', '__proto__'].map(pathName)).toEqual([undefined, undefined, undefined]);
  });

  test('lead to own values only, whatever stands on the way', () => {
    expect(getPath({ a: 'text' }, pathOf('a.length'))).toBeUndefined();
    expect(getPath({}, pathOf('constructor.name'))).toBeUndefined();
    expect(getPath({ a: [{ use: { toString: 'x' } }, { use: 1, v: 2 }] } as JsonObject, pathOf('a[use=1].v'))).toBe(2);
  });

  test('write beside what is there, never into the given body', () => {
    const body: JsonObject = { a: [{ use: 'x', v: 1 }], b: { c: 1 } };
    expect(withValues(body, { 'a[use=y.z].v': 2, 'a[use=x].v': 3, 'b.d': 4, 'q.r': 5 })).toEqual({
      a: [
        { use: 'x', v: 3 },
        { use: 'y.z', v: 2 },
      ],
      b: { c: 1, d: 4 },
      q: { r: 5 },
    });
    expect(body).toEqual({ a: [{ use: 'x', v: 1 }], b: { c: 1 } });
  });

  test('overlap when one lies inside the other', () => {
    expect(overlap('a.b', 'a')).toBe(true);
    expect(overlap('a[use=x].b', 'a')).toBe(true);
    expect(overlap('ab', 'a')).toBe(false);
  });
});

describe('a lookup', () => {
  const twoKeys =
    'lookup: groups\nrevision: 1\nsummary: x\nrows:\n  - { crm: [Retail, North], erp: P1 }\n  - { crm: [Retail, ~], erp: 2 }';
  const groups = small(
    '  group: { crm: [industry, region], erp: group, flow: crm <-> erp, lookup: groups, conflict: crm wins }',
    { lookups: [twoKeys] },
  );

  test('may have several keys, and flows back into all of their columns', () => {
    expect(
      groups.plan(stateOf({ crm: { name: 'A', industry: ' Retail ', region: 'North' }, baseline: {} })).writes.erp
        ?.values,
    ).toMatchObject({ group: 'P1' });
    expect(
      groups.plan(stateOf({ crm: { name: 'A', industry: 'Retail' }, baseline: {} })).writes.erp?.values,
    ).toMatchObject({ group: 2 });
    expect(groups.plan(stateOf({ erp: { title: 'A', group: '2' }, baseline: {} })).writes.crm?.values).toMatchObject({
      industry: 'Retail',
      region: null,
    });
  });

  test.each([
    ['park', 'LOOKUP_MISS', undefined],
    ['keep', undefined, 'Net 45'],
    ['{ use: ZB30 }', undefined, 'ZB30'],
  ])('for a value without a row: %s', (unmatched, code, written) => {
    const table = `lookup: terms\nrevision: 1\nsummary: x\nrows: [{ crm: Net 30, erp: ZB30 }]\nunmatched: { to_erp: ${unmatched} }`;
    const mapping = small('  terms: { crm: terms, erp: terms, flow: crm <-> erp, lookup: terms, conflict: crm wins }', {
      lookups: [table],
    });
    const plan = mapping.plan(stateOf({ crm: { name: 'A', terms: 'Net 45' }, erp: { title: 'A' }, baseline: {} }));
    expect(plan.parked[0]?.code).toBe(code);
    expect(plan.parked[0]?.cause).toBe(code === undefined ? undefined : 'terms: no row for Net 45');
    expect(plan.writes.erp?.values['terms']).toBe(written);
  });
});
