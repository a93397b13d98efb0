/** Views that are asked by several things: records by the CRM's own ids, and values. */
import { expect, test } from 'vitest';
import type { Configuration } from '../../src/config/port.ts';
import type { JsonObject } from '../../src/domain/json.ts';
import { toBytes } from '../../src/ledger/codec.ts';
import { ViewReply } from '../../src/server/replies-views.ts';
import { aSystem, mappingsWith, shipped, viewsOf } from '../kit/views.ts';
import { account, CRM, ERP, inWorld, partner, type World } from './world.ts';

const PRODUCTS = [
  'mappings/product.yaml',
  'mappings/lookups/product-kinds.yaml',
  'mappings/lookups/product-groups.yaml',
  'mappings/lookups/units.yaml',
];
const VIEWS = ['views/price.yaml', 'views/availability.yaml', 'views/credit.yaml'];
const files = (paths: readonly string[]) => Object.fromEntries(paths.map((path) => [path, shipped(path)]));

const PRICE = { net: 12.5, unit_price: 1.25, per: 1, unit: 'ST', currency: 'EUR', day: '2026-12-01', condition: '' };
const id = (parts: JsonObject): string => JSON.stringify(Object.fromEntries(Object.entries(parts).sort()));
const ASKED = '/views/price/P1?customer=A1&quantity=10.0&currency=eur';
const QUESTION = id({ product: '700', customer: '100', quantity: '10', currency: 'EUR' });

type System = ReturnType<typeof aSystem>;

const STAFF = `mapping: staff
revision: 1
summary: Those who work for us.
between: { crm: { connection: crm, record: User }, erp: { connection: erp, record: Employee } }
identity: { match_on: [[login]], on_none: { to_erp: ignore, to_crm: ignore } }
fields:
  login: { crm: login, erp: login, flow: crm <-> erp, as: text, conflict: crm wins }
  job: { crm: job, erp: job, flow: crm <- erp, as: text }
  team: { crm: team, erp: department, flow: crm <- erp, as: text }
`;
const PEOPLE: Configuration = {
  ...{ revision: 1, connections: [], presets: {}, mappings: [], views: [] },
  people: { mapping: 'staff', role: 'job', team: 'team' },
};

/** Account A1 is partner 100, product P1 is 700; P2 is linked to nothing. */
const asking = async (
  work: (world: World, system: System, ask: (path: string) => ReturnType<World['ask']>) => Promise<void>,
  change: (text: string) => string = (text) => text,
): Promise<void> => {
  let world: World | undefined;
  const mappings = mappingsWith({ ...files(PRODUCTS), 'mappings/staff.yaml': STAFF });
  const given = Object.fromEntries(
    Object.entries(files(VIEWS)).map(([path, text]) => [path, change(text.replace('wait: 5', 'wait: 30'))]),
  );
  const { views, problems } = viewsOf(given, { mappings, people: true });
  expect(problems).toEqual([]);
  const db = (): World['db'] => {
    if (world === undefined) throw new Error('there is no world yet');
    return world.db;
  };
  const system = aSystem(db, () => views);
  await inWorld(
    async (made) => {
      world = made;
      await made.seen(CRM, [{ id: 'A1', body: account('Acme') }]);
      await made.seen(ERP, [{ id: '100', body: partner('Acme') }]);
      await made.linked({ crm: 'A1', erp: '100' });
      for (const [slot, own] of [
        ['crm/Product', 'P1'],
        ['crm/Product', 'P2'],
        ['erp/Product', '700'],
      ] as const)
        await made.db.query(
          `insert into record (slot, id, link, seen_from, first_seen, hash, body) values ($1, $2, gen_random_uuid(), now(), now(), '', $3)`,
          [slot, own, toBytes({ code: 'X' })],
        );
      await made.db.query(
        `update record set link = (select link from record where slot = 'crm/Product' and id = 'P1') where slot = 'erp/Product'`,
      );
      system.records.set(QUESTION, PRICE);
      await work(made, system, (path) => made.ask('steward', 'GET', path));
    },
    {
      compilation: () => ({ mappings: mappings.mappings, views, problems: [], configuration: PEOPLE }),
      temporal: system.temporal,
    },
  );
};

test('a price is asked by the CRM’s own product and account, and by quantity and currency as anybody writes them', () =>
  asking(async (_, { requests }, ask) => {
    const { status, json } = await ask(ASKED);
    expect([status, ViewReply.safeParse(json).error?.issues ?? []]).toEqual([200, []]);
    expect(json).toMatchObject({
      view: 'price',
      key: 'P1',
      parts: { product: 'P1', customer: 'A1', quantity: '10', currency: 'EUR' },
      source: 'erp/NetPrice',
      id: QUESTION,
      record: { net: '12.5', 'unit price': '1.25', unit: 'C62', day: '2026-12-01', condition: null },
      fresh: true,
    });
    expect(requests).toEqual([[QUESTION]]);
  }));

test('the same question in other words is given the same answer, and each other one is a question of its own', () =>
  asking(async (_, { requests, records }, ask) => {
    const same = [ASKED, '/views/price/P1?currency=EUR&quantity=1e1&customer=A1'];
    const answers = await Promise.all(Array.from({ length: 100 }, (_each, i) => ask(same[i % 2] ?? '')));
    expect(new Set(answers.map(({ json }) => json.id))).toEqual(new Set([QUESTION]));
    const dated = id({ product: '700', customer: '100', quantity: '10', currency: 'EUR', day: '2026-12-24' });
    records.set(dated, { ...PRICE, net: 13 });
    expect((await ask(`${ASKED}&day=2026-12-24`)).json.record.net).toBe('13');
    expect(requests).toEqual([[QUESTION], [dated]]);
  }));

