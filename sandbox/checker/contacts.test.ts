import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { contactRules, customerReader } from './contact-rules.ts';
import { judge } from './judge.ts';
import type { ParkedItem, SystemView } from './words.ts';

const seen = (record: string, state: readonly Doc[], id: string): SystemView => ({
  state,
  commits: state.map((after, seq) => ({
    seq,
    at: '2026-01-01T00:00:00.000Z',
    actor: 'seed',
    op: 'create',
    record,
    id: String(after[id]),
    after,
  })),
});
const accounts = seen('account', [{ id: 'A-1', erp_number: '1' }, { id: 'A-2', erp_number: '2' }, { id: 'A-3' }], 'id');
const partners = seen('partner', [{ number: '1' }, { number: '2' }], 'number');
const rules = contactRules(customerReader(accounts, partners));
const eva = { last_name: 'Neu', first_name: 'Eva', email: 'eva@example.com', phone: null };
const verdict = (account: string, partner: string | undefined, parked: readonly ParkedItem[] = []) =>
  judge({
    crm: seen('contact', [{ id: 'C-1', account_id: account, role: null, ...eva }], 'id'),
    erp: seen('contact', partner === undefined ? [] : [{ number: '5', partner, function: '', ...eva }], 'number'),
    parked,
    rules,
  });
const aside: ParkedItem = { crm: 'C-1', field: 'customer', code: 'LINK_MISSING' };

test('a contact at the same customer on both sides is in agreement', () => {
  expect(verdict('A-1', '1').findings).toEqual([]);
});

test('a contact that one system has at another customer, or not at all, is lost', () => {
  expect(verdict('A-1', '2').lost).toBe(2);
  expect(verdict('A-1', undefined).lost).toBe(1);
});

test('a contact is rightly parked for its customer only where the other system has no such customer', () => {
  expect(verdict('A-3', undefined, [aside]).findings).toEqual([]);
  expect(verdict('A-1', '1', [aside])).toMatchObject({ unexplained: 1 });
});
