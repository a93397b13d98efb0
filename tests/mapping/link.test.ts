import { expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import type { Observed } from '../../src/domain/record.ts';
import { runCases } from '../../src/mapping/cases.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { type Reference, referenceKey } from '../../src/mapping/reference.ts';
import { compiledOf, shippedFiles } from './kit.ts';

const observed = (body: JsonObject): Observed => ({ id: 'x', body, times: {} });

const customer = (parent = '') => `
mapping: customer
revision: 1
summary: Customers.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: title, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
${parent}`;
const PARENT = '  parent: { crm: parent_id, erp: parent, flow: crm -> erp, link: customer }\n';

const contact = (customerField = '', match = '[name, customer]') => `
mapping: contact
revision: 1
summary: People at customers.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
identity: { match_on: [${match}], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: title, flow: crm <-> erp, conflict: crm wins, as: text, required: true }
  customer: { crm: account_id, erp: partner, flow: crm <-> erp, conflict: park, link: customer${customerField} }
`;
const files = (own = contact(', required: true'), parent = customer()) => ({
  'mappings/customer.yaml': parent,
  'mappings/contact.yaml': own,
});
const compiled = (name = 'contact', given = files()) => {
  const { mappings, problems } = compileMappings(given);
  expect(problems).toEqual([]);
  const mapping = mappings.get(name);
  if (mapping === undefined) throw new Error(`no mapping ${name}`);
  return mapping;
};

const linked = (mapping: string, pairs: Readonly<Record<string, string>>): [string, Reference][] =>
  Object.entries(pairs).flatMap(([crm, erp]) => [
    [referenceKey(mapping, 'crm', crm), { state: 'linked', thing: crm, crm, erp }],
    [referenceKey(mapping, 'erp', erp), { state: 'linked', thing: crm, crm, erp }],
  ]);
const WAITING: [string, Reference] = [
  referenceKey('customer', 'crm', 'A3'),
  { state: 'waiting', thing: 'L3', on: 'crm/Account A3', why: 'crm/Account A3 is not linked yet' },
];
const references = new Map([...linked('customer', { A1: '100', A2: '200' }), WAITING]);
const nothing = { baseline: {}, decisions: [], held: {}, references } as const;
const agreed = {
  name: { value: 'Eva', crm: 'Eva', erp: 'Eva' },
  customer: { value: 'A1', crm: 'A1', erp: '100' },
};

test('a reference is written as the id that the same thing has on the other side', () => {
  const mapping = compiled();
  const there = mapping.plan({ ...nothing, crm: observed({ name: 'Eva', account_id: 'A1' }) });
  expect(there.writes.erp?.values).toEqual({ title: 'Eva', partner: '100' });
  expect(there.intended['customer']).toEqual({ value: 'A1', crm: 'A1', erp: '100' });
  const back = mapping.plan({ ...nothing, erp: observed({ title: 'Eva', partner: '200' }) });
  expect(back.writes.crm?.values).toEqual({ name: 'Eva', account_id: 'A2' });
});

test('a move on either side moves the other, and two different moves are a conflict', () => {
  const mapping = compiled();
  const planned = (crm: string, erp: string) =>
    mapping.plan({
      ...nothing,
      baseline: agreed,
      crm: observed({ name: 'Eva', account_id: crm }),
      erp: observed({ title: 'Eva', partner: erp }),
    });
  expect(planned('A2', '100').writes).toMatchObject({ erp: { values: { partner: '200' } } });
  expect(planned('A1', '200').writes).toMatchObject({ crm: { values: { account_id: 'A2' } } });
  expect(planned('A2', '200')).toMatchObject({
    writes: {},
    agreed: { customer: { value: 'A2', crm: 'A2', erp: '200' } },
  });
  expect(planned('A1', '100')).toMatchObject({ writes: {}, agreed: {}, parked: [] });
  const three = new Map([...references, ...linked('customer', { A3: '300' })]);
  const conflict = mapping.plan({
    ...nothing,
    references: three,
    baseline: agreed,
    crm: observed({ name: 'Eva', account_id: 'A2' }),
    erp: observed({ title: 'Eva', partner: '300' }),
  });
  expect(conflict.parked).toMatchObject([{ field: 'customer', code: 'CONFLICT', crm: 'A2', erp: '300', base: 'A1' }]);
});

test('what refers to a record on its way is not created before it, and its other fields go on', () => {
  const mapping = compiled('contact', files(contact()));
  const alone = mapping.plan({ ...nothing, crm: observed({ name: 'Eva', account_id: 'A3' }) });
  expect(alone).toMatchObject({ writes: {}, parked: [], waiting: [{ field: 'customer', on: 'crm/Account A3' }] });
  const moved = mapping.plan({
    ...nothing,
    baseline: agreed,
    crm: observed({ name: 'Eva M', account_id: 'A3' }),
    erp: observed({ title: 'Eva', partner: '100' }),
  });
  expect(moved).toMatchObject({
    writes: { erp: { values: { title: 'Eva M' } } },
    parked: [],
    waiting: [{ field: 'customer' }],
  });
});

test('a reference that leads nowhere parks its field, and the record only where it is required', () => {
  const gone = observed({ name: 'Eva', account_id: 'A9' });
  const optional = compiled('contact', files(contact())).plan({ ...nothing, crm: gone });
  expect(optional.parked).toMatchObject([{ field: 'customer', code: 'LINK_MISSING', on: 'the CRM’s customer A9' }]);
  expect(optional.writes.erp?.values).toEqual({ title: 'Eva' });
  expect(compiled().plan({ ...nothing, crm: gone }).writes).toEqual({});
});

test('where references run in a circle a record comes first without its own', () => {
  const mapping = compiled('customer', files(contact(), customer(PARENT)));
  const plan = mapping.plan({ ...nothing, crm: observed({ name: 'Child', parent_id: 'A3' }) });
  expect(plan.writes.erp?.values).toEqual({ title: 'Child' });
  expect(plan.waiting).toEqual([{ field: 'parent', on: 'crm/Account A3' }]);
});

test('a reference is no part of a key, but a key needs it', () => {
  const mapping = compiled();
  const [crm] = mapping.identityKeys('crm', { name: 'Eva', account_id: 'A1' });
  expect(mapping.identityKeys('erp', { title: 'Eva', partner: '100' })).toEqual([crm]);
  expect(mapping.identityKeys('crm', { name: 'Eva' })[0]?.key).toBeNull();
  expect(mapping.identity.references).toEqual([['customer']]);
  expect(mapping.referencesIn('erp', { title: 'Eva', partner: '100' })).toEqual({ customer: '100' });
  expect(mapping.references).toEqual([
    { field: 'customer', mapping: 'customer', slots: { crm: 'crm/Account', erp: 'erp/Partner' } },
  ]);
});

const lines = `lines:
  items:
    crm: items
    erp: items
    key: no
    fields:
      no: { crm: no, erp: no, flow: crm <-> erp, conflict: park, as: integer }
      buyer: { crm: account, erp: partner, flow: crm -> erp, link: customer }
`;

test('a reference inside a list is written as the id that the same thing has on the other side', () => {
  const mapping = compiled('contact', files(contact() + lines));
  const body = { name: 'Eva', account_id: 'A1', items: [{ no: 1, account: 'A2' }] };
  const plan = mapping.plan({ ...nothing, crm: observed(body) });
  expect(plan.writes.erp?.data).toEqual({ title: 'Eva', partner: '100', items: [{ no: 1, partner: '200' }] });
  expect(plan.intended['items[1].buyer']).toEqual({ value: 'A2', crm: 'A2', erp: '200' });
  expect(mapping.referred('crm', body).map(({ reference, id }) => [reference.field, id])).toEqual([
    ['customer', 'A1'],
    ['items.buyer', 'A2'],
  ]);
  expect(mapping.referredIn(plan.intended).map(({ id }) => id)).toEqual(['A1', 'A2']);
  expect(mapping.references.map(({ field }) => field)).toEqual(['customer', 'items.buyer']);
});

test('a record whose element refers to what is on its way is not made yet, and says for whom it waits', () => {
  const mapping = compiled('contact', files(contact() + lines));
  const body = {
    name: 'Eva',
    account_id: 'A1',
    items: [
      { no: 1, account: 'A2' },
      { no: 2, account: 'A3' },
    ],
  };
  const plan = mapping.plan({ ...nothing, crm: observed(body) });
  expect(plan.writes).toEqual({});
  expect(plan.waiting).toEqual([{ field: 'items[2].buyer', on: 'crm/Account A3' }]);
});

test.each([
  ['whole', '    whole: true\n', undefined],
  ['element by element', '', [{ no: 1, partner: '200' }]],
])('a list that crosses %s waits for what a new element refers to', (_how, words, written) => {
  const own = files(contact() + lines.replace('    key: no\n', `    key: no\n${words}`));
  const mapping = compiled('contact', own);
  const items = {
    'items[1].no': { value: '1', crm: 1, erp: 1 },
    'items[1].buyer': { value: 'A1', crm: 'A1', erp: '100' },
  };
  const plan = mapping.plan({
    ...nothing,
    baseline: { ...agreed, ...items },
    crm: observed({
      name: 'Eva',
      account_id: 'A1',
      items: [
        { no: 1, account: 'A2' },
        { no: 2, account: 'A3' },
      ],
    }),
    erp: observed({ title: 'Eva', partner: '100', items: [{ no: 1, partner: '100' }] }),
  });
  expect(plan.writes.erp?.data['items']).toEqual(written);
  expect(plan.waiting).toEqual([{ field: 'items[2].buyer', on: 'crm/Account A3' }]);
});

test('a reference inside a list that may lead back is tied after the record is made', () => {
  const own = lines.replace('link: customer', 'link: contact').replace('account,', 'contact,');
  const mapping = compiled('contact', files(contact() + own));
  const on = 'crm/Contact C9';
  const waiting: [string, Reference] = [
    referenceKey('contact', 'crm', 'C9'),
    { state: 'waiting', thing: on, on, why: on },
  ];
  const body = { name: 'Eva', account_id: 'A1', items: [{ no: 1, contact: 'C9' }] };
  const plan = mapping.plan({ ...nothing, references: new Map([...references, waiting]), crm: observed(body) });
  expect(plan.writes.erp?.data).toEqual({ title: 'Eva', partner: '100', items: [{ no: 1 }] });
  expect(plan.waiting).toEqual([{ field: 'items[1].buyer', on }]);
});

const elsewhere = customer().replace('connection: erp,', 'connection: other,');
test.each([
  ['a list of columns', files(contact().replace('account_id', '[account_id, b]')), 'arity', 'Name one column.'],
  ['options', files(contact(', with: { a: 1 }')), 'unknown-key', 'Remove `with:`.'],
  ['a default', files(contact(', default: { to_erp: A1 }')), 'bad-default', 'Remove it.'],
  ['a second translation', files(contact(', as: text')), 'one-translation', 'Say exactly one'],
  [
    'a list that it tells apart',
    files(contact() + lines.replace('key: no', 'key: buyer')),
    'line-key-unmapped',
    'a number or a code',
  ],
  ['a mapping of other systems', files(contact(), elsewhere), 'link-elsewhere', 'Refer to a mapping'],
  ['nothing else to match on', files(contact('', '[customer]')), 'link-alone', 'Add a field'],
  [
    'no loop along what is no reference',
    files(contact().replace('as: text', 'as: text, acyclic: true')),
    'acyclic-elsewhere',
    'Remove `acyclic:`',
  ],
  [
    'no loop along what never leads back',
    files(contact().replace('link: customer', 'link: customer, acyclic: true')),
    'acyclic-elsewhere',
    'Name the field whose "customer" it starts from.',
  ],
  [
    'no loop from a field of other records',
    files(contact().replace('link: customer', 'link: customer, acyclic: name')),
    'acyclic-elsewhere',
    'customer',
  ],
  [
    'a circle without an end',
    files(contact(), customer(PARENT.replace(' }', ', required: to_erp }'))),
    'link-in-circle',
    'Remove `required:` here.',
  ],
  [
    'a circle to match on',
    files(contact(), customer(PARENT).replace('[[name]]', '[[name, parent]]')),
    'link-in-circle',
    'Match on other fields.',
  ],
])('lint names a reference with %s', (_what, given, rule, remedy) => {
  const found = compileMappings(given).problems.find((problem) => problem.rule === rule);
  expect(found?.remedy).toContain(remedy);
  expect(found?.line).toBeGreaterThan(1);
});

test('cases say what is linked and what is on its way', () => {
  const cases = `
mapping: contact
cases:
  - name: a new contact
    crm: { name: Eva, account_id: A1 }
    links: { customer: { A1: "100" } }
    expect: { to_erp: { title: Eva, partner: "100" } }
  - name: a move
    base: { customer: A1 }
    crm: { account_id: A2 }
    erp: { partner: "100" }
    links: { customer: { A1: "100", A2: "200" } }
    expect: { to_erp: { partner: "200" } }
  - name: a customer on its way
    crm: { name: Eva, account_id: A1 }
    links: { customer: { A1: null } }
    expect: { waiting: [customer] }
  - name: a customer that nobody knows
    crm: { name: Eva, account_id: A1 }
    expect: { parked: { customer: LINK_MISSING } }
`;
  const report = runCases({ ...files(), 'mappings/contact.test.yaml': cases });
  expect(report.results.map(({ differences }) => differences)).toEqual([[], [], [], []]);
  expect(report.problems.filter(({ file }) => file.includes('contact'))).toEqual([]);
  const wrong = runCases({
    ...files(),
    'mappings/contact.test.yaml': cases.replace('waiting: [customer]', 'waiting: []'),
  });
  expect(wrong.results[2]?.differences).toEqual(['waiting: expected [], got ["customer"]']);
});

test.each(['bom', 'material-bom', 'recipe'])('no product is part of itself by the bills of %s', (name) => {
  const mapping = compiledOf(shippedFiles()).get(name);
  const agreed = (value: string) => ({ value, crm: value, erp: value });
  const ties = mapping?.ties({
    product: agreed('P-1'),
    'components[10].line number': agreed('10'),
    'components[10].component': agreed('P-2'),
  });
  expect(ties).toMatchObject([{ name: 'components[10].component', from: 'P-1', to: 'P-2' }]);
});

test.each(['employee', 'personnel'])('nobody is their own superior by %s', (name) => {
  const acyclic = compiledOf(shippedFiles()).get(name)?.acyclic;
  expect(acyclic).toEqual([{ field: 'manager', mapping: name }]);
});
