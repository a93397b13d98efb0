/** The view `price`, asked by its parts: the products it speaks of are loaded when all else that they would slow down is measured. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { api, type Product, type Status } from './product.ts';
import { getJson } from './systems.ts';
import { answered } from './views.ts';

const LIMIT_MS = 120_000;
const LOOK_MS = 1_000;

const loaded = async (product: Product): Promise<void> => {
  for (const end = performance.now() + LIMIT_MS; performance.now() < end; ) {
    const { mappings } = await api<Status>(product, 'GET', '/status');
    const found = mappings.find(({ name }) => name === 'product');
    if (found?.gate === 'open' && found.pending === 0 && found.doubt === 0) return;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
  throw new Error('the products were not loaded');
};

/** Addresses of questions for a price that are answered, each of another product and customer: those of products that are sold and have a price. */
export const priceQuestions = async (
  product: Product,
  customers: readonly string[],
  most: number,
): Promise<readonly string[]> => {
  const file = join(product.home, 'config', 'tallystick.yaml');
  const before = await readFile(file, 'utf8');
  await writeFile(file, before.replace('  - customer\n', '  - customer\n  - product\n').concat('  - price\n'));
  await loaded(product);
  const { records } = await getJson<{ readonly records: readonly { readonly id: string; readonly unit: string }[] }>(
    `${product.systems.crm.control}/control/state?record=product&limit=5000`,
  );
  const paths = records.map(({ id }, i) => {
    const customer = customers[i % customers.length] ?? '';
    return `price/${id}?customer=${customer}&quantity=${1 + (i % 9)}&currency=EUR`;
  });
  const found = await answered(product, paths, most);
  if (found.length < most) throw new Error(`${found.length} prices were answered, not ${most}`);
  return found;
};
