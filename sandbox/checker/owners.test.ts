import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judgeOwners } from './owners.ts';
import type { ParkedItem } from './words.ts';

const BOSS: Doc = { number: '1', status: 'active', manager: '', territory: 'NORD' };
const REP: Doc = { number: '2', status: 'active', manager: '1', territory: 'OST' };
const USERS: readonly Doc[] = [
  { id: 'U-1', employee_number: '1' },
  { id: 'U-2', employee_number: '2' },
];
const ACCOUNT: Doc = { id: 'A-1', erp_number: '100001', owner_id: 'U-2', territory: 'OST' };
const PARTNER: Doc = { number: '100001', sales_rep: '2', territory: 'OST' };

interface Change {
  readonly account?: Doc;
  readonly partner?: Doc;
  readonly boss?: Doc;
  readonly rep?: Doc;
  readonly parked?: readonly ParkedItem[];
}
const found = ({ account = {}, partner = {}, boss = {}, rep = {}, parked = [] }: Change): readonly string[] =>
  judgeOwners({
    accounts: { state: [{ ...ACCOUNT, ...account }] },
    partners: { state: [{ ...PARTNER, ...partner }] },
    users: { state: USERS },
    employees: {
      state: [
        { ...BOSS, ...boss },
        { ...REP, ...rep },
      ],
    },
    parked,
  }).map(({ field, reason }) => `${field}: ${reason}`);
const aside = (code: string): readonly ParkedItem[] => [{ crm: 'A-1', erp: '100001', field: 'owner', code }];

test('a customer whom the same person looks after on both sides is in agreement', () => {
  expect(found({})).toEqual([]);
  expect(found({ account: { owner_id: null }, partner: { sales_rep: '' } })).toEqual([]);
  expect(found({ account: { erp_number: null }, partner: { sales_rep: '1' } })).toEqual([]);
});

test('another owner or another territory on one side is a finding', () => {
  expect(found({ partner: { sales_rep: '1' } })).toEqual(['owner: the two sides differ in the end']);
  expect(found({ account: { territory: 'WEST' } })).toEqual(['territory: the two sides differ in the end']);
  expect(found({ partner: { sales_rep: '9' }, parked: aside('LINK_MISSING') })).toEqual([]);
  expect(found({ partner: { sales_rep: '1' }, parked: aside('LINK_MISSING') })).toHaveLength(1);
});

test('somebody who has gone looks after nobody, unless there is nobody to whom it can pass', () => {
  const gone = { rep: { status: 'terminated' } };
  expect(found(gone)).toEqual(['owner: somebody who has gone still looks after it']);
  expect(found({ ...gone, boss: { status: 'terminated' }, parked: aside('NO_SUCCESSOR') })).toEqual([]);
  expect(found({ ...gone, parked: aside('NO_SUCCESSOR') })).toEqual(['owner: parked as NO_SUCCESSOR without need']);
});
