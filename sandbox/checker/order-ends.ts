/** Where an order may stand by what was asked of it, and what must have come back of one that was called off late. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { grains, shownAs, together } from './digits.ts';
import type { Finding, SystemView } from './words.ts';

/** How people in the CRM say that they want it cancelled. */
export const WISHED: readonly unknown[] = ['cancel_requested', 'cancelled'];

/** The ERP's answer to a wish, and the states of an order that go with it; whether sales wished it. */
const ENDS: Readonly<Record<string, { readonly wished: boolean; readonly states: readonly string[] }>> = {
  NONE: { wished: false, states: ['OPEN', 'HELD', 'CLOSED'] },
  GRANTED: { wished: true, states: ['CANCELLED'] },
  REFUSED: { wished: true, states: ['OPEN', 'HELD', 'CLOSED'] },
  COMPENSATED: { wished: true, states: ['RETURNING', 'RETURNED'] },
};
const OVER: readonly unknown[] = ['CLOSED', 'CANCELLED', 'RETURNED'];

/** The CRM's orders and the ERP's papers. */
export interface Ends {
  readonly crm: readonly Doc[];
  readonly erp: Readonly<Record<'sales_order' | 'delivery_note' | 'invoice', SystemView>>;
  /** All work is done: what is not over is lost on its way. */
  readonly finished: boolean;
}

/** What moved of an item by papers of one kind, in grains. */
export const moved = (papers: SystemView, kind: string, order: unknown, position: unknown): bigint =>
  together(
    papers.state
      .filter((paper) => paper['kind'] === kind)
      .flatMap((paper) =>
        listOf(paper, 'items').filter(
          (item) => (item['order'] ?? paper['order']) === order && item['order_item'] === position,
        ),
      )
      .map(({ quantity }) => quantity),
  );

/** Goods and money of an order that was called off late: all that went has come back. */
const undone = (order: Doc, { erp: { delivery_note: notes, invoice } }: Ends): readonly string[] =>
  listOf(order, 'items').flatMap(({ position }) => {
    const [out, back] = (['OUT', 'RETURN'] as const).map((kind) => moved(notes, kind, order['number'], position));
    const [billed, credited] = (['INV', 'CRN'] as const).map((kind) => moved(invoice, kind, order['number'], position));
    return [
      ...(out === back
        ? []
        : [`of item ${String(position)} ${shownAs(out ?? 0n)} went out and ${shownAs(back ?? 0n)} came back`]),
      ...(billed === credited
        ? []
        : [`of item ${String(position)} ${shownAs(billed ?? 0n)} were billed and ${shownAs(credited ?? 0n)} credited`]),
    ];
  });

/** What is still owed either way of an order that was called off late. */
const owed = ({ number }: Doc, { erp }: Ends): readonly string[] =>
  erp.invoice.state
    .filter((paper) => listOf(paper, 'items').some(({ order }) => order === number) && grains(paper['open']) !== 0n)
    .map((paper) => `invoice ${String(paper['number'])} of an order that was taken back is not settled`);

/** Where what was asked of an order and how it stands do not go together. */
export const endFindings = (ends: Ends): readonly Finding[] => {
  const raised = new Map(ends.crm.map((order) => [String(order['erp_number']), order]));
  return ends.erp.sales_order.state.flatMap((order): readonly Finding[] => {
    const { number, status, cancellation, delivery_status: delivery } = order;
    const wished = WISHED.includes(raised.get(String(number))?.['status']);
    const values = { status: String(status), cancellation: String(cancellation), delivery: String(delivery) };
    const odd = (reason: string): readonly Finding[] => [
      { kind: 'unexplained', erp: String(number), field: 'wish', values, reason },
    ];
    const allowed = ENDS[String(cancellation)];
    if (wished && allowed?.wished !== true) return odd('a wish to cancel has no answer');
    if (!wished && allowed?.wished !== false) return odd('nobody wished to cancel it');
    if (!allowed?.states.includes(String(status))) return odd('state and answer do not go together');
    if (status === 'CANCELLED' && delivery !== 'NONE') return odd('it was delivered and cancelled');
    if (ends.finished && !OVER.includes(status)) return odd('it never came to its end');
    return status === 'RETURNED' ? [...undone(order, ends), ...owed(order, ends)].flatMap(odd) : [];
  });
};
