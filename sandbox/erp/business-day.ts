/** A day of the ERP's people: orders let go, goods sent, invoices written, money received. The same seed does the same on the same books. */
import { compare, less, plain, rounded, sum, times } from '../kit/decimal.ts';
import { type Doc, parse } from '../kit/json.ts';
import { type Chance, chance, mix } from '../kit/random.ts';
import type { Store } from '../kit/store.ts';
import { amend } from './books.ts';
import { itemsOf, openOf, toCredit, toReturn } from './order-items.ts';
import type { Partners } from './partners.ts';
import { papersOf } from './settlement.ts';

/** How a day goes. `finish`: whatever can be done is done, in whole. */
export interface Day {
  readonly seed: number;
  readonly finish: boolean;
}
/** How many of each there were. */
export type Done = Readonly<
  Record<'released' | 'sent' | 'returned' | 'billed' | 'credited' | 'paid' | 'failed' | 'expired', number>
>;

const MOST = 100_000;
const PEOPLE = 'people';

interface World {
  readonly store: Store;
  readonly all: Readonly<Record<string, Partners>>;
  readonly luck: Chance;
  readonly finish: boolean;
  readonly today: string;
  readonly done: Record<keyof Done, number>;
}

const rows = ({ store }: World, record: string): readonly Doc[] =>
  store.page(record, '', MOST).map(({ body }) => parse(body) as Doc);

const post = ({ all }: World, record: string, values: Doc): void => {
  const outcome = all[record]?.create({ reference: null, [record]: values }, PEOPLE, 0);
  if (outcome === undefined || !('row' in outcome))
    throw new Error(`${record}: ${outcome?.message ?? 'there are none'}`);
};

const numbered = (items: readonly Doc[]): readonly Doc[] =>
  items.map((item, nth) => ({ position: String((nth + 1) * 10), ...item }));

const release = (world: World): void => {
  const { all, luck, finish, store } = world;
  for (const order of rows(world, 'sales_order')) {
    if (order['status'] === 'HELD' && (finish || luck.often(0.5))) {
      all['sales_order']?.update({ number: order['number'] ?? '', sales_order: { block: '' } }, PEOPLE, 0);
      world.done.released += 1;
    }
    const arrived = itemsOf(order).map((item) =>
      item['state'] === 'BACKORDER' && (finish || luck.often(0.5))
        ? { ...item, state: 'CONFIRMED', reason: '', confirmed: item['quantity'] ?? '' }
        : item,
    );
    const hand = { actor: PEOPLE, stamp: new Date(store.now()).toISOString(), request: 0 };
    if (order['status'] === 'OPEN') amend(store, 'sales_order', { ...order, items: arrived }, hand);
  }
};

const half = (quantity: string): string => {
  const less = rounded(times(quantity, '0.5'), 0);
  return compare(less, '0') > 0 && compare(less, quantity) < 0 ? less : quantity;
};

const send = (world: World): void => {
  const { luck, finish, today } = world;
  for (const order of rows(world, 'sales_order')) {
    const open = itemsOf(order).filter((item) => compare(openOf(item), '0') > 0);
    if (order['status'] !== 'OPEN' || open.length === 0 || !(finish || luck.often(0.7))) continue;
    const part = !finish && luck.often(0.4);
    const going = part ? open.slice(0, 1) : open;
    const items = going.map((item, nth) => ({
      position: String((nth + 1) * 10),
      order_item: item['position'] ?? '',
      quantity: part ? half(openOf(item)) : openOf(item),
    }));
    const tracking = `T${luck.below(1_000_000_000)}`;
    post(world, 'delivery_note', {
      order: order['number'] ?? '',
      items,
      shipped_on: today,
      carrier: 'Paketdienst',
      tracking,
    });
    world.done.sent += 1;
  }
};

const unbilled = (order: Doc): readonly Doc[] =>
  itemsOf(order).flatMap((item) => {
    const { delivered = '', quantity: wanted = '' } = item;
    const quantity = plain(less(compare(delivered, wanted) > 0 ? wanted : delivered, item['invoiced']));
    return compare(quantity, '0') > 0
      ? [{ order: order['number'] ?? '', order_item: item['position'] ?? '', quantity }]
      : [];
  });

const bill = (world: World): void => {
  const { luck, finish, today } = world;
  const due = new Date(Date.parse(today) + 14 * 86_400_000).toISOString().slice(0, 10);
  const write = (items: readonly Doc[]): void => {
    post(world, 'invoice', { kind: 'INV', items: numbered(items), issued_on: today, due_on: due });
    world.done.billed += 1;
  };
  // What is on its way back is not billed any more.
  const ready = rows(world, 'sales_order').filter(
    (order) => order['cancellation'] !== 'COMPENSATED' && unbilled(order).length > 0,
  );
  const groups = Map.groupBy(ready, ({ partner, currency }) => `${String(partner)} ${String(currency)}`);
  for (const orders of groups.values()) {
    if (!(finish || luck.often(0.8))) continue;
    if (orders.length > 1 && luck.often(0.4)) write(orders.flatMap(unbilled));
    else for (const order of orders) write(unbilled(order));
  }
};

