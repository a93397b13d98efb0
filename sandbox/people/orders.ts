/** People who sell: they raise orders in the CRM and call some off; each thing is done once, whatever becomes of the answer. */
import { setTimeout as pause } from 'node:timers/promises';
import { bearer, call, docOf, listOf, type Reply } from '../kit/calls.ts';
import { rounded, sum, times } from '../kit/decimal.ts';
import { Digits, type Doc } from '../kit/json.ts';
import type { Chance } from '../kit/random.ts';

/** The sales desk. */
export interface SalesDesk {
  /** Raise an order for this account; its id in the CRM. `mark` makes sure that it is raised once. */
  raise(account: string, mark: string, order?: Doc): Promise<string>;
  /** Ask to call an order off; `cancelled` says it a second time. */
  callOff(order: string, status?: 'cancel_requested' | 'cancelled'): Promise<void>;
  /** Ask for something else. */
  change(order: string, fields: Doc): Promise<void>;
}

const TRIES = 80;
const PAUSE_MS = 100;
// Some of them the ERP has not in stock, has replaced, or sells no more.
const PRODUCTS = ['P-100', 'P-200', 'P-300', 'P-400', 'P-500', 'P-600', 'LATE-1', 'EX-7', 'OLD-9'] as const;
const MOST_LINES = 4;

/** An order that nobody has to approve: lines with prices of their own, and the total that they come to. */
export const orderOf = (luck: Chance, account: string): Doc => {
  const count = 1 + luck.below(MOST_LINES);
  const lines = Array.from({ length: count }, (_, nth): Doc => {
    // The first can always be delivered, so that an order is never nothing.
    const product = nth === 0 ? `P-${1 + luck.below(9)}00` : luck.pick(PRODUCTS);
    const quantity = String(1 + luck.below(20));
    const price = `${1 + luck.below(90)}.${String(luck.below(100)).padStart(2, '0')}`;
    const net = new Digits(rounded(times(quantity, price), 2));
    return {
      ...{ line_no: String((nth + 1) * 10), product, unit: 'C62', quantity: new Digits(quantity) },
      ...{ unit_price: new Digits(price), net },
    };
  });
  const total = rounded(sum(lines.map(({ net }) => net)), 2);
  const day = `2026-0${1 + luck.below(9)}-${10 + luck.below(18)}`;
  return {
    ...{ account_id: account, name: `Order of ${day}`, status: 'submitted', order_date: day, currency: 'EUR' },
    ...{ customer_po: `PO-${luck.below(1_000_000)}`, total_net: new Digits(total), lines },
  };
};

/** The CRM as those who sell use it. */
export const salesDesk = (url: string, luck: Chance): SalesDesk => {
  let headers: Record<string, string> | undefined;
  const once = async (item: Doc): Promise<Reply | undefined> => {
    try {
      headers ??= await bearer(url, 'people', 'people-secret');
      const reply = await call('POST', `${url}/v1/orders/batch/upsert`, { headers, body: { items: [item] } });
      if (reply.status === 401) headers = undefined;
      return reply.status === 200 ? reply : undefined;
    } catch {
      return undefined; // no token, or nobody knows whether it was done
    }
  };
  // Which record is meant stands in the item, so doing it again changes nothing.
  const surely = async (item: Doc): Promise<Doc> => {
    for (let left = TRIES; left > 0; left -= 1) {
      const reply = await once(item);
      const [result] = reply === undefined ? [] : listOf(docOf(reply), 'results');
      const { status } = result ?? {};
      if (status === 200 || status === 201) return result?.['record'] as Doc;
      if (result !== undefined) throw new Error(`sales was refused: ${JSON.stringify(result)}`);
      await pause(PAUSE_MS);
    }
    throw new Error('an order does not come through');
  };
  return {
    raise: async (account, mark, order = orderOf(luck, account)) =>
      String((await surely({ key: mark, external_id: mark, fields: order }))['id']),
    callOff: async (order, status = 'cancel_requested') =>
      void (await surely({ key: order, id: order, fields: { status } })),
    change: async (order, fields) => void (await surely({ key: order, id: order, fields })),
  };
};
