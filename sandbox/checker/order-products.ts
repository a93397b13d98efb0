/** Judges whether the lines of orders lead to the same products at both sides. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { linkReader } from './contact-rules.ts';
import { readSystem } from './read.ts';
import type { Finding, SystemView } from './words.ts';

/** Both systems' orders and products. */
export interface OrderProducts {
  readonly orders: readonly Doc[];
  readonly salesOrders: readonly Doc[];
  readonly crmProducts: SystemView;
  readonly erpProducts: SystemView;
}

/** How many lines lead to a product, and those that lead elsewhere at the other side. Lines that one side lacks are judged with the orders. */
export const judgeOrderProducts = ({
  orders,
  salesOrders,
  crmProducts,
  erpProducts,
}: OrderProducts): { readonly lines: number; readonly findings: readonly Finding[] } => {
  const read = linkReader(crmProducts, erpProducts);
  const made = new Map(salesOrders.map((order) => [order['external_order'], order]));
  const lines = orders.flatMap((order) => {
    const items = listOf(made.get(order['id'] ?? null) ?? {}, 'items');
    return listOf(order, 'lines').flatMap((line) => {
      const item = items.find(({ position }) => position === line['line_no']);
      return item === undefined ? [] : [{ order, line, item }];
    });
  });
  const led = lines.flatMap(({ order, line, item }) => {
    const [one, two] = [read(line['product_id'] ?? null, 'crm'), read(item['material'] ?? null, 'erp')];
    if (one.value === null && two.value === null) return [];
    return [{ crm: String(order['id']), field: `order lines[${String(line['line_no'])}].product record`, one, two }];
  });
  const findings = led
    .filter(({ one, two }) => one.value !== two.value || one.wrong !== undefined)
    .map(({ crm, field, one, two }): Finding => {
      const values = { crm: one.value, erp: two.value };
      return { kind: 'unexplained', crm, field, values, reason: 'both sides lead elsewhere' };
    });
  return { lines: led.length, findings };
};

/** Reads both systems through their control addresses and judges them. */
export const checkOrderProducts = async (crmControl: string, erpControl: string) =>
  judgeOrderProducts({
    orders: (await readSystem(crmControl, 'order')).state,
    salesOrders: (await readSystem(erpControl, 'sales_order')).state,
    crmProducts: await readSystem(crmControl, 'product'),
    erpProducts: await readSystem(erpControl, 'product'),
  });
