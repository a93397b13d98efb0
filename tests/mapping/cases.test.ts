import { describe, expect, test } from 'vitest';
import { runCases } from '../../src/mapping/cases.ts';
import { smallFiles } from './kit.ts';

const CITY = '  city: { crm: town, erp: place, flow: crm <-> erp, as: text, conflict: park }';
const run = (cases: string) =>
  runCases({ ...smallFiles(CITY), 'mappings/small.test.yaml': `mapping: small\ncases:\n${cases}` });

test('a case that holds has no differences', () => {
  const { results, problems } = run(
    '  - { name: one, base: { name: A, city: Ulm }, crm: { name: A, town: Bonn }, erp: { title: A, place: Ulm }, expect: { to_erp: { place: Bonn } } }',
  );
  expect(problems).toEqual([]);
  expect(results).toMatchObject([{ mapping: 'small', name: 'one', line: 3, differences: [] }]);
});

describe('a case that does not hold says what differs', () => {
  test.each([
    ['an unexpected write', 'expect: nothing', 'to_erp: expected nothing, got {"place":"Bonn"}'],
    ['another value', 'expect: { to_erp: { place: Ulm } }', 'to_erp: expected {"place":"Ulm"}, got {"place":"Bonn"}'],
    [
      'a park that does not come',
      'expect: { to_erp: { place: Bonn }, parked: { city: CONFLICT } }',
      'parked: expected {"city":"CONFLICT"}, got {}',
    ],
    [
      'a drift that does not come',
      'expect: { to_erp: { place: Bonn }, drift: { city: kept } }',
      'drift: expected {"city":"kept"}, got {}',
    ],
  ])('%s', (_what, expectation, difference) => {
    const { results } = run(
      `  - { name: one, base: { name: A, city: Ulm }, crm: { name: A, town: Bonn }, erp: { title: A, place: Ulm }, ${expectation} }`,
    );
    expect(results[0]?.differences).toEqual([difference]);
  });
});

test.each([
  [
    'a field that there is not',
    '  - { name: one, base: { cty: Ulm }, crm: {}, erp: {}, expect: nothing }',
    'unknown-field',
    3,
  ],
  ['a word that there is not', '  - { name: one, crm: {}, expect: { to_epr: {} } }', 'unknown-key', 3],
  [
    'a base that the codec refuses',
    '  - { name: one, base: { city: [1] }, crm: {}, erp: {}, expect: nothing }',
    'bad-value',
    3,
  ],
  ['a link', '  - { name: one, crm: {}, links: { customer: { A: "1" } }, expect: nothing }', 'unknown-link', 3],
])('%s in a case is named with its place', (_what, text, rule, line) => {
  expect(run(text).problems).toContainEqual(expect.objectContaining({ file: 'mappings/small.test.yaml', rule, line }));
});

test('a field that no case tests is named', () => {
  const { problems } = run(
    '  - { name: one, base: { name: A }, crm: { name: A }, erp: { title: A }, expect: nothing }',
  );
  expect(problems).toMatchObject([
    {
      file: 'mappings/small.yaml',
      rule: 'untested-field',
      message: 'city: no case tests it',
      remedy: 'Add a case to mappings/small.test.yaml.',
    },
  ]);
});

test('cases of a mapping that is broken are not run, and say why', () => {
  const { results, problems } = runCases({
    'mappings/small.test.yaml': 'mapping: small\ncases: [{ name: x, crm: {}, expect: nothing }]',
  });
  expect(results).toEqual([]);
  expect(problems).toMatchObject([{ rule: 'unknown-mapping', line: 1, column: 10 }]);
});
