import { describe, expect, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../src/domain/json.ts';
import { explain, explainTable } from '../../src/mapping/explain.ts';
import { getPath, overlap, parsePath, pathOf, withValues } from '../../src/mapping/path.ts';
import { compiledOf, only, shippedFiles, small, smallFiles, stateOf } from './kit.ts';

const shipped = compiledOf(shippedFiles());
const customer = shipped.get('customer');
if (customer === undefined) throw new Error('the customer mapping is missing');

describe('identity', () => {
  const keys = (body: JsonObject) => customer.identityKeys('crm', body).map(({ key }) => key);

  test('is the same for records that differ in case and spacing', () => {
    const one = keys({ vat_number: 'de 111', name: ' Acme  GmbH', billing: { postal_code: '10115' } });
    expect(keys({ vat_number: 'DE-111', name: 'ACME GMBH', billing: { postal_code: ' 10115 ' } })).toEqual(one);
    expect(
      customer.identityKeys('erp', {
        tax_number: 'DE111',
        organization_name: 'acme gmbh',
        addresses: [{ use: 'bill-to', postal_code: '10115' }],
      }),
    ).toEqual(
      customer.identityKeys('crm', { vat_number: 'de 111', name: ' Acme  GmbH', billing: { postal_code: '10115' } }),
    );
  });

  test('names rule and codecs, in the order in which rules are tried', () => {
    expect(customer.identityKeys('crm', {})).toEqual([
      { fields: 'tax id:tax id', key: null },
      { fields: 'name:text+postal code:text', key: null },
    ]);
  });

  test('needs every part of a rule', () => {
    expect(keys({ name: 'Acme', billing: { postal_code: '' } })).toEqual([null, null]);
    expect(keys({ name: 'Acme\u0000', billing: { postal_code: '1' } })).toEqual([null, null]);
  });

  test('has keys that an index can take', () => {
    const [, key] = keys({ name: 'x'.repeat(100_000), billing: { postal_code: '1' } });
    expect(key).toMatch(/^#[0-9a-f]{64}$/);
  });

  test('has a hash that changes with the rules, their codecs and their columns, and with nothing else', () => {
    const hash = (fields: string, find = '', put = '') => {
      const files = smallFiles(fields);
      return only(compiledOf({ 'mappings/small.yaml': (files['mappings/small.yaml'] ?? '').replace(find, put) }))
        .identityHash;
    };
    const one = hash('');
    expect(hash('  city: { crm: town, erp: place, flow: crm -> erp, as: text }')).toBe(one);
    expect(hash('', 'revision: 1', 'revision: 2')).toBe(one);
    expect(hash('', 'as: text', 'as: email')).not.toBe(one);
    expect(hash('', 'crm: name', 'crm: title')).not.toBe(one);
  });
});

describe('the ledger keeps of a body', () => {
  test('the mapped paths and those of include and feedback, nothing else', () => {
    const body = {
      id: 'A-1',
      name: 'Acme',
      kind: 'Customer',
      note: 'private',
      billing: { city: 'Bonn', extra: 1 },
      sync_state: 'parked',
      etag: 'x',
    };
    expect(customer.project('crm', body)).toEqual({
      name: 'Acme',
      kind: 'Customer',
      billing: { city: 'Bonn' },
      sync_state: 'parked',
    });
  });

  test('of a list the elements that are selected, with their selector and id', () => {
    const addresses = [
      { use: 'ship-to', city: 'Ulm' },
      { id: 7, use: 'bill-to', city: 'Bonn', extra: 1 },
    ];
    expect(customer.project('erp', { addresses })).toEqual({ addresses: [{ id: 7, use: 'bill-to', city: 'Bonn' }] });
  });

  test('a path for each kept value, empty ones too, so that clearing has a time', () => {
    expect(customer.paths('crm', {})).toMatchObject({ phone: null, 'billing.city': null, sync_state: null });
  });

  test('under a hash that changes with the kept paths', () => {
    const one = small('').projectionHash;
    const two = small('  city: { crm: name, erp: place, flow: crm -> erp, as: text }').projectionHash;
    expect(two.crm).toBe(one.crm);
    expect(two.erp).not.toBe(one.erp);
  });
});

test('a record lies inside `include` when every filter lets it pass', () => {
  expect(customer.included('crm', { kind: ' Customer ' })).toBe(true);
  expect(customer.included('crm', { kind: 'Prospect' })).toBe(false);
  expect(customer.included('crm', { kind: ['Customer'] })).toBe(false);
  expect(customer.included('erp', {})).toBe(false);
});

test('people call a record by its name, without what no list should show', () => {
  expect(customer.label('crm', { name: '  Acme\u0000 \ud800 ' })).toBe('Acme \ufffd');
  expect(customer.label('erp', {})).toBe('');
});

describe('after a write was confirmed', () => {
  const mapping = small(
    '  price: { crm: price, erp: price, flow: crm <-> erp, as: decimal, conflict: crm wins }\n  city: { crm: town, erp: place, flow: crm <-> erp, as: text, conflict: crm wins }',
  );
  const intended = {
    city: { value: 'Bonn', crm: 'Bonn', erp: 'Bonn' },
    price: { value: '1.005', crm: '1.005', erp: new ExactNumber('1.005') },
  };

  test('the target’s own rendering becomes the baseline', () => {
    expect(mapping.agreedAfter('erp', intended, { place: ' BONN', price: 1.01 })).toEqual({
      city: { value: 'Bonn', crm: 'Bonn', erp: ' BONN' },
      price: { value: '1.005', crm: '1.005', erp: 1.01 },
    });
  });

  test('a field that the target made something else of counts as its change', () => {
    expect(Object.keys(mapping.agreedAfter('erp', intended, { place: 'Ulm', price: 7 }))).toEqual([]);
    expect(Object.keys(mapping.agreedAfter('erp', intended, {}))).toEqual([]);
  });

  test('without a record the intended rendering stands', () => {
    expect(mapping.agreedAfter('erp', intended, undefined)).toEqual(intended);
  });
});

describe('feedback', () => {
  const facts = { state: 'parked', id: '0000100045', reason: 'Two tax ids' };

  test('is the document that people shall see', () => {
    expect(customer.feedback('crm', facts, {})).toEqual({
      sync_state: 'parked',
      erp_number: '0000100045',
      sync_message: 'Two tax ids',
    });
  });

  test('names only what differs, and nothing when nothing does', () => {
    const body = { sync_state: 'parked', erp_number: '0000100045', sync_message: 'old' };
    expect(customer.feedback('crm', facts, body)).toEqual({ sync_message: 'Two tax ids' });
    expect(customer.feedback('crm', { ...facts, reason: ' Old ' }, body)).toBeUndefined();
    expect(customer.feedback('crm', { state: '', id: '', reason: '' }, {})).toBeUndefined();
    expect(customer.feedback('crm', { ...facts, reason: '' }, body)).toEqual({ sync_message: null });
  });

  test('is a line, not a page, and is the same the second time', () => {
    const long = { ...facts, reason: 'a\u0000 long story '.repeat(100) };
    const first = customer.feedback('crm', long, {});
    expect(String(first?.['sync_message']).length).toBeLessThanOrEqual(250);
    expect(customer.feedback('crm', long, first ?? {})).toBeUndefined();
    expect(customer.feedback('erp', facts, {})).toBeUndefined();
  });
});

describe('paths', () => {
  test.each(['', '.', 'a.', '.a', 'a[b]', 'a[b=]', '__proto__', 'a.__proto__.b', 'a[__proto__=x].b', 'a]b'])(
    '%s is none',
    (text) => {
      expect(parsePath(text)).toBeUndefined();
    },
  );

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

describe('explain', () => {
  const plan = customer.plan(
    stateOf({
      crm: { name: 'Acme\u001b[31m', vat_number: 'DE222', phone: '+49 30 999999', billing: { country: 'DE' } },
      erp: { organization_name: 'Acme', tax_number: 'DE333', contact: { phone: '+4930123456' } },
      baseline: {
        'tax id': { value: 'DE111', crm: 'DE111', erp: 'DE111' },
        phone: { value: '+4930123456', crm: '+4930123456', erp: '+4930123456' },
      },
    }),
  );

  test('says for every field both values, the baseline, what follows and why', () => {
    const line = explain(plan).find(({ field }) => field === 'phone');
    expect(line).toEqual({
      field: 'phone',
      crm: '"+49 30 999999"',
      erp: '"+4930123456"',
      base: '"+4930123456"',
      decision: 'write to the ERP: "+4930999999"',
      reason: 'only the CRM changed it',
    });
    expect(explain(plan).find(({ field }) => field === 'tax id')).toMatchObject({
      decision: 'parked (CONFLICT)',
      code: 'CONFLICT',
      fix: 'Choose the side whose value shall stand.',
    });
    expect(explain(plan)).toHaveLength(customer.fields.length);
  });

  test('prints no character that a terminal would obey', () => {
    expect(explainTable(explain(plan))).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  });
});

test('ten thousand plans take well under a second each thousand', () => {
  const crm = {
    name: 'Acme GmbH',
    kind: 'Customer',
    language: 'de',
    phone: '+49 30 123456',
    email: 'a@example.com',
    vat_number: 'DE111',
    payment_terms: 'Net 30',
    billing: { street: 'S 1', postal_code: '10115', city: 'Berlin', country: 'DE' },
  };
  const state = stateOf({ crm, erp: { organization_name: 'Acme', contact: { phone: '+4930123456' } }, baseline: {} });
  const from = performance.now();
  for (let i = 0; i < 10_000; i += 1) customer.plan(state);
  expect(performance.now() - from).toBeLessThan(10_000);
});
