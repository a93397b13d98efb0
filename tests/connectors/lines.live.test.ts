/** Orders with their lines between two systems that take lists in different ways, by configuration alone. */
import { mkdtempSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ORDERS_TOKEN, ordersAt, startOrdersCrm, startOrdersErp } from '../../sandbox/fakes/orders.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import type { Running } from '../../sandbox/kit/run.ts';
import { say } from '../../scripts/say.mjs';
import { PAIRS } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startGroup } from '../../src/cli/up/group.ts';
import { eventually, WITHIN_MS } from '../live/kit.ts';

const connector = (lists: string): string => `engine: rest
system: Orders
settings: { token: { describe: Token of the integration user, secret: true } }
auth: { kind: bearer, token: "{settings.token}" }
check: { request: { path: /orders } }
refusal: { code: code, message: message }
errors: [{ code: STALE, class: conflict }, { code: NOT_FOUND, class: not-found }]
records:
  Order:
    id: id
    version: version
    modified_at: changed
    reference: ref
    list: { request: { path: /orders }, rows: orders, paging: { kind: none } }
    changes:
      strategy: timestamp
      request: { path: /orders, query: { since: "{since}" } }
      rows: orders
      paging: { kind: none }
      format: iso
      grain_ms: 1
      overlap_ms: 2000
      clock: header
    read:
      by_id: { request: { method: POST, path: /read, body: { ids: "{ids}" } }, max: 100, results: results, status: ok, found: [true], record: order }
      by_key: { request: { method: POST, path: /read, body: { refs: "{keys}" } }, max: 100, results: results, status: ok, found: [true], record: order }
    lists: ${lists}
    write:
      create: { request: { method: POST, path: /orders, body: { ref: "{key}", order: "{data}" } } }
      update: { request: { method: PATCH, path: "/orders/{id}", headers: { if-match: "{version}" }, body: "{data}" } }
    capabilities: { idempotency: unique, guard: version, version_covers_all: true, returns_record: true, complete: true, deletes: absence }
`;
const MAPPING = `mapping: order
revision: 1
summary: Orders and their lines.
between: { crm: { connection: crm, record: Order }, erp: { connection: erp, record: Order } }
identity: { match_on: [[name]], on_none: { to_erp: create, to_crm: create } }
fields:
  name: { crm: name, erp: title, flow: crm <-> erp, as: text, conflict: crm wins }
lines:
  order lines:
    crm: lines
    erp: lines
    key: number
    on_missing: { to_erp: delete, to_crm: park }
    fields:
      number: { crm: no, erp: pos, flow: crm <-> erp, as: text, conflict: park }
      quantity: { crm: qty, erp: amount, flow: crm <-> erp, as: decimal, with: { erp: { as: text } }, conflict: erp wins }
`;
const connectionOf = (name: string, url: string): string => `  ${name}:
    connector: ./connectors/${name}
    url: ${url}
    settings: { token: ${ORDERS_TOKEN} }
    poll_ms: 300
    settle_ms: 1000
`;

const endings: (() => unknown)[] = [];
let crm: Running;
let erp: Running;
let world: World;

