/** What the measurement of entities computes: bodies as they were sent, batches, spans and ratios. */
import { expect, test } from 'vitest';
import { compared, ratiosOf } from '../../bench/entities/ratios.ts';
import { batchesOf, type Effect, spanOf } from '../../bench/entities/recorded.ts';
import { pagePath, wireOf, writable } from '../../bench/entities/wire.ts';
import type { Request } from '../../bench/systems.ts';

const order = wireOf('sandbox-erp', 'SalesOrder');

const effect = (seq: number, op: string, more: Partial<Effect> = {}): Effect => ({
  ...{ seq, at: `2026-01-01T00:00:0${seq}.000Z`, actor: 'tally', op, id: `N${seq}`, record: 'sales_order' },
  ...{ before: null, after: null, ...more },
});

test('a system’s ledger and its connector name one kind of record', () => {
  expect(order.kind).toBe('sales_order');
  expect(wireOf('sandbox-crm', 'Opportunity').kind).toBe('deal');
});

test('the bare loop asks for pages as the connector does', () => {
  expect(pagePath(order, '')).toBe('/api/sales_orders?page_size=500');
  expect(pagePath(order, 'a b')).toBe('/api/sales_orders?page_size=500&after=a%20b');
});

test('what only the system fills is not sent again, in a line neither', () => {
  const made = {
    ...{ number: '7', reference: 'x', partner: 'P', status: 'OPEN', title: '', net_total: '3.00' },
    items: [{ position: '10', net: '3.00', confirmed: '1', state: 'CONFIRMED' }],
  };
  expect(writable(made, order.readOnly)).toEqual({
    ...{ partner: 'P', net_total: '3.00', items: [{ position: '10', net: '3.00' }] },
  });
});

test('effects are sent in batches of the declared size, creates whole and updates by what changed', () => {
  const creates = Array.from({ length: 201 }, (_, i) => effect(1, 'create', { id: `N${i}`, after: { partner: 'P' } }));
  const update = effect(3, 'update', {
    id: 'N9',
    before: { partner: 'P', title: 'a' },
    after: { partner: 'P', title: 'b' },
  });
  const other = effect(4, 'create', { record: 'partner', after: { title: 'not of this kind' } });
  const batches = batchesOf('erp', order, [update, ...creates, other]);
  expect(batches.map(({ op, path, items }) => [op, path, items.length])).toEqual([
    ['create', '/api/sales_orders/create', 200],
    ['create', '/api/sales_orders/create', 1],
    ['update', '/api/sales_orders/update', 1],
  ]);
  expect(batches[2]?.items).toEqual([{ number: 'N9', sales_order: { title: 'b' } }]);
});

test('a run lasts from its first request to its last effect, and only requests of that time count', () => {
  const at = (seconds: number): Request => ({
    ...{ seq: seconds, at: `2026-01-01T00:00:0${seconds}.000Z`, actor: 'tally', path: '/api/sales_orders' },
  });
  const effects = [effect(3, 'create'), effect(5, 'update')];
  expect(spanOf([at(1), at(4), at(9)], effects, 'sales_order')).toEqual({
    records: 1,
    updates: 1,
    ms: 4_000,
    requests: 2,
  });
  expect(spanOf([at(1)], [effect(3, 'update')], 'sales_order')).toBeUndefined();
});

test('a ratio is the time of the bare loop by that of the product', () => {
  const one = compared({ records: 100, updates: 0, ms: 2_000, requests: 5 }, [
    { ms: 100, requests: 3 },
    { ms: 300, requests: 3 },
  ]);
  expect(one).toMatchObject({ ratio: 0.1, records_per_s: 50, bare_per_s: 500, requests_per_record: 0.05 });
  expect(ratiosOf({ order: { 0: one, 20: { ...one, ratio: 0.3 } } })).toEqual({
    order: { records: 100, ratio_0ms: 0.1, ratio_20ms: 0.3, records_per_s: 50, requests_per_record: 0.05 },
  });
});
