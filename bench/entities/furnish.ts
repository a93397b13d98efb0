/** What there is to load of each entity: entered by people through the systems' own APIs, the same from the same seed. */
import { text } from '../../sandbox/kit/json.ts';
import { chance } from '../../sandbox/kit/random.ts';
import { orderOf } from '../../sandbox/people/orders.ts';
import { basicOf, getJson, loginOf, postJson, type System, type Systems } from '../systems.ts';
import type { Doc } from './wire.ts';

const BATCH = 200;

/** Enters records in one system, and sees what it has. */
interface Hands {
  crm(address: string, records: readonly Doc[]): Promise<void>;
  erp(word: string, records: readonly Doc[]): Promise<void>;
  seen(side: 'crm' | 'erp', record: string): Promise<readonly Doc[]>;
}

const seen = async ({ control }: System, record: string): Promise<readonly Doc[]> => {
  const all: Doc[] = [];
  for (let after: string | null = ''; after !== null; ) {
    const page: { readonly records: readonly Doc[]; readonly after: string | null } = await getJson(
      `${control}/control/state?record=${record}&limit=5000&after=${after}`,
    );
    all.push(...page.records);
    after = page.after;
  }
  return all;
};

const handsAt = (systems: Systems): Hands => {
  const { crm, erp } = systems;
  const send = async (url: string, items: readonly Doc[], headers: Readonly<Record<string, string>>): Promise<void> => {
    for (let at = 0; at < items.length; at += BATCH) {
      // Amounts are digits: JSON of our own would round them.
      const body: unknown = JSON.parse(text({ items: items.slice(at, at + BATCH) } as never));
      const { results } = await postJson<{ readonly results: readonly Doc[] }>(url, body, headers);
      const wrong = results.find(({ ok, status }) => ok === false || (typeof status === 'number' && status >= 400));
      if (wrong !== undefined) throw new Error(`${url} refused ${JSON.stringify(wrong)}`);
    }
  };
  return {
    crm: async (address, records) =>
      send(
        `${crm.url}/v1/${address}/batch/upsert`,
        records.map((fields, i) => ({ key: String(i), fields })),
        await loginOf(crm, 'people'),
      ),
    erp: (word, records) =>
      send(
        `${erp.url}/api/${word}s/create`,
        records.map((record, i) => ({ reference: `seed-${word}-${i}`, [word]: record })),
        basicOf('people'),
      ),
    seen: (side, record) => seen(systems[side], record),
  };
};

const times = (count: number, one: (i: number) => Doc): readonly Doc[] =>
  Array.from({ length: count }, (_, i) => one(i));
const pick = (from: readonly Doc[], i: number): Doc => {
  const found = from[i % Math.max(from.length, 1)];
  if (found === undefined) throw new Error('nothing to choose from');
  return found;
};
/** Accounts whose partner is known to the ERP, by the tax id that both have. */
const customersOf = async (hands: Hands): Promise<readonly Doc[]> => {
  const known = new Set((await hands.seen('erp', 'partner')).map((partner) => partner['tax_number']));
  return (await hands.seen('crm', 'account')).filter(({ vat_number: id }) => typeof id === 'string' && known.has(id));
};
const soldOf = async (hands: Hands): Promise<readonly Doc[]> =>
  (await hands.seen('crm', 'product')).filter(({ standard_cost: cost, unit }) => cost !== null && unit === 'C62');

const contacts = async (hands: Hands, count: number): Promise<void> => {
  const accounts = await customersOf(hands);
  await hands.crm(
    'contacts',
    times(count, (i) => ({
      ...{ account_id: pick(accounts, i)['id'], first_name: 'Maria', last_name: `Bauer ${i}`, role: 'Einkauf' },
      ...{ email: `bench${i}@people.example`, phone: `+4930${3_000_000 + i}` },
    })),
  );
};

