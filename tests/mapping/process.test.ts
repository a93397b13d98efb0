import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compileMappings } from '../../src/mapping/compile.ts';
import { above, deviates, exactOf, exactText, minus, plus } from '../../src/mapping/exact.ts';
import { referenceKey } from '../../src/mapping/reference.ts';
import { spanMs } from '../../src/mapping/schema-process.ts';
import { ORDER_FILES } from '../ledger/orders.ts';
import { compiledOf } from './kit.ts';

const ORDER = 'mappings/order.yaml';
const broken = (from: string, to: string) => {
  const text = ORDER_FILES[ORDER];
  expect(text).toContain(from);
  return compileMappings({ ...ORDER_FILES, [ORDER]: text.replace(from, to) }).problems;
};

test.each([
  ['within: total', 'within: sum', 'process-unknown', '"sum" is no field here'],
  ['link: customer, field: credit }', 'link: note, field: credit }', 'process-no-link', '"note" leads to no record'],
  ['field: credit }', 'field: credits }', 'process-unknown', '"credits" is no field of customer here'],
  [
    'complete: [number, order lines]',
    'complete: [number, lines]',
    'process-unknown',
    '"lines" is no field or collection here',
  ],
  [
    'from: list price, at_most: 50',
    'from: list, at_most: 50',
    'process-unknown',
    '"list" is no field of order lines here',
  ],
  ['covers: [total, order lines]', 'covers: [totals]', 'process-unknown', '"totals" is no field or collection here'],
  ['level: board', 'level: team lead', 'name-taken', 'there are two levels named "team lead"'],
  ['crossing: 3 s', 'crossed: 3 s', 'process-unknown', '"crossed" is no step here'],
  ['crossing: 3 s', 'crossing: 0 s', 'bad-value', 'a step takes some time'],
  [
    'to_erp: create',
    'to_erp: park',
    'process-never-crosses',
    'records with a process are created in the ERP, and `on_none` says otherwise',
  ],
  [
    'cancelled: { status: [cancelled] }',
    'cancelled: { cancel: [yes] }',
    'process-untold',
    'people cancel by "cancel", and no field carries that to the ERP',
  ],
  ['of: net }]', 'of: nets }]', 'process-unknown', '"nets" is no field of order lines here'],
])('a process with `%s` written as `%s` is refused with its place and a remedy', (from, to, rule, message) => {
  const problems = broken(from, to);
  expect(problems).toMatchObject([{ rule, message, file: ORDER }]);
  expect(problems[0]?.line).toBeGreaterThan(1);
  expect(problems[0]?.remedy).not.toBe('');
});

test('a span without a unit, and a negative amount, are refused', () => {
  expect(broken('due: 12 h', 'due: 12 hours')[0]?.message).toContain('a time span like');
  expect(broken('value: 1000', 'value: -1')[0]?.message).toContain('a plain number that is not negative');
  expect([spanMs('90 s'), spanMs('12h'), spanMs('2 d')]).toEqual([90_000, 43_200_000, 172_800_000]);
});

const decimal = fc
  .tuple(fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }), fc.nat({ max: 12 }))
  .map(([digits, scale]) => ({ digits, scale }));

test('sums and differences of decimals are exact, whatever their lengths', () => {
  fc.assert(
    fc.property(decimal, decimal, (a, b) => {
      const again = exactOf(exactText(minus(plus(a, b), b)));
      expect(again).toEqual(exactOf(exactText(a)));
      expect(above(plus(a, { digits: 1n, scale: 30 }), a)).toBe(true);
      expect(above(a, a)).toBe(false);
    }),
  );
});

test.each([
  ['110', '100', '10', false],
  ['110.0000000000000000000001', '100', '10', true],
  ['89.99', '100', '10', true],
  ['90', '100', '10', false],
  ['0.01', '0', '10', true],
  ['0', '0', '10', false],
])('%s lies more than %3$s %% from %s: %s', (value, from, percent, so) => {
  const [a, b, c] = [value, from, percent].map((text) => exactOf(text) ?? { digits: 0n, scale: 0 });
  if (a === undefined || b === undefined || c === undefined) throw new Error('no numbers');
  expect(deviates(a, b, c)).toBe(so);
});

const process = compiledOf(ORDER_FILES).get('order')?.process;
const body = (total: number, status = 'submitted') => ({
  number: 'O1',
  account: 'A1',
  total,
  status,
  items: [{ no: '10', price: total, list: total, net: total }],
});
const RICH = { crm: {}, erp: { credit: '100000' } };

