import { expect, test } from 'vitest';
import { crmSeeds } from '../crm/seed.ts';
import { erpSeeds } from '../erp/seed.ts';
import { broken, misshapen } from '../erp/shape.ts';
import { type Doc, parse } from '../kit/json.ts';
import { businesses } from './businesses.ts';
import { personsOf } from './persons.ts';

const docs = (seeds: Iterable<{ readonly record: string; readonly body: string }>, record: string): readonly Doc[] =>
  [...seeds].filter((seed) => seed.record === record).map((seed) => parse(seed.body) as Doc);
const accounts = docs(crmSeeds(1, 2000), 'account');
const contacts = docs(crmSeeds(1, 2000), 'contact');
const partners = docs(erpSeeds(1, 2000), 'partner');
const people = docs(erpSeeds(1, 2000), 'contact');
const taxOf = (value: unknown): string =>
  String(value ?? '')
    .toUpperCase()
    .replace(/[\s.-]/g, '');
const most = (values: readonly unknown[]): number => {
  const counts = new Map<unknown, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Math.max(...counts.values());
};

test('the same seed makes the same records, another seed makes others', () => {
  expect([...crmSeeds(7, 50)]).toEqual([...crmSeeds(7, 50)]);
  expect([...erpSeeds(7, 50)]).toEqual([...erpSeeds(7, 50)]);
  expect([...erpSeeds(8, 50)]).not.toEqual([...erpSeeds(7, 50)]);
});

test('about a fifth of the businesses stand on both sides, and every one stands somewhere', () => {
  const all = [...businesses(1, 2000)].slice(0, 2000);
  const both = all.filter(({ crm, erp }) => crm.length > 0 && erp.length > 0).length;
  expect(both).toBeGreaterThan(340);
  expect(both).toBeLessThan(480);
  expect(all.every(({ crm, erp }) => crm.length + erp.length > 0)).toBe(true);
});

test('no two businesses share a tax number or a name with a postal code, up to 100,000 of them', () => {
  const taxIds = new Set<string>();
  const names = new Set<string>();
  let count = 0;
  for (const { crm, erp } of businesses(1, 100_000)) {
    const facts = crm[0] ?? erp[0];
    const tax = taxOf(facts?.taxId);
    if (tax !== '') taxIds.add(tax);
    else taxIds.add(`none ${count}`);
    names.add(`${facts?.name?.trim()} ${facts?.postalCode ?? count}`);
    count += 1;
  }
  expect(taxIds.size).toBe(count);
  // The troubled ones without a name or a postal code may look alike.
  expect(count - names.size).toBeLessThan(5);
});

test('every kind of trouble is in it', () => {
  expect(most(accounts.map((account) => account['modified_at']))).toBeGreaterThanOrEqual(200);
  expect(most(partners.map((partner) => partner['changed_at']))).toBeGreaterThanOrEqual(200);
  expect(most(accounts.map((account) => taxOf(account['vat_number'])).filter((tax) => tax !== ''))).toBe(2);
  expect(most(partners.map((partner) => taxOf(partner['tax_number'])).filter((tax) => tax !== ''))).toBe(2);
  expect(accounts.filter((account) => account['payment_terms'] === 'Net 45')).toHaveLength(2);
  expect(accounts.filter((account) => String(account['name']).length > 80).length).toBeGreaterThanOrEqual(4);
  expect(accounts.some((account) => account['phone'] === '')).toBe(true);
  expect(accounts.some((account) => account['phone'] === '   ')).toBe(true);
  expect(accounts.some((account) => !('phone' in account))).toBe(true);
  expect(accounts.some((account) => /\p{Script=Han}/u.test(String(account['name'])))).toBe(true);
  expect(accounts.some((account) => account['kind'] === 'Prospect')).toBe(true);
  expect(partners.some((partner) => partner['grouping'] === 'Z009')).toBe(true);
  expect(partners.some((partner) => /^\d{15}\.\d\d$/.test(String(partner['credit_limit'])))).toBe(true);
});

test('the ERP would take every partner it was seeded with', () => {
  for (const { number, reference, row_version: _version, changed_at: _at, ...partner } of partners) {
    expect([number, reference, misshapen(partner), broken(partner, undefined)]).toEqual([
      number,
      null,
      undefined,
      undefined,
    ]);
  }
});

test('some businesses have people at them: about as many as three tenths of the businesses, some on both sides, a few twice', () => {
  const all = [...businesses(1, 2000)].flatMap((business) => personsOf(1, business));
  expect(all.length).toBeGreaterThan(500);
  expect(all.length).toBeLessThan(700);
  expect(contacts).toHaveLength(all.reduce((sum, { crm }) => sum + crm, 0));
  expect(people).toHaveLength(all.reduce((sum, { erp }) => sum + erp, 0));
  expect(all.filter(({ crm, erp }) => crm > 0 && erp > 0).length).toBeGreaterThan(20);
  expect(all.filter(({ crm, erp }) => crm > 1 || erp > 1).length).toBeGreaterThan(2);
  const ids = new Set(accounts.map(({ id }) => id));
  expect(contacts.every((contact) => ids.has(contact['account_id'] ?? null))).toBe(true);
  const numbers = new Set(partners.map(({ number }) => number));
  expect(people.every((person) => numbers.has(person['partner'] ?? null))).toBe(true);
});
