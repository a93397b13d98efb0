import { expect, test } from 'vitest';
import { ExactNumber, type JsonObject } from '../../src/domain/json.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { relatedKey } from '../../src/mapping/process-port.ts';
import { compiledOf, shippedFiles } from './kit.ts';

const QUOTE = 'mappings/quote.yaml';
const files = shippedFiles();
const { process } = compiledOf(files).get('quote') ?? {};

const body = (net: string, more: JsonObject = {}, line: JsonObject = {}): JsonObject => ({
  ...{ id: 'Q-1', account_id: 'A-1', status: 'in_review', currency: 'EUR', valid_until: '2026-12-31' },
  total_net: new ExactNumber(net),
  lines: [{ line_no: '10', product_id: 'P-1', quantity: 3, unit: 'C62', net: new ExactNumber(net), ...line }],
  ...more,
});
const product = (standard_cost: string | null, more: JsonObject = {}) => ({
  crm: {},
  erp: {
    ...{ base_unit: 'ST', currency: 'EUR' },
    standard_cost: standard_cost === null ? null : new ExactNumber(standard_cost),
    ...more,
  },
});
const judge = (crm: JsonObject, ...products: readonly (readonly [id: string, ReturnType<typeof product>])[]) =>
  process?.judge({
    crm,
    related: new Map(products.map(([id, bodies]) => [relatedKey('quote lines.product', id), bodies])),
    approvals: [],
  });

test.each([
  ['300', '20', { kind: 'go' }],
  // 15 % and a hair less.
  ['300', '85', { kind: 'go' }],
  [
    '300',
    '85.0000000000000000000001',
    {
      kind: 'ask',
      level: 0,
      why: 'line 10: of net amount 300 the cost 255.0000000000000000000003 leaves less than 15 %',
    },
  ],
  ['300', '100', { kind: 'ask', level: 0 }],
  [
    '300',
    '100.01',
    {
      kind: 'gate',
      say: 'It would be sold below what it costs (line 10: net amount 300 is 0.03 below its cost 300.03)',
      links: [relatedKey('quote lines.product', 'P-1')],
    },
  ],
  ['300', null, { kind: 'gate', say: 'It would be sold below what it costs (line 10: standard cost is not known)' }],
])('a line of %s for three that cost %s each: %j', (net, cost, verdict) => {
  expect(judge(body(net), ['P-1', product(cost)])).toMatchObject(verdict);
});

test('a cost in another unit or currency is no known cost; another word for the same unit is none', () => {
  const say = (of: string) => expect.stringContaining(of);
  const by = (crm: JsonObject, more: JsonObject = {}) => judge(crm, ['P-1', product('20', more)]);
  expect(by(body('300'), { base_unit: 'KG' })).toMatchObject({
    say: say('line 10: standard cost is for another unit than C62'),
  });
  expect(by(body('300', { currency: 'USD' }))).toMatchObject({
    say: say('line 10: standard cost is for another currency than USD'),
  });
  expect(by(body('300', {}, { unit: 'EA' }))).toMatchObject({ kind: 'go' });
});

test('each line is judged by its own product, and the one to blame is named', () => {
  const lines = ['P-1', 'P-2', 'P-3'].map((id, nth) => ({
    ...{ line_no: String((nth + 1) * 10), product_id: id, quantity: 1, unit: 'C62', net: 100 },
  }));
  const crm = body('300', { lines });
  const [cheap, dear] = [product('20'), product('120')];
  expect(judge(crm, ['P-1', cheap], ['P-2', cheap], ['P-3', cheap])).toMatchObject({ kind: 'go' });
  expect(judge(crm, ['P-1', cheap], ['P-2', dear], ['P-3', dear])).toMatchObject({
    kind: 'gate',
    links: [relatedKey('quote lines.product', 'P-2')],
  });
});

const broken = (from: string, to: string) => {
  const text = files[QUOTE] ?? '';
  expect(text).toContain(from);
  return compileMappings({ ...files, [QUOTE]: text.replace(from, to) }).problems;
};

test.each([
  ['of: quote lines\n', 'of: lines\n', 'process-unknown', '"lines" is no collection here'],
  ['margin: net amount', 'margin: net', 'process-unknown', '"net" is no field of quote lines here'],
  ['per: quantity', 'per: count', 'process-unknown', '"count" is no field of quote lines here'],
  [
    'link: product, field: standard',
    'link: unit, field: standard',
    'process-no-link',
    '"unit" of quote lines leads to no record',
  ],
  ['field: standard cost', 'field: costs', 'process-unknown', '"costs" is no field of product here'],
  ['unit: unit,', 'unit: units,', 'process-unknown', '"units" is no field of product here'],
  ['alike: { unit: unit,', 'alike: { units: unit,', 'process-unknown', '"units" is no field here'],
])('a margin with `%s` written as `%s` is refused with its place and a remedy', (from, to, rule, message) => {
  const problems = broken(from, to);
  expect(problems).toMatchObject([{ rule, message, file: QUOTE }]);
  expect(problems[0]?.remedy).not.toBe('');
});
