import { expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import { ROLLUP_FILES } from './rollups.ts';
import { TARGET_FILES } from './targets.ts';

const AT = 'mappings/customer.yaml';

test('roll-ups that say all they must have no problem', () => {
  expect(compileMappings(ROLLUP_FILES).problems).toEqual([]);
});

test.each([
  ['two things to work out', 'sum: net', 'sum: net\n      count: true', 'rollup-kind', 'revenue: says sum and count'],
  [
    'nothing to work out',
    'latest: { of: invoice, by: customer, latest: day }',
    'latest: { of: invoice, by: customer }',
    'rollup-kind',
    'latest: says nothing to work out',
  ],
  [
    'a currency of what is counted',
    'by: customer, count: true',
    'by: customer, count: true, currency: currency',
    'rollup-kind',
    'invoices: `minus` and `currency` belong to a sum',
  ],
  [
    'an unknown mapping',
    'of: invoice, by: customer, count',
    'of: invoices, by: customer, count',
    'rollup-source',
    'invoices: there is no mapping "invoices"',
  ],
  ['an unknown field', 'sum: net', 'sum: nett', 'rollup-source', 'revenue: "invoice" has no field "nett"'],
  [
    'a field that leads elsewhere',
    'of: invoice, by: customer, count',
    'of: invoice, by: number, count',
    'rollup-source',
    'invoices: "number" of "invoice" does not lead to erp/Partner',
  ],
  [
    'an unknown roll-up',
    'erp: rollups.latest',
    'erp: rollups.last',
    'rollup-column',
    'latest: there is no roll-up "last" here',
  ],
  [
    'a roll-up that is written',
    'erp: rollups.latest, flow: crm <- erp',
    'erp: rollups.latest, flow: crm -> erp',
    'rollup-column',
    'latest: a roll-up is worked out and cannot be written',
  ],
  [
    'no currency named',
    'rollups.revenue.EUR',
    'rollups.revenue',
    'rollup-column',
    'revenue: it does not say which currency',
  ],
  [
    'a currency where there is none',
    'rollups.invoices',
    'rollups.invoices.EUR',
    'rollup-column',
    'invoices: "invoices" knows no currencies',
  ],
])('%s is refused with place and remedy', (_, from, to, rule, message) => {
  expect(ROLLUP_FILES[AT]).toContain(from);
  const { problems, mappings } = compileMappings({ ...ROLLUP_FILES, [AT]: ROLLUP_FILES[AT].replace(from, to) });
  expect(problems).toContainEqual(expect.objectContaining({ file: AT, rule, message, line: expect.any(Number) }));
  expect(problems.every(({ remedy }) => remedy !== '')).toBe(true);
  expect(mappings.has('customer')).toBe(false);
});

test.each([
  [
    'half a period',
    'from: first day, until: last day',
    'from: first day',
    'rollup-window',
    'actual: the window says from',
  ],
  [
    'a period that moves on',
    'from: first day, until: last day',
    'from: first day, until: last day, months: 3',
    'rollup-window',
    'actual: the window says months and from and until',
  ],
  ['an unknown day', 'from: first day', 'from: first', 'rollup-window', 'actual: "target" has no field "first"'],
  ['a person that is none', 'for: seller', 'for: number', 'rollup-window', 'actual: "number" leads to no record'],
  [
    'records that lead elsewhere than it does',
    'for: seller',
    'for: other',
    'rollup-source',
    'actual: "seller" of "invoice" does not lead to erp/Partner',
  ],
  [
    'an own currency that nobody says',
    '      in: currency\n',
    '',
    'rollup-column',
    'actual: "actual" does not know the currency of a record',
  ],
  [
    'a currency of amounts without one',
    '      currency: currency\n',
    '',
    'rollup-window',
    'actual: which currency is shown, and not where amounts say theirs',
  ],
])('of a record with a period of its own %s is refused', (_, from, to, rule, message) => {
  const at = 'mappings/target.yaml';
  const file = `${TARGET_FILES[at]}  other: { crm: other, erp: other, flow: crm <- erp, link: target }\n`;
  expect(compileMappings({ ...TARGET_FILES, [at]: file }).problems).toEqual([]);
  expect(file).toContain(from);
  const { problems } = compileMappings({ ...TARGET_FILES, [at]: file.replace(from, to) });
  expect(problems).toContainEqual(
    expect.objectContaining({ file: at, rule, message, line: expect.any(Number), remedy: expect.stringMatching(/./) }),
  );
});

test('a person whose target leads back to whose sale it was is a circle', () => {
  const { problems } = compileMappings({
    ...TARGET_FILES,
    'mappings/back.yaml': `mapping: back
revision: 1
summary: The way back.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[number]], on_none: { to_erp: ignore, to_crm: ignore } }
fields:
  number: { crm: number, erp: code, flow: crm <- erp, as: text }
  last: { crm: actual, erp: last, flow: crm -> erp, as: text }
`,
  });
  expect(problems).toContainEqual(expect.objectContaining({ rule: 'rollup-in-circle' }));
});

test('a roll-up that feeds what it reads is refused, with the way it goes', () => {
  // The account's revenue goes to the ERP's person as the amount that is added up.
  const { problems } = compileMappings({
    ...ROLLUP_FILES,
    'mappings/back.yaml': `mapping: back
revision: 1
summary: The way back.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Person } }
identity: { match_on: [[name]], on_none: { to_erp: ignore, to_crm: ignore } }
fields:
  name: { crm: name, erp: name, flow: crm -> erp, as: text }
  amount: { crm: revenue, erp: net, flow: crm -> erp, as: text }
`,
  });
  expect(problems).toMatchObject([
    {
      file: AT,
      rule: 'rollup-in-circle',
      message:
        'revenue: the roll-up feeds what it reads: erp/Partner rollups.revenue.EUR → crm/Account revenue → erp/Person net → erp/Partner rollups.revenue.EUR',
      remedy: 'Let it be written to a column that nothing on this way reads.',
    },
  ]);
});
