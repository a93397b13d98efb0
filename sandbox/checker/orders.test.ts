import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { grains, shownAs, together } from './digits.ts';
import { type Books, judgeOrders, type OrderCase } from './order-judge.ts';
import { numberedAfter, orderLine } from './orders.ts';
import type { Commit, SystemView } from './words.ts';

const view = (...state: readonly Doc[]): SystemView => ({ state, commits: [] });
const line = { product: 'P-1', quantity: 2, unit: 'C62', unit_price: 10.5, net: 21, confirmed: 2, delivered: 2 };
const item = {
  product: 'P-1',
  quantity: '2',
  unit: 'C62',
  unit_price: '10.50',
  net: '21.00',
  confirmed: '2',
  delivered: '2',
};
const billed = { product: 'P-1', quantity: 2, unit_price: 10.5, net: 21 };
const CRM: Readonly<Record<keyof Books['crm'], Doc>> = {
  account: { id: 'A-1', erp_number: '100' },
  order: {
    ...{ id: 'O-1', account_id: 'A-1', status: 'submitted', currency: 'EUR', total_net: 21, erp_number: '700' },
    ...{ erp_state: 'closed', delivery_state: 'in full', billing_state: 'in full', payment_state: 'in full' },
    ...{ cancel_state: 'none', lines: [{ line_no: '10', ...line, state: 'delivered' }] },
  },
  shipment: {
    ...{ id: 'S-1', number: '800', account_id: 'A-1', order_id: 'O-1', kind: 'delivery', state: 'shipped' },
    lines: [{ line_no: '10', order_line: '10', product: 'P-1', quantity: 2, unit: 'C62' }],
  },
  invoice: {
    ...{ id: 'I-1', number: '900', account_id: 'A-1', order_id: 'O-1', type: 'invoice', currency: 'EUR' },
    ...{ total_net: 21, total_tax: 3.99, total_gross: 24.99, open_amount: 0, payment_state: 'paid' },
    lines: [{ line_no: '10', order_number: '700', order_line: '10', ...billed }],
  },
  payment: {
    ...{ id: 'P-1', number: '950', account_id: 'A-1', amount: 24.99, currency: 'EUR', method: 'bank transfer' },
    ...{ state: 'received', allocations: [{ invoice: '900', amount: 24.99 }] },
  },
};
const ERP: Readonly<Record<keyof Books['erp'], Doc>> = {
  partner: { number: '100' },
  sales_order: {
    ...{ number: '700', external_order: 'O-1', partner: '100', currency: 'EUR', net_total: '21.00', status: 'CLOSED' },
    ...{ delivery_status: 'FULL', billing_status: 'FULL', payment_status: 'FULL', cancellation: 'NONE' },
    items: [{ position: '10', ...item, state: 'DELIVERED' }],
  },
  delivery_note: {
    ...{ number: '800', partner: '100', order: '700', kind: 'OUT', status: 'SHIPPED' },
    items: [{ position: '10', order_item: '10', product: 'P-1', quantity: '2', unit: 'C62' }],
  },
  invoice: {
    ...{ number: '900', partner: '100', order: '700', kind: 'INV', currency: 'EUR', net: '21.00', tax: '3.99' },
    ...{ gross: '24.99', open: '0.00', status: 'PAID' },
    items: [
      {
        position: '10',
        order: '700',
        order_item: '10',
        product: 'P-1',
        quantity: '2',
        unit_price: '10.50',
        net: '21.00',
      },
    ],
  },
  payment: {
    ...{ number: '950', partner: '100', amount: '24.99', currency: 'EUR', method: 'TRANSFER', status: 'RECEIVED' },
    allocations: [{ invoice: '900', amount: '24.99' }],
  },
};

interface Change {
  readonly crm?: Partial<Record<keyof Books['crm'], readonly Doc[]>>;
  readonly erp?: Partial<Record<keyof Books['erp'], readonly Doc[]>>;
}
const views = <R extends string>(all: Readonly<Record<R, Doc>>, others: Partial<Record<R, readonly Doc[]>> = {}) =>
  Object.fromEntries(
    Object.entries<Doc>(all).map(([record, doc]) => [record, view(...(others[record as R] ?? [doc]))]),
  ) as Record<R, SystemView>;
const books = ({ crm, erp }: Change = {}): Books => ({ crm: views(CRM, crm), erp: views(ERP, erp) });
const judged = (change: Change = {}, more: Partial<OrderCase> = {}) =>
  judgeOrders({ books: books(change), parked: [], finished: true, ...more });
const kinds = (change: Change, more: Partial<OrderCase> = {}): readonly string[] =>
  judged(change, more).findings.map(({ kind, field, reason }) => [kind, field, reason].filter(Boolean).join(' · '));

