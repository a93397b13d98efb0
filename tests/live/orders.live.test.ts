/** An order on the real engine, from the CRM to cash: raised, numbered, delivered in part, invoiced, paid. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.orders.yaml', import.meta.url));
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const inCrm = async (method: string, path: string, body: Doc): Promise<Doc> =>
  docOf(
    await call(method, `${town.crm.url}/v1/${path}`, {
      headers: await bearer(town.crm.url, 'people', 'people-secret'),
      body,
    }),
  );
const orderInCrm = async (id: unknown): Promise<Doc> =>
  (await recordsOf(town.crm.control, 'order')).find((order) => order['id'] === id) ?? {};
const ordersInErp = async (of: unknown): Promise<readonly Doc[]> =>
  (await recordsOf(town.erp.control, 'sales_order')).filter((order) => order['external_order'] === of);
const linkedAccount = async (): Promise<Doc> => {
  const account = (await recordsOf(town.crm.control, 'account')).find(
    (each) => typeof each['erp_number'] === 'string' && each['on_hold'] !== true,
  );
  return account ?? {};
};

beforeAll(async () => {
  town = await startTown({
    customers: 60,
    seed: 11,
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('an order submitted in the CRM is one sales order in the ERP, and its number and state come back', async () => {
  const account = await linkedAccount();
  const order = await inCrm('POST', 'orders', {
    account_id: account['id'] ?? null,
    name: 'Spring order',
    status: 'submitted',
    order_date: '2026-03-02',
    currency: 'EUR',
    total_net: 31.5,
    lines: [
      { line_no: '10', product: 'P-100', quantity: 2, unit: 'C62', unit_price: 10.5, net: 21 },
      { line_no: '20', product: 'LATE-1', quantity: 1, unit: 'C62', unit_price: 10.5, net: 10.5 },
    ],
  });
  await eventually('its number is back', async () => typeof (await orderInCrm(order['id']))['erp_number'] === 'string');
  const made = await ordersInErp(order['id']);
  expect(made).toMatchObject([{ partner: account['erp_number'], net_total: '31.50', status: 'OPEN' }]);
  expect(await orderInCrm(order['id'])).toMatchObject({
    erp_number: made[0]?.['number'],
    erp_state: 'confirmed',
    total_net: 31.5,
    lines: [
      { line_no: '10', confirmed: 2, state: 'confirmed' },
      { line_no: '20', confirmed: 0, state: 'back-ordered', reason: 'not in stock' },
    ],
  });
});
