import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { type FigureCase, judgeFigures } from './figures.ts';

const account: Doc = {
  ...{ id: 'A-1', erp_number: '100' },
  ...{ last_order: '2026-03-02', revenue_12m: 70.3, open_balance: -3.57 },
};
const order: Doc = { number: '700', partner: '100', status: 'OPEN', order_date: '2026-03-02' };
const invoice: Doc = {
  ...{ number: '900', partner: '100', kind: 'INV', currency: 'EUR', issued_on: '2026-03-06' },
  ...{ net: '100.30', open: '20.00' },
};
const credit: Doc = { ...invoice, number: '901', kind: 'CRN', net: '30.00', open: '23.57' };
const said = (change: Partial<FigureCase> = {}): readonly string[] =>
  judgeFigures({
    ...{ accounts: [account], orders: [order], invoices: [invoice, credit], today: '2026-11-28' },
    ...change,
  }).map(({ field, values }) => `${field}: ${values['shown']} for ${values['comes to']}`);

test('figures that the ERP’s orders, invoices and credit notes come to are in agreement', () => {
  expect(said()).toEqual([]);
});

test.each([
  ['last_order', '2026-03-01', 'last order: 2026-03-01 for 2026-03-02'],
  ['last_order', null, 'last order: null for 2026-03-02'],
  ['revenue_12m', 130.3, 'revenue of 12 months: 130.3 for 70.3'],
  ['open_balance', null, 'open balance: null for -3.57'],
])('a figure that is shown otherwise is seen: %s %s', (field, value, finding) => {
  expect(said({ accounts: [{ ...account, [field]: value }] })).toEqual([finding]);
});

test('an order that was called off is no last order', () => {
  expect(said({ orders: [order, { ...order, order_date: '2026-05-01', status: 'CANCELLED' }] })).toEqual([]);
  expect(said({ orders: [{ ...order, status: 'RETURNED' }] })).toEqual(['last order: 2026-03-02 for null']);
});

test('an invoice counts from its day on for twelve months to the day, and another currency is another figure', () => {
  const at = (day: string) =>
    said({ invoices: [invoice, credit, { ...invoice, issued_on: day, net: '1', open: '0' }] });
  expect([at('2025-11-28'), at('2026-11-29')]).toEqual([[], []]);
  expect(at('2025-11-29')).toEqual(['revenue of 12 months: 70.3 for 71.3']);
  expect(at('2026-11-28')).toEqual(['revenue of 12 months: 70.3 for 71.3']);
  expect(said({ invoices: [invoice, credit, { ...invoice, currency: 'USD' }] })).toEqual([]);
});

test('who bought nothing shows zero; who is no partner shows nothing', () => {
  const nothing = { last_order: null, revenue_12m: 0, open_balance: 0 };
  expect(
    said({
      accounts: [
        { id: 'A-2', erp_number: '200', ...nothing },
        { id: 'A-3', erp_number: null },
      ],
    }),
  ).toEqual([]);
  expect(said({ accounts: [{ id: 'A-2', erp_number: '200' }] })).toHaveLength(2);
});
