import { describe, expect, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../src/domain/json.ts';
import { compiledOf, only, shippedFiles, small, smallFiles } from './kit.ts';

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
      { fields: 'tax id:tax id', key: null, unread: 'missing' },
      { fields: 'name:text+postal code:text', key: null, unread: 'missing' },
    ]);
  });

  test('tells what is empty from what cannot be read, and from what has no name in the record', () => {
    const unread = (body: JsonObject) => customer.identityKeys('crm', body).map((rule) => rule.unread);
    const billing = { postal_code: '10115' };
    expect(unread({ vat_number: null, name: { first: 'Acme' }, billing })).toEqual([undefined, 'unreadable']);
    expect(unread({ vat_number: '', name: { first: 'Acme' }, billing: { postal_code: null } })).toEqual([
      undefined,
      undefined,
    ]);
    expect(unread({ name: 'Acme', billing: {} })).toEqual(['missing', 'missing']);
  });

  test('is said as people say it, with its values where every part has one', () => {
    expect(customer.identity.names).toEqual(['tax id', 'name and postal code']);
    expect(customer.identitySaid('crm', { vat_number: 'de 123 456 789', name: 'Acme' })).toEqual([
      'tax id "DE123456789"',
      'name and postal code',
    ]);
    expect(
      customer.identitySaid('erp', {
        organization_name: 'Acme\u202e GmbH',
        addresses: [{ use: 'bill-to', postal_code: '01234' }],
      }),
    ).toEqual(['tax id', 'name "Acme\\u202e GmbH" and postal code "01234"']);
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

  test('a second write that reads back the same ends the argument: the target’s rendering stands', () => {
    const record = { place: 'Ulm', price: 'call us' };
    expect(mapping.agreedAfter('erp', intended, record, 'again')).toEqual({
      city: { value: 'Bonn', crm: 'Bonn', erp: 'Ulm' },
    });
  });

  test('without a record the intended rendering stands', () => {
    expect(mapping.agreedAfter('erp', intended, undefined)).toEqual(intended);
  });
});

describe('feedback', () => {
  test('says after how long a wait is told of: a minute, what the mapping says, or never', () => {
    const told = (more: string) =>
      small('', { text: `feedback: { crm: { state: sync_state${more} }, erp: { id: other } }` }).waitingAfterMs;
    expect(told('')).toEqual({ crm: 60_000 });
    expect(told(', waiting_after: 300')).toEqual({ crm: 300_000 });
    expect(told(', waiting_after: never')).toEqual({});
  });

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
