import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judgeOrderProducts } from './order-products.ts';

const judged = (line: Doc, item: Doc) =>
  judgeOrderProducts({
    orders: [{ id: 'O-1', lines: [{ line_no: '10', ...line }] }],
    salesOrders: [{ number: '700', external_order: 'O-1', items: [{ position: '10', ...item }] }],
    crmProducts: {
      state: [
        { id: 'P-1', erp_number: '500' },
        { id: 'P-2', erp_number: null },
      ],
    },
    erpProducts: { state: [{ number: '500' }, { number: '600' }] },
  });
const said = (line: Doc, item: Doc): readonly string[] => judged(line, item).findings.map(({ field }) => field);

test('a line leads to the same product at both sides, or to none', () => {
  expect(judged({ product_id: 'P-1' }, { material: '500' })).toEqual({ lines: 1, findings: [] });
  expect(judged({ product_id: null }, { material: '' })).toEqual({ lines: 0, findings: [] });
});

test.each([
  ['another', { product_id: 'P-1' }, { material: '600' }],
  ['none there', { product_id: 'P-1' }, { material: '' }],
  ['none here', { product_id: null }, { material: '500' }],
  ['one that is not of both', { product_id: 'P-2' }, { material: '600' }],
])('a line that leads to %s is seen', (_, line, item) => {
  expect(said(line, item)).toEqual(['order lines[10].product record']);
});
