/** Two pairs of well-known systems, played by fakes, kept in agreement by the whole system with nothing but address and credentials. */
import { mkdtempSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { ERPNEXT, startErpnext } from '../../sandbox/fakes/erpnext.ts';
import { HUBSPOT_TOKEN, startHubspot } from '../../sandbox/fakes/hubspot.ts';
import { ODOO, startOdoo } from '../../sandbox/fakes/odoo.ts';
import { SALESFORCE, startSalesforce } from '../../sandbox/fakes/salesforce.ts';
import type { Running } from '../../sandbox/kit/run.ts';
import { say } from '../../scripts/say.mjs';
import { PAIRS } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startGroup } from '../../src/cli/up/group.ts';
import { control } from '../kit/sandbox.ts';
import { eventually, WITHIN_MS } from '../live/kit.ts';

type Headers = Readonly<Record<string, string>>;
/** A name and a second field of a customer. */
type Customer = readonly [name: string, other: string];

/** One system of a pair: how the product connects, and how its people use it. */
interface Side {
  readonly connector: string;
  readonly settings: Headers;
  readonly record: string;
  readonly paths: Customer;
  readonly start: () => Promise<Running>;
  /** The table of its ledger with the customers. */
  readonly table: string;
  /** The document of a record, as the ledger has it, to the part with the two fields. */
  readonly fields: (body: Record<string, unknown>) => Record<string, unknown>;
  readonly headers: (url: string) => Promise<Headers>;
  readonly create: Sent & { readonly body: (customer: Customer) => unknown };
  /** The second field of a record, by its document. */
  readonly edit: (body: Record<string, unknown>, other: string) => Sent & { readonly body: unknown };
}
interface Sent {
  readonly method: 'POST' | 'PUT' | 'PATCH';
  readonly path: string;
}

const whole = (body: Record<string, unknown>): Record<string, unknown> => body;
const hubspot: Side = {
  connector: 'hubspot',
  settings: { token: HUBSPOT_TOKEN },
  record: 'Company',
  paths: ['properties.name', 'properties.website'],
  start: startHubspot,
  table: 'companies',
  fields: (body) => body['properties'] as Record<string, unknown>,
  headers: async () => ({ authorization: `Bearer ${HUBSPOT_TOKEN}` }),
  create: {
    method: 'POST',
    path: '/crm/v3/objects/companies',
    body: ([name, website]) => ({ properties: { name, website } }),
  },
  edit: ({ id }, website) => ({
    method: 'POST',
    path: '/crm/v3/objects/companies/batch/update',
    body: { inputs: [{ id, properties: { website } }] },
  }),
};
const erpnext: Side = {
  connector: 'erpnext',
  settings: ERPNEXT,
  record: 'Customer',
  paths: ['customer_name', 'website'],
  start: startErpnext,
  table: 'customer',
  fields: whole,
  headers: async () => ({ authorization: `token ${ERPNEXT.api_key}:${ERPNEXT.api_secret}` }),
  create: {
    method: 'POST',
    path: '/api/resource/Customer',
    body: ([customer_name, website]) => ({ customer_name, website }),
  },
  edit: ({ name }, website) => ({ method: 'PUT', path: `/api/resource/Customer/${String(name)}`, body: { website } }),
};
const salesforce: Side = {
  connector: 'salesforce',
  settings: SALESFORCE,
  record: 'Account',
  paths: ['Name', 'BillingCity'],
  start: startSalesforce,
  table: 'account',
  fields: whole,
  headers: async (url) => {
    const body = new URLSearchParams({ grant_type: 'client_credentials', ...SALESFORCE });
    const reply = await fetch(`${url}/services/oauth2/token`, { method: 'POST', body });
    return { authorization: `Bearer ${((await reply.json()) as { access_token: string }).access_token}` };
  },
  create: {
    method: 'POST',
    path: '/services/data/v66.0/sobjects/Account',
    body: ([Name, BillingCity]) => ({ Name, BillingCity }),
  },
  edit: ({ Id }, BillingCity) => ({
    method: 'PATCH',
    path: `/services/data/v66.0/sobjects/Account/${String(Id)}`,
    body: { BillingCity },
  }),
};
const odoo: Side = {
  connector: 'odoo-json2',
  settings: { database: ODOO.database, api_key: ODOO.api_key },
  record: 'Partner',
  paths: ['name', 'city'],
  start: startOdoo,
  table: 'partner',
  fields: whole,
  headers: async () => ({ authorization: `bearer ${ODOO.api_key}`, 'x-odoo-database': ODOO.database }),
  create: {
    method: 'POST',
    path: '/json/2/res.partner/create',
    body: ([name, city]) => ({ vals_list: [{ name, city }] }),
  },
  edit: ({ id }, city) => ({ method: 'POST', path: '/json/2/res.partner/write', body: { ids: [id], vals: { city } } }),
};

