import type { JsonObject } from '../../src/domain/json.ts';
import { decideOrder } from '../../src/ledger/steps/order-acts.ts';
import type { Mapping } from '../../src/mapping/port.ts';
import { compiledOf } from '../mapping/kit.ts';
import type { Rig, RigOptions } from './rig.ts';
import { withRig } from './with-rig.ts';

/** Customers with credit and orders that have a life: what a gate, levels and a table of states can say. */
export const ORDER_FILES = {
  'mappings/customer.yaml': `mapping: customer
revision: 1
summary: Customers.
between: { crm: { connection: crm, record: Account }, erp: { connection: erp, record: Partner } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: name, flow: crm <-> erp, as: text, conflict: crm wins }
  credit: { crm: credit, erp: credit, flow: crm <- erp, as: decimal }
`,
  'mappings/order.yaml': `mapping: order
revision: 1
summary: Orders.
between: { crm: { connection: crm, record: Contact }, erp: { connection: erp, record: Person } }
identity: { match_on: [[number]], on_none: { to_erp: create, to_crm: create } }
fields:
  number: { crm: number, erp: number, flow: crm <-> erp, as: text, conflict: crm wins }
  customer: { crm: account, erp: partner, flow: crm -> erp, link: customer, required: to_erp }
  total: { crm: total, erp: total, flow: crm <-> erp, as: decimal, conflict: erp wins }
  note: { crm: note, erp: note, flow: crm <-> erp, as: text, conflict: erp wins }
  wish: { crm: wish, erp: wish, flow: crm -> erp, as: text }
  status: { crm: status, erp: status, flow: crm <-> erp, lookup: states, conflict: erp wins }
lines:
  order lines:
    crm: items
    erp: items
    key: no
    fields:
      no: { crm: no, erp: no, flow: crm <-> erp, as: text, conflict: park }
      price: { crm: price, erp: price, flow: crm -> erp, as: decimal }
      list price: { crm: list, erp: list, flow: crm <- erp, as: decimal }
      net: { crm: net, erp: net, flow: crm -> erp, as: decimal }
totals: [{ field: total, lines: order lines, of: net }]
process:
  starts: { status: [submitted] }
  gate:
    - { complete: [number, order lines], say: An order needs a number and lines }
    - { within: total, limit: { link: customer, field: credit }, say: The customer has not enough credit }
    - { deviation: price, of: order lines, from: list price, at_most: 50, say: The price is beyond reason }
  approval:
    covers: [total, order lines]
    levels:
      - level: team lead
        when: [{ above: total, value: 1000 }, { deviation: price, of: order lines, from: list price, at_most: 10 }]
        due: 12 h
      - level: board
        when: [{ above: total, value: 5000 }]
        due: 2 d
  cancelled: { status: [cancelled] }
  states:
    - { state: open, crm: { status: [submitted] }, erp: { status: [o] }, change: free, cancel: free }
    - { state: confirmed, crm: { status: [confirmed] }, erp: { status: [c] } }
    - { state: shipped, crm: { status: [shipped] }, erp: { status: [s] }, change: refuse, cancel: refuse }
    - { state: closed, crm: { status: [closed] }, erp: { status: [z] }, change: refuse, cancel: refuse, ends: true }
    - { state: cancelled, crm: { status: [cancelled] }, erp: { status: [x] }, change: refuse, cancel: free, ends: true }
  targets: { crossing: 3 s, confirmed: 2 d }
feedback: { crm: { state: sync_state, reason: sync_reason } }
`,
  'mappings/lookups/states.yaml': `lookup: states
revision: 1
summary: States.
rows:
  - { crm: submitted, erp: o }
  - { crm: confirmed, erp: c }
  - { crm: shipped, erp: s }
  - { crm: closed, erp: z }
  - { crm: cancelled, erp: x }
`,
};

/** The mappings, with parts of the order's file written otherwise. */
export const orderMappings = (
  ...otherwise: readonly (readonly [from: string, to: string])[]
): ReadonlyMap<string, Mapping> => {
  const at = 'mappings/order.yaml';
  const text = otherwise.reduce((so: string, [from, to]) => {
    if (!so.includes(from)) throw new Error(`the mapping does not say "${from}"`);
    return so.replace(from, to);
  }, ORDER_FILES[at]);
  return compiledOf({ ...ORDER_FILES, [at]: text });
};

/** A line of an order, at its list price unless said otherwise. */
export const line = (no: string, net: number, price = net): JsonObject => ({ no, price, list: net, net });

/** An order of one line for the customer A001. */
export const anOrder = (number: string, total: number, more: JsonObject = {}): JsonObject => ({
  number,
  account: 'A001',
  total,
  status: 'submitted',
  items: [line('10', total)],
  ...more,
});

/** Where a document stands, as its row says. */
export const rowOf = async ({ db }: Rig, record: string) => {
  const [row] = await db.query<{ step: string; waits_for: string; content: string; said: string; ended: boolean }>(
    `select step, waits_for, content, said, ended_at is not null as ended from order_process where record = $1`,
    [record],
  );
  return row;
};
export const eventsOf = async ({ db }: Rig, record: string): Promise<readonly string[]> =>
  (
    await db.query<{ said: string }>(
      `select event || ' ' || step || case when said = '' then '' else ': ' || said end as said from order_event where record = $1 order by id`,
      [record],
    )
  ).map(({ said }) => said);

/** An approver says yes or no to what stands now. */
export const says = async (
  rig: Rig,
  record: string,
  decision: 'approved' | 'refused',
  levels: readonly string[] | null = null,
  reason = '',
) => {
  const mapping = rig.context.mappings().get('order');
  if (mapping === undefined) throw new Error('there is no mapping');
  const content = (await rowOf(rig, record))?.content ?? '';
  return decideOrder(rig.db, { name: 'ada', mappings: null, levels }, mapping, record, { decision, content, reason });
};

/** Orders in the two systems, with a customer whose credit is 10,000; the ERP refuses as it is told. */
export const withOrders = (
  work: (rig: Rig, shop: Shop) => Promise<void>,
  refuses: (body: JsonObject) => string | undefined = () => undefined,
  compiled: ReadonlyMap<string, Mapping> = orderMappings(),
): Promise<void> => {
  const options: RigOptions = { compiled, manners: { erp: { refuses } } };
  return withRig(options, async (rig) => {
    rig.systems.erp.people.create({ name: 'Acme', credit: 10_000 });
    await rig.settle();
    const { crm, erp } = rig.contacts;
    await work(rig, {
      raise: async (order) => {
        const id = crm.people.create(order);
        await rig.settle();
        return id;
      },
      inCrm: (id) => crm.records.get(id)?.body ?? {},
      inErp: (number) => [...erp.records.values()].filter(({ body }) => body['number'] === number),
      edit: async (id, values) => {
        crm.people.edit(id, values);
        await rig.settle();
      },
      advance: async (number, values) => {
        for (const { id, body } of erp.records.values()) if (body['number'] === number) erp.people.edit(id, values);
        await rig.settle();
      },
    });
  });
};

/** What people do with orders. */
export interface Shop {
  raise(order: JsonObject): Promise<string>;
  inCrm(id: string): JsonObject;
  inErp(number: string): readonly { readonly body: JsonObject }[];
  edit(id: string, values: JsonObject): Promise<void>;
  advance(number: string, values: JsonObject): Promise<void>;
}
