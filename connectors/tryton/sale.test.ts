import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { type Answer, aCall } from '../../tests/kit/fake-http.ts';
import { aTryton, type Called, fixture, result } from '../../tests/kit/tryton.ts';
import type { WriteItem } from '../sdk/seam.ts';

const decimal = (digits: string) => ({ __class__: 'Decimal', decimal: digits });
const row = (state: string): JsonObject => ({
  id: 7,
  number: state === 'draft' ? null : '12',
  reference: 'tally:k1',
  state,
  party: 15,
  'currency.': { id: 1, code: 'EUR' },
  untaxed_amount: decimal('25.00'),
  _timestamp: '1',
  create_date: { __class__: 'datetime', year: 2026, month: 11, day: 24, hour: 1, minute: 0, second: 0, microsecond: 0 },
  write_date: null,
  'lines.': [{ id: 70, sequence: 10, 'product.': { id: 9, code: 'FG-001' }, quantity: 2, _timestamp: '1' }],
});
const order: JsonObject = {
  party: '15',
  currency: 'EUR',
  untaxed_amount: 25,
  state: 'confirmed',
  lines: [{ number: '10', product: 'FG-001', quantity: '2', unit_price: 12.5 }],
};
const create = (data: JsonObject): WriteItem => ({ op: 'create', data, idempotencyKey: 'k1' });

/** A Tryton with one sale, once it is made; `refuses` names a button. */
const aShop = async ({ state = 'none', refuses = '' } = {}) => {
  let now = state;
  const presses: Record<string, string> = { quote: 'quotation', confirm: 'processing', cancel: 'cancelled' };
  const sale = (called: Called): Answer | undefined => {
    const method = called.method.replace('model.sale.sale.', '');
    if (method === refuses) return fixture('user-error');
    if (method === 'create') now = 'draft';
    if (method === 'create') return result([7]);
    const pressed = presses[method];
    if (pressed !== undefined) now = pressed;
    if (method === 'search_read') return result(now === 'none' ? [] : [row(now)]);
    if (method !== 'on_change') return result(null);
    const [, fields] = called.params as unknown as [JsonObject, readonly string[]];
    return result(
      fields[0] === 'party'
        ? { invoice_address: 3, payment_term: 4, warehouse: null }
        : { untaxed_amount: decimal('25.00') },
    );
  };
  const made = await aTryton((called) => {
    if (called.method.startsWith('model.sale.sale.')) return sale(called);
    if (called.method === 'model.sale.line.on_change')
      return result({ unit: 1, unit_price: decimal('429.99'), taxes: { add: [[0, { id: 5 }]] } });
    if (called.method === 'model.sale.line.on_change_with') return result({ amount: decimal('25.00') });
    if (called.method === 'model.product.product.search_read') return result([{ id: 9, code: 'FG-001' }]);
    if (called.method === 'model.currency.currency.search_read') return result([{ id: 1, code: 'EUR' }]);
    return undefined;
  });
  const called = (method: string) => made.calls.filter((each) => each.method === `model.sale.sale.${method}`);
  const write = (item: WriteItem) => made.connector.write('Sale', [item], aCall());
  return { ...made, called, write };
};

describe('a new sale', () => {
  test('is told what Tryton’s own window tells who fills it in: addresses, terms, units and taxes, but no price that was agreed', async () => {
    const { called, write } = await aShop();
    const [outcome] = await write(create(order));
    expect(outcome).toMatchObject({
      status: 'created',
      id: '7',
      record: { body: { number: '12', state: 'processing' } },
    });
    expect(called('create')[0]?.params[0]).toEqual([
      {
        party: 15,
        currency: 1,
        invoice_address: 3,
        payment_term: 4,
        reference: 'tally:k1',
        lines: [
          [
            'create',
            [{ sequence: 10, product: 9, quantity: 2, unit_price: decimal('12.5'), unit: 1, taxes: [['add', [5]]] }],
          ],
        ],
      },
    ]);
  });

  test('of another total than its lines come to is refused with both, and nothing is made', async () => {
    const { called, write } = await aShop();
    const [outcome] = await write(create({ ...order, untaxed_amount: '25.01' }));
    expect(outcome).toMatchObject({
      status: 'failed',
      error: { class: 'validation', message: expect.stringContaining('untaxed_amount comes to 25, not to 25.01') },
    });
    expect(called('create')).toHaveLength(0);
  });

  test('is led through Tryton’s buttons in their order', async () => {
    const { calls, write } = await aShop();
    await write(create(order));
    const pressed = calls.map(({ method }) => method).filter((method) => /\.(create|quote|confirm)$/.test(method));
    expect(pressed).toEqual(['model.sale.sale.create', 'model.sale.sale.quote', 'model.sale.sale.confirm']);
  });

  test('whose button is refused stands as it was left, so that nobody makes it again', async () => {
    const { called, write } = await aShop({ refuses: 'quote' });
    const [outcome] = await write(create(order));
    expect(outcome).toMatchObject({ status: 'created', id: '7', record: { body: { state: 'draft' } } });
    expect(called('confirm')).toHaveLength(0);
  });
});

