/** What those do who sell: opportunities and quotes in the CRM, some of them under their cost; customers say yes or no on either side. */
import { Digits, type Doc, type Value } from '../kit/json.ts';
import type { Crowd, Work } from './crowd.ts';
import type { Tokens } from './tokens.ts';

const COST = 70;
const SKU = 'SOLD-';
const SOLD = 4;
const isCustomer = ({ erp_number: number }: Doc): boolean => typeof number === 'string' && number !== '';
const isSold = ({ code, erp_number: number }: Doc): boolean =>
  String(code).startsWith(SKU) && typeof number === 'string' && number !== '';
const idOf = ({ id = null }: Doc): Value => id;
const isOpen = ({ status, erp_number: number }: Doc): boolean =>
  typeof number === 'string' && (status === 'in_review' || status === 'approved' || status === 'sent');

/** A line and the total that it comes to, with two decimals. */
const priced = (product: Value, quantity: number, cents: number): Doc => {
  const money = (all: number): Digits => new Digits(`${Math.floor(all / 100)}.${String(all % 100).padStart(2, '0')}`);
  const net = money(quantity * cents);
  const line = { line_no: '10', product_id: product, quantity, unit: 'C62', unit_price: money(cents), net };
  return { total_net: net, lines: [line] };
};
/** Well above its cost, or, now and then, below it: what leaves little would wait for somebody to approve it. */
const centsOf = ({ luck }: Tokens): number =>
  (luck.often(0.15) ? 100 * (COST - 20) : 100 * (2 * COST)) + luck.below(900);

/** All of it. */
export const QUOTE_WORK: readonly Work[] = [
  {
    ...{ side: 'crm', kind: 'deal', weight: 2 },
    enter: async (t, pick) => {
      const [account, product] = [await pick('crm', 'account', isCustomer), await pick('crm', 'product', isSold)];
      if (account === undefined || product === undefined) return undefined;
      const lines = [{ line_no: '10', product_id: idOf(product), quantity: 1 + t.luck.below(9), unit: 'C62' }];
      const head = { name: `Chance ${t.word()}`, stage: 'proposal', status: 'open', currency: 'EUR', amount: 1000 };
      return { account_id: idOf(account), ...head, probability: t.luck.below(101), close_date: '2027-03-01', lines };
    },
  },
  {
    ...{ side: 'crm', kind: 'deal', weight: 2 },
    change: (t) => ({ probability: t.luck.below(101), stage: t.luck.pick(['qualification', 'negotiation']) }),
  },
  { side: 'crm', kind: 'deal', weight: 1, change: (t) => ({ name: `Gelegenheit ${t.word()}` }) },
  // Sales decides: this is put back.
  { side: 'erp', kind: 'prospect', weight: 0.5, change: (t) => ({ title: `Plan ${t.word()}` }) },
  {
    ...{ side: 'crm', kind: 'quote', weight: 5 },
    enter: async (t, pick) => {
      const [account, product] = [await pick('crm', 'account', isCustomer), await pick('crm', 'product', isSold)];
      if (account === undefined || product === undefined) return undefined;
      const head = { name: `Angebot ${t.word()}`, status: 'in_review', quote_date: '2026-11-01', currency: 'EUR' };
      const what = priced(idOf(product), 1 + t.luck.below(9), centsOf(t));
      return { account_id: idOf(account), ...head, valid_until: '2099-12-31', ...what };
    },
  },
  { side: 'crm', kind: 'quote', weight: 2, fits: isOpen, change: (t) => ({ name: `Neu ${t.word()}` }) },
  { side: 'crm', kind: 'quote', weight: 1, fits: isOpen, change: () => ({ status: 'sent' }) },
  { side: 'crm', kind: 'quote', weight: 2, fits: isOpen, change: () => ({ status: 'accepted' }) },
  { side: 'crm', kind: 'quote', weight: 0.5, fits: isOpen, change: () => ({ status: 'rejected' }) },
];

/** Before anybody sells: what there is to sell, with its cost, in the ERP. */
export const furnishQuotes = async ({ enter }: Pick<Crowd, 'enter'>): Promise<void> => {
  for (let nth = 1; nth <= SOLD; nth += 1) {
    const words = { sku: `${SKU}${nth}`, description: `Pumpe ${nth}`, base_unit: 'ST', product_type: 'FERT' };
    await enter('erp', 'product', { ...words, status: 'AC', currency: 'EUR', standard_cost: COST });
  }
};
