import { describe, expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import { lintRevision } from '../../src/mapping/lint.ts';
import { type DescribedRecord, lint } from '../../src/mapping/lint-records.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import { readYaml } from '../../src/mapping/yaml.ts';
import { compiledOf, only, shippedFiles, small, smallFiles } from './kit.ts';

const shipped = shippedFiles();
const CUSTOMER = 'mappings/customer.yaml';
const broken = (find: string | RegExp, put: string, file = CUSTOMER) => {
  const text = shipped[file] ?? '';
  const changed = text.replace(find, put);
  expect(changed).not.toBe(text);
  return compileMappings({ ...shipped, [file]: changed }, { connections: ['crm', 'erp', 'tryton'] });
};
const lineOf = (text: string): number =>
  (shipped[CUSTOMER] ?? '').split('\n').findIndex((line) => line.includes(text)) + 1;

test('the mappings that we ship have no problem', () => {
  expect(compileMappings(shipped).problems).toEqual([]);
});

test('broken YAML names file, line and column', () => {
  const { mappings, problems } = broken('    as: phone', '    as: [phone');
  expect(mappings.has('customer')).toBe(false);
  expect(problems[0]).toMatchObject({ file: CUSTOMER, rule: 'broken-yaml', column: expect.any(Number) });
  expect(problems[0]?.line).toBeGreaterThan(lineOf('    as: phone'));
  expect(problemLine(problems[0] as never)).toMatch(/^mappings\/customer\.yaml:\d+:\d+ broken-yaml this is not YAML: /);
});

test('a mapping with a problem is left out; the others go on', () => {
  const { mappings } = compileMappings({ ...smallFiles(''), 'mappings/other.yaml': 'mapping: [' });
  expect([...mappings.keys()]).toEqual(['small']);
});

test.each([
  [
    'an unknown key',
    '    conflict: park # two',
    '    confict: park # two',
    'unknown-key',
    'tax id: there is no key "confict" here',
    'Did you mean "conflict"?',
  ],
  [
    'an unknown key at the top',
    'constants:',
    'konstants:',
    'unknown-key',
    'there is no key "konstants" here',
    'Did you mean "constants"?',
  ],
  [
    'an unknown codec',
    'as: phone',
    'as: fone',
    'unknown-codec',
    'phone, as: there is no codec "fone"',
    'Did you mean "phone"?',
  ],
  [
    'an unknown option',
    'with: { erp: upper }',
    'with: { erp: upper, case: 1 }',
    'unknown-key',
    'language, with: there is no key "case" here',
    'Known: crm, erp.',
  ],
  [
    'a wrong option',
    'with: { erp: upper }',
    'with: { erp: lower }',
    'bad-value',
    'language, with.erp: "lower" is not one of the words allowed here',
    'Known: upper.',
  ],
  [
    'an unknown lookup',
    'lookup: payment-terms',
    'lookup: payment-trems',
    'unknown-lookup',
    'payment terms: there is no lookup "payment-trems"',
    'Did you mean "payment-terms"?',
  ],
  [
    'an unknown connection',
    'connection: crm,',
    'connection: crn,',
    'unknown-connection',
    'there is no connection "crn"',
    'Did you mean "crm"?',
  ],
  ['a missing key', 'revision: 1 ', '# ', 'missing-key', 'the file: "revision" is missing', 'Add `revision:`.'],
  [
    'a word that is none',
    'conflict: erp wins',
    'conflict: erp win',
    'bad-value',
    'street, conflict: "erp win" is not one of the words allowed here',
    'Did you mean "erp wins"?',
  ],
  [
    'a number that is none',
    'max: { erp: 80 }',
    'max: { erp: many }',
    'bad-value',
    'name, max.erp: this must be a number',
    'Correct the value.',
  ],
  [
    'a path that is none',
    'crm: billing.city',
    'crm: billing..city',
    'bad-value',
    'city, crm: a path looks like `name`, `billing.street` or `addresses[use=bill-to].street`',
    'Correct the value.',
  ],
  [
    'conflict left out',
    '    conflict: park # two',
    '    #',
    'conflict-missing',
    'tax id: flows both ways, so say who wins',
    'Add `conflict:` (crm wins, erp wins, newest wins or park).',
  ],
  [
    'conflict on a one-way field',
    '    drift: keep',
    '    conflict: park',
    'conflict-on-one-way',
    'search term: flows one way, so there is no conflict',
    'Remove `conflict:`; `drift:` says what happens when the target is edited.',
  ],
  [
    'drift on a two-way field',
    '    as: phone',
    '    as: phone\n    drift: keep',
    'drift-on-two-way',
    'phone: flows both ways, so there is no drift',
    'Remove `drift:`; `conflict:` says who wins.',
  ],
  [
    'cut on a two-way field',
    'max: { erp: 80 }',
    'too_long: cut\n    max: { erp: 80 }',
    'cut-on-two-way',
    'name: what is cut cannot flow back',
    'Remove `too_long: cut`, or let the field flow one way.',
  ],
  [
    'two translations',
    '    as: phone',
    '    as: phone\n    lookup: payment-terms',
    'one-translation',
    'phone: has two translations',
    'Say exactly one of `as:` (a codec) and `lookup:` (a table).',
  ],
  [
    'no translation',
    '    as: phone',
    '    #',
    'one-translation',
    'phone: has no translation',
    'Say exactly one of `as:` (a codec) and `lookup:` (a table).',
  ],
  [
    'a codec that cannot be turned round',
    'crm: email\n    erp: contact.email\n    flow: crm <-> erp\n    conflict: newest wins\n    as: email',
    'crm: email\n    erp: contact.email\n    flow: crm <-> erp\n    conflict: newest wins\n    as: upper text',
    'not-invertible',
    'email: the codec "upper text" cannot be turned round here: it loses the letters’ case',
    'Let the field flow one way.',
  ],
  [
    'too many columns',
    'crm: email',
    'crm: [email, note]',
    'arity',
    'email: the codec "email" takes one column, here are 2',
    'Name one column, or use a codec that joins (`as: join`).',
  ],
  [
    'a target written twice',
    'erp: contact.email',
    'erp: contact.phone',
    'target-written-twice',
    'email: phone writes "contact.phone" in the ERP too',
    'Let one line write it.',
  ],
  [
    'an identity that is not mapped',
    '[[tax id], [name',
    '[[tax-id], [name',
    'identity-not-mapped',
    'records are matched on "tax-id", which is no field here',
    'Did you mean "tax id"?',
  ],
  [
    'feedback on a mapped column',
    'id: erp_number',
    'id: phone',
    'feedback-also-mapped',
    '"phone" is also used by phone',
    'Give feedback a column of its own.',
  ],
  [
    'a record created outside the filter',
    'value: Customer,',
    'value: Prospect,',
    'created-outside-include',
    'a record created in the CRM may fall outside `include`: the constant is "Prospect"',
    'Add a constant or a required field that writes "kind" with one of these values.',
  ],
  [
    'a lookup that leaves the filter',
    'erp: { grouping: [Z001, Z002] }',
    'erp: { grouping: [Z001] }',
    'created-outside-include',
    'a record created in the ERP may fall outside `include`: kind may write "Z002"',
    'Add a constant or a required field that writes "grouping" with one of these values.',
  ],
  [
    'a default that cannot be used',
    'default: { to_erp: en }',
    'default: { to_erp: klingon }',
    'bad-default',
    'language: the default cannot be used: "klingon" is not a language code of two letters',
    'Correct the value.',
  ],
  ['a flag without a word for false', '{ "X": true, "": false }', '{ "X": true }', 'not-invertible', '', ''],
  [
    'a word of a later version',
    'constants:',
    'lines: {}\nconstants:',
    'not-yet-supported',
    '"lines" (keyed collections that are merged element by element) is not yet supported in this version',
    'Leave it out.',
  ],
  [
    'an owner',
    '    as: phone',
    '    as: phone\n    owner: []',
    'not-yet-supported',
    'phone: "owner" (an owner that depends on the record’s state) is not yet supported in this version',
    'Leave it out.',
  ],
  [
    'a link',
    '    as: phone',
    '    link: customer',
    'not-yet-supported',
    'phone: "link" (references that are translated through the link table) is not yet supported in this version',
    'Leave it out.',
  ],
  [
    'a rule about no field',
    'constants:',
    'validate: [{ field: fax, to: erp, is: present, say: x }]\nconstants:',
    'unknown-field',
    'there is no field "fax"',
    'Known: name,',
  ],
  [
    'a pattern that is none',
    'constants:',
    'validate: [{ field: phone, to: erp, is: { matches: "(" }, say: x }]\nconstants:',
    'bad-pattern',
    'this is not a pattern',
    'Write',
  ],
  [
    'a pattern that may hang',
    'constants:',
    'validate: [{ field: phone, to: erp, is: { matches: "(a+)+$" }, say: x }]\nconstants:',
    'bad-pattern',
    'a repetition inside a repetition may take hours on some texts',
    'Repeat',
  ],
  [
    'both sides the same',
    'erp: { connection: erp, record: Partner }',
    'erp: { connection: crm, record: Account }',
    'same-slot',
    'both sides are the same records',
    'Name two',
  ],
])('%s is named with its place and remedy', (_what, find, put, rule, message, remedy) => {
  const { mappings, problems } = broken(find, put);
  if (rule === 'not-invertible' && message === '') {
    // The flag flows from the ERP, which needs no word of its own to read one.
    expect(problems).toEqual([]);
    return;
  }
  expect(mappings.has('customer')).toBe(false);
  const found = problems.find((problem) => problem.rule === rule);
  expect(found?.message).toBe(message);
  expect(found?.remedy).toContain(remedy);
  expect(found).toMatchObject({ file: CUSTOMER, line: expect.any(Number), column: expect.any(Number) });
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

describe('against the systems’ own descriptions', () => {
  const fine: DescribedRecord['capabilities'] = {
    changes: { mode: 'timestamp', deletes: 'in-feed' },
    write: { delete: true },
  };
  const account: DescribedRecord = {
    record: 'Account',
    fields: [
      { path: 'name', type: 'text', max: 100, required: true },
      { path: 'town', type: 'text' },
      { path: 'addresses[].street', type: 'text' },
      { path: 'custom', type: 'object' },
    ],
    capabilities: fine,
  };
  const partner: DescribedRecord = {
    record: 'Partner',
    fields: [
      { path: 'title', type: 'text', max: 80, required: true },
      { path: 'place', type: 'text' },
    ],
    capabilities: fine,
  };
  const rules = (fields: string, records: { crm: DescribedRecord; erp: DescribedRecord }, text?: string) =>
    lint(small(fields, text === undefined ? {} : { text }), records).map(({ rule, message, line }) => ({
      rule,
      message,
      at: line > 1,
    }));
  const city =
    '  city: { crm: town, erp: place, flow: crm <-> erp, as: text, conflict: newest wins, max: { erp: 40 } }';

  test('a mapping that fits is clean', () => {
    expect(
      rules(
        `${city}\n  s: { crm: "addresses[use=x].street", erp: s, flow: crm <- erp, as: text }\n  c: { crm: custom.any.thing, erp: s, flow: crm <- erp, as: text }`,
        { crm: account, erp: { ...partner, fields: [...partner.fields, { path: 's', type: 'text', readOnly: true }] } },
      ),
    ).toEqual([]);
  });

  test.each([
    ['unknown-path', 'Partner has no "place"', { ...partner, fields: partner.fields.slice(0, 1) }],
    [
      'read-only-target',
      '"place" of Partner cannot be written',
      { ...partner, fields: [...partner.fields.slice(0, 1), { path: 'place', type: 'text', readOnly: true }] },
    ],
    [
      'length-mismatch',
      'city: the mapping allows 40 characters, Partner takes 20',
      { ...partner, fields: [...partner.fields.slice(0, 1), { path: 'place', type: 'text', max: 20 }] },
    ],
    [
      'required-target-unmapped',
      'Partner needs "tax", and nothing writes it',
      { ...partner, fields: [...partner.fields, { path: 'tax', type: 'text', required: true }] },
    ],
    [
      'newest-without-time',
      'city: Partner does not say when it was changed',
      { ...partner, capabilities: { ...fine, changes: { mode: 'none', deletes: 'in-feed' } } },
    ],
  ] as const)('%s', (rule, message, erp) => {
    expect(rules(city, { crm: account, erp })).toEqual([{ rule, message, at: true }]);
  });

  test('deletes that only show by absence are never mirrored', () => {
    const absent = { ...account, capabilities: { ...fine, changes: { mode: 'timestamp', deletes: 'absence' } } };
    const files = smallFiles(city);
    const text = (files['mappings/small.yaml'] ?? '').replace(
      'to_crm: create } }',
      'to_crm: create }, on_delete: { to_erp: delete, to_crm: report } }',
    );
    const mapping = only(compiledOf({ 'mappings/small.yaml': text }));
    expect(
      lint(mapping, { crm: absent, erp: { ...partner, capabilities: { ...fine, write: { delete: false } } } }).map(
        ({ rule }) => rule,
      ),
    ).toEqual(['delete-needs-tombstone', 'delete-unsupported']);
  });
});

test('a change without a new revision is named', () => {
  const before = small('  city: { crm: town, erp: place, flow: crm -> erp, as: text }');
  const now = small('  city: { crm: town, erp: place, flow: crm -> erp, as: text, drift: keep }');
  expect(lintRevision(before, now)).toMatchObject([
    { rule: 'revision-not-raised', line: 2, remedy: 'Say `revision: 2`.' },
  ]);
  expect(lintRevision(before, before)).toEqual([]);
});
