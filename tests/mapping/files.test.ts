import { describe, expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import { readYaml } from '../../src/mapping/yaml.ts';
import { broken, CUSTOMER, lineOf } from './broken.ts';
import { shippedFiles, smallFiles } from './kit.ts';

test('the mappings that we ship have no problem', () => {
  expect(compileMappings(shippedFiles()).problems).toEqual([]);
});

test('broken YAML names file, line and column', () => {
  const { mappings, problems } = broken('    as: phone', '    as: [phone');
  expect(mappings.has('customer')).toBe(false);
  // What refers to it goes with it, and has nothing wrong of its own.
  expect(mappings.has('contact')).toBe(false);
  expect(problems).toHaveLength(1);
  expect(problems[0]).toMatchObject({ file: CUSTOMER, rule: 'broken-yaml', column: expect.any(Number) });
  expect(problems[0]?.line).toBeGreaterThan(lineOf('    as: phone'));
  expect(problemLine(problems[0] as never)).toMatch(/^mappings\/customer\.yaml:\d+:\d+ broken-yaml this is not YAML: /);
});

test('a mapping with a problem is left out; the others go on', () => {
  const { mappings } = compileMappings({ ...smallFiles(''), 'mappings/other.yaml': 'mapping: [' });
  expect([...mappings.keys()]).toEqual(['small']);
});

test('a problem stands where the mistake is', () => {
  expect(broken('as: phone', 'as: fone').problems).toMatchObject([{ line: lineOf('    as: phone'), column: 9 }]);
  expect(broken('id: erp_number', 'id: phone').problems).toMatchObject([
    { line: lineOf('  crm: { state'), column: 33 },
  ]);
});

test('a table with two meanings for one key is refused for a two-way field, and both are named', () => {
  const { problems } = broken(', flow: crm -> erp } # second', ' } # second', 'mappings/lookups/payment-terms.yaml');
  expect(problems).toMatchObject([
    {
      file: CUSTOMER,
      rule: 'lookup-not-invertible',
      message: 'payment terms: in "payment-terms" "ZB00" stands for both "Due on receipt" and "Prepaid"',
      remedy: 'Mark all of these rows but one `flow: crm -> erp`, or let the field flow one way.',
    },
  ]);
});

test('a broken lookup takes its mappings with it, and is named once', () => {
  const { mappings, problems } = broken('rows:', 'rows: [', 'mappings/lookups/payment-terms.yaml');
  expect(mappings.has('customer')).toBe(false);
  expect(new Set(problems.map((problem) => problem.file))).toEqual(new Set(['mappings/lookups/payment-terms.yaml']));
});

describe('YAML as it is read here', () => {
  const yamlOf = (text: string) => readYaml('x.yaml', text).source?.value;

  test('keeps Norway a word and every digit of a number', () => {
    expect(yamlOf('a: NO\nb: yes\nc: 012\nd: true')).toEqual({ a: 'NO', b: 'yes', c: 12, d: true });
    expect(JSON.stringify(yamlOf('a: 123456789012345678.10\nb: 1.50'))).toBe('{"a":123456789012345678.10,"b":1.50}');
  });

  test.each([
    ['a key twice', 'a: 1\na: 2', 2],
    ['an alias', 'a: &x 1\nb: *x', 2],
    ['a key that would be a trap', 'a: 1\n__proto__: 2', 2],
    ['a list as a key', 'a: 1\n? [x]\n: 2', 2],
    ['a tab for an indent', 'a:\n\t- 1', 2],
  ])('refuses %s', (_what, text, line) => {
    const { source, problems } = readYaml('x.yaml', text);
    expect(source).toBeUndefined();
    expect(problems[0]).toMatchObject({ file: 'x.yaml', line, rule: 'broken-yaml' });
  });

  test('refuses what is too large or too deep, without a throw', () => {
    expect(readYaml('x.yaml', 'x'.repeat(1_000_001)).problems).toHaveLength(1);
    expect(readYaml('x.yaml', '['.repeat(100_000)).problems.length).toBeGreaterThan(0);
    expect(readYaml('x.yaml', '').source?.value).toBeNull();
  });
});