const REFUSED = [
  ['/views/price/P1?customer=A1&quantity=10', 'BAD_REQUEST', 'currency'],
  ['/views/price/P1?customer=A1&quantity=ten&currency=EUR', 'BAD_REQUEST', 'quantity'],
  ['/views/price/P1?customer=A1&quantity=%20&currency=EUR', 'BAD_REQUEST', 'quantity'],
  ['/views/price/P1?customer=A1&quantity=1&currency=EURO', 'BAD_REQUEST', 'currency'],
  ['/views/price/P1?customer=A1&quantity=1&currency=EUR&day=2026-02-30', 'BAD_REQUEST', 'day'],
  ['/views/price/P1?customer=A1&quantity=1&currency=EUR&product=P2', 'UNKNOWN_FIELD', 'product'],
  ['/views/price/P1?customer=A1&quantity=1&currency=EUR&colour=red', 'UNKNOWN_FIELD', 'colour'],
  ['/views/credit/A1?day=2026-12-01', 'UNKNOWN_FIELD', 'day'],
] as const;

test('a part that is missing, cannot be read or is none is refused by its name, and nobody is asked', () =>
  asking(async (_, { requests }, ask) => {
    const said: unknown[] = [];
    for (const [path] of REFUSED) {
      const { status, json } = await ask(path);
      said.push([path, status, json.code, json.field]);
    }
    expect(said).toEqual(REFUSED.map(([path, code, field]) => [path, 400, code, field]));
    expect(requests).toEqual([]);
  }));

test('a product or account that is linked to nothing has no price, and nobody is asked', () =>
  asking(async (_, { requests }, ask) => {
    for (const path of [ASKED.replace('P1', 'P2'), ASKED.replace('A1', 'A2')])
      expect((await ask(path)).json.code).toBe('NOT_FOUND');
    expect(requests).toEqual([]);
  }));

test('a refusal of the system is an answer: what it said before is not given in its place', () =>
  asking(
    async (world, { fail }, ask) => {
      expect((await ask(ASKED)).status).toBe(200);
      await world.db.query(`update view_answer set as_of = as_of - interval '2 minutes'`);
      fail('UNREACHABLE');
      expect((await ask(ASKED)).json).toMatchObject({ fresh: false, code: 'UNREACHABLE' });
      fail('TARGET_REFUSED');
      const { status, json } = await ask(ASKED);
      expect([status, json.code, json.detail]).toEqual([
        502,
        'TARGET_REFUSED',
        'erp refused to answer: the system said so',
      ]);
    },
    (text) => text.replace('stale_for: 0', 'stale_for: 3600'),
  ));

const ROLES = `rows: { of: customer, owner: { field: name }, team: { field: city } }
roles:
  rep: { rows: own, fields: [net] }
  lead: { rows: team, fields: [net, condition] }
  controller: { rows: all }
`;

test('who sees a price is told by the customer among the parts: their own, their team’s, or all; and by role which fields', () =>
  asking(
    async (world, { requests, fail }, ask) => {
      await world.db.query(`update record set body = $1 where slot = $2 and id = 'A1'`, [
        toBytes(account('U1', { billing: { city: 'North' } })),
        CRM,
      ]);
      for (const [own, job, team] of [
        ['U1', 'rep', 'North'],
        ['U2', 'rep', 'North'],
        ['U3', 'lead', 'North'],
        ['U4', 'lead', 'South'],
        ['U5', 'controller', 'Head'],
      ])
        await world.db.query(
          `insert into record (slot, id, link, seen_from, first_seen, hash, body) values ('crm/User', $1, gen_random_uuid(), now(), now(), '', $2)`,
          [own, toBytes({ login: own ?? '', job: job ?? '', team: team ?? '' })],
        );
      fail('UNREACHABLE');
      const seen = async (person: string): Promise<unknown> => {
        const { json } = await ask(`${ASKED}&as=${person}`);
        return json.code ?? Object.keys(json.record).length;
      };
      // Judged by the CRM's own record, so that nobody else learns that there is such a customer, nor is the ERP asked.
      expect([await seen('U2'), await seen('U4'), requests]).toEqual(['NOT_FOUND', 'NOT_FOUND', []]);
      expect(await seen('U1')).toBe('UNREACHABLE');
      fail(undefined);
      expect([await seen('U1'), await seen('U3'), await seen('U5')]).toEqual([1, 2, 9]);
      expect([await seen('U2'), await seen('U4'), await seen('U9')]).toEqual(['NOT_FOUND', 'NOT_FOUND', 'FORBIDDEN']);
    },
    (text) => (text.includes('view: price') ? text + ROLES : text),
  ));

test('a key that is bound to mappings asks by those alone', () =>
  asking(async (world, _, ask) => {
    expect((await ask('/views')).json.views).toMatchObject([
      {
        name: 'price',
        asked_by: 'product (the id in crm/Product), customer (the id in crm/Account), quantity, currency, [day]',
      },
      { name: 'availability' },
      { name: 'credit' },
    ]);
    const bound = async (mappings: readonly string[]) => {
      const made = { name: mappings.join(' and '), role: 'service', scopes: ['views.read'], mappings };
      const { key } = (await world.ask('it-admin', 'POST', '/keys', made)).json;
      const { json } = await world.ask({ key }, 'GET', '/views');
      return json.views.map(({ name }: { name: string }) => name);
    };
    expect(await bound(['customer'])).toEqual(['credit']);
    expect(await bound(['customer', 'product'])).toEqual(['price', 'availability', 'credit']);
  }));
