import { expect, test } from 'vitest';
import type { Doc } from '../kit/json.ts';
import { judgeQuotes, quoteLine } from './quotes.ts';
import type { Commit, ParkedItem, SystemView } from './words.ts';

const DEAL = {
  crm: {
    ...{ id: 'D-1', erp_number: '300001', account_id: 'A-1', name: 'Zwölf Pumpen', stage: 'proposal', status: 'open' },
    ...{ amount: 1080, currency: 'EUR', probability: 40, close_date: '2026-12-01' },
    lines: [{ line_no: '10', product_id: 'P-1', quantity: 12, unit: 'C62', amount: 1080 }],
  },
  erp: {
    ...{ number: '300001', external_deal: 'D-1', partner: '100001', title: 'Zwölf Pumpen', stage: 'S030' },
    ...{ status: 'OPEN', amount: 1080, currency: 'EUR', chance: 40, expected_on: '2026-12-01' },
    items: [{ position: '10', product: '700001', quantity: 12, unit: 'ST', amount: 1080 }],
  },
} satisfies Record<string, Doc>;
const QUOTE = {
  crm: {
    ...{ id: 'Q-1', erp_number: '400001', account_id: 'A-1', contact_id: 'C-1', deal_id: 'D-1', name: 'Zwölf Pumpen' },
    ...{ status: 'accepted', quote_date: '2026-11-01', valid_until: '2026-12-31', currency: 'EUR', total_net: 1080 },
    ...{ order_number: '500001' },
    lines: [
      {
        line_no: '10',
        product_id: 'P-1',
        quantity: 12,
        unit: 'C62',
        unit_price: 100,
        discount: 10,
        net: 1080,
        cost: 840,
      },
    ],
  },
  erp: {
    ...{ number: '400001', external_quote: 'Q-1', partner: '100001', contact: '900001', prospect: '300001' },
    ...{ title: 'Zwölf Pumpen', issued_on: '2026-11-01', valid_to: '2026-12-31', currency: 'EUR', net_total: 1080 },
    ...{ status: 'ACCEPTED', order: '500001' },
    items: [
      {
        position: '10',
        product: '700001',
        quantity: 12,
        unit: 'ST',
        unit_price: 100,
        discount: 10,
        net: 1080,
        cost: 840,
      },
    ],
  },
} satisfies Record<string, Doc>;
const ORDER: Doc = { number: '500001', quotation: '400001' };
const PUMP: Doc = { number: '700001', base_unit: 'ST', currency: 'EUR', standard_cost: 70 };

interface Change {
  readonly deals?: readonly [crm: readonly Doc[], erp: readonly Doc[]];
  readonly quotes?: readonly [crm: readonly Doc[], erp: readonly Doc[]];
  readonly orders?: readonly Doc[];
  readonly pump?: Doc;
  readonly quoted?: readonly Commit[];
  readonly parked?: readonly ParkedItem[];
}
const view = (...state: readonly Doc[]): SystemView => ({ state, commits: [] });
const judged = ({ deals, quotes, orders = [ORDER], pump = {}, quoted = [], parked = [] }: Change = {}) => {
  const [crmDeals, erpDeals] = deals ?? [[DEAL.crm], [DEAL.erp]];
  const [crmQuotes, erpQuotes] = quotes ?? [[QUOTE.crm], [QUOTE.erp]];
  return judgeQuotes({
    books: {
      crm: {
        account: view({ id: 'A-1', erp_number: '100001' }, { id: 'A-2', erp_number: null }),
        contact: view({ id: 'C-1', email: 'ada@kunde.example' }),
        product: view({ id: 'P-1', erp_number: '700001' }),
        ...{ deal: view(...crmDeals), quote: view(...crmQuotes) },
      },
      erp: {
        ...{ partner: view({ number: '100001' }), contact: view({ number: '900001', email: 'ada@kunde.example' }) },
        ...{ product: view({ ...PUMP, ...pump }), prospect: view(...erpDeals), sales_order: view(...orders) },
        quotation: { state: erpQuotes, commits: quoted },
      },
    },
    parked,
  });
};
const found = (change: Change): readonly string[] =>
  judged(change).findings.map(({ kind, field, reason }) => [kind, field === '' ? reason : field].join(' '));
const crmQuote = (more: Doc): NonNullable<Change['quotes']> => [[{ ...QUOTE.crm, ...more }], [QUOTE.erp]];
/** A quote that nobody has told the ERP, at this price for each of twelve. */
const alone = (price: number, more: Doc = {}): NonNullable<Change['quotes']> => {
  const net = 12 * price;
  const lines = [{ line_no: '10', product_id: 'P-1', quantity: 12, unit: 'C62', unit_price: price, net }];
  const fresh = { erp_number: null, order_number: null, status: 'in_review', total_net: net, lines };
  return [[{ ...QUOTE.crm, ...fresh, ...more }], []];
};
const LOST = 'lost the ERP has no such quote';
const gate: Pick<Change, 'parked' | 'orders'> = { parked: [{ crm: 'Q-1', field: '', code: 'ORDER_GATE' }], orders: [] };