/** Five items each, all made of products that come later, so that none is made of itself. */
const boms = async (hands: Hands, count: number): Promise<void> => {
  const products = await hands.seen('erp', 'product');
  const heads = Math.floor(products.length / 2);
  await hands.erp(
    'bom',
    times(count, (i) => ({
      ...{ product: pick(products, i % heads)['number'], revision: String(Math.floor(i / heads)), usage: '1' },
      ...{ status: 'AC', base_quantity: 10, base_unit: 'ST' },
      items: times(5, (nth) => ({
        ...{
          item: `00${nth + 1}0`,
          category: 'L',
          component: pick(products, heads + ((i * 5 + nth) % heads))['number'],
        },
        ...{ unit: 'ST', quantity: nth + 1, scrap: 0.5 },
      })),
    })),
  );
};

const prices = async (hands: Hands, count: number): Promise<void> => {
  const [products, partners] = [await hands.seen('erp', 'product'), await hands.seen('erp', 'partner')];
  await hands.erp(
    'price',
    times(count, (i) => ({
      ...{ price_list: 'LIST', product: pick(products, i)['number'], price: 10 + i / 4, per: 1, currency: 'EUR' },
      ...(i % 2 === 0 ? {} : { partner: pick(partners, i)['number'] }),
      ...{ unit: 'ST', from_quantity: 1 + (i % 50), valid_from: '2026-01-01', valid_to: '2099-12-31' },
    })),
  );
};

const stocks = async (hands: Hands, count: number): Promise<void> => {
  const products = await hands.seen('erp', 'product');
  await hands.erp(
    'stock',
    times(count, (i) => ({
      ...{ product: pick(products, i)['number'], plant: String(1_000 + Math.floor(i / products.length)), unit: 'ST' },
      ...{ on_hand: i, reserved: i % 9, ordered: i % 7 },
    })),
  );
};

const deals = async (hands: Hands, count: number): Promise<void> => {
  const [accounts, products] = [await customersOf(hands), await soldOf(hands)];
  await hands.crm(
    'deals',
    times(count, (i) => ({
      ...{ account_id: pick(accounts, i)['id'], name: `Chance ${i}`, stage: 'proposal', status: 'open' },
      ...{ currency: 'EUR', amount: 1_000 + i, probability: i % 100, close_date: '2027-03-01' },
      lines: [{ line_no: '10', product_id: pick(products, i)['id'], quantity: 1 + (i % 9), unit: 'C62' }],
    })),
  );
};

/** Far above what anything costs, and below what a board decides: nobody has to approve one. */
const quotes = async (hands: Hands, count: number): Promise<void> => {
  const [accounts, products] = [await customersOf(hands), await soldOf(hands)];
  await hands.crm(
    'quotes',
    times(count, (i) => ({
      ...{ account_id: pick(accounts, i)['id'], name: `Angebot ${i}`, status: 'in_review', currency: 'EUR' },
      ...{ quote_date: '2026-11-01', valid_until: '2099-12-31', total_net: 10_000 },
      lines: [1, 2].map((nth) => ({
        ...{ line_no: `${nth}0`, product_id: pick(products, i * 2 + nth)['id'], quantity: 1, unit: 'C62' },
        ...{ unit_price: 5_000, net: 5_000 },
      })),
    })),
  );
};

/** As sales raises them by hand, spread over all customers. */
const orders = async (hands: Hands, count: number): Promise<void> => {
  const [accounts, luck] = [await customersOf(hands), chance(7)];
  await hands.crm(
    'orders',
    times(count, (i) => orderOf(luck, String(pick(accounts, i)['id'])) as Doc),
  );
};

const NOTHING = async (): Promise<void> => undefined;

const WORKS: Readonly<Record<string, (hands: Hands, count: number) => Promise<void>>> = {
  contact: contacts,
  product: NOTHING, // seeded
  bom: boms,
  'price-list-entry': prices,
  'stock-level': stocks,
  opportunity: deals,
  quote: quotes,
  order: orders,
  employee: NOTHING, // seeded
};

/** Enters what the mapping is to load. */
export const furnish = async (systems: Systems, mapping: string, count: number): Promise<void> =>
  WORKS[mapping]?.(handsAt(systems), count);

/** The ERP's people deliver, bill and are paid for all orders, in whole. */
export const fulfilAll = async ({ erp }: Systems): Promise<void> =>
  void (await postJson(`${erp.control}/control/business-day`, { seed: 7, finish: true }));