const ask = async ({ url }: Running, method: string, path: string, body: Doc): Promise<void> => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${ORDERS_TOKEN}` };
  const reply = await fetch(`${url}${path}`, { method, headers, body: JSON.stringify(body) });
  expect([path, reply.ok]).toEqual([path, true]);
};
const linesOf = async (system: Running): Promise<readonly Doc[]> =>
  ((await ordersAt(system))[0]?.['lines'] ?? []) as readonly Doc[];
const edit = async (system: Running, lines: readonly Doc[]): Promise<void> => {
  const [order] = await ordersAt(system);
  await ask(system, 'PATCH', `/orders/${String(order?.['id'])}`, { lines });
};

beforeAll(async () => {
  const home = mkdtempSync(join(tmpdir(), 'tally-lines-'));
  endings.push(() => eraseHome(home));
  crm = await startOrdersCrm();
  erp = await startOrdersErp();
  endings.push(crm.close, erp.close);
  const config = await freshConfig(home, PAIRS.sandbox);
  for (const [name, lists] of [
    ['crm', '{ lines: { key: no, removed: { field: _delete, is: true } } }'],
    ['erp', '{ lines: { key: pos, write: whole } }'],
  ] as const) {
    await mkdir(join(config, 'connectors', name), { recursive: true });
    await writeFile(join(config, 'connectors', name, 'connector.yaml'), connector(lists));
  }
  const connections = connectionOf('crm', crm.url) + connectionOf('erp', erp.url);
  await writeFile(join(config, 'tallystick.yaml'), `connections:\n${connections}\nmappings:\n  - order\n`);
  await rm(join(config, 'mappings'), { recursive: true });
  await mkdir(join(config, 'mappings'));
  await writeFile(join(config, 'mappings', 'order.yaml'), MAPPING);
  const nobody = { SANDBOX_CRM_URL: 'http://127.0.0.1:9', SANDBOX_ERP_URL: 'http://127.0.0.1:9' };
  const quietly = { ...say, note: () => undefined };
  const options = groupOptions({ home, customers: 0, seed: 1, pair: PAIRS.sandbox, say: quietly }, config);
  const env = { ...options.env, ...nobody, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
  const group = await startGroup({ ...options, env });
  endings.push(() => group.stop());
  const pair = { ...PAIRS.sandbox, mapping: 'order' };
  world = worldOf({ urls: { ...nobody, ...group.urls }, home, config, pair, stop: () => group.stop() });
});
afterAll(async () => {
  for (const end of endings.reverse()) await end();
});

const both = async (crmLines: readonly Doc[], erpLines: readonly Doc[]): Promise<void> => {
  const wanted = [crmLines, erpLines];
  const standing = () => Promise.all([linesOf(crm), linesOf(erp)]);
  // Said in full when it stays otherwise.
  await eventually('both sides have these lines', async () => isDeepStrictEqual(await standing(), wanted)).catch(
    async () => expect(await standing()).toEqual(wanted),
  );
};

test('an order raised in the CRM stands in the ERP with its lines', async () => {
  await ask(crm, 'POST', '/orders', {
    order: {
      name: 'Order 1',
      lines: [
        { no: '10', qty: 2 },
        { no: '20', qty: 5 },
      ],
    },
  });
  await eventually('the ERP has it', async () => (await linesOf(erp)).length === 2);
  expect(await linesOf(erp)).toEqual([
    { note: 'orders-erp', pos: '10', amount: '2' },
    { note: 'orders-erp', pos: '20', amount: '5' },
  ]);
});

test('lines edited and added on both sides cross, and what only one side knows of a line stays', async () => {
  await world.quiet(WITHIN_MS);
  await edit(erp, [
    { note: 'urgent', pos: '10', amount: '3' },
    { note: 'orders-erp', pos: '20', amount: '5' },
  ]);
  await edit(crm, [
    { no: '20', qty: 6, note: 'call first' },
    { no: '30', qty: 1 },
  ]);
  await both(
    [
      { no: '10', qty: 3, note: 'orders-crm' },
      { no: '20', qty: 6, note: 'call first' },
      { no: '30', qty: 1, note: 'orders-crm' },
    ],
    [
      { note: 'urgent', pos: '10', amount: '3' },
      { note: 'orders-erp', pos: '20', amount: '6' },
      { note: 'orders-erp', pos: '30', amount: '1' },
    ],
  );
});

test('a line that the CRM took away goes from the ERP; one that the ERP took away is a person’s to decide', async () => {
  await world.quiet(WITHIN_MS);
  await edit(crm, [{ no: '30', _delete: true }]);
  await eventually('the ERP has it no longer', async () => (await linesOf(erp)).length === 2);
  await world.quiet(WITHIN_MS);
  await edit(erp, [{ note: 'urgent', pos: '10', amount: '3' }]);
  await eventually('it is parked', async () => (await world.parked('LINE_MISSING')).length === 1);
  const [item] = await world.parked('LINE_MISSING');
  expect(item).toMatchObject({ field: 'order lines[20].number', crm: '20', erp: null });
  expect(await linesOf(crm)).toHaveLength(2);
  const { id, crm: left, erp: right } = item ?? { id: '', crm: null, erp: null };
  await world.call(
    'POST /parked/:id/resolve',
    { params: { id }, body: { take: 'erp', seen: { crm: left, erp: right } } },
    'steward',
  );
  await both([{ no: '10', qty: 3, note: 'orders-crm' }], [{ note: 'urgent', pos: '10', amount: '3' }]);
  await world.quiet(WITHIN_MS);
  expect(await world.parked()).toEqual([]);
});