describe('a change of a sale’s state', () => {
  const update = (state: string): WriteItem => ({ op: 'update', id: '7', data: { state }, idempotencyKey: 'u' });

  test('presses what leads there and writes nothing', async () => {
    const { called, write } = await aShop({ state: 'draft' });
    const [outcome] = await write(update('cancelled'));
    expect(outcome).toMatchObject({ status: 'updated', record: { body: { state: 'cancelled' } } });
    expect(called('write')).toHaveLength(0);
  });

  test('is refused in Tryton’s own words', async () => {
    const { write } = await aShop({ state: 'draft', refuses: 'quote' });
    expect((await write(update('confirmed')))[0]).toMatchObject({ status: 'failed', error: { class: 'validation' } });
  });

  test('that no button leads to is refused, and one that is there already is none', async () => {
    const { write } = await aShop({ state: 'processing' });
    expect((await write(update('cancelled')))[0]).toMatchObject({
      status: 'failed',
      error: { message: 'Sale: state cannot be moved from processing to cancelled' },
    });
    expect((await write(update('processing')))[0]).toMatchObject({ status: 'unchanged' });
  });

  test('that Tryton works out by itself is refused', async () => {
    const { write } = await aShop({ state: 'draft' });
    const [outcome] = await write({ op: 'update', id: '7', data: { untaxed_amount: 1 }, idempotencyKey: 'u' });
    expect(outcome).toMatchObject({ status: 'failed', error: { class: 'validation' } });
  });
});

describe('records of trade', () => {
  test.each([
    [
      'Product',
      'product.product',
      { id: 1, code: 'RM-1', template: 4, 'default_uom.': { symbol: 'm' } },
      { code: 'RM-1', template: '4', unit: 'm' },
    ],
    [
      'Employee',
      'company.employee',
      { id: 1, 'party.': { name: 'Ann', email: 'a@x.example' }, supervisor: 2 },
      { name: 'Ann', email: 'a@x.example', supervisor: '2' },
    ],
    [
      'Bom',
      'production.bom',
      { id: 1, name: 'B', 'inputs.': [{ id: 2, 'product.': { code: 'RM-1' }, quantity: 0.35 }] },
      { inputs: [{ product: 'RM-1', quantity: 0.35 }] },
    ],
    [
      'Invoice',
      'account.invoice',
      { id: 1, state: 'posted', 'sales.': [{ id: 7, number: '12' }] },
      { state: 'posted', sales: [{ position: '1', id: '7', number: '12' }] },
    ],
  ])('a %s is read with what stands in records that it refers to', async (record, model, native, body) => {
    const { connector } = await aTryton(({ method }) =>
      method === `model.${model}.search_read` ? result([native]) : undefined,
    );
    const [answer] = await connector.read(record, { ids: ['1'] }, aCall());
    expect(answer).toMatchObject({ found: [{ body }] });
  });

  test('moves with the name that its template holds', async () => {
    const at = (day: number) => ({
      __class__: 'datetime',
      year: 2026,
      month: 11,
      day,
      hour: 1,
      minute: 0,
      second: 0,
      microsecond: 0,
    });
    const { connector } = await aTryton(({ method }) =>
      method === 'model.product.product.search_read'
        ? result([{ id: 1, write_date: at(2), 'template.': { write_date: at(9) } }])
        : undefined,
    );
    const [answer] = await connector.read('Product', { ids: ['1'] }, aCall());
    expect(answer).toMatchObject({ found: [{ modifiedAt: '2026-11-09T01:00:00Z' }] });
  });
});
