/** Each step of an order's life met by a cancellation and by a change, surely: what is too short is held, and the ERP's people lead the orders on one by one. */
import { setTimeout as pause } from 'node:timers/promises';
import { getJson, type System, type Systems } from '../../bench/systems.ts';
import { type Ask, type Step, stepOf } from '../../sandbox/checker/order-asks.ts';
import { basic, call, listOf } from '../../sandbox/kit/calls.ts';
import { rounded, sum, times } from '../../sandbox/kit/decimal.ts';
import type { Fault } from '../../sandbox/kit/faults.ts';
import { Digits, type Doc } from '../../sandbox/kit/json.ts';
import type { SalesDesk } from '../../sandbox/people/orders.ts';
import { until } from '../../src/cli/demo/world.ts';

// Ten kills and the faults of a network lie between an order and its number.
const WITHIN_MS = 240_000;
const LOOK_EVERY_MS = 200;
const MOST = 100_000;
/** Steps that are met surely; a held order is met by chance, where a customer's credit is small. */
export const STEERED: readonly Step[] = [
  ...(['just raised', 'waiting for approval', 'sent to the ERP', 'numbered', 'partly delivered'] as const),
  ...(['delivered', 'invoiced', 'partly paid', 'closed', 'called off'] as const),
];
/** What the ERP's people do to bring an order a step further, in their order. */
const LED = ['partly delivered', 'delivered', 'invoiced', 'partly paid', 'closed'] as const;
const LATE_DATE = '2027-01-31';
/** After delivery somebody wants less than went out; before, and when all is over, another date. */
const WANTS_LESS: readonly Step[] = [
  'waiting for approval',
  'partly delivered',
  'delivered',
  'invoiced',
  'partly paid',
];
const LESS = '3';

/** Records of a kind as they stand, past all faults. */
export const stateOf = async <Row = Doc>(system: System, record: string): Promise<readonly Row[]> =>
  (
    await getJson<{ readonly records: readonly Row[] }>(
      `${system.control}/control/state?record=${record}&limit=${MOST}`,
    )
  ).records;

/** An order of two lines that can be delivered; a dear one waits for its approval. */
const orderOf = (account: string, price: string): Doc => {
  const line = (no: string, product: string, quantity: string): Doc => ({
    ...{ line_no: no, product, unit: 'C62', quantity: new Digits(quantity), unit_price: new Digits(price) },
    net: new Digits(rounded(times(quantity, price), 2)),
  });
  return {
    ...{ account_id: account, name: 'Order to be led', status: 'submitted', order_date: '2026-03-02', currency: 'EUR' },
    ...{ total_net: new Digits(rounded(times('15', price), 2)) },
    lines: [line('10', 'P-100', '10'), line('20', 'P-200', '5')],
  };
};

/** Both records of an order. */
interface Pair {
  readonly crm: Doc;
  readonly erp: Doc | undefined;
}

/** The two systems as those who steer see and move them. */
const handsOf = (systems: Systems) => {
  const headers = basic('people', 'people-secret');
  const pairOf = async (id: string): Promise<Pair> => {
    // The CRM first: an order that it shows a number of is there.
    const [crm = {}] = (await stateOf(systems.crm, 'order')).filter((order) => order['id'] === id);
    const [erp] = (await stateOf(systems.erp, 'sales_order')).filter((order) => order['external_order'] === id);
    return { crm, erp };
  };
  // Whether it was done shows in the state, so what becomes of the answer does not matter.
  const tell = async (record: string, what: 'create' | 'update', item: Doc): Promise<void> => {
    const url = `${systems.erp.url}/api/${record}s/${what}`;
    await call('POST', url, { headers, body: { items: [item] } }).catch(() => undefined);
  };
  const post = (record: string, values: Doc): Promise<void> =>
    tell(record, 'create', { reference: null, [record]: values });
  const reached = async (id: string, what: string, there: (pair: Pair) => boolean): Promise<Pair> => {
    let pair: Pair = { crm: {}, erp: undefined };
    const found = await until(WITHIN_MS, async () => {
      pair = await pairOf(id);
      if (!there(pair)) await pause(LOOK_EVERY_MS);
      return there(pair);
    });
    if (!found) throw new Error(`order ${id} has not come to be ${what}: ${JSON.stringify(pair)}`);
    return pair;
  };
  return { pairOf, tell, post, reached };
};
type Hands = ReturnType<typeof handsOf>;

const rest = (item: Doc, of: string, done: string): string => String(Number(item[of]) - Number(item[done]));

/** One thing that the ERP's people do about an order that has not come to this step. */
const leadOn = async ({ tell, post }: Hands, systems: Systems, order: Doc, to: Step): Promise<void> => {
  const { number = '', status } = order;
  const items = listOf(order, 'items');
  if (status === 'HELD') return tell('sales_order', 'update', { number, sales_order: { block: '' } });
  if (to === 'partly delivered')
    return post('delivery_note', { order: number, items: [{ position: '10', order_item: '10', quantity: '4' }] });
  if (to === 'delivered') {
    const open = items.filter((item) => rest(item, 'quantity', 'delivered') !== '0');
    const rows = open.map(({ position = '', ...item }) => ({
      ...{ position, order_item: position, quantity: rest(item, 'quantity', 'delivered') },
    }));
    return post('delivery_note', { order: number, items: rows });
  }
  if (to === 'invoiced') {
    const rows = items.map(({ position = '', ...item }) => ({
      ...{ position, order: number, order_item: position, quantity: rest(item, 'delivered', 'invoiced') },
    }));
    return post('invoice', { kind: 'INV', items: rows, issued_on: '2026-03-06', due_on: '2026-03-20' });
  }
  const bill = (await stateOf(systems.erp, 'invoice')).find((invoice) => invoice['order'] === number);
  const amount = to === 'closed' ? String(bill?.['open']) : rounded(times(bill?.['gross'], '0.5'), 2);
  return post('payment', { allocations: [{ invoice: bill?.['number'] ?? '', amount }], received_on: '2026-03-20' });
};

