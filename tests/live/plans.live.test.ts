/** What people are to sell and what they sold, and what planning may expect, on the real engine. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { checkForecasts } from '../../sandbox/checker/forecasts.ts';
import { checkTargets } from '../../sandbox/checker/targets.ts';
import { findingLines } from '../../sandbox/checker/verdict.ts';
import { basic, bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { idsOf } from '../../src/cli/demo/decide.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.plans.yaml', import.meta.url));
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const inErp = async (verb: 'create' | 'update', record: string, values: Doc, number?: unknown): Promise<Doc> => {
  const item = { ...(number === undefined ? {} : { number: String(number) }), [record]: values };
  const headers = basic('people', 'people-secret');
  const reply = await call('POST', `${town.erp.url}/api/${record}s/${verb}`, { headers, body: { items: [item] } });
  const [result = {}] = listOf(docOf(reply), 'results');
  expect(result).toMatchObject({ ok: true });
  return result[record] as Doc;
};
const inCrm = async (method: 'POST' | 'PATCH', path: string, body: Doc): Promise<Doc> =>
  docOf(
    await call(method, `${town.crm.url}/v1/${path}`, {
      headers: await bearer(town.crm.url, 'people', 'people-secret'),
      body,
    }),
  );
const linked = async (record: string, field = 'erp_number'): Promise<Doc> =>
  (await recordsOf(town.crm.control, record)).find((each) => typeof each[field] === 'string' && each[field] !== '') ??
  {};

beforeAll(async () => {
  town = await startTown({
    ...{ customers: 12, employees: 12, products: 12, seed: 31 },
    mappings: [
      'customer',
      'employee',
      'product',
      'invoice',
      'invoice-owner',
      'sales-target',
      'opportunity',
      'forecast',
    ],
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
});
afterAll(async () => town?.stop());

test('what somebody sold within the month of a target stands beside it, and moves with the invoice', async () => {
  const [user, account] = [await linked('user', 'employee_number'), await linked('account')];
  const employee = String(user['employee_number']);
  const partner = String(account['erp_number']);
  await inErp('update', 'partner', { sales_rep: employee }, partner);
  const target = { employee, amount: 5000, currency: 'EUR' };
  await inErp('create', 'sales_target', { ...target, period: 'all', valid_from: '2000-01-01', valid_to: '2999-12-31' });
  await inErp('create', 'sales_target', { ...target, period: 'old', valid_from: '2000-01-01', valid_to: '2000-12-31' });
  const items = [{ position: '10', product: 'P-1', quantity: '3', unit_price: '10.50' }];
  await inErp('create', 'sales_order', { partner, currency: 'EUR', items });
  for (let days = 0; days < 3; days += 1)
    await call('POST', `${town.erp.control}/control/business-day`, { body: { seed: 1 + days, finish: true } });
  const [invoice = {}] = await recordsOf(town.erp.control, 'invoice');
  expect(invoice).toMatchObject({ partner, sales_rep: employee });
  const shown = async (): Promise<Readonly<Record<string, string>>> =>
    Object.fromEntries(
      (await recordsOf(town.crm.control, 'sales_target')).map((each) => [
        String(each['period']),
        String(each['actual']),
      ]),
    );
  await eventually('the sale stands beside the target', async () => {
    const all = await shown();
    return Number(all['all']) === Number(invoice['net']) && all['old'] === '0';
  });
  await inErp('update', 'invoice', { issued_on: '2000-12-31' }, invoice['number']);
  await eventually('the sale stands beside the target of its day', async () => Number((await shown())['old']) > 0);
  await eventually('the CRM’s invoice says whose sale it was', async () =>
    (await recordsOf(town.crm.control, 'invoice')).some(({ owner_id: owner }) => owner === user['id']),
  );
});

test('a line of an opportunity is expected demand in the ERP until the opportunity is lost', async () => {
  const [account, product] = [await linked('account'), await linked('product')];
  const line = { product_id: String(product['id']), quantity: 4, unit: 'C62' };
  const head = { account_id: String(account['id']), name: 'Pumps', status: 'open', stage: 'proposal' };
  const deal = await inCrm('POST', 'deals', {
    ...{
      ...head,
      probability: 60,
      close_date: '2027-03-01',
      lines: [
        { ...line, line_no: '1' },
        { ...line, line_no: '2' },
      ],
    },
  });
  const rows = async (): Promise<readonly string[]> =>
    (await recordsOf(town.erp.control, 'forecast')).map((each) =>
      [each['external_line'], each['quantity'], each['chance'], each['expected_on'], each['status']]
        .map(String)
        .join(' '),
    );
  const said = (no: string, chance: number, status: string) =>
    `${String(deal['id'])}/${no} 4 ${chance} 2027-03-01 ${status}`;
  const are = async (wanted: readonly string[]) => JSON.stringify((await rows()).toSorted()) === JSON.stringify(wanted);
  await eventually('both lines are expected', () => are([said('1', 60, 'OPEN'), said('2', 60, 'OPEN')]));
  await inCrm('PATCH', `deals/${String(deal['id'])}`, { lines: [{ ...line, line_no: '1' }] });
  await eventually('the second is expected no more', () => are([said('1', 60, 'OPEN')]));
  await inCrm('PATCH', `deals/${String(deal['id'])}`, { status: 'lost', probability: 0 });
  await eventually('it is withdrawn', () => are([said('1', 0, 'WITHDRAWN')]));
});

test('the checker finds every target and every expected line once, as they come to', async () => {
  await town.world.quiet(WITHIN_MS);
  const parked = (await town.world.parked()).map(({ members, field, code }) => ({ field, code, ...idsOf(members) }));
  const given = { crmControl: town.crm.control, erpControl: town.erp.control, parked };
  expect(findingLines({ findings: await checkTargets(given) })).toEqual([]);
  expect(findingLines({ findings: await checkForecasts(given) })).toEqual([]);
});
