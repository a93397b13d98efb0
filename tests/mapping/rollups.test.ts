import { expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import { ROLLUP_FILES } from './rollups.ts';

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
