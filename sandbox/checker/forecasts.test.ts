import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judgeForecasts } from './forecasts.ts';
import type { Commit, ParkedItem } from './words.ts';

const line: Doc = { line_no: '1', product_id: 'P-1', quantity: 4, unit: 'H87' };
const deal: Doc = {
  ...{ id: 'D-1', erp_number: '301', account_id: 'A-1', status: 'open', probability: 60, close_date: '2027-03-01' },
  lines: [line],
};
const row: Doc = {
  ...{ number: '651', external_line: 'D-1/1', prospect: '301', partner: '101', product: '702', quantity: '4.0' },
  ...{ unit: 'ST', expected_on: '2027-03-01', chance: 60, status: 'OPEN' },
};
const account: Doc = { id: 'A-1', erp_number: '101' };
const product: Doc = { id: 'P-1', erp_number: '702' };

interface World {
  readonly deals: readonly Doc[];
  readonly rows: readonly Doc[];
  readonly accounts: readonly Doc[];
  readonly products: readonly Doc[];
  readonly commits: readonly Commit[];
  readonly parked: readonly ParkedItem[];
}
const said = (change: Partial<World> = {}): readonly string[] =>
  judgeForecasts({
    crm: {
      ...{ deal: { state: change.deals ?? [deal] }, account: { state: change.accounts ?? [account] } },
      deal_line: { state: [{ id: 'L-1', external_id: 'D-1/1' }] },
      product: { state: change.products ?? [product] },
    },
    erp: {
      forecast: { state: change.rows ?? [row], commits: change.commits ?? [] },
      ...{ prospect: { state: [{ number: '301' }] }, partner: { state: [{ number: '101' }] } },
      product: { state: [{ number: '702' }] },
    },
    parked: change.parked ?? [],
  }).map(({ kind, crm, field, values, reason }) =>
    field === '' || Object.keys(values).length === 0
      ? `${kind} ${crm}: ${reason}`
      : `${kind} ${field}: ${values['crm']} for ${values['erp']}`,
  );
const aside = (code: string): ParkedItem => ({ crm: 'L-1', field: '', code });

test('a line of an open opportunity is expected, and of one that was won or lost withdrawn', () => {
  expect(said()).toEqual([]);
  for (const status of ['won', 'lost']) {
    const ended = [{ ...deal, status }];
    expect(said({ deals: ended, rows: [{ ...row, status: 'WITHDRAWN' }] })).toEqual([]);
    expect(said({ deals: ended })).toEqual(['unexplained status: withdrawn for expected']);
    expect(said({ deals: ended, rows: [] })).toEqual(['lost D-1/1: nobody plans for this line']);
  }
  expect(said({ rows: [{ ...row, status: 'WITHDRAWN' }] })).toEqual(['unexplained status: expected for withdrawn']);
});

test.each([
  ['quantity', '2.4', 'quantity: 4 for 2.4'],
  ['chance', null, 'probability: 60 for null'],
  ['expected_on', '2027-04-01', 'expected date: 2027-03-01 for 2027-04-01'],
  ['unit', 'KG', 'unit: ST for KG'],
  ['prospect', '', 'opportunity: 301 for null'],
  ['partner', '', 'customer: 101 for null'],
  ['product', '', 'product: 702 for null'],
])('a row that says it otherwise is seen: %s %s', (field, value, finding) => {
  expect(said({ rows: [{ ...row, [field]: value }] })).toEqual([`unexplained ${finding}`]);
});

test('each line is planned for once, and no line that sales took away', () => {
  const two = [{ ...deal, lines: [line, { ...line, line_no: '2' }] }];
  expect(said({ deals: two })).toEqual(['lost D-1/2: nobody plans for this line']);
  expect(said({ rows: [row, { ...row, number: '652' }] })).toEqual(['doubled D-1/1: planned for twice']);
  expect(said({ deals: [{ ...deal, lines: [] }] })).toEqual(['unexplained D-1/1: there is no such line any more']);
});

test('rows of the ERP’s own are nobody’s business, but for those that the integration made', () => {
  const own = { ...row, number: '652', external_line: '' };
  const made = (actor: string): readonly Commit[] => [
    { ...{ seq: 1, at: '', actor, op: 'create', record: 'forecast', id: '652', after: own } },
  ];
  expect(said({ rows: [row, own], commits: made('people') })).toEqual([]);
  expect(said({ rows: [row, own], commits: made('tally') })).toEqual([
    'unexplained undefined: made by the integration, and it does not show of what',
  ]);
});

test('what planning deletes is not made anew; what the integration deletes is lost', () => {
  const history = (actor: string): readonly Commit[] => [
    { ...{ seq: 1, at: '', actor: 'tally', op: 'create', record: 'forecast', id: '651', after: row } },
    { ...{ seq: 2, at: '', actor, op: 'delete', record: 'forecast', id: '651', after: null } },
  ];
  expect(said({ rows: [], commits: history('people') })).toEqual([]);
  expect(said({ rows: [], commits: history('tally') })).toEqual(['lost D-1/1: nobody plans for this line']);
});

test.each([
  ['LINK_MISSING', { products: [] }],
  ['LINK_MISSING', { accounts: [] }],
  ['LINK_MISSING', { deals: [{ ...deal, erp_number: null }] }],
  ['REQUIRED', { deals: [{ ...deal, lines: [{ ...line, product_id: null }] }] }],
  ['LOOKUP_MISS', { deals: [{ ...deal, lines: [{ ...line, unit: 'YRD' }] }] }],
  ['TARGET_REFUSED', { deals: [{ ...deal, lines: [{ ...line, quantity: 0 }] }] }],
] satisfies readonly (readonly [string, Partial<World>])[])(
  'a line may be set aside as %s where there is a ground, and somebody must be told: %o',
  (code, change) => {
    expect(said({ ...change, rows: [], parked: [aside(code)] })).toEqual([]);
    expect(said({ ...change, rows: [] })).toEqual(['lost D-1/1: nobody plans for this line']);
    expect(said({ parked: [aside(code)] })).toEqual([`unexplained L-1: parked as ${code} without need`]);
    expect(said({ ...change, rows: [], parked: [aside('CONFLICT')] })).toHaveLength(2);
  },
);