/** Lead an order that has its number to this step. Nobody else works on it. */
const led = async (hands: Hands, systems: Systems, id: string, to: Step): Promise<void> => {
  await hands.reached(id, 'numbered', ({ crm }) => typeof crm['erp_number'] === 'string');
  const steps: readonly Step[] = LED;
  const last = steps.indexOf(to);
  const come = ({ crm, erp }: Pair): number => steps.indexOf(stepOf(crm, erp));
  const done = await until(WITHIN_MS, async () => {
    const pair = await hands.pairOf(id);
    const held = pair.erp?.['status'] === 'HELD';
    if (!held && come(pair) >= last) return true;
    await leadOn(hands, systems, pair.erp ?? {}, steps[come(pair) + 1] ?? to);
    return false;
  });
  if (!done) throw new Error(`order ${id} could not be led to be ${to}`);
};

/** What those who steer are given. */
export interface Steering {
  readonly systems: Systems;
  readonly desk: SalesDesk;
  readonly account: string;
  readonly seed: number;
  /** Faults of a system beside those of the mix; none, if left out. */
  hold(held?: Partial<Record<'crm' | 'erp', Fault>>): Promise<void>;
}

/** What is wanted of an order at a step, as a person would put it into the CRM. */
const askedFor = async ({ desk }: Steering, hands: Hands, id: string, kind: 'cancel' | 'change'): Promise<Ask> => {
  const { crm, erp } = await hands.pairOf(id);
  const step = stepOf(crm, erp);
  if (kind === 'cancel') {
    await desk.callOff(id, step === 'called off' ? 'cancelled' : 'cancel_requested');
    return { order: id, step, wanted: 'cancel' };
  }
  if (!WANTS_LESS.includes(step)) {
    await desk.change(id, { requested_date: LATE_DATE });
    return { order: id, step, wanted: { date: LATE_DATE } };
  }
  const lines = listOf(crm, 'lines').map((line): Doc => {
    const net = rounded(times(LESS, line['unit_price']), 2);
    return line['line_no'] === '10' ? { ...line, quantity: new Digits(LESS), net: new Digits(net) } : line;
  });
  await desk.change(id, { lines, total_net: new Digits(rounded(sum(lines.map(({ net }) => net)), 2)) });
  return { order: id, step, wanted: { line: '10', quantity: LESS } };
};

const KINDS = ['cancel', 'change'] as const;

type Both = Readonly<Record<'cancel' | 'change', string>>;

/** Orders raised for a step, one for each kind, and what was asked of them. */
const workOf = (steering: Steering, raised: (id: string) => void) => {
  const { systems, desk, account, seed } = steering;
  const hands = handsOf(systems);
  const asks: Ask[] = [];
  const raise = async (step: Step, kind: 'cancel' | 'change', price: string): Promise<string> => {
    const id = await desk.raise(account, `led ${seed} ${kind} ${step}`, orderOf(account, price));
    raised(id);
    return id;
  };
  return {
    hands,
    asks,
    both: async (step: Step, price = '20.00'): Promise<Both> => ({
      cancel: await raise(step, 'cancel', price),
      change: await raise(step, 'change', price),
    }),
    ask: async (ids: Both): Promise<void> => {
      for (const kind of KINDS) asks.push(await askedFor(steering, hands, ids[kind], kind));
    },
  };
};

/** The two steps that are too short: held at the ERP's door orders are just raised; held at the CRM's, the ERP has them and the CRM does not know. */
export const meetHeldSteps = async (steering: Steering, raised: (id: string) => void): Promise<readonly Ask[]> => {
  const { hands, asks, both, ask } = workOf(steering, raised);
  const ours = { kind: '503', rate: 1, actor: 'tally', only_writes: true } as const;
  await steering.hold({ erp: { ...ours, path: '/api/sales_orders/create' } });
  const raisedFirst = await both('just raised');
  await ask(raisedFirst);
  await steering.hold({ crm: { ...ours, path: '/v1/orders' } });
  const sent = await both('sent to the ERP');
  for (const id of Object.values(sent)) await hands.reached(id, 'sent to the ERP', ({ erp }) => erp !== undefined);
  await ask(sent);
  await steering.hold();
  // Others are measured: what was held is made up for before they come.
  for (const id of [raisedFirst.change, ...Object.values(sent)])
    await hands.reached(id, 'numbered', ({ crm }) => typeof crm['erp_number'] === 'string');
  return asks;
};

/** All other steps: one waits for an approval that nobody gives, the others are led on by the ERP's people. */
export const meetOtherSteps = async (steering: Steering, raised: (id: string) => void): Promise<readonly Ask[]> => {
  const { hands, asks, both, ask } = workOf(steering, raised);
  const dear = await both('waiting for approval', '12000.00');
  const later: (readonly [Step, Both])[] = [];
  for (const step of STEERED.slice(STEERED.indexOf('numbered'))) later.push([step, await both(step)]);
  for (const id of Object.values(dear))
    await hands.reached(id, 'waiting for approval', ({ crm }) => crm['sync_state'] === 'waiting');
  await ask(dear);
  for (const [step, ids] of later) {
    for (const id of Object.values(ids)) {
      await led(hands, steering.systems, id, step);
      if (step !== 'called off') continue;
      await steering.desk.callOff(id);
      await hands.reached(id, step, ({ crm, erp }) => stepOf(crm, erp) === step);
    }
    await ask(ids);
  }
  return asks;
};
