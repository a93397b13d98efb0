import { describe, expect, test } from 'vitest';
import { explain, explainTable } from '../../src/mapping/explain.ts';
import { compiledOf, shippedFiles, stateOf } from './kit.ts';

const customer = compiledOf(shippedFiles()).get('customer');
if (customer === undefined) throw new Error('the customer mapping is missing');

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
