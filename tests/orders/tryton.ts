/**
 * One order through a real Tryton: raised in the sandbox's CRM, made, numbered and processed as one sale, invoiced by
 * Tryton's people and paid; everything comes back into the CRM. node tests/orders/tryton.ts
 */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCrm } from '../../sandbox/crm/server.ts';
import { bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { type Row, type Signed, signIn } from '../../sandbox/tryton/api.ts';
import { report, say } from '../../scripts/say.mjs';
import { PAIRS, type Pair } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startGroup } from '../../src/cli/up/group.ts';
import { eventually, expect, line, WITHIN_MS } from './seen.ts';
import { bills, bookkeeper, raisedThere, shipped } from './tryton-people.ts';

const CUSTOMERS = 20;
const PAIR: Pair = {
  ...PAIRS.sandbox,
  erp: 'Tryton',
  mapping: 'party',
  beside: ['sale', 'sale-raised', 'shipment', 'sale-invoice', 'catalogue', 'recipe', 'personnel'],
  config: 'tallystick.tryton-orders.yaml',
};

interface Ready extends Signed {
  readonly people: Pick<Signed, 'user' | 'password'>;
}
const endings: (() => unknown)[] = [];
const startTryton = async (): Promise<Ready> => {
  const data = mkdtempSync(join(tmpdir(), 'tryton-'));
  const main = join(import.meta.dirname, '../../sandbox/tryton/main.ts');
  const child = fork(main, ['--data', data, '--customers', String(CUSTOMERS), '--trade'], {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const ended = new Promise((done) => child.once('exit', done));
  endings.push(async () => {
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  });
  return new Promise((done, fail) => {
    child.once('message', (message) => done((message as { ready: Ready }).ready));
    child.once('exit', (code) => fail(new Error(`Tryton ended with code ${code}`)));
  });
};

const startTallystick = async (systems: Readonly<Record<string, string>>) => {
  const home = mkdtempSync(join(tmpdir(), 'tally-order-'));
  endings.push(() => eraseHome(home));
  const config = await freshConfig(home, PAIR);
  const quietly = { ...say, note: () => undefined };
  const options = groupOptions({ home, customers: CUSTOMERS, seed: 1, pair: PAIR, say: quietly }, config);
  const env = { ...options.env, ...systems, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
  const group = await startGroup({ ...options, env });
  endings.push(() => group.stop());
  return worldOf({ urls: { ...systems, ...group.urls }, home, config, pair: PAIR, stop: async () => undefined });
};

const main = async (): Promise<void> => {
  const ready = await startTryton();
  line('Tryton is ready');
  const people = await signIn({ ...ready, ...ready.people });
  const crm = await startCrm({ customers: 0, seed: 1 });
  endings.push(crm.close);
  const world = await startTallystick({
    SANDBOX_CRM_URL: crm.url,
    SANDBOX_CRM_CONTROL_URL: crm.controlUrl,
    SANDBOX_ERP_URL: ready.url,
  });
  await world.quiet(2 * WITHIN_MS);
  const rows = async (record: string): Promise<readonly Doc[]> =>
    listOf(docOf(await call('GET', `${crm.controlUrl}/control/state?record=${record}&limit=1000`)), 'records');
  const headers = await bearer(crm.url, 'people', 'people-secret');
  const patch = async (path: string, body: Doc): Promise<void> => {
    const { status } = await call('PATCH', `${crm.url}/v1/${path}`, { headers, body });
    if (status !== 200) throw new Error(`the CRM answered ${status} for ${path}`);
  };
  const account = (await rows('account')).find((each) => typeof each['erp_number'] === 'string');
  expect('customers are in agreement', account !== undefined, await world.status());

  const [products, users] = [await rows('product'), await rows('user')];
  const known = products.find((each) => each['code'] === 'FG-001');
  const offered = products.length === 12 && known?.['unit'] === 'C62' && known['list_price'] === 429.99;
  expect('the CRM offers what Tryton sells', offered, products);
  const managed = users.filter((each) => typeof each['manager_id'] === 'string').length;
  expect('Tryton’s employees are users of the CRM, with their manager', users.length === 10 && managed === 9, users);

  const [lead, moved] = ['3', '5'].map((number) => users.find((each) => each['employee_number'] === number));
  await patch(`users/${String(moved?.['id'])}`, { manager_id: lead?.['id'] ?? null });
  await eventually(
    'whom somebody reports to is changed in the CRM, and Tryton has it',
    () => people.all('company.employee', [['id', '=', 5]], ['supervisor']),
    ([employee]: readonly Row[]) => employee?.['supervisor'] === 3,
  );
  await bills({ rows, patch, people });

  const raise = async (fields: Doc): Promise<string> => {
    const body = {
      ...{ account_id: account?.['id'] ?? null, status: 'submitted', currency: 'EUR', customer_po: 'PO 7' },
      ...{ name: 'Spring order', requested_date: null, total_net: 1034 },
      lines: [
        { line_no: '10', product: 'FG-001', quantity: 2, unit: 'C62', unit_price: 425, net: 850 },
        { line_no: '20', product: 'SV-001', quantity: 2, unit: 'HUR', unit_price: 92, net: 184 },
      ],
      ...fields,
    };
    return String(docOf(await call('POST', `${crm.url}/v1/orders`, { headers, body }))['id']);
  };
  const orderNow = (id: string) => async (): Promise<Doc> =>
    (await rows('order')).find((each) => each['id'] === id) ?? {};
  const sales = async (): Promise<readonly Row[]> =>
    people.all('sale.sale', [], ['number', 'state', 'untaxed_amount', 'tax_amount', 'invoices', 'lines.taxes']);

  const wrong = await raise({
    total_net: 1000,
    lines: [{ line_no: '10', product: 'FG-002', quantity: 1, unit: 'C62', unit_price: 999.99, net: 1000 }],
  });
  const id = await raise({});
  await eventually(
    'the order has Tryton’s number and goes its way there',
    orderNow(id),
    (order: Doc) => typeof order['erp_number'] === 'string' && order['erp_state'] === 'in process',
  );
  const [sale, ...others] = await sales();
  const taxed = (sale?.['lines.'] as readonly Row[] | undefined)?.every((each) => String(each['taxes']) !== '');
  const worked = JSON.stringify(sale?.['untaxed_amount']).includes('"1034.00"') && taxed === true;
  expect(
    'it is one sale, processed, with the agreed prices and Tryton’s taxes',
    others.length === 0 && sale?.['state'] === 'processing' && worked,
    { sale, others },
  );
  await eventually(
    'an order of another total than Tryton works out is set aside with the difference',
    async () => [await orderNow(wrong)(), await world.parked()],
    ([order, parked]: [Doc, readonly unknown[]]) =>
      JSON.stringify(parked).includes('999.99, not to 1000') && order['erp_number'] === null,
  );

  await shipped({ rows, people, order: id, account: account ?? {}, sale: sale?.id ?? 0 });

  const books = bookkeeper(people);
  const [invoice = 0] = (sale?.['invoices'] ?? []) as readonly number[];
  const posted = await books.post(invoice);
  const billed = (state: string, open: number) => (invoices: readonly Doc[]) =>
    invoices.length === 1 &&
    invoices.every(
      (each) =>
        each['number'] === posted['number'] &&
        each['order_id'] === id &&
        each['account_id'] === account?.['id'] &&
        each['total_net'] === 1034 &&
        each['total_gross'] === 1230.46 &&
        each['open_amount'] === open &&
        each['payment_state'] === state,
    );
  await eventually(
    'the posted invoice is in the CRM, with its amounts, at its order',
    () => rows('invoice'),
    billed('open', 1230.46),
  );
  await books.pay(invoice);
  await eventually('it is paid there too', () => rows('invoice'), billed('paid', 0));
  await eventually('and the order says so', orderNow(id), (order: Doc) =>
    ['billing_state', 'payment_state', 'delivery_state'].every((name) => order[name] === 'in full'),
  );
  expect('there is still one sale', (await sales()).length === 1, await sales());
  await raisedThere({ rows, world, people, account: account ?? {} });
  line('order to cash through Tryton: passed');
};

const end = async (): Promise<void> => {
  for (const ending of endings.reverse().splice(0)) await ending();
};
process.exitCode = await main()
  .then(() => 0)
  .catch(report)
  .finally(end);
