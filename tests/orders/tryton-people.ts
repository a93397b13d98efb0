/** What Tryton's people do, and what must be seen of it in the CRM. */
import type { Doc } from '../../sandbox/kit/json.ts';
import type { Api, Row } from '../../sandbox/tryton/api.ts';
import type { World } from '../../src/cli/demo/world.ts';
import { eventually, expect, WITHIN_MS } from './seen.ts';

/** What Tryton's people do with an invoice: post it, and book its payment by Tryton's own window. */
export const bookkeeper = (api: Api) => {
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
export const bills = async ({ rows, people, patch }: Both & { patch(path: string, body: Doc): Promise<void> }) => {
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
export const raisedThere = async ({
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
export const shipped = async ({
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
