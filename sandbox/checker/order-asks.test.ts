import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { type Ask, askLines, judgeAsks, type Outcome, type Step, stepOf, unmet } from './order-asks.ts';
import type { Books } from './order-judge.ts';
import type { SystemView } from './words.ts';

const view = (...state: readonly Doc[]): SystemView => ({ state, commits: [] });
const CRM: Doc = { id: 'O-1', erp_number: '700', status: 'submitted', requested_date: null, lines: [] };
const ERP: Doc = {
  ...{ number: '700', external_order: 'O-1', status: 'OPEN', cancellation: 'NONE', requested_date: '' },
  ...{ delivery_status: 'NONE', billing_status: 'NONE', payment_status: 'NONE', items: [] },
};
const note = (kind: string, quantity: string): Doc => ({ kind, order: '700', items: [{ order_item: '10', quantity }] });
const books = (crm: Doc, erp: Doc | undefined, ...notes: readonly Doc[]): Books => ({
  crm: { account: view(), order: view({ ...CRM, ...crm }), shipment: view(), invoice: view(), payment: view() },
  erp: {
    ...{ partner: view(), sales_order: view(...(erp === undefined ? [] : [{ ...ERP, ...erp }])) },
    ...{ delivery_note: view(...notes), invoice: view(), payment: view() },
  },
});
const came = (wanted: Ask['wanted'], step: Step, stands: readonly [Doc, Doc | undefined, ...Doc[]]) => {
  const { table, findings } = judgeAsks(books(...stands), [{ order: 'O-1', step, wanted }]);
  const [counts] = [...table.values()];
  const outcome = (['accepted', 'refused', 'compensated'] as const).find((each) => counts?.[each] === 1);
  return [outcome, findings.map(({ reason }) => reason)];
};

test.each<readonly [Step, Doc, Doc | undefined]>([
  ['just raised', {}, undefined],
  ['waiting for approval', { sync_state: 'waiting' }, undefined],
  ['sent to the ERP', { erp_number: null }, {}],
  ['numbered', {}, {}],
  ['on hold', {}, { status: 'HELD' }],
  ['partly delivered', {}, { delivery_status: 'PART' }],
  ['delivered', {}, { delivery_status: 'FULL' }],
  ['invoiced', {}, { delivery_status: 'FULL', billing_status: 'FULL' }],
  ['partly paid', {}, { delivery_status: 'FULL', billing_status: 'FULL', payment_status: 'PART' }],
  ['closed', {}, { status: 'CLOSED', delivery_status: 'FULL', billing_status: 'FULL', payment_status: 'FULL' }],
  ['called off', {}, { status: 'CANCELLED' }],
  ['called off', {}, { status: 'RETURNING', delivery_status: 'FULL' }],
])('an order is %s', (step, crm, erp) => {
  expect(stepOf({ ...CRM, ...crm }, erp === undefined ? undefined : { ...ERP, ...erp })).toBe(step);
});

type Stands = readonly [crm: Doc, erp: Doc | undefined, ...notes: Doc[]];
const OFF = { status: 'cancel_requested' };
const shown = (quantity: number): Doc => ({ lines: [{ line_no: '10', quantity }] });
const has = (quantity: string): Doc => ({ items: [{ position: '10', quantity }] });
const LESS = { line: '10', quantity: '3' };
const DAY = { date: '2027-01-31' };
const both = (date: string | null): Stands => [{ requested_date: date }, { requested_date: date ?? '' }];
const answered = (cancellation: string, status = 'OPEN'): Stands => [OFF, { status, cancellation }];

test.each<readonly [string, Ask['wanted'], Step, Outcome, Stands]>([
  ['called off before the ERP had it', 'cancel', 'just raised', 'accepted', [OFF, undefined]],
  ['called off in time', 'cancel', 'numbered', 'accepted', answered('GRANTED', 'CANCELLED')],
  ['not called off', 'cancel', 'delivered', 'refused', answered('REFUSED')],
  ['taken back', 'cancel', 'closed', 'compensated', answered('COMPENSATED', 'RETURNED')],
  ['put off', DAY, 'numbered', 'accepted', both(DAY.date)],
  ['not put off', DAY, 'closed', 'refused', both(null)],
  ['made less in time', LESS, 'numbered', 'accepted', [shown(3), has('3.0'), note('OUT', '3')]],
  [
    ...(['made less too late', LESS, 'delivered', 'compensated'] as const),
    [shown(3), has('3'), note('OUT', '10'), note('RETURN', '7')],
  ],
  ['not made less', LESS, 'delivered', 'refused', [shown(10), has('10'), note('OUT', '10')]],
])('an order that is %s', (_, wanted, step, outcome, stands) => {
  expect(came(wanted, step, stands)).toEqual([outcome, []]);
});

const ODD = 'in no pair that goes with it';
test.each<readonly [string, Ask['wanted'], Step, string, Stands]>([
  ['a wish without an answer', 'cancel', 'numbered', ODD, answered('REQUESTED')],
  ['a wish that is forgotten', 'cancel', 'numbered', ODD, [{}, {}]],
  ['a day on one side only', DAY, 'numbered', ODD, [{ requested_date: DAY.date }, {}]],
  ['less than went out, of which nothing came back', LESS, 'delivered', ODD, [shown(3), has('3'), note('OUT', '10')]],
  ['what was delivered and is simply cancelled', 'cancel', 'delivered', 'accepted', answered('GRANTED', 'CANCELLED')],
  ['a closed order that changes', DAY, 'closed', 'accepted', both(DAY.date)],
])('%s is seen', (_, wanted, step, ended, stands) => {
  const kind = wanted === 'cancel' ? 'cancel' : 'change';
  expect(came(wanted, step, stands)[1]).toEqual([`a ${kind} asked while ${step} ended ${ended}`]);
});

test('a step that was met by no change is told, and each has a line', () => {
  const { table } = judgeAsks(books(OFF, undefined), [{ order: 'O-1', step: 'just raised', wanted: 'cancel' }]);
  expect(unmet(table, ['just raised'])).toEqual(['no change was asked for while just raised']);
  expect(askLines(table)[1]).toBe('just raised                1   1   0   0  |   0   0   0   0');
});
