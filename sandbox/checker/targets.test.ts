import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judgeTargets, type TargetCase } from './targets.ts';
import type { Commit, ParkedItem } from './words.ts';

const user: Doc = { id: 'U-1', employee_number: '701' };
const target: Doc = {
  ...{ number: '601', employee: '701', period: '2026-11', valid_from: '2026-11-01', valid_to: '2026-11-30' },
  ...{ amount: 5000.5, currency: 'EUR' },
};
const shown: Doc = {
  ...{ id: 'T-1', erp_number: '601', owner_id: 'U-1', period: '2026-11', first_day: '2026-11-01' },
  ...{ last_day: '2026-11-30', target: 5000.5, currency: 'EUR', actual: 70.3, other_currencies: '7 CHF, 9 USD' },
};
const invoice: Doc = {
  ...{ number: '901', kind: 'INV', sales_rep: '701', issued_on: '2026-11-06', currency: 'EUR', net: '100.30' },
};
const credit: Doc = { ...invoice, number: '902', kind: 'CRN', net: '30.00' };
const abroad = (currency: string, net: string): Doc => ({ ...invoice, number: `${currency}${net}`, currency, net });
const BILLED = [invoice, credit, abroad('USD', '9.00'), abroad('CHF', '7')];

interface World {
  readonly users: readonly Doc[];
  readonly shown: readonly Doc[];
  readonly targets: readonly Doc[];
  readonly billed: readonly Doc[];
  readonly papers: readonly Doc[];
  readonly crmCommits: readonly Commit[];
  readonly erpCommits: readonly Commit[];
  readonly parked: readonly ParkedItem[];
}
const commit = (actor: string, op: Commit['op'], id: string, after: Doc | null = null): Commit => ({
  ...{ seq: 1, at: '2026-11-28T12:00:00Z', actor, op, record: 'sales_target', id, after },
});
const said = (change: Partial<World> = {}): readonly string[] => {
  const { users = [user], shown: left = [shown], targets = [target], billed = BILLED, papers = [] } = change;
  const given: TargetCase = {
    crm: {
      sales_target: { state: left, commits: change.crmCommits ?? [] },
      ...{ user: { state: users }, invoice: { state: papers } },
    },
    erp: {
      sales_target: { state: targets, commits: change.erpCommits ?? [] },
      ...{ employee: { state: [{ number: '701' }, { number: '702' }] }, invoice: { state: billed } },
    },
    parked: change.parked ?? [],
  };
  return judgeTargets(given).map(({ kind, field, values, reason }) =>
    field === '' || Object.keys(values).length === 0
      ? `${kind}: ${reason}`
      : `${kind} ${field}: ${values['crm']} for ${values['erp']}`,
  );
};

test('a target beside what was billed of the person’s sales in its days is in agreement', () => {
  expect(said()).toEqual([]);
});

test.each([
  ['actual', 100.3, 'actual: 100.3 for 70.3'],
  ['actual', null, 'actual: null for 70.3'],
  ['other_currencies', '9 USD', 'other currencies: 9 USD for 7 CHF, 9 USD'],
  ['other_currencies', null, 'other currencies: null for 7 CHF, 9 USD'],
  ['target', 5000, 'target: 5000 for 5000.5'],
  ['currency', 'USD', 'currency: USD for EUR'],
  ['first_day', '2026-10-01', 'first day: 2026-10-01 for 2026-11-01'],
  ['last_day', null, 'last day: null for 2026-11-30'],
  ['period', '2026-Q4', 'period: 2026-Q4 for 2026-11'],
  ['owner_id', null, 'salesperson: null for 701'],
])('a number, day or name that is shown otherwise is seen: %s %s', (field, value, finding) => {
  expect(said({ shown: [{ ...shown, [field]: value }] })).toEqual([`unexplained ${finding}`]);
});