test('the verdict is a function of the order, what it refers to and the decisions about just this content', () => {
  const judge = (total: number, approvals: Parameters<NonNullable<typeof process>['judge']>[0]['approvals'] = []) =>
    process?.judge({ crm: body(total), related: new Map([['customer', RICH]]), approvals });
  const asked = judge(6_000);
  expect(asked).toMatchObject({ kind: 'ask', level: 0, from: 0 });
  const word = (level: number, decision: 'approved' | 'refused', content = asked?.content ?? '') => ({
    level,
    content,
    decision,
    approver: 'ada',
    reason: '',
  });
  expect(judge(6_000, [word(0, 'approved')])).toMatchObject({ kind: 'ask', level: 1 });
  expect(judge(6_000, [word(1, 'approved')])).toMatchObject({ kind: 'go' });
  expect(judge(6_000, [word(1, 'approved', 'another')])).toMatchObject({ kind: 'ask', level: 0 });
  expect(judge(6_000, [word(0, 'approved'), word(1, 'refused')])).toMatchObject({ kind: 'refused' });
  expect(judge(1_000)).toMatchObject({ kind: 'go' });
  expect(judge(1_000.01)).toMatchObject({ kind: 'ask' });
  expect(judge(200_000)).toMatchObject({ kind: 'gate', links: ['customer'] });
});

test('a column of the CRM may decide: its word is about what stands beside it', () => {
  const files = {
    ...ORDER_FILES,
    [ORDER]: ORDER_FILES[ORDER].replace(
      '        due: 12 h\n',
      '        where: { crm: release, approved: [yes], refused: [no] }\n',
    ),
  };
  const own = compiledOf(files).get('order')?.process;
  expect(own?.levels[0]).toMatchObject({ where: 'crm', dueMs: 43_200_000 });
  const crm = { ...body(2_000), release: 'yes' };
  const decided = own?.decided(crm, undefined) ?? [];
  expect(decided).toMatchObject([{ level: 0, decision: 'approved', approver: 'the CRM' }]);
  expect(own?.judge({ crm, related: new Map([['customer', RICH]]), approvals: decided })).toMatchObject({ kind: 'go' });
  expect(own?.decided({ ...crm, release: '' }, undefined)).toEqual([]);
});

/** As the ERP says it: an id of its own, numbers in text, and its word beside. */
const there = (total: number, release: string) => ({
  number: 'O1',
  partner: 'P1',
  total: total.toFixed(2),
  status: 'o',
  items: [{ no: '10', price: String(total), net: String(total) }],
  release,
});

test.each(['covers: [total, order lines]', 'covers: [customer, total, order lines]'])(
  'a column of the ERP decides about what stands there, with `%s`: its word counts for nothing that it does not show',
  (covers) => {
    const text = ORDER_FILES[ORDER]
      .replace('        due: 12 h\n', '        where: { erp: release, approved: [yes], refused: [no] }\n')
      .replace('covers: [total, order lines]', covers);
    const own = compiledOf({ ...ORDER_FILES, [ORDER]: text }).get('order')?.process;
    const linked = { state: 'linked', thing: 't', crm: 'A1', erp: 'P1' } as const;
    const references = new Map([
      [referenceKey('customer', 'crm', 'A1'), linked],
      [referenceKey('customer', 'erp', 'P1'), linked],
    ]);
    const decided = (crm: number, erp: number, release = 'yes') =>
      own?.decided(body(crm), there(erp, release), references);
    expect(decided(2_000, 2_000)).toMatchObject([{ level: 0, decision: 'approved', approver: 'the ERP' }]);
    expect(decided(2_000, 2_000, 'no')).toMatchObject([{ decision: 'refused' }]);
    expect(decided(9_000, 2_000)).toEqual([]);
    const more = { ...body(2_000), items: [...body(2_000).items, { no: '20', price: 1, list: 1, net: 0 }] };
    expect(own?.decided(more, there(2_000, 'yes'), references)).toEqual([]);
    const crm = body(9_000);
    const judged = { crm, erp: there(2_000, 'yes'), related: new Map([['customer', RICH]]) };
    const approvals = own?.decided(crm, judged.erp, references) ?? [];
    expect(own?.judge({ ...judged, approvals })).toMatchObject({ kind: 'ask', level: 0 });
  },
);
