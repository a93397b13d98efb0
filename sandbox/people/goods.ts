/** What those do who look after products, prices, stock and bills of materials, in the CRM and in the ERP. */
import type { Doc } from '../kit/json.ts';
import { amount, BILLS, day, HEAD, numberOf, RAW, rowsOf } from './bills.ts';
import type { Crowd, Work } from './crowd.ts';
import { renamed } from './edits.ts';

const filled = (record: Doc, ...fields: readonly string[]): boolean =>
  fields.every((field) => typeof record[field] === 'string' && String(record[field]).trim() !== '');
// What the seed made lacking cannot be saved anew in the ERP, whatever else is changed.
const soundInErp = (record: Doc): boolean => filled(record, 'sku', 'description', 'base_unit', 'currency');
const soundInCrm = (record: Doc): boolean => filled(record, 'code', 'name', 'unit', 'currency', 'erp_number');

const PRODUCTS: readonly Work[] = [
  {
    ...{ side: 'crm', kind: 'product', weight: 3, fits: soundInCrm },
    change: (t, record) => ({ name: renamed(record['name'], t.word()) }),
  },
  { side: 'crm', kind: 'product', weight: 2, fits: soundInCrm, change: (t) => ({ description: `Text ${t.word()}` }) },
  { side: 'crm', kind: 'product', weight: 0.5, fits: soundInCrm, change: () => ({ description: null }) },
  { side: 'crm', kind: 'product', weight: 2, fits: soundInCrm, change: (t) => ({ list_price: amount(t.luck) }) },
  {
    ...{ side: 'crm', kind: 'product', weight: 1, fits: soundInCrm },
    change: (t, record) => ({
      attributes: [
        ...rowsOf(record, 'attributes').filter(({ name }) => name !== 'Farbe'),
        { name: 'Farbe', value: t.word() },
      ],
    }),
  },
  // Only the ERP knows what it costs: this is put back.
  { side: 'crm', kind: 'product', weight: 0.5, fits: soundInCrm, change: (t) => ({ standard_cost: amount(t.luck) }) },
  { side: 'erp', kind: 'product', weight: 2, fits: soundInErp, change: (t) => ({ long_text: `Satz ${t.word()}` }) },
  { side: 'erp', kind: 'product', weight: 3, fits: soundInErp, change: (t) => ({ list_price: amount(t.luck) }) },
  { side: 'erp', kind: 'product', weight: 2, fits: soundInErp, change: (t) => ({ standard_cost: amount(t.luck) }) },
  {
    ...{ side: 'erp', kind: 'product', weight: 1, fits: soundInErp },
    change: (_t, { status }) => ({ status: status === 'AC' ? 'BL' : 'AC' }),
  },
  {
    ...{ side: 'erp', kind: 'product', weight: 1, fits: soundInErp },
    change: (t, { base_unit: unit }) =>
      unit === 'PAL' ? undefined : { units: [{ unit: 'PAL', numerator: 1 + t.luck.below(999), denominator: 7 }] },
  },
  {
    ...{ side: 'crm', kind: 'product', weight: 1 },
    enter: async (t) => ({
      ...{ code: `NEW-C${t.word()}`, name: `Neuheit ${t.word()}`, kind: 'goods', family: 'Pumps', active: true },
      ...{ unit: 'C62', currency: 'EUR', list_price: amount(t.luck) },
    }),
  },
  {
    ...{ side: 'erp', kind: 'product', weight: 1 },
    enter: async (t) => ({
      ...{ sku: `NEW-E${t.word()}`, description: `Material ${t.word()}`, product_type: 'HALB', status: 'AC' },
      ...{ base_unit: 'ST', currency: 'EUR', standard_cost: amount(t.luck) },
    }),
  },
];

