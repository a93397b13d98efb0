import { expect, test } from 'vitest';
import { customerFinance, mappingsWith, viewsOf } from '../kit/views.ts';

const wrong = (find: string, put: string, people = false): readonly string[] => {
  const files = customerFinance((text) => {
    expect(text).toContain(find);
    return text.replace(find, put);
  });
  return viewsOf(files, { people }).problems;
};

test('the shipped view is sound', () => {
  expect(viewsOf(customerFinance()).problems).toEqual([]);
});

test.each([
  ['connection: erp', 'connection: erpp', 'unknown-connection'],
  ['mapping: customer }', 'mapping: custommer }', 'unknown-mapping'],
  ['record: Partner', 'record: Invoice', 'view-elsewhere'],
  ['view: customer-finance', 'view: other', 'misnamed'],
  ['on hold: mapped', 'on holdd: mapped', 'unknown-field'],
  ['as: text', 'as: textt', 'bad-value'],
  ['as: text', 'as: text, lookup: payment-terms', 'one-translation'],
  ['as: text', 'lookup: payment-term', 'unknown-lookup'],
  ['as: text', 'as: decimal, with: { scales: 2 }', 'unknown-key'],
  ['fresh_for: 30', 'fresh_four: 30', 'unknown-key'],
  ['wait: 5', 'roles: { sales: { rows: all } }', 'people-undeclared'],
])('%s → %s is found, with its place and a remedy', (find, put, rule) => {
  const lines = wrong(find, put);
  expect(lines.join('\n')).toMatch(new RegExp(`^views/customer-finance.yaml:\\d+:\\d+ ${rule} `, 'm'));
});

test.each([
  ['wait: 5', 'roles: { sales: { rows: own } }', 'rows-undeclared'],
  ['wait: 5', 'roles: { sales: { rows: team } }\nrows: { branch: { field: name } }', 'rows-undeclared'],
  ['wait: 5', 'rows: { team: { at: office, lookup: payment-term } }', 'unknown-lookup'],
  ['wait: 5', 'rows: { team: office }', 'bad-value'],
  ['wait: 5', 'rows: { branch: { at: office } }', 'bad-value'],
  ['wait: 5', 'roles: { sales: { rows: all, fields: [credit limits] } }', 'unknown-field'],
  ['wait: 5', 'roles: { sales: { rows: own } }\nrows: { owner: { field: boss } }', 'unknown-field'],
])('%s → %s is found, too', (find, put, rule) => {
  expect(wrong(find, put, true).join('\n')).toContain(` ${rule} `);
});

test('a reference shows an id that means nothing to who asks, so it is refused', () => {
  const mappings = mappingsWith({
    'mappings/branch.yaml': `mapping: branch
revision: 1
summary: Branches of customers.
between: { crm: { connection: crm, record: Branch }, erp: { connection: erp, record: Branch } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
  customer: { crm: account, erp: partner, flow: crm <-> erp, link: customer, conflict: crm wins }
`,
  });
  expect(mappings.problems).toEqual([]);
  const view = `view: branch
revision: 1
summary: Branches.
reads: { connection: erp, record: Branch }
by: { mapping: branch }
fields: { customer: mapped }
fresh_for: 10
`;
  expect(viewsOf({ 'views/branch.yaml': view }, { mappings }).problems.join()).toContain(' view-reference customer');
});

test('a view is another one when the table that translates a team is: what was kept by the old one may be shown to others', () => {
  const hashWith = (code: string): string | undefined => {
    const mappings = mappingsWith({
      'mappings/lookups/offices.yaml': `lookup: offices\nrevision: 1\nsummary: Offices.\nrows: [{ crm: North, erp: "${code}" }]\n`,
    });
    const files = customerFinance((text) => `${text}rows: { team: { at: office, lookup: offices } }\n`);
    const { views, problems } = viewsOf(files, { mappings });
    expect(problems).toEqual([]);
    return views.get('customer-finance')?.hash;
  };
  expect(hashWith('10')).toBe(hashWith('10'));
  expect(hashWith('10')).not.toBe(hashWith('20'));
});

const PARTS = `view: free-credit
revision: 1
summary: Credit.
reads: { connection: erp, record: Credit }
by:
  - { part: customer, mapping: customer }
  - { part: quantity, as: decimal }
  - { part: terms, lookup: payment-terms, optional: true }
fields: { limit: { at: limit, as: decimal } }
fresh_for: 10
rows: { owner: { field: name } }
roles: { sales: { rows: own } }
`;

test.each([
  ['mapping: customer }', 'mapping: custommer }', 'unknown-mapping'],
  ['connection: erp', 'connection: crm, scope: "10"', 'view-elsewhere'],
  ['as: decimal }\n  - { part: terms', 'as: decimal, lookup: payment-terms }\n  - { part: terms', 'one-translation'],
  ['mapping: customer }', 'mapping: customer, as: text }', 'one-translation'],
  ['part: quantity, as: decimal', 'part: quantity', 'one-translation'],
  ['lookup: payment-terms', 'lookup: payment-term', 'unknown-lookup'],
  ['as: decimal }\n  - { part: terms', 'as: decimal, with: { scales: 2 } }\n  - { part: terms', 'unknown-key'],
  ['part: terms', 'part: quantity', 'part-twice'],
  ['mapping: customer }', 'mapping: customer, optional: true }', 'part-missing'],
  ['part: terms, lookup: payment-terms', 'part: payer, mapping: customer', 'rows-of-which'],
  ['rows: { owner', 'rows: { of: quantity, owner', 'unknown-part'],
  ['part: quantity', 'part: as', 'bad-value'],
  ['part: quantity', 'part: Quantity', 'bad-value'],
])('of a view that is asked by parts, %s → %s is found', (find, put, rule) => {
  expect(viewsOf({ 'views/free-credit.yaml': PARTS }, { people: true }).problems).toEqual([]);
  expect(PARTS).toContain(find);
  const { problems } = viewsOf({ 'views/free-credit.yaml': PARTS.replace(find, put) }, { people: true });
  expect(problems.join('\n')).toMatch(new RegExp(`^views/free-credit.yaml:\\d+:\\d+ ${rule} `, 'm'));
});

test('a part by a table is understood in the asking side’s words and asked in the other’s', () => {
  const part = viewsOf({ 'views/free-credit.yaml': PARTS }, { people: true }).views.get('free-credit')?.parts?.[2];
  const read = part?.read('Net 30');
  expect([read, part?.write(String(read))]).toEqual(['Net 30', 'ZB30']);
  expect(part?.read('Net 31')).toMatchObject({ code: 'LOOKUP_MISS' });
});