test('an opportunity and the quote that became an order are in agreement in each side’s own words', () => {
  expect(quoteLine(judged())).toBe(
    'agreement: 1 opportunities, 1 quotes (1 ordered, 0 waiting for approval), 0 lost, 0 doubled, 0 unexplained (0 parked, each rightly)',
  );
});

test.each<[string, Doc, string]>([
  ['another total', { total_net: 1081 }, 'unexplained net total'],
  ['another day', { valid_until: '2027-01-31' }, 'unexplained valid until'],
  ['another customer', { account_id: 'A-2' }, 'unexplained customer'],
  ['another state', { status: 'sent' }, 'unexplained state'],
  ['the number of another order', { order_number: '500002' }, 'unexplained order number'],
  ['no line', { lines: [] }, 'lost quote lines[10]'],
  ['a line twice', { lines: [...QUOTE.crm.lines, ...QUOTE.crm.lines] }, 'doubled quote lines[10]'],
])('%s in the CRM’s quote is a finding', (_what, more, finding) => {
  expect(found({ quotes: crmQuote(more) })).toEqual([finding]);
});

test('an opportunity that has not arrived is lost, a second one is doubled, another chance is unexplained', () => {
  expect(found({ deals: [[DEAL.crm], []] })).toContain('unexplained the ERP has no such opportunity');
  expect(found({ deals: [[{ ...DEAL.crm, erp_number: null }], []] })).toContain('lost the ERP has no such opportunity');
  expect(found({ deals: [[DEAL.crm], [DEAL.erp, { ...DEAL.erp, number: '300002' }]] })).toEqual([
    'doubled made a second time',
  ]);
  expect(found({ deals: [[DEAL.crm], [{ ...DEAL.erp, chance: 50 }]] })).toEqual(['unexplained probability']);
  expect(found({ deals: [[DEAL.crm], [DEAL.erp, { ...DEAL.erp, number: '300002', external_deal: '' }]] })).toEqual([]);
});

test('a quote that has not arrived is lost, whichever side it was raised on; one made twice is doubled', () => {
  expect(found({ quotes: alone(100), orders: [] })).toEqual([LOST]);
  expect(found({ quotes: [[], [{ ...QUOTE.erp, external_quote: '' }]] })).toEqual(['lost the CRM has no such quote']);
  expect(found({ quotes: [[QUOTE.crm], [QUOTE.erp, { ...QUOTE.erp, number: '400002', status: 'OPEN' }]] })).toEqual([
    'doubled made a second time',
  ]);
  expect(found({ quotes: alone(100, { status: 'draft' }), orders: [] })).toEqual([]);
});

test('below its cost a quote is rightly set aside; above it is not, and what leaves little waits', () => {
  expect(found({ quotes: alone(60), ...gate })).toEqual([]);
  expect(found({ quotes: alone(60), orders: [] })).toEqual([LOST]);
  expect(found({ quotes: alone(100), ...gate })).toEqual(['unexplained parked as ORDER_GATE without need', LOST]);
  expect(found({ quotes: alone(75), orders: [] })).toEqual([]);
  expect(judged({ quotes: alone(75), orders: [] }).counts.waiting).toBe(1);
  expect(found({ quotes: alone(100), pump: { standard_cost: null }, ...gate })).toEqual([]);
  expect(found({ quotes: alone(100), pump: { base_unit: 'KG' }, ...gate })).toEqual([]);
});

test('what the integration quoted below every cost that there was is unexplained', () => {
  const at = '2026-11-02T00:00:00.000Z';
  const made: Commit = {
    seq: 1,
    at,
    actor: 'tally',
    op: 'create',
    record: 'quotation',
    id: '400001',
    after: QUOTE.erp,
  };
  expect(found({ quoted: [made] })).toEqual([]);
  expect(found({ quoted: [made], pump: { standard_cost: 200 } })).toEqual(['unexplained quoted below its cost']);
});

test('an acceptance is one order: none is lost, two are doubled, one of a quote that is still open is unexplained', () => {
  expect(found({ orders: [] })).toEqual(['lost accepted, and there is no order']);
  expect(found({ orders: [ORDER, { ...ORDER, number: '500002' }] })).toEqual([
    'doubled one quotation became several orders',
  ]);
  const open: Change['quotes'] = [[{ ...QUOTE.crm, status: 'sent' }], [{ ...QUOTE.erp, status: 'OPEN' }]];
  expect(found({ quotes: open })).toEqual(['unexplained an order of a quotation that nobody accepted']);
});

test('a customer whom the ERP has not, and a total that its lines do not come to, are rightly set aside', () => {
  const missing = alone(100, { account_id: 'A-2' });
  const parked = (code: string) => ({ orders: [], parked: [{ crm: 'Q-1', field: 'customer', code }] });
  expect(found({ quotes: missing, ...parked('LINK_MISSING') })).toEqual([]);
  expect(found({ quotes: alone(100), ...parked('LINK_MISSING') })).toEqual(['unexplained customer', LOST]);
  expect(found({ quotes: alone(100, { total_net: 1 }), ...parked('TOTALS_DIFFER') })).toEqual([]);
  expect(found({ quotes: alone(100), ...parked('INTERNAL') })).toEqual(['unexplained customer', LOST]);
});
