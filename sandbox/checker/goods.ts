/** Reads both systems' products, prices, stock levels and bills of materials through their control addresses, and judges them. */

import { bomRules } from './bom-rules.ts';
import { linkReader } from './contact-rules.ts';
import { type Case, judge } from './judge.ts';
import { priceRules, productRules, stockRules } from './product-rules.ts';
import { readSystem } from './read.ts';
import { rowByRow } from './row-rules.ts';
import type { Finding, SystemView } from './words.ts';

/** Both systems' records by their names there. */
export interface Stores {
  readonly crm: Readonly<Record<'account' | 'product' | 'price' | 'stock' | 'bom', SystemView>>;
  readonly erp: Readonly<Record<'partner' | 'product' | 'price' | 'stock' | 'bom', SystemView>>;
}
export interface GoodsVerdict {
  /** How many there are, counted once for both systems, and how many of them are set aside. */
  readonly counts: Readonly<Record<'product' | 'price' | 'stock' | 'bom' | 'parked', number>>;
  readonly findings: readonly Finding[];
}
type Said = Pick<Case, 'parked' | 'decided' | 'interruptions'>;

/** A part of a row is judged with the field that holds the rows: `conversions[KGM].unit` with `conversions`. */
const ofField = <I extends { readonly field: string }>(item: I): I => ({
  ...item,
  field: item.field.replace(/[[./].*$/, ''),
});

const same = <I>(item: I): I => item;

/** Judge. What is set aside must be of these mappings alone: the ERP numbers each kind by itself. */
export const judgeGoods = (stores: Stores, { parked, decided = [], interruptions = [] }: Said): GoodsVerdict => {
  const { crm, erp } = stores;
  const product = linkReader(crm.product, erp.product);
  const rules = {
    product: productRules(product),
    price: priceRules(product, linkReader(crm.account, erp.partner)),
    stock: stockRules(product),
    bom: bomRules({ crm: crm.bom, erp: erp.bom }, product, linkReader(crm.bom, erp.bom)),
  };
  const of = (record: keyof typeof rules) => {
    const ids = {
      crm: new Set(crm[record].state.map(({ id }) => id)),
      erp: new Set(erp[record].state.map(({ number }) => number)),
    };
    const theirs = (item: { readonly crm?: string; readonly erp?: string }): boolean =>
      ids.crm.has(item.crm) || ids.erp.has(item.erp);
    // The rows of a bill are judged one by one.
    const own = record === 'bom' ? same : ofField;
    return judge({
      ...{ crm: crm[record], erp: erp[record], rules: rules[record], interruptions },
      ...{ parked: parked.filter(theirs).map(own), decided: decided.filter(theirs).map(own) },
    });
  };
  const [products, prices, stocks, boms] = [of('product'), of('price'), of('stock'), of('bom')];
  const all = [products, prices, stocks, boms];
  return {
    counts: {
      ...{ product: products.customers, price: prices.customers, stock: stocks.customers, bom: boms.customers },
      parked: all.reduce((sum, { parked: aside }) => sum + aside, 0),
    },
    findings: rowByRow(all.flatMap(({ findings }) => findings)),
  };
};

/** What to check: both control addresses and what is said to be set aside. */
export interface GoodsCheck extends Said {
  readonly crmControl: string;
  readonly erpControl: string;
}

/** Read and judge. Nobody may be writing meanwhile. */
export const checkGoods = async ({ crmControl, erpControl, ...said }: GoodsCheck): Promise<GoodsVerdict> => {
  const crm = async (record: string): Promise<SystemView> => readSystem(crmControl, record);
  const erp = async (record: string): Promise<SystemView> => readSystem(erpControl, record);
  const stores = {
    crm: {
      account: await crm('account'),
      product: await crm('product'),
      price: await crm('price'),
      stock: await crm('stock'),
      bom: await crm('bom'),
    },
    erp: {
      partner: await erp('partner'),
      product: await erp('product'),
      price: await erp('price'),
      stock: await erp('stock'),
      bom: await erp('bom'),
    },
  };
  return judgeGoods(stores, said);
};

/** The verdict in one line. */
export const goodsLine = ({ counts, findings }: GoodsVerdict): string => {
  const of = (wanted: Finding['kind']): number => findings.filter(({ kind }) => kind === wanted).length;
  const { product, price, stock, bom, parked } = counts;
  const aside = findings.length === 0 ? `${parked} parked, each rightly` : `${parked} parked`;
  return `${findings.length === 0 ? 'agreement' : 'no agreement'}: ${product} products, ${price} prices, ${stock} stock levels, ${bom} bills of materials, ${of('lost')} lost, ${of('doubled')} doubled, ${of('unexplained')} unexplained (${aside})`;
};
