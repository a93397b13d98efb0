import { expect, test } from 'vitest';
import { employeeSeeds } from '../erp/employees.ts';
import { SALES_TARGETS, targetSeeds } from '../erp/plans.ts';
import { startErp } from '../erp/server.ts';
import { call, docOf, listOf } from '../kit/calls.ts';
import { type Doc, parse } from '../kit/json.ts';
import type { StartOptions } from '../kit/run.ts';
import type { Store } from '../kit/store.ts';

const SIZE = { customers: 60, employees: 6, seed: 7 } as const;
const stateOf = async (options: StartOptions, record: string): Promise<readonly Doc[]> => {
  const erp = await startErp(options);
  const reply = await call('GET', `${erp.controlUrl}/control/state?record=${record}&limit=100`);
  await erp.close();
  return listOf(docOf(reply), 'records');
};

test('the same seed makes the same targets, another seed makes others', () => {
  expect([...targetSeeds(7, 5)]).toEqual([...targetSeeds(7, 5)]);
  expect([...targetSeeds(8, 5)]).not.toEqual([...targetSeeds(7, 5)]);
  expect([...targetSeeds(7, 9)].slice(0, 15)).toEqual([...targetSeeds(7, 5)]);
});

test('each of the first employees has one for each month of a quarter, and the ERP would take them as they are', () => {
  const there = new Set([...employeeSeeds(1, 40)].map(({ id }) => id));
  const store = { get: (_record: string, id: string) => (there.has(id) ? { gone: 0 } : undefined) } as unknown as Store;
  const targets = [...targetSeeds(1, 40)].map(({ body }) => parse(body) as Doc);
  const months = Map.groupBy(targets, ({ employee }) => employee);
  expect([...months.keys()]).toEqual([...there]);
  for (const own of months.values()) expect(own.map(({ period }) => period)).toEqual(['2026-10', '2026-11', '2026-12']);
  for (const { number: _number, reference: _none, row_version: _one, changed_at: _at, ...values } of targets)
    expect([SALES_TARGETS.misshapen(values), SALES_TARGETS.broken(values, undefined, store)]).toEqual([
      undefined,
      undefined,
    ]);
  expect(new Set(targets.map(({ currency }) => currency))).toEqual(new Set(['EUR', 'USD']));
});

test('the ERP has them where that is asked for, and of nobody who does not work there', async () => {
  const targets = await stateOf({ ...SIZE, targets: 9 }, 'sales_target');
  expect(targets).toHaveLength(3 * SIZE.employees);
  expect(await stateOf(SIZE, 'sales_target')).toEqual([]);
});

test.each(['partner', 'contact', 'employee'])(
  'what else there is stays as it was with targets or without: %s',
  async (record) => {
    const without = await stateOf(SIZE, record);
    expect(without.length).toBeGreaterThan(0);
    expect(await stateOf({ ...SIZE, targets: 2 }, record)).toEqual(without);
  },
);
