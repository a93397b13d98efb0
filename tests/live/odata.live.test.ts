/** The sandbox CRM and SAP's own OData server, kept in agreement by the whole system: partners, products, bills, orders, billing. */
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { type Cap, startCap, USERS } from '../../sandbox/cap/start.ts';
import { startCrm } from '../../sandbox/crm/server.ts';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import { say } from '../../scripts/say.mjs';
import { PAIRS, type Pair } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startGroup } from '../../src/cli/up/group.ts';
import { startTroubledHttp } from '../kit/troubled-http.ts';
import { eventually, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 60;
const SEED = 47;
const PAIR: Pair = {
  ...PAIRS.sandbox,
  ...{ erp: 'SAP CAP', mapping: 'business-partner', config: 'tallystick.cap.yaml' },
  beside: ['material', 'material-bom', 'sales-order', 'billing-document'],
};

type Row = Readonly<Record<string, unknown>>;

const PRODUCTS = [
  ['FG-100', 'Pump station', 'FERT', 'ST'],
  ['RM-100', 'Steel tube', 'ROH', 'M'],
  ['RM-200', 'Sealing ring', 'ROH', 'ST'],
  ['RM-300', 'Screw', 'ROH', 'ST'],
] as const;
const BOM_ITEM = (node: string, component: string, quantity: string, unit: string): Row => ({
  ...{ BillOfMaterialItemNodeNumber: node, BillOfMaterialItemNumber: node.padStart(4, '0') },
  ...{ BillOfMaterialItemCategory: 'L', BillOfMaterialComponent: component },
  ...{ BillOfMaterialItemQuantity: Number(quantity), BillOfMaterialItemUnit: unit },
});
const BILL = {
  ...{ BillOfMaterialCategory: 'M', BillOfMaterialVariant: '1', BillOfMaterialVersion: '0001' },
  ...{ Material: 'FG-100', Plant: '1010', BillOfMaterialVariantUsage: '1', BillOfMaterialStatus: '1' },
  ...{ BOMHeaderQuantityInBaseUnit: 1, BOMHeaderBaseUnit: 'ST', HeaderValidityStartDate: '2026-01-01' },
  to_BillOfMaterialItem: [BOM_ITEM('10', 'RM-100', '0.35', 'M'), BOM_ITEM('20', 'RM-200', '2', 'ST')],
};

/** What people do in the ERP, past our own connector. */
const peopleAt = (cap: Cap) => {
  const authorization = `Basic ${Buffer.from(`people:${USERS.people}`).toString('base64')}`;
  const ask = async (method: string, path: string, body?: object): Promise<Row> => {
    const headers = { authorization, 'content-type': 'application/json', 'if-match': '*' };
    const reply = await fetch(`${cap.v4}/${path}`, {
      method,
      headers: method === 'GET' || method === 'POST' ? { authorization, 'content-type': 'application/json' } : headers,
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (!reply.ok) throw new Error(`CAP answered ${reply.status}: ${await reply.text()}`);
    return (await reply.json()) as Row;
  };
  const below = '$expand=to_BusinessPartnerAddress,to_BusinessPartnerTax';
  const all = async (path: string): Promise<readonly Row[]> => (await ask('GET', path))['value'] as readonly Row[];
  return {
    create: (body: object) => ask('POST', 'A_BusinessPartner', body),
    edit: (id: string, body: object) => ask('PATCH', `A_BusinessPartner('${id}')`, body),
    partner: (id: string) => ask('GET', `A_BusinessPartner('${id}')?${below}`),
    partners: () => all(`A_BusinessPartner?${below}&$top=1000`),
    ask,
    all,
  };
};

const start = async () => {
  const home = mkdtempSync(join(tmpdir(), 'tally-odata-'));
  const endings: (() => unknown)[] = [() => eraseHome(home)];
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse().splice(0)) await end();
  };
  try {
    const cap = await startCap();
    endings.push(cap.close);
    const meanwhile: { edit: (() => Promise<unknown>) | undefined; clashes: number } = { edit: undefined, clashes: 0 };
    const proxy = await startTroubledHttp(cap.port, (body) => body !== '', {
      // Right between our last look and our write.
      before: async (body) => {
        const { edit } = meanwhile;
        if (edit === undefined || !body.includes('PATCH ')) return;
        meanwhile.edit = undefined;
        await edit();
      },
      after: (answer) => {
        meanwhile.clashes += answer.match(/HTTP\/1\.1 412/g)?.length ?? 0;
      },
    });
    endings.push(proxy.close);
    const crm = await startCrm({ customers: CUSTOMERS, seed: SEED });
    endings.push(crm.close);
    const systems = {
      SANDBOX_CRM_URL: crm.url,
      SANDBOX_CRM_CONTROL_URL: crm.controlUrl,
      SANDBOX_ERP_URL: `${proxy.url}/odata/v4/s4`,
    };
    const rows = async (record: string): Promise<readonly Row[]> => {
      const reply = await fetch(`${crm.controlUrl}/control/state?record=${record}&limit=1000`);
      return ((await reply.json()) as { records: readonly Row[] }).records;
    };
    const accounts = (): Promise<readonly Row[]> => rows('account');
    const people = peopleAt(cap);
    const twin = (await accounts()).find(
      (each) => each['kind'] === 'Customer' && typeof each['vat_number'] === 'string',
    );
    const known = await people.create({
      OrganizationBPName1: 'Known to finance',
      BusinessPartnerGrouping: 'Z001',
      to_BusinessPartnerAddress: [
        { AddressID: '1', Country: 'DE', CityName: 'Ulm' },
        { AddressID: '2', CityName: 'Wien' },
      ],
      to_BusinessPartnerTax: [
        {
          BPTaxType: 'VAT',
          BPTaxNumber: String(twin?.['vat_number'])
            .replace(/[\s.-]/g, '')
            .toUpperCase(),
        },
      ],
    });
    for (const [Product, name, ProductType, BaseUnit] of PRODUCTS)
      await people.ask('POST', 'A_Product', {
        ...{ Product, ProductType, BaseUnit, ProductGroup: '1010' },
        to_Description: [
          { Language: 'DE', ProductDescription: 'Auf Deutsch' },
          { Language: 'EN', ProductDescription: name },
        ],
      });
    await people.ask('POST', 'MaterialBOM', BILL);
    const config = await freshConfig(home, PAIR);
    const quietly = { ...say, note: () => undefined };
    const options = groupOptions({ home, customers: CUSTOMERS, seed: SEED, pair: PAIR, say: quietly }, config);
    const env = { ...options.env, ...systems, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
    const group = await startGroup({ ...options, env });
    endings.push(() => group.stop());
    const world: World = worldOf({ urls: { ...systems, ...group.urls }, home, config, pair: PAIR, stop });
    const seller = await bearer(crm.url, 'people', 'people-secret');
    return {
      ...{ world, people, rows, accounts, stop, meanwhile, strike: proxy.strike, twin: String(twin?.['id']) },
      known: String(known['BusinessPartner']),
      account: async (id: string): Promise<Row> => (await accounts()).find((each) => each['id'] === id) ?? {},
      patch: async (id: string, fields: object, kind = 'accounts'): Promise<void> => {
        const { status } = await call('PATCH', `${crm.url}/v1/${kind}/${id}`, { headers: seller, body: fields });
        expect(status).toBe(200);
      },
      create: async (fields: object, kind = 'accounts'): Promise<string> =>
        String(docOf(await call('POST', `${crm.url}/v1/${kind}`, { headers: seller, body: fields }))['id']),
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

let firm: Awaited<ReturnType<typeof start>>;
afterAll(() => firm?.stop());

const at = (row: Row, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], row);
const bare = (value: unknown): string =>
  String(value ?? '')
    .replace(/[\s.-]/g, '')
    .toLowerCase();
const PAIRED = [
  ['name', 'OrganizationBPName1'],
  ['vat_number', 'to_BusinessPartnerTax.0.BPTaxNumber'],
  ['billing.city', 'to_BusinessPartnerAddress.0.CityName'],
  ['billing.street', 'to_BusinessPartnerAddress.0.StreetName'],
  ['billing.country', 'to_BusinessPartnerAddress.0.Country'],
] as const;

/** Fields of linked pairs that differ, but for those of accounts that say why. */
const differences = async (): Promise<readonly string[]> => {
  const partners = new Map((await firm.people.partners()).map((row) => [String(row['BusinessPartner']), row]));
  return (await firm.accounts()).flatMap((account) => {
    const number = account['erp_number'];
    if (typeof number !== 'string' || account['sync_state'] !== 'in agreement') return [];
    const partner = partners.get(number);
    if (partner === undefined) return [`${String(account['id'])}: no partner ${number}`];
    return PAIRED.flatMap(([crm, erp]) =>
      bare(at(account, crm)) === bare(at(partner, erp))
        ? []
        : [`${number} ${erp}: ${String(at(account, crm))} / ${String(at(partner, erp))}`],
    );
  });
};
const addresses = async (id: string): Promise<readonly Row[]> =>
  (await firm.people.partner(id))['to_BusinessPartnerAddress'] as readonly Row[];

test('the first load makes each customer a partner once, and knows the one that was there by its tax number', async () => {
  firm = await start();
  await firm.world.quiet(4 * WITHIN_MS);
  const linked = (await firm.accounts()).flatMap(({ erp_number: number }) => (number === null ? [] : [number]));
  expect(linked.length).toBeGreaterThan(20);
  expect((await firm.people.partners()).length).toBe(linked.length);
  expect((await firm.account(firm.twin))['erp_number']).toBe(firm.known);
  expect(await differences()).toEqual([]);
});

test('edits on both sides reach the other, also of an address; what the mapping does not know keeps its values', async () => {
  await firm.people.edit(firm.known, { IsMarkedForArchiving: true, Language: 'FR' });
  await firm.patch(firm.twin, { billing: { street: 'Münsterplatz 1' } });
  await eventually(
    'CAP has the street',
    async () => (await addresses(firm.known))[0]?.['StreetName'] === 'Münsterplatz 1',
  );
  await eventually('the CRM has the language', async () => (await firm.account(firm.twin))['language'] === 'fr');
  await firm.world.quiet(WITHIN_MS);
  expect((await addresses(firm.known))[1]).toMatchObject({ AddressID: '2', CityName: 'Wien' });
  expect(await firm.people.partner(firm.known)).toMatchObject({ IsMarkedForArchiving: true });
  expect(await differences()).toEqual([]);
});

test('what somebody changes right before our write is not written over: the stale ETag is refused, and both edits stand in the end', async () => {
  await firm.world.quiet(WITHIN_MS);
  firm.meanwhile.clashes = 0;
  firm.meanwhile.edit = () => firm.people.edit(firm.known, { Language: 'IT' });
  await firm.patch(firm.twin, { name: 'Renamed at once' });
  await eventually('both edits stand on both sides', async () => {
    const partner = await firm.people.partner(firm.known);
    const account = await firm.account(firm.twin);
    const names = [partner['OrganizationBPName1'], account['name']];
    const languages = [partner['Language'], account['language']];
    return names.every((name) => name === 'Renamed at once') && languages.join() === 'IT,it';
  });
  expect(firm.meanwhile.clashes).toBe(1);
  expect(await differences()).toEqual([]);
});

test('what the ERP’s rules refuse is parked with its own sentence, and goes through once it is corrected', async () => {
  const id = await firm.create({
    name: 'Test account',
    kind: 'Customer',
    vat_number: 'DE0815002',
    billing: { country: 'DE' },
  });
  const sentence = 'Business partner names must not begin with TEST';
  await eventually('it is parked', async () =>
    (await firm.world.parked()).some((item) => JSON.stringify(item).includes(sentence)),
  );
  await eventually('the account says so', async () =>
    String((await firm.account(id))['sync_message']).includes(sentence),
  );
  await firm.patch(id, { name: 'Tested account' });
  await eventually('it is a partner', async () => (await firm.account(id))['erp_number'] !== null);
});

/** Raises an order of two lines in the CRM, and gives its id there. */
const raise = (po: string, second: number): Promise<string> =>
  firm.create(
    {
      ...{ account_id: firm.twin, status: 'submitted', currency: 'EUR', customer_po: po, total_net: 850 + second },
      lines: [
        { line_no: '10', product: 'FG-100', quantity: 2, unit: 'C62', unit_price: 425, net: 850 },
        { line_no: '20', product: 'RM-100', quantity: 1.5, unit: 'MTR', unit_price: second / 1.5, net: second },
      ],
    },
    'orders',
  );
const orderNow = async (id: string): Promise<Row> => (await firm.rows('order')).find((each) => each['id'] === id) ?? {};
const numbered = async (id: string): Promise<boolean> => typeof (await orderNow(id))['erp_number'] === 'string';
const salesOrders = (): Promise<readonly Row[]> =>
  firm.people.all('A_SalesOrder?$expand=to_Item&$orderby=PurchaseOrderByCustomer');

test('creates whose answers are lost make one partner and one sales order; a partner that people make becomes an account', async () => {
  await firm.world.quiet(WITHIN_MS);
  await firm.strike('cut after', 'write');
  const id = await firm.create({
    name: 'Einmal AG',
    kind: 'Customer',
    vat_number: 'DE0815001',
    billing: { country: 'DE' },
  });
  const made = async (): Promise<number> =>
    (await firm.people.partners()).filter((each) => each['OrganizationBPName1'] === 'Einmal AG').length;
  // Each is looked for after the same while: the second is lost before the first is found.
  await eventually('the partner is made', async () => (await made()) === 1);
  await firm.strike('cut after', 'write');
  const order = await raise('PO 7', 90);
  await eventually('the sales order is made', async () => (await salesOrders()).length === 1);
  await firm.people.create({
    OrganizationBPName1: 'Neu GmbH',
    BusinessPartnerGrouping: 'Z002',
    to_BusinessPartnerAddress: [{ AddressID: '1', Country: 'AT', PostalCode: '1010' }],
  });
  await eventually('it is linked', async () => (await firm.account(id))['erp_number'] !== null);
  await eventually('it is an account', async () => (await firm.accounts()).some(({ name }) => name === 'Neu GmbH'));
  await eventually('the order has its number', () => numbered(order));
  await firm.world.quiet(WITHIN_MS);
  expect(await made()).toBe(1);
  expect((await salesOrders()).map((each) => each['SalesOrder'])).toEqual([(await orderNow(order))['erp_number']]);
  await firm.world.sweep(WITHIN_MS);
  expect(await differences()).toEqual([]);
});

const productNamed = async (code: string): Promise<Row> =>
  (await firm.rows('product')).find((each) => each['code'] === code) ?? {};
const bills = (): Promise<readonly Row[]> => firm.people.all('MaterialBOM?$expand=to_BillOfMaterialItem');
const itemsOf = (bill: Row | undefined): readonly (readonly [unknown, unknown])[] =>
  ((bill?.['to_BillOfMaterialItem'] ?? []) as readonly Row[]).map((item) => [
    item['BillOfMaterialComponent'],
    Number(item['BillOfMaterialItemQuantity']),
  ]);

test('a product of the ERP is offered in the CRM, and one that sales adds is made there, each once', async () => {
  expect(await productNamed('FG-100')).toMatchObject({
    ...{ name: 'Pump station', kind: 'goods', unit: 'C62', family: 'Pumps', active: true, erp_number: 'FG-100' },
  });
  await firm.create({ code: 'KIT-1', name: 'Valve kit', kind: 'goods', family: 'Valves', unit: 'C62' }, 'products');
  await firm.patch(String((await productNamed('RM-300'))['id']), { name: 'Screw M6' }, 'products');
  const described = async (code: string) =>
    firm.people.all(`A_ProductDescription?$filter=Product eq '${code}'&$orderby=Language`);
  await eventually('sales’ product is there', async () => (await described('KIT-1')).length === 1);
  await eventually('it is called as sales say', async () =>
    JSON.stringify(await described('RM-300')).includes('Screw M6'),
  );
  expect((await described('RM-300')).map((row) => row['ProductDescription'])).toEqual(['Auf Deutsch', 'Screw M6']);
  expect(await described('KIT-1')).toMatchObject([{ Language: 'EN', ProductDescription: 'Valve kit' }]);
});

test('a bill of material is in the CRM with its lines; a line corrected, added and taken away there is so in the ERP', async () => {
  await eventually('the bill is there', async () => (await firm.rows('bom')).length === 1);
  const [bom] = await firm.rows('bom');
  const [made, tube, ring, screw] = await Promise.all(['FG-100', 'RM-100', 'RM-200', 'RM-300'].map(productNamed));
  const lines = [
    { line: '10', position: '0010', category: 'stock', product_id: tube?.['id'], quantity: 0.35, unit: 'MTR' },
    { line: '20', position: '0020', category: 'stock', product_id: ring?.['id'], quantity: 2, unit: 'C62' },
  ];
  expect(bom).toMatchObject({
    ...{ product_id: made?.['id'], revision: '0001', usage: 'manufacturing', active: true, base_quantity: 1 },
    components: lines,
  });
  const changed = [
    { ...lines[0], quantity: 0.4 },
    { line: '30', position: '0030', category: 'stock', product_id: screw?.['id'], quantity: 8, unit: 'C62' },
  ];
  await firm.patch(String(bom?.['id']), { components: changed }, 'boms');
  const wanted = JSON.stringify([
    ['RM-100', 0.4],
    ['RM-300', 8],
  ]);
  await eventually('the ERP has these lines', async () => JSON.stringify(itemsOf((await bills())[0])) === wanted);
  await firm.world.quiet(WITHIN_MS);
  expect((await bills()).length).toBe(1);
  // The other way, by the same six keys.
  const { BillOfMaterial: number } = (await bills())[0] ?? {};
  const key = `BillOfMaterial='${String(number)}',BillOfMaterialCategory='M',BillOfMaterialVariant='1',BillOfMaterialVersion='0001',Material='FG-100',Plant='1010'`;
  await firm.people.ask('PATCH', `MaterialBOM(${key})`, {
    to_BillOfMaterialItem: [BOM_ITEM('10', 'RM-100', '0.5', 'M'), BOM_ITEM('30', 'RM-300', '8', 'ST')],
  });
  await eventually('the CRM has the new quantity', async () =>
    JSON.stringify((await firm.rows('bom'))[0]?.['components']).includes('"quantity":0.5'),
  );
});

test('an order of the CRM is one sales order with its items; number, states, billing document and payment come back', async () => {
  await firm.world.quiet(WITHIN_MS);
  const id = await raise('PO 8', 60);
  await eventually('it has its number', () => numbered(id));
  const [, sold, ...others] = await salesOrders();
  expect(others).toEqual([]);
  expect(sold).toMatchObject({
    ...{ SalesOrder: (await orderNow(id))['erp_number'], PurchaseOrderByCustomer: 'PO 8', SalesOrderType: 'OR' },
    ...{ SoldToParty: firm.known, TotalNetAmount: '910.000', TransactionCurrency: 'EUR' },
    to_Item: [
      {
        ...{ SalesOrderItem: '10', Material: 'FG-100', RequestedQuantity: '2.000', RequestedQuantityUnit: 'ST' },
        NetAmount: '850.000',
      },
      {
        ...{ SalesOrderItem: '20', Material: 'RM-100', RequestedQuantity: '1.500', RequestedQuantityUnit: 'M' },
        NetAmount: '60.000',
      },
    ],
  });

  const products = await Promise.all(['FG-100', 'RM-100'].map(async (code) => (await productNamed(code))['id']));
  await eventually('its lines lead to the products', async () => {
    const lines = (await orderNow(id))['lines'] as readonly Row[];
    return JSON.stringify(lines.map((line) => line['product_id'])) === JSON.stringify(products);
  });

  const number = String(sold?.['SalesOrder']);
  const states = { OverallSDProcessStatus: 'B', OverallDeliveryStatus: 'C', OverallOrdReltdBillgStatus: 'C' };
  await firm.people.ask('PATCH', `A_SalesOrder('${number}')`, states);
  const document = await firm.people.ask('POST', '../finance/A_BillingDocument', {
    ...{ BillingDocumentType: 'F2', BillingDocumentDate: '2026-03-21', SoldToParty: firm.known },
    ...{ TransactionCurrency: 'EUR', TotalNetAmount: 910, TaxAmount: 172.9, TotalGrossAmount: 1082.9 },
    to_Item: [
      {
        ...{ BillingDocumentItem: '10', Material: 'FG-100', BillingQuantity: 2, BillingQuantityUnit: 'ST' },
        ...{ NetAmount: 850, SalesDocument: number },
      },
      {
        ...{ BillingDocumentItem: '20', Material: 'RM-100', BillingQuantity: 1.5, BillingQuantityUnit: 'M' },
        ...{ NetAmount: 60, SalesDocument: number },
      },
    ],
  });
  const billed = String(document['BillingDocument']);
  await eventually('the billing document is in the CRM', async () => (await firm.rows('invoice')).length === 1);
  expect((await firm.rows('invoice'))[0]).toMatchObject({
    ...{ number: billed, type: 'invoice', account_id: firm.twin, order_id: id, invoice_date: '2026-03-21' },
    ...{ total_net: 910, total_tax: 172.9, total_gross: 1082.9, payment_state: 'open' },
    lines: [
      { line_no: '10', order_number: number, product: 'FG-100', quantity: 2, unit: 'C62', net: 850 },
      { line_no: '20', order_number: number, product: 'RM-100', quantity: 1.5, unit: 'MTR', net: 60 },
    ],
  });
  await eventually('the order shows how far it is', async () => {
    const now = await orderNow(id);
    return [now['erp_state'], now['delivery_state'], now['billing_state']].join() === 'in process,in full,in full';
  });
  await firm.people.ask('PATCH', `../finance/A_BillingDocument('${billed}')`, { InvoiceClearingStatus: 'C' });
  await eventually('it is paid', async () => (await firm.rows('invoice'))[0]?.['payment_state'] === 'paid');
  await firm.world.quiet(WITHIN_MS);
  expect((await salesOrders()).length).toBe(2);
  // Some accounts of the seed are twins, which are for people to decide.
  expect((await firm.world.parked()).filter(({ mapping }) => mapping !== 'business-partner')).toEqual([]);
});