test('an order with its delivery, invoice and payment on both sides is in agreement', () => {
  expect(judged().findings).toEqual([]);
  expect(orderLine(judged())).toBe(
    'agreement: 1 orders (1 closed, 0 cancelled, 0 taken back, 0 refused, each rightly), 1 deliveries, 1 invoices, 1 payments, 0 lost, 0 doubled, 0 unexplained',
  );
});

test.each([
  ['shipment', 'delivery'],
  ['invoice', 'invoice'],
  ['payment', 'payment'],
  ['order', 'order'],
] as const)('a %s that never reached the CRM is lost', (record, name) => {
  expect(kinds({ crm: { [record]: [] } })).toContain(`lost · the CRM has no such ${name}`);
});

test.each([
  ['shipment', 'delivery'],
  ['invoice', 'invoice'],
  ['payment', 'payment'],
] as const)('a %s that stands in the CRM twice, or that the ERP does not know, is seen', (record, name) => {
  const twin = { ...CRM[record], id: 'X-2' };
  expect(kinds({ crm: { [record]: [CRM[record], twin] } })).toContain(`doubled · a second such ${name}`);
  const invented = { ...twin, number: '999' };
  expect(kinds({ crm: { [record]: [CRM[record], invented] } })).toContain(`unexplained · the ERP has no such ${name}`);
});

test('an order that became two in the ERP is doubled, one that became none is lost', () => {
  const twin = { ...ERP.sales_order, number: '701' };
  expect(kinds({ erp: { sales_order: [ERP.sales_order, twin] } })).toContain('doubled · one order became several');
  const raised = { ...CRM.order, id: 'O-2', erp_number: null };
  expect(kinds({ crm: { order: [CRM.order, raised] } })).toContain('lost · the ERP has no such order');
});

test('a draft, and an order that was called off before it crossed, need no order in the ERP', () => {
  const other = (status: string): Doc => ({ ...CRM.order, id: 'O-2', erp_number: null, status });
  expect(kinds({ crm: { order: [CRM.order, other('draft')] } })).toEqual([]);
  expect(kinds({ crm: { order: [CRM.order, other('cancelled')] } }).filter((each) => each.startsWith('lost'))).toEqual(
    [],
  );
});

test('an order is rightly set aside only when nothing of it can be delivered', () => {
  const raised = (product: string): Doc => ({
    ...{ ...CRM.order, id: 'O-2', erp_number: null },
    lines: [{ line_no: '10', ...line, product, delivered: 0 }],
  });
  const parked = [{ crm: 'O-2', field: '', code: 'REFUSED' }];
  expect(kinds({ crm: { order: [CRM.order, raised('OLD-1')] } }, { parked })).toEqual([]);
  expect(kinds({ crm: { order: [CRM.order, raised('P-1')] } }, { parked })).toEqual([
    'lost · the ERP has no such order',
    'unexplained · set aside without a reason',
  ]);
});

test('a value that is told otherwise is unexplained, at the head and in a line', () => {
  expect(kinds({ crm: { order: [{ ...CRM.order, erp_state: 'confirmed' }] } })).toEqual([
    'unexplained · state · both sides say it otherwise',
  ]);
  const lines = [{ line_no: '10', order_line: '10', product: 'P-2', quantity: 2, unit: 'C62' }];
  expect(kinds({ crm: { shipment: [{ ...CRM.shipment, lines }] } })).toEqual([
    'unexplained · delivery lines[10].product · both sides say it otherwise',
  ]);
  expect(kinds({ crm: { shipment: [{ ...CRM.shipment, order_id: 'O-9' }] } })).toContain(
    'unexplained · order · both sides say it otherwise',
  );
});

test('totals that are not the sum of their lines are seen, even where both sides say the same', () => {
  const wrong: Change = {
    crm: { order: [{ ...CRM.order, total_net: 22 }] },
    erp: { sales_order: [{ ...ERP.sales_order, net_total: '22.00' }] },
  };
  expect(kinds(wrong)).toEqual(['unexplained · net total · not the sum of its lines']);
  const due: Change = {
    crm: { invoice: [{ ...CRM.invoice, open_amount: 5 }] },
    erp: { invoice: [{ ...ERP.invoice, open: '5.00' }] },
  };
  expect(kinds(due)).toEqual(['unexplained · amount due · not what its payments leave']);
});

test('more delivered than was sent is seen', () => {
  expect(kinds({ crm: { shipment: [] }, erp: { delivery_note: [] } })).toEqual([
    'unexplained · order lines[10].delivered · not what its deliveries come to',
  ]);
});

