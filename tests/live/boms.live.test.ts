/** Bills of materials on the real engine: five levels, a shared part, two revisions, two thousand lines, to the digit. */
import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { basic, bearer, call, docOf, listOf } from '../../sandbox/kit/calls.ts';
import { Digits, type Doc, text, type Value } from '../../sandbox/kit/json.ts';
import { eventually, startTown, type Town, WITHIN_MS } from './kit.ts';

const CONFIG = fileURLToPath(new URL('../../tallystick.goods.yaml', import.meta.url));
const LINES = 286;
let town: Town;

const recordsOf = async (control: string, record: string): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${control}/control/state?record=${record}&limit=5000`)), 'records');
const toErp = async (record: string, verb: string, items: readonly Doc[]): Promise<readonly Doc[]> => {
  const made: Doc[] = [];
  for (let at = 0; at < items.length; at += 200) {
    const body = { items: items.slice(at, at + 200) };
    const headers = basic('people', 'people-secret');
    made.push(
      ...listOf(docOf(await call('POST', `${town.erp.url}/api/${record}s/${verb}`, { headers, body })), 'results'),
    );
  }
  expect(made.filter(({ ok }) => ok !== true)).toEqual([]);
  return made;
};
const toCrm = async (path: string, body: Doc): Promise<Doc> => {
  const headers = await bearer(town.crm.url, 'people', 'people-secret');
  return docOf(await call('POST', `${town.crm.url}/v1/${path}`, { headers, body }));
};
const linesOf = (bom: Doc | undefined, list: string): readonly Doc[] => listOf(bom ?? {}, list);

/** Quantities that a binary number would change, and ratios that nobody may divide. */
const amountOf = (nth: number): Doc =>
  nth % 3 === 0
    ? { quantity: null, numerator: nth + 1, denominator: 3 }
    : { quantity: new Digits(`${nth}.333333333333333333331`), numerator: null, denominator: null };
const itemOf = (component: string, nth: number, ownBom = ''): Doc => ({
  item: String(10 * (nth + 1)).padStart(6, '0'),
  category: 'L',
  component,
  unit: 'ST',
  scrap: new Digits('0.7'),
  alternative_group: nth % 5 === 0 ? 'A1' : '',
  own_bom: ownBom,
  ...amountOf(nth),
});
const product = (sku: string): Doc => ({
  reference: null,
  product: { sku, description: sku, base_unit: 'ST', product_type: 'HALB' },
});
const numbers = new Map<string, string>();
const make = async (skus: readonly string[]): Promise<void> => {
  const made = await toErp('product', 'create', skus.map(product));
  for (const [i, sku] of skus.entries()) numbers.set(sku, String(made[i]?.['number']));
};
const bill = async (sku: string, revision: string, above: readonly (readonly [string, string])[]): Promise<string> => {
  const own = above.map(([part, bom], nth) => itemOf(numbers.get(part) ?? '', nth, bom));
  const raw = Array.from({ length: LINES - own.length }, (_, nth) =>
    itemOf(numbers.get(`RAW-${nth}`) ?? '', nth + own.length),
  );
  const bom = {
    product: numbers.get(sku) ?? '',
    revision,
    usage: '1',
    status: 'AC',
    base_quantity: 100,
    base_unit: 'ST',
  };
  const [made] = await toErp('bom', 'create', [{ reference: null, bom: { ...bom, items: [...own, ...raw] } }]);
  return String(made?.['number']);
};

beforeAll(async () => {
  town = await startTown({
    customers: 0,
    seed: 11,
    mappings: ['product', 'bom'],
    configure: (folder) => cp(CONFIG, join(folder, 'tallystick.yaml')),
  });
  await town.world.quiet(WITHIN_MS);
  await make([...Array.from({ length: LINES }, (_, nth) => `RAW-${nth}`), 'SHARED', 'L1', 'L2', 'L3', 'L4', 'L5']);
});
afterAll(async () => town?.stop());

test('five levels with a shared part and two revisions, two thousand lines, come over whole and to the digit', async () => {
  const shared = await bill('SHARED', 'A', []);
  let below: readonly [string, string] = ['L5', await bill('L5', 'A', [['SHARED', shared]])];
  for (const level of ['L4', 'L3', 'L2']) below = [level, await bill(level, 'A', [below, ['SHARED', shared]])];
  await bill('L1', 'A', [below, ['SHARED', shared]]);
  await bill('L1', 'B', [below]);
  await eventually('all bills are there', async () => (await recordsOf(town.crm.control, 'bom')).length === 7);
  await town.world.quiet(WITHIN_MS);
  const [boms, copies] = [await recordsOf(town.erp.control, 'bom'), await recordsOf(town.crm.control, 'bom')];
  const products = await recordsOf(town.crm.control, 'product');
  const idOf = (records: readonly Doc[], number: Value | undefined): Value =>
    number === '' ? null : (records.find((one) => one['erp_number'] === number)?.['id'] ?? 'nowhere');
  let lines = 0;
  for (const bom of boms) {
    const copy = copies.find((one) => one['erp_number'] === bom['number']);
    const wanted = linesOf(bom, 'items').map((item) => [
      item['item'],
      idOf(products, item['component']),
      idOf(copies, item['own_bom']),
      ...[item['quantity'], item['numerator'], item['denominator'], item['scrap']].map(text),
    ]);
    const found = linesOf(copy, 'components').map((line) => [
      line['line'],
      line['product_id'],
      line['bom_id'] ?? null,
      ...[line['quantity'], line['numerator'], line['denominator'], line['scrap_percent']].map((one) =>
        text(one ?? null),
      ),
    ]);
    expect(found).toEqual(wanted);
    lines += found.length;
  }
  expect(lines).toBe(7 * LINES);
  await town.world.sweep(WITHIN_MS);
  const written = (await recordsOf(town.erp.control, 'bom')).map((bom) => bom['row_version']);
  expect(written).toEqual(boms.map(() => 1));
  expect(await town.world.parked()).toEqual([]);
});

test('an edited line is seen although the date of its bill does not move', async () => {
  const [bom] = await recordsOf(town.erp.control, 'bom');
  const items = [{ item: linesOf(bom, 'items')[1]?.['item'] ?? '', quantity: new Digits('12.125') }];
  await toErp('bom', 'update', [{ number: bom?.['number'] ?? '', bom: { items } }]);
  const now = (await recordsOf(town.erp.control, 'bom'))[0];
  expect([now?.['changed_at'], now?.['row_version']]).toEqual([bom?.['changed_at'], 2]);
  await town.world.sweep(WITHIN_MS);
  const copy = (await recordsOf(town.crm.control, 'bom')).find((one) => one['erp_number'] === bom?.['number']);
  expect(linesOf(copy, 'components')[1]?.['quantity']).toEqual(12.125);
});

test('a bill by which a product would be made of itself is not sent at all, and the way round it is said', async () => {
  const products = await recordsOf(town.crm.control, 'product');
  const idOf = (code: string): Value => products.find((one) => one['code'] === code)?.['id'] ?? null;
  const head = { product_id: idOf('L5'), revision: 'Z', usage: 'manufacturing', base_quantity: 1, unit: 'C62' };
  const components = [{ line: '000010', product_id: idOf('L1'), quantity: 1, unit: 'C62' }];
  await toCrm('boms', { ...head, components });
  await eventually('it is set aside', async () => (await town.world.parked('REFERENCE_LOOP')).length === 1);
  const [item] = await town.world.parked('REFERENCE_LOOP');
  const nameOf = (code: string): string => String(products.find((one) => one['code'] === code)?.['name']);
  expect(item?.message).toContain(['L5', 'L1', 'L2', 'L3', 'L4', 'L5'].map(nameOf).join(' → '));
  expect(await town.world.parked('TARGET_REFUSED')).toEqual([]);
});
