/** What a system's own papers must come to: lines to totals, deliveries to what was delivered, payments to what is still due. */

import { listOf } from '../kit/calls.ts';
import type { Doc, Value } from '../kit/json.ts';
import { grains, shownAs, together } from './digits.ts';
import type { Finding } from './words.ts';

/** The CRM's papers of all orders. */
export type Papers = Readonly<Record<'order' | 'shipment' | 'invoice' | 'payment', readonly Doc[]>>;

const said = (value: Value | undefined): string | null =>
  value === undefined || value === null ? null : String(value);

const differs = (
  doc: Doc,
  field: string,
  shown: Value | undefined,
  comesTo: bigint,
  reason: string,
): readonly Finding[] =>
  grains(shown) === comesTo
    ? []
    : [
        {
          ...{ kind: 'unexplained', crm: String(doc['id']), field, reason },
          values: { shown: said(shown), 'comes to': shownAs(comesTo) },
        },
      ];

const linesOf = (doc: Doc): readonly Doc[] => listOf(doc, 'lines');
const keyOf = (order: Value | undefined, line: Value | undefined): string => `${String(order)} ${String(line)}`;

const deliveredOf = ({ shipment }: Papers): ReadonlyMap<string, readonly Doc[]> =>
  Map.groupBy(
    shipment
      .filter(({ kind }) => kind === 'delivery')
      .flatMap((each) =>
        linesOf(each).map((line) => ({
          key: keyOf(each['order_id'], line['order_line']),
          quantity: line['quantity'] ?? null,
        })),
      ),
    ({ key }) => key,
  );

const ofOrders = (papers: Papers): readonly Finding[] => {
  const sent = deliveredOf(papers);
  return papers.order
    .filter(({ status }) => status !== 'draft')
    .flatMap((order) => [
      ...differs(
        order,
        'net total',
        order['total_net'],
        together(linesOf(order).map(({ net }) => net)),
        'not the sum of its lines',
      ),
      ...linesOf(order).flatMap((line) =>
        differs(
          order,
          `order lines[${String(line['line_no'])}].delivered`,
          line['delivered'],
          together((sent.get(keyOf(order['id'], line['line_no'])) ?? []).map(({ quantity }) => quantity)),
          'not what its deliveries come to',
        ),
      ),
    ]);
};

const paidOf = ({ payment }: Papers): ReadonlyMap<string, readonly Doc[]> =>
  Map.groupBy(
    payment.filter(({ state }) => state === 'received').flatMap((each) => listOf(each, 'allocations')),
    ({ invoice }) => String(invoice),
  );

const ofInvoices = (papers: Papers): readonly Finding[] => {
  const paid = paidOf(papers);
  return papers.invoice.flatMap((invoice) => {
    const { total_net: net, total_tax: tax, total_gross: gross, open_amount: open, type, number } = invoice;
    const taken = together((paid.get(String(number)) ?? []).map(({ amount }) => amount));
    const settled = type === 'credit note' ? -taken : taken;
    return [
      ...differs(
        invoice,
        'net total',
        net,
        together(linesOf(invoice).map((line) => line['net'])),
        'not the sum of its lines',
      ),
      ...differs(invoice, 'gross total', gross, together([net, tax]), 'not net and tax'),
      ...differs(invoice, 'amount due', open, grains(gross) - settled, 'not what its payments leave'),
    ];
  });
};

/** Where the CRM's papers do not add up. */
export const sumFindings = (papers: Papers): readonly Finding[] => [...ofOrders(papers), ...ofInvoices(papers)];