test('a wish to cancel needs an answer that goes with the state, and nobody answers what nobody wished', () => {
  const wish = (crm: Doc, erp: Doc): readonly string[] =>
    kinds({ crm: { order: [{ ...CRM.order, ...crm }] }, erp: { sales_order: [{ ...ERP.sales_order, ...erp }] } });
  expect(wish({ status: 'cancel_requested' }, {})).toEqual(['unexplained · wish · a wish to cancel has no answer']);
  expect(wish({ status: 'cancel_requested', cancel_state: 'refused' }, { cancellation: 'REFUSED' })).toEqual([]);
  expect(wish({ cancel_state: 'refused' }, { cancellation: 'REFUSED' })).toEqual([
    'unexplained · wish · nobody wished to cancel it',
  ]);
  expect(wish({ status: 'cancelled', cancel_state: 'granted' }, { cancellation: 'GRANTED' })).toEqual([
    'unexplained · wish · state and answer do not go together',
  ]);
});

test('an order that was called off late is over when all that went out came back, was credited and is paid back', () => {
  const late = {
    crm: { status: 'cancel_requested', cancel_state: 'compensated', erp_state: 'taken back' },
    erp: { cancellation: 'COMPENSATED', status: 'RETURNED' },
  };
  const back = { ...ERP.delivery_note, number: '801', kind: 'RETURN', status: 'RETURNED' };
  const shown = { ...CRM.shipment, id: 'S-2', number: '801', kind: 'return', state: 'returned' };
  const credit = { ...ERP.invoice, number: '901', kind: 'CRN', credits: '900', open: '0.00' };
  const told = { ...CRM.invoice, id: 'I-2', number: '901', type: 'credit note', credits: '900' };
  const money = {
    ...ERP.payment,
    number: '951',
    amount: '-24.99',
    allocations: [{ invoice: '901', amount: '-24.99' }],
  };
  const paid = {
    ...CRM.payment,
    id: 'P-2',
    number: '951',
    amount: -24.99,
    allocations: [{ invoice: '901', amount: -24.99 }],
  };
  const order = {
    crm: { order: [{ ...CRM.order, ...late.crm }] },
    erp: { sales_order: [{ ...ERP.sales_order, ...late.erp }] },
  };
  const whole: Change = {
    crm: { ...order.crm, shipment: [CRM.shipment, shown], invoice: [CRM.invoice, told], payment: [CRM.payment, paid] },
    erp: {
      ...order.erp,
      delivery_note: [ERP.delivery_note, back],
      invoice: [ERP.invoice, credit],
      payment: [ERP.payment, money],
    },
  };
  expect(kinds(whole)).toEqual([]);
  expect(kinds(order)).toEqual([
    'unexplained · wish · of item 10 2 went out and 0 came back',
    'unexplained · wish · of item 10 2 were billed and 0 credited',
  ]);
  const open = { ...credit, open: '24.99' };
  expect(kinds({ ...whole, erp: { ...whole.erp, invoice: [ERP.invoice, open] } })).toContain(
    'unexplained · wish · invoice 901 of an order that was taken back is not settled',
  );
  expect(
    kinds({ ...order, erp: { sales_order: [{ ...ERP.sales_order, ...late.erp, status: 'CANCELLED' }] } }),
  ).toContain('unexplained · wish · state and answer do not go together');
});

test('an order that never came to its end is seen once all work is done, and only then', () => {
  const change: Change = {
    crm: { order: [{ ...CRM.order, erp_state: 'confirmed' }] },
    erp: { sales_order: [{ ...ERP.sales_order, status: 'OPEN' }] },
  };
  expect(kinds(change)).toEqual(['unexplained · wish · it never came to its end']);
  expect(kinds(change, { finished: false })).toEqual([]);
});

test('an invoice that the integration itself wrote in the ERP is unexplained', () => {
  const { crm, erp } = books();
  const commit: Commit = { seq: 1, at: '', actor: 'tally', op: 'update', record: 'invoice', id: '900', after: null };
  const meddled = { crm, erp: { ...erp, invoice: { ...erp.invoice, commits: [commit] } } };
  expect(judgeOrders({ books: meddled, parked: [] }).findings).toMatchObject([
    { kind: 'unexplained', erp: '900', reason: 'invoice written by tally' },
  ]);
});

test('how long an order waited for its number runs from its submission, and one raised in the ERP waited for nothing', () => {
  const commit = (id: string, second: number, after: Doc): Commit => ({
    ...{ seq: second, actor: 'people', op: 'update', record: 'order', id, after },
    at: `2026-01-01T00:00:0${second}.000Z`,
  });
  const commits = [
    commit('O-1', 0, { status: 'draft' }),
    commit('O-1', 2, { status: 'submitted', erp_number: null }),
    commit('O-1', 5, { status: 'submitted', erp_number: '700' }),
    commit('O-2', 1, { status: 'submitted', erp_number: '701' }),
  ];
  expect(numberedAfter({ state: [], commits })).toEqual([3000]);
});

test.each([
  [['0.1', '0.2'], '0.3'],
  [[10.5, '-0.51', null], '9.99'],
  [['-3', '1'], '-2'],
  [[], '0'],
])('%j come to %s', (values, comesTo) => {
  expect(shownAs(together(values))).toBe(comesTo);
  expect(grains(comesTo)).toBe(together(values));
});