const PRICES_AND_STOCK: readonly Work[] = [
  { side: 'erp', kind: 'price', weight: 2, change: (t) => ({ price: amount(t.luck) }) },
  {
    ...{ side: 'erp', kind: 'price', weight: 1 },
    change: (t, { valid_to: until }) => ({ valid_to: until === '' ? day(t.luck) : '' }),
  },
  {
    side: 'erp',
    kind: 'stock',
    weight: 3,
    change: (t) => ({ on_hand: t.luck.below(1_000), reserved: t.luck.below(9) }),
  },
  // The ERP keeps both: what is typed into the CRM is put back.
  { side: 'crm', kind: 'price', weight: 0.5, change: (t) => ({ price: amount(t.luck) }) },
  { side: 'crm', kind: 'stock', weight: 0.5, change: (t) => ({ on_hand: t.luck.below(1_000) }) },
  {
    ...{ side: 'erp', kind: 'price', weight: 1 },
    enter: async (t, pick) => {
      const [product, partner] = [await pick('erp', 'product', soundInErp), await pick('erp', 'partner', isCustomer)];
      if (product === undefined) return undefined;
      const whom = t.luck.often(0.5) ? {} : { partner: partner?.['number'] ?? '' };
      return {
        price_list: 'LIST',
        product: numberOf(product),
        price: amount(t.luck),
        per: 100,
        currency: 'EUR',
        ...whom,
      };
    },
  },
  {
    ...{ side: 'erp', kind: 'stock', weight: 1 },
    enter: async (t, pick) => {
      const product = await pick('erp', 'product', soundInErp);
      const plant = String(1_000 + t.luck.below(9_000));
      return product && { product: numberOf(product), plant, unit: 'ST', on_hand: t.luck.below(500) };
    },
  },
];
const isCustomer = ({ grouping }: Doc): boolean => grouping === 'Z001' || grouping === 'Z002';

/** All of it. */
export const GOODS_WORK: readonly Work[] = [...PRODUCTS, ...PRICES_AND_STOCK, ...BILLS];

const RAWS = 12;
const LEVELS = 5;

/** Before anybody works: parts, assemblies of several levels with one that all share, prices and stock, all in the ERP. */
export const furnishGoods = async ({ enter }: Pick<Crowd, 'enter'>): Promise<void> => {
  const product = (sku: string, type: string): Promise<string> =>
    enter('erp', 'product', {
      sku,
      description: sku,
      base_unit: 'ST',
      product_type: type,
      status: 'AC',
      currency: 'EUR',
    });
  const raws: string[] = [];
  for (let nth = 1; nth <= RAWS; nth += 1) raws.push(await product(`${RAW}${nth}`, 'ROH'));
  const [shared = ''] = raws;
  let below: Doc | undefined;
  for (let level = LEVELS; level >= 1; level -= 1) {
    const head = await product(`ASM-${level}`, 'HALB');
    const own = raws.slice(level, level + 4).map(
      (part, nth): Doc => ({
        ...{ item: `00${nth + 2}0`, category: 'L', component: part, unit: 'ST', quantity: nth + 1 },
      }),
    );
    const first: Doc = { item: '0010', category: 'L', component: shared, unit: 'ST', numerator: 1000, denominator: 3 };
    const items: readonly Doc[] = [first, ...own, ...(below === undefined ? [] : [below])];
    const bom = await enter('erp', 'bom', { product: head, revision: 'A', ...HEAD.erp, items });
    below = { item: '0090', category: 'L', component: head, own_bom: bom, unit: 'ST', quantity: 1 };
    await enter('erp', 'price', { price_list: 'LIST', product: head, price: level * 100, per: 1, currency: 'EUR' });
    await enter('erp', 'stock', { product: head, plant: '1000', unit: 'ST', on_hand: level });
  }
};

/** A bill in the CRM by which the part that all share would be made of what it is in. Undefined while the CRM has them not. */
export const closingBill = async ({ look }: Pick<Crowd, 'look'>): Promise<Doc | undefined> => {
  const products = await look('crm', 'product');
  const [part, whole] = [`${RAW}1`, 'ASM-1'].map((code) => products.find((record) => record['code'] === code));
  if (part === undefined || whole === undefined) return undefined;
  const components = [{ line: '0010', category: 'stock', product_id: whole['id'] ?? null, unit: 'C62', quantity: 1 }];
  return { product_id: part['id'] ?? null, revision: 'LOOP', ...HEAD.crm, components };
};
