import type { OrderLook, OrderName } from '../src/ledger/port.ts';
import { asActivity } from './activity.ts';
import type { Deps } from './deps.ts';

/** Where a document stands, and when to look again. */
export type OrderStep = Omit<OrderLook, 'nudge'>;

/** Look at a document's row: what is overdue is escalated or noted. */
export const createOrder = ({ pipeline, nudge, log }: Deps) =>
  asActivity({ name: 'order', log }, async (name: OrderName): Promise<OrderStep> => {
    const { nudge: mappings, ...step } = await pipeline.order(name);
    if (mappings.length > 0) await nudge(mappings);
    return step;
  });