const mappingOf = (crm: Side, erp: Side): string => `mapping: customer
revision: 1
summary: Names and one more field, both ways.
contacts: { business: sales@example.com, technical: it@example.com }
between: { crm: { connection: crm, record: ${crm.record} }, erp: { connection: erp, record: ${erp.record} } }
identity:
  match_on: [[name]]
  on_many: park
  on_none: { to_erp: create, to_crm: create }
  on_delete: { to_erp: block, to_crm: report }
fields:
  name: { crm: ${crm.paths[0]}, erp: ${erp.paths[0]}, flow: crm <-> erp, as: text, conflict: crm wins, max: { erp: 140 }, required: true }
  other: { crm: ${crm.paths[1]}, erp: ${erp.paths[1]}, flow: crm <-> erp, as: text, conflict: erp wins, max: { crm: 40 } }
`;
const connectionOf = (name: string, { connector, settings }: Side, url: string): string => `  ${name}:
    connector: ${connector}
    url: ${url}
    settings: ${JSON.stringify(settings)}
    poll_ms: 500
    call_ms: 8000
    settle_ms: 1000
`;

const openPair = async (crm: Side, erp: Side) => {
  const home = mkdtempSync(join(tmpdir(), 'tally-pair-'));
  const endings: (() => unknown)[] = [() => eraseHome(home)];
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse().splice(0)) await end();
  };
  const seat = async (side: Side) => {
    const running = await side.start();
    endings.push(running.close);
    const headers = { 'content-type': 'application/json', ...(await side.headers(running.url)) };
    const ask = async ({ method, path, body }: Sent & { readonly body: unknown }): Promise<void> => {
      const reply = await fetch(`${running.url}${path}`, { method, headers, body: JSON.stringify(body) });
      expect([side.connector, path, reply.ok]).toEqual([side.connector, path, true]);
    };
    const read = async (query: string): Promise<Readonly<Record<string, Record<string, unknown>[]>>> =>
      (await (await fetch(`${running.controlUrl}/control/${query}`)).json()) as Record<
        string,
        Record<string, unknown>[]
      >;
    const bodies = async () => (await read(`state?record=${side.table}&limit=1000`))['records'] ?? [];
    const at = (body: Record<string, unknown>, path: string): string =>
      String(side.fields(body)[path.split('.').at(-1) ?? '']);
    const pairOf = (body: Record<string, unknown>): Customer => [at(body, side.paths[0]), at(body, side.paths[1])];
    return {
      ...running,
      make: (customer: Customer) => ask({ ...side.create, body: side.create.body(customer) }),
      edit: async ([name, other]: Customer) => {
        const body = (await bodies()).find((each) => pairOf(each)[0] === name) ?? {};
        await ask(side.edit(body, other));
      },
      customers: async () => (await bodies()).map(pairOf).toSorted(([a], [b]) => (a < b ? -1 : 1)),
      /** How often an answer was lost after its commit. */
      lost: async () =>
        ((await read('ledger?kind=requests&limit=5000'))['entries'] ?? []).filter(
          ({ fault }) => fault === 'reset-after',
        ).length,
    };
  };
  try {
    const [left, right] = [await seat(crm), await seat(erp)];
    const config = await freshConfig(home, PAIRS.sandbox);
    const connections = connectionOf('crm', crm, left.url) + connectionOf('erp', erp, right.url);
    await writeFile(join(config, 'tallystick.yaml'), `connections:\n${connections}\nmappings:\n  - customer\n`);
    await writeFile(join(config, 'mappings', 'customer.yaml'), mappingOf(crm, erp));
    for (const name of ['customer.test.yaml', 'party.yaml', 'party.test.yaml'])
      await rm(join(config, 'mappings', name), { force: true });
    for (let index = 0; index < 12; index += 1) {
      await left.make([`left ${index}`, `l${index}`]);
      await right.make([`right ${index}`, `r${index}`]);
      if (index % 4 === 0) for (const side of [left, right]) await side.make([`both ${index}`, `b${index}`]);
    }
    const nobody = { SANDBOX_CRM_URL: 'http://127.0.0.1:9', SANDBOX_ERP_URL: 'http://127.0.0.1:9' };
    const quietly = { ...say, note: () => undefined };
    const options = groupOptions({ home, customers: 0, seed: 1, pair: PAIRS.sandbox, say: quietly }, config);
    const env = { ...options.env, ...nobody, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
    const group = await startGroup({ ...options, env });
    endings.push(() => group.stop());
    const world: World = worldOf({ urls: { ...nobody, ...group.urls }, home, config, pair: PAIRS.sandbox, stop });
    return { world, left, right, stop };
  } catch (error) {
    await stop();
    throw error;
  }
};

