import { expect, test } from 'vitest';
import { broken, CUSTOMER } from './broken.ts';

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
  ['a missing key', 'revision: 2 ', '# ', 'missing-key', 'the file: "revision" is missing', 'Add `revision:`.'],
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
    'a word of a later version',
    'constants:',
    'owner: crm\nconstants:',
    'not-yet-supported',
    '"owner" (an owner that depends on the record’s state) is not yet supported in this version',
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
    'a link to a mapping that there is not',
    '    as: phone',
    '    link: machine',
    'unknown-link',
    'phone: there is no mapping "machine"',
    'Known: ',
  ],
])('%s is named with its place and remedy', (_what, find, put, rule, message, remedy) => {
  const { mappings, problems } = broken(find, put);
  expect(mappings.has('customer')).toBe(false);
  const found = problems.find((problem) => problem.rule === rule);
  expect(found?.message).toBe(message);
  expect(found?.remedy).toContain(remedy);
  expect(found).toMatchObject({ file: CUSTOMER, line: expect.any(Number), column: expect.any(Number) });
});