test('both days of a period count, and no other day or person does', () => {
  const at = (change: Doc) => said({ billed: [...BILLED, { ...invoice, number: '903', net: '1', ...change }] });
  const more = ['unexplained actual: 70.3 for 71.3'];
  expect([at({ issued_on: '2026-11-01' }), at({ issued_on: '2026-11-30' })]).toEqual([more, more]);
  expect([at({ issued_on: '2026-10-31' }), at({ issued_on: '2026-12-01' })]).toEqual([[], []]);
  expect([at({ sales_rep: '702' }), at({ sales_rep: '' })]).toEqual([[], []]);
});

test('nothing sold is zero, and another currency that comes to nothing is not named', () => {
  const nothing = { ...shown, actual: 0, other_currencies: null };
  const back = [abroad('USD', '9'), { ...abroad('USD', '9'), number: '904', kind: 'CRN' }];
  expect([said({ shown: [nothing], billed: [] }), said({ shown: [nothing], billed: back })]).toEqual([[], []]);
  expect(said({ shown: [{ ...nothing, actual: null }], billed: [] })).toEqual(['unexplained actual: null for 0']);
});

test('a target that the CRM has not, has twice, or made up is seen', () => {
  expect(said({ shown: [] })).toEqual(['lost: the CRM has no such target']);
  expect(said({ shown: [shown, { ...shown, id: 'T-2' }] })).toEqual(['doubled: a second such target']);
  expect(said({ shown: [shown, { ...shown, id: 'T-2', erp_number: '609' }] })).toEqual([
    'unexplained: the ERP has no such target',
  ]);
  const unnumbered = { ...shown, id: 'T-2', erp_number: null };
  expect(said({ shown: [shown, unnumbered] })).toEqual([]); // somebody's own note
  expect(said({ shown: [shown, unnumbered], crmCommits: [commit('tally', 'create', 'T-2')] })).toEqual([
    'unexplained: made by the integration, and it does not show of what',
  ]);
});

test('what people delete at one side stays at the other; the integration deletes none, and writes none in the ERP', () => {
  const made = commit('tally', 'create', 'T-1', shown);
  expect(said({ shown: [], crmCommits: [made, commit('people', 'delete', 'T-1')] })).toEqual([]);
  expect(said({ targets: [], erpCommits: [commit('people', 'delete', '601')] })).toEqual([]);
  expect(said({ shown: [], crmCommits: [made, commit('tally', 'delete', 'T-1')] })).toEqual([
    ...['lost: the CRM has no such target', 'lost: deleted by the integration'],
  ]);
  expect(said({ erpCommits: [commit('tally', 'update', '601', target)] })).toEqual([
    'unexplained: updated by the integration',
  ]);
});

test('a target of somebody who is no user may be set aside, and nothing else', () => {
  const aside = { erp: '601', field: '', code: 'LINK_MISSING' };
  expect(said({ users: [], shown: [], parked: [aside] })).toEqual([]);
  expect(said({ users: [], shown: [] })).toEqual(['lost: the CRM has no such target']);
  expect(said({ parked: [aside] })).toEqual(['unexplained: parked as LINK_MISSING without need']);
  expect(said({ users: [], shown: [], parked: [{ ...aside, code: 'CONFLICT' }] })).toHaveLength(2);
});

test('an invoice in the CRM is of whom the ERP says', () => {
  const paper = { id: 'I-1', number: '901', owner_id: 'U-1' };
  expect(said({ papers: [paper] })).toEqual([]);
  expect(said({ papers: [{ ...paper, owner_id: null }] })).toEqual(['unexplained salesperson: null for 701']);
  const [foreign, nobodys] = ['702', ''].map((rep) => [...BILLED.slice(1), { ...invoice, sales_rep: rep }]);
  const aside = { crm: 'I-1', field: 'salesperson', code: 'LINK_MISSING' };
  const of = (billed: readonly Doc[] = [], parked: readonly ParkedItem[] = []) =>
    said({ papers: [{ ...paper, owner_id: null }], billed, parked, shown: [{ ...shown, actual: -30 }] });
  expect([of(nobodys), of(foreign, [aside])]).toEqual([[], []]);
  expect(of(foreign)).toEqual(['unexplained salesperson: null for erp 702']);
});
