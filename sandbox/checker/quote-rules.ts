/** What must be the same in both systems of opportunities and quotes, and what a quote may be sold for, written down a second time. */
import { listOf } from '../kit/calls.ts';
import { type Doc, isDoc } from '../kit/json.ts';
import { grains } from './digits.ts';
import type { Compared, Paper } from './order-rules.ts';
import { UNITS } from './product-rules.ts';
import { decimal, meanings, type Pair, pairs, plain } from './readers.ts';
import type { Reader, SystemView } from './words.ts';

/** A kind of sale that may come about. */
export interface Offer {
  readonly name: 'opportunity' | 'quote';
  readonly crm: string;
  readonly erp: string;
  /** Where the ERP shows the CRM's id. */
  readonly external: string;
  readonly fields: readonly Compared[];
  readonly rows: Paper['rows'];
}

/** What the systems' own ids mean at the other side. */
export interface OfferLinks {
  readonly customer: Reader;
  readonly contact: Reader;
  readonly product: Reader;
  readonly opportunity: Reader;
}

const compared = (name: string, crm: string, erp: string, read: Reader = plain): Compared => ({ name, crm, erp, read });
const words = (table: Readonly<Record<string, string>>): Reader =>
  pairs(Object.entries(table).map(([crm, erp]): Pair => ({ crm, erp })));
// On its way to the customer a quote is one thing to the ERP.
const QUOTE_STATES = meanings({
  crm: {
    ...{ in_review: 'offered', approved: 'offered', sent: 'offered' },
    ...{ accepted: 'ordered', rejected: 'rejected', expired: 'expired' },
  },
  erp: { OPEN: 'offered', ACCEPTED: 'ordered', REJECTED: 'rejected', EXPIRED: 'expired' },
});
const STAGES = words({
  ...{ qualification: 'S010', 'needs analysis': 'S020', proposal: 'S030', negotiation: 'S040', closed: 'S090' },
});
const cut: Reader = (native, side) => {
  const reading = plain(native, side);
  return reading.value === null ? reading : { ...reading, value: [...reading.value].slice(0, 80).join('').trim() };
};

/** Opportunities and quotes. */
export const offers = ({ customer, contact, product, opportunity }: OfferLinks): readonly Offer[] => [
  {
    ...{ name: 'opportunity', crm: 'deal', erp: 'prospect', external: 'external_deal' },
    fields: [
      compared('number', 'erp_number', 'number'),
      compared('customer', 'account_id', 'partner', customer),
      compared('name', 'name', 'title', cut),
      compared('stage', 'stage', 'stage', STAGES),
      compared('status', 'status', 'status', words({ open: 'OPEN', won: 'WON', lost: 'LOST' })),
      compared('amount', 'amount', 'amount', decimal),
      compared('currency', 'currency', 'currency'),
      compared('probability', 'probability', 'chance', decimal),
      compared('close date', 'close_date', 'expected_on'),
    ],
    rows: {
      ...{ crm: 'lines', erp: 'items', key: ['line_no', 'position'] },
      fields: [
        compared('product', 'product_id', 'product', product),
        compared('quantity', 'quantity', 'quantity', decimal),
        compared('unit', 'unit', 'unit', UNITS),
        compared('amount', 'amount', 'amount', decimal),
      ],
    },
  },
  {
    ...{ name: 'quote', crm: 'quote', erp: 'quotation', external: 'external_quote' },
    fields: [
      compared('number', 'erp_number', 'number'),
      compared('customer', 'account_id', 'partner', customer),
      compared('contact', 'contact_id', 'contact', contact),
      compared('opportunity', 'deal_id', 'prospect', opportunity),
      compared('title', 'name', 'title'),
      compared('quote date', 'quote_date', 'issued_on'),
      compared('valid until', 'valid_until', 'valid_to'),
      compared('currency', 'currency', 'currency'),
      compared('net total', 'total_net', 'net_total', decimal),
      compared('state', 'status', 'status', QUOTE_STATES),
      compared('order number', 'order_number', 'order'),
    ],
    rows: {
      ...{ crm: 'lines', erp: 'items', key: ['line_no', 'position'] },
      fields: [
        compared('product', 'product_id', 'product', product),
        compared('configuration', 'options', 'configuration'),
        compared('quantity', 'quantity', 'quantity', decimal),
        compared('unit', 'unit', 'unit', UNITS),
        compared('unit price', 'unit_price', 'unit_price', decimal),
        compared('discount', 'discount', 'discount', decimal),
        compared('net amount', 'net', 'net', decimal),
        compared('cost', 'cost', 'cost', decimal),
      ],
    },
  },
];

const SCALE = 10n ** 12n;
// What leaves less than this over its cost, percent, and what comes to more than that is approved first.
const LITTLE = 15n;
const MUCH = grains('250000');

/** How a quote stands beside what its products cost: under it or the cost unknown, little over it, or a great sum. */
export interface Judged {
  readonly under: boolean;
  readonly asked: boolean;
}

/** Judges a quote of the CRM by the ERP's products. With `ever` each cost that a product once had speaks for the quote. */
export const judgedBy = (products: SystemView, product: Reader): ((quote: Doc, ever: boolean) => Judged) => {
  const now = new Map(products.state.map((doc) => [String(doc['number']), doc]));
  const before = Map.groupBy(products.commits ?? [], ({ id }) => id);
  const docsOf = (number: string | null, ever: boolean): readonly Doc[] => {
    const doc = now.get(number ?? '');
    const past = ever ? (before.get(number ?? '') ?? []).flatMap(({ after }) => (isDoc(after) ? [after] : [])) : [];
    return doc === undefined ? past : [doc, ...past];
  };
  const margins = (quote: Doc, line: Doc, ever: boolean): readonly { readonly net: bigint; readonly left: bigint }[] =>
    docsOf(product(line['product_id'], 'crm').value, ever).flatMap((doc) => {
      const alike =
        UNITS(doc['base_unit'], 'erp').value === UNITS(line['unit'], 'crm').value &&
        plain(doc['currency'], 'erp').value === plain(quote['currency'], 'crm').value;
      if (decimal(doc['standard_cost'], 'erp').value === null || !alike) return [];
      const net = grains(line['net']) * SCALE;
      return [{ net, left: net - grains(line['quantity']) * grains(doc['standard_cost']) }];
    });
  return (quote, ever) => {
    const lines = listOf(quote, 'lines').map((line) => margins(quote, line, ever));
    return {
      under: lines.some((found) => !found.some(({ left }) => left >= 0n)),
      asked:
        grains(quote['total_net']) > MUCH ||
        lines.some((found) => found.some(({ net, left }) => left * 100n < net * LITTLE)),
    };
  };
};