describe.each([
  ['HubSpot and ERPNext', hubspot, erpnext],
  ['Salesforce and Odoo', salesforce, odoo],
] as const)('%s', (_pair, crm, erp) => {
  let pair: Awaited<ReturnType<typeof openPair>>;
  afterAll(() => pair?.stop());

  test('after the first load both have every customer once, with the same values', async () => {
    pair = await openPair(crm, erp);
    await eventually('both have 27', async () =>
      (await Promise.all([pair.left.customers(), pair.right.customers()])).every(({ length }) => length === 27),
    );
    await pair.world.quiet(WITHIN_MS);
    expect(await pair.world.parked()).toEqual([]);
    expect(await pair.left.customers()).toEqual(await pair.right.customers());
    expect(new Set((await pair.left.customers()).map(([name]) => name)).size).toBe(27);
  });

  test('an edit on either side reaches the other', async () => {
    await pair.left.edit(['both 4', 'from the left']);
    await pair.right.edit(['left 5', 'from the right']);
    const has = async (side: typeof pair.left, name: string, other: string) =>
      (await side.customers()).some((each) => each[0] === name && each[1] === other);
    await eventually('the right has it', () => has(pair.right, 'both 4', 'from the left'));
    await eventually('the left has it', () => has(pair.left, 'left 5', 'from the right'));
  });

  test('a create whose answer is lost after its commit makes one customer, on either side', async () => {
    for (const [from, to, name] of [
      [pair.left, pair.right, 'once to the right'],
      [pair.right, pair.left, 'once to the left'],
    ] as const) {
      await control(to.controlUrl, 'faults', [{ kind: 'reset-after', nth: 1, only_writes: true }]);
      await from.make([name, 'x']);
      await eventually(`${name} is there`, async () => (await to.customers()).some(([own]) => own === name));
    }
    await pair.world.quiet(WITHIN_MS);
    await pair.world.sweep(WITHIN_MS);
    expect(await Promise.all([pair.left.lost(), pair.right.lost()])).toEqual([1, 1]);
    for (const side of [pair.left, pair.right])
      expect((await side.customers()).filter(([name]) => name.startsWith('once'))).toHaveLength(2);
    expect(await pair.left.customers()).toEqual(await pair.right.customers());
  });
});
