/** An order from the CRM to cash, as the demonstration on the two sandbox systems tells it. */
import { basic, bearer, call, docOf, listOf } from '../../../sandbox/kit/calls.ts';
import type { Doc } from '../../../sandbox/kit/json.ts';
import { SyncError } from '../../domain/errors.ts';
import { linkedAccounts } from './decide.ts';
import { until, type World } from './world.ts';

/** What the CRM showed of the order, and when, in ms since it was raised. */
export interface OrderTold {
  readonly order: string;
  readonly account: string;
  readonly number: string;
  readonly numberedMs: number;
  readonly invoice: string;
  readonly gross: string;
  readonly paidMs: number;
}

const LINES: readonly Doc[] = [
  { line_no: '10', product: 'P-100', quantity: 4, unit: 'C62', unit_price: 24.5, net: 98 },
  { line_no: '20', product: 'P-200', quantity: 1, unit: 'C62', unit_price: 12.5, net: 12.5 },
];
const text = (value: unknown): string => (typeof value === 'string' ? value : '');
const at = (world: World, name: string): string => world.urls[`SANDBOX_${name}_URL`] ?? '';

/** Sales raises it in the CRM. */
const raise = async (world: World, account: string): Promise<string> => {
  const url = at(world, 'CRM');
  const body = {
    ...{ account_id: account, name: 'Spring order', status: 'submitted', order_date: '2026-03-02' },
    ...{ currency: 'EUR', total_net: 110.5, lines: LINES },
  };
  const headers = await bearer(url, 'people', 'people-secret');
  return text(docOf(await call('POST', `${url}/v1/orders`, { headers, body }))['id']);
};

const shown = async (world: World, record: string, found: (each: Doc) => boolean): Promise<Doc | undefined> => {
  const reply = await call('GET', `${at(world, 'CRM_CONTROL')}/control/state?record=${record}&limit=5000`);
  return listOf(docOf(reply), 'records').find(found);
};

/** The record of the CRM once it shows what is looked for. */
const awaited = async (
  world: World,
  withinMs: number,
  what: string,
  record: string,
  found: (each: Doc) => boolean,
): Promise<Doc> => {
  let seen: Doc | undefined;
  await until(withinMs, async () => {
    seen = await shown(world, record, found);
    return seen !== undefined;
  });
  if (seen === undefined) throw new SyncError('INTERNAL', `the CRM was not shown ${what} within ${withinMs / 1000} s`);
  return seen;
};

/** Somebody at the ERP enters a document; what the ERP made of it. */
const enter = async (world: World, record: string, values: Doc): Promise<Doc> => {
  const reply = await call('POST', `${at(world, 'ERP')}/api/${record}s/create`, {
    headers: basic('people', 'people-secret'),
    body: { items: [{ reference: null, [record]: values }] },
  });
  const [result] = listOf(docOf(reply), 'results');
  if (result?.['ok'] !== true)
    throw new SyncError('INTERNAL', `the ERP took no ${record}: ${text(result?.['message'])}`);
  return result[record] as Doc;
};

/** Raised in the CRM; the ERP's people deliver, bill and book the payment; the CRM shows all of it. */
export const sellSomething = async (world: World, withinMs: number): Promise<OrderTold> => {
  const account = (await linkedAccounts(world)).at(20)?.id ?? '';
  const order = await raise(world, account);
  const began = performance.now();
  const mine = (each: Doc): boolean => each['id'] === order;
  const numbered = await awaited(
    world,
    withinMs,
    'the number of its order',
    'order',
    (each) => mine(each) && text(each['erp_number']) !== '',
  );
  const numberedMs = performance.now() - began;
  const number = text(numbered['erp_number']);
  const positions = LINES.map((line) => ({
    ...{ position: line['line_no'] ?? null, order_item: line['line_no'] ?? null },
    quantity: String(line['quantity']),
  }));
  await enter(world, 'delivery_note', { order: number, items: positions });
  const bill = await enter(world, 'invoice', {
    items: positions.map((item) => ({ ...item, order: number })),
    issued_on: '2026-03-06',
  });
  const [invoice, gross] = [text(bill['number']), text(bill['gross'])];
  await enter(world, 'payment', { allocations: [{ invoice, amount: gross }], received_on: '2026-03-20' });
  await awaited(
    world,
    withinMs,
    'the paid invoice',
    'invoice',
    (each) => each['number'] === invoice && each['order_id'] === order && each['payment_state'] === 'paid',
  );
  await awaited(
    world,
    withinMs,
    'the order as delivered and paid',
    'order',
    (each) => mine(each) && each['delivery_state'] === 'in full' && each['payment_state'] === 'in full',
  );
  return { order, account, number, numberedMs, invoice, gross, paidMs: performance.now() - began };
};
