import { expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import { broken, CUSTOMER } from './broken.ts';
import { smallFiles } from './kit.ts';

test.each([
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
    'Say exactly one of `as:` (a codec), `lookup:` (a table) and `link:` (a mapping).',
  ],
  [
    'no translation',
    '    as: upper text',
    '    #',
    'one-translation',
    'search term: has no translation',
    'Say exactly one of `as:` (a codec), `lookup:` (a table) and `link:` (a mapping).',
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
  [
    'a default that cannot be used',
    'default: { to_erp: en }',
    'default: { to_erp: klingon }',
    'bad-default',
    'language: the default cannot be used: "klingon" is not a language code of two letters',
    'Correct the value.',
  ],
])('%s is named with its place and remedy', (_what, find, put, rule, message, remedy) => {
  const { mappings, problems } = broken(find, put);
  expect(mappings.has('customer')).toBe(false);
  const found = problems.find((problem) => problem.rule === rule);
  expect(found?.message).toBe(message);
  expect(found?.remedy).toContain(remedy);
  expect(found).toMatchObject({ file: CUSTOMER, line: expect.any(Number), column: expect.any(Number) });
});

test('a flag that is only read needs no word for what it never writes', () => {
  const words = '{ "X": true, "": false }';
  expect(broken(words, '{ "X": true }').problems).toEqual([]);
  const { problems } = compileMappings(
    smallFiles(
      '  hold: { crm: hold, erp: hold, flow: crm <-> erp, as: flag, with: { erp: { "X": true } }, conflict: park }',
    ),
  );
  expect(problems).toMatchObject([{ rule: 'not-invertible', message: 'hold: the ERP has no word for false' }]);
});
