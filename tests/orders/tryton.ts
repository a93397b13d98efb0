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
import { type Api, type Row, type Signed, signIn } from '../../sandbox/tryton/api.ts';
import { report, say } from '../../scripts/say.mjs';
import { PAIRS, type Pair } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { until, type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startGroup } from '../../src/cli/up/group.ts';

const WITHIN_MS = 60_000;
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
const since = performance.now();
const line = (text: string): void =>
  void process.stdout.write(`${((performance.now() - since) / 1000).toFixed(1).padStart(6)} s  ${text}\n`);
/** Ends the run with a sentence unless it is so. */
const expect = (what: string, so: boolean, seen: unknown): void => {
  if (!so) throw new Error(`${what}, but: ${JSON.stringify(seen)}`);
  line(what);
};
const eventually = async (what: string, look: () => Promise<unknown>, so: (seen: never) => boolean): Promise<void> => {
  let seen: unknown;
  const held = await until(WITHIN_MS, async () => {
    seen = await look();
    return so(seen as never);
  });
  expect(what, held, seen);
};

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

/** What Tryton's people do with an invoice: post it, and book its payment by Tryton's own window. */
const bookkeeper = (api: Api) => {
  const read = async (id: number): Promise<Row> => {
    const fields = ['party', 'account', 'company', 'currency', 'total_amount', 'invoice_date', 'state', 'number'];
    return ((await api.call('account.invoice', 'read', [[id], fields])) as unknown as readonly Row[])[0] as Row;
  };
  return {
    post: async (id: number): Promise<Row> => {
      await api.call('account.invoice', 'post', [[id]]);
      return read(id);
    },
    pay: async (id: number): Promise<void> => {
      const invoice = await read(id);
      const [method] = (await api.call('account.invoice.payment.method', 'search', [[], 0, 1, null])) as number[];
      const start = {
        payee: invoice['party'] ?? null,
        amount: invoice['total_amount'] ?? null,
        currency: invoice['currency'] ?? null,
        company: invoice['company'] ?? null,
        invoice_account: invoice['account'] ?? null,
        payment_method: method ?? null,
        date: invoice['invoice_date'] ?? null,
        description: null,
      };
      const active = { active_model: 'account.invoice', active_id: id, active_ids: [id] };
      await api.wizard('account.invoice.pay', { start }, 'choice', active);
    },
  };
};

interface Both {
  /** All records of a kind in the CRM. */
  rows(record: string): Promise<readonly Doc[]>;
  readonly people: Api;
}

/** A bill of material comes to the CRM; a quantity corrected there goes back to Tryton's line. */
const bills = async ({ rows, people, patch }: Both & { patch(path: string, body: Doc): Promise<void> }) => {
  const componentsOf = (bom: Doc): readonly Doc[] => (bom['components'] ?? []) as readonly Doc[];
  const boms = await rows('bom');
  const bom = boms.find((each) => each['revision'] === 'FG-001 made here') ?? {};
  const lines = componentsOf(bom);
  const linked = lines.every((each) => typeof each['product_id'] === 'string');
  const shown = lines.map((each) => `${String(each['line'])} ${String(each['quantity'])}`).toSorted();
  const same = shown.join() === 'AS-001 2,AS-002 1,RM-006 12';
  expect('the CRM shows what is made, bill by bill and line by line', boms.length === 4 && linked && same, boms);
  const components = lines.map((each) => (each['line'] === 'RM-006' ? { ...each, quantity: 16 } : each));
  await patch(`boms/${String(bom['id'])}`, { components });
  await eventually(
    'a quantity that is corrected in the CRM stands in Tryton’s line, and the others stay',
    () => people.all('production.bom.input', [['bom.name', '=', 'FG-001 made here']], ['product.code', 'quantity']),
    (inputs: readonly Row[]) =>
      inputs
        .map((each) => each['quantity'])
        .toSorted((a, b) => Number(a) - Number(b))
        .join() === '1,2,16',
  );
};

/** A sale that Tryton's people raise and confirm is an order of the CRM, once; nothing is done with it there. */
const raisedThere = async ({
  rows,
  people,
  world,
  account,
}: Both & { readonly world: World; readonly account: Doc }) => {
  const sold = (
    await people.all(
      'sale.sale',
      [],
      ['party', 'currency', 'company', 'invoice_address', 'shipment_address', 'warehouse'],
    )
  ).at(0);
  const [product] = await people.all('product.product', [['code', '=', 'FG-002']], ['default_uom']);
  const { id: _id, ...like } = sold ?? { id: 0 };
  const unit = product?.['default_uom'] ?? null;
  const line = {
    type: 'line',
    sequence: 1,
    product: product?.id ?? null,
    quantity: 2,
    unit,
    unit_price: { __class__: 'Decimal', decimal: '612.00' },
  };
  const [id] = (await people.call('sale.sale', 'create', [
    [{ ...like, lines: [['create', [line]]] }],
  ])) as readonly number[];
  await people.call('sale.sale', 'quote', [[id ?? 0]]);
  await people.call('sale.sale', 'confirm', [[id ?? 0]]);
  const [sale] = await people.all('sale.sale', [['id', '=', id ?? 0]], ['number', 'state']);
  const raised = async (): Promise<readonly Doc[]> =>
    (await rows('order')).filter((each) => each['erp_number'] === sale?.['number']);
  await eventually(
    'a sale that Tryton’s people raised and confirmed is an order of the CRM',
    raised,
    (orders: readonly Doc[]) => {
      const [order] = orders;
      const [first] = (order?.['lines'] ?? []) as readonly Doc[];
      const here =
        order?.['account_id'] === account['id'] && order?.['total_net'] === 1224 && order['status'] === 'submitted';
      return here && order['erp_state'] === 'in process' && first?.['product'] === 'FG-002' && first['net'] === 1224;
    },
  );
  await world.quiet(2 * WITHIN_MS);
  expect(
    'it is one order there, and no other was made of any sale',
    (await raised()).length === 1 && (await rows('order')).length === 3,
    await rows('order'),
  );
};

/** What Tryton's people send out, though nobody counted it in before, is a delivery of the CRM. */
const shipped = async ({
  rows,
  people,
  ...of
}: Both & { readonly order: string; readonly account: Doc; readonly sale: number }) => {
  const [sale] = await people.all('sale.sale', [['id', '=', of.sale]], ['shipments']);
  const [shipment = 0] = (sale?.['shipments'] ?? []) as readonly number[];
  for (const button of ['assign_force', 'pick', 'pack', 'done'])
    await people.call('stock.shipment.out', button, [[shipment]]);
  const [done] = await people.all('stock.shipment.out', [['id', '=', shipment]], ['number']);
  await eventually(
    'what was shipped is in the CRM, at its order',
    () => rows('shipment'),
    (deliveries: readonly Doc[]) => {
      const [first, ...others] = deliveries;
      const [line] = (first?.['lines'] ?? []) as readonly Doc[];
      const here = first?.['order_id'] === of.order && first['account_id'] === of.account['id'];
      const said = first?.['number'] === done?.['number'] && first?.['state'] === 'shipped';
      return others.length === 0 && here && said && line?.['product'] === 'FG-001' && line['quantity'] === 2;
    },
  );
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