/** Now and then something comes back and is credited. */
const comesBack = (world: World): void => {
  const { luck, finish, today } = world;
  if (finish) return;
  const whole = new Map(rows(world, 'sales_order').map((order) => [order['number'], order]));
  for (const invoice of rows(world, 'invoice')) {
    const [item] = itemsOf(invoice);
    if (invoice['kind'] !== 'INV' || invoice['status'] !== 'OPEN' || item === undefined || !luck.often(0.05)) continue;
    const { order = '', order_item: wanted = '' } = item;
    const goods = [{ position: '10', order_item: wanted, quantity: '1' }];
    const there = itemsOf(whole.get(order) ?? {}).find(({ position }) => position === wanted);
    const left = [less(there?.['delivered'], there?.['returned']), less(there?.['invoiced'], there?.['credited'])];
    if ([item['quantity'] ?? '', ...left.map(plain)].some((each) => compare(each, '1') < 0)) continue;
    post(world, 'delivery_note', { order, kind: 'RETURN', items: goods, shipped_on: today });
    const items = goods.map((each) => ({ ...each, order }));
    post(world, 'invoice', { kind: 'CRN', credits: invoice['number'] ?? '', items, issued_on: today });
    world.done.returned += 1;
    world.done.credited += 1;
  }
};

/** What invoices of an order still bill of its items, beside what credit notes took back of each. */
const credits = (world: World, order: Doc): readonly { readonly invoice: Doc; readonly items: readonly Doc[] }[] => {
  const papers = papersOf(world.store, order);
  const wanted = new Map(itemsOf(order).map((item) => [String(item['position']), toCredit(order, item)]));
  const of = (paper: Doc): readonly Doc[] => itemsOf(paper).filter((item) => item['order'] === order['number']);
  return papers
    .filter(({ kind }) => kind === 'INV')
    .flatMap((invoice) => {
      const taken = papers.filter(({ credits: credited }) => credited === invoice['number']).flatMap(of);
      const items = of(invoice).flatMap((item): Doc[] => {
        const { order_item: position = '' } = item;
        const gone = sum(taken.filter((each) => each['order_item'] === position).map(({ quantity }) => quantity));
        const billed = plain(less(item['quantity'], plain(gone)));
        const open = wanted.get(String(position)) ?? '0';
        const quantity = compare(billed, open) < 0 ? billed : open;
        if (compare(quantity, '0') <= 0) return [];
        wanted.set(String(position), plain(less(open, quantity)));
        return [{ order: order['number'] ?? '', order_item: position, quantity }];
      });
      return items.length === 0 ? [] : [{ invoice, items }];
    });
};

/** What was called off, or is wanted less of, after it had gone out: the goods come back, what was billed is credited. */
const takeBack = (world: World): void => {
  const { luck, finish, today, done } = world;
  for (const order of rows(world, 'sales_order')) {
    const { number = '' } = order;
    const back = itemsOf(order).flatMap((item) => {
      const quantity = toReturn(order, item);
      return quantity === '0' ? [] : [{ order_item: item['position'] ?? '', quantity }];
    });
    const notes = credits(world, order);
    if (back.length + notes.length === 0 || !(finish || luck.often(0.7))) continue;
    if (back.length > 0) {
      post(world, 'delivery_note', { order: number, kind: 'RETURN', items: numbered(back), shipped_on: today });
      done.returned += 1;
    }
    for (const { invoice, items } of notes) {
      const credit = { kind: 'CRN', credits: invoice['number'] ?? '', items: numbered(items), issued_on: today };
      post(world, 'invoice', credit);
      done.credited += 1;
    }
  }
};

const negative = (amount: unknown): string => rounded(times(String(amount), '-1'), 2);

const pay = (world: World): void => {
  const { luck, finish, today } = world;
  const receive = (allocations: readonly Doc[], more: Doc = {}): void => {
    post(world, 'payment', { allocations, received_on: today, ...more });
    world.done[more['status'] === 'FAILED' ? 'failed' : 'paid'] += 1;
  };
  const open = rows(world, 'invoice').filter((invoice) => compare(invoice['open'], '0') > 0);
  const groups = Map.groupBy(open, ({ partner, currency }) => `${String(partner)} ${String(currency)}`);
  for (const invoices of groups.values()) {
    if (!(finish || luck.often(0.6))) continue;
    const all = invoices.map(({ number = '', open: amount = '', kind }) => ({
      invoice: number,
      amount: kind === 'CRN' ? negative(amount) : amount,
    }));
    if (all.length > 1 && (finish || luck.often(0.4))) receive(all);
    else
      for (const each of all.filter(({ amount }) => compare(amount, '0') > 0)) {
        const fate = finish ? 1 : luck.below(100) / 100;
        if (fate < 0.1) receive([each], { status: 'FAILED', method: 'DEBIT', reason: 'account has not enough money' });
        else if (fate < 0.3) receive([{ ...each, amount: rounded(times(each.amount, '0.5'), 2) }]);
        else receive([each]);
      }
    // A credit note alone is paid out.
    if (all.length === 1 && finish && compare(all[0]?.amount, '0') < 0) receive(all);
  }
};

/** What is still offered, and was valid until yesterday at most, holds no more. */
const expire = (world: World): void => {
  for (const { number = '', status, valid_to: until = '' } of rows(world, 'quotation')) {
    if (status !== 'OPEN' || until === '' || String(until) >= world.today) continue;
    world.all['quotation']?.update({ number, quotation: { status: 'EXPIRED' } }, PEOPLE, 0);
    world.done.expired += 1;
  }
};

/** Let one day pass. */
export const businessDay = (store: Store, all: Readonly<Record<string, Partners>>, { seed, finish }: Day): Done => {
  const day = Number(store.setting('business day') ?? 0) + 1;
  store.keep('business day', String(day));
  const done = { released: 0, sent: 0, returned: 0, billed: 0, credited: 0, paid: 0, failed: 0, expired: 0 };
  const today = new Date(store.now()).toISOString().slice(0, 10);
  const world: World = { store, all, luck: chance(mix(seed, day)), finish, today, done };
  for (const work of [release, send, bill, comesBack, takeBack, pay, expire]) work(world);
  return done;
};
