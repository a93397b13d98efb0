/** What those do who look after bills of materials, in the CRM and in the ERP. */
import { Digits, type Doc, isDoc, type Value } from '../kit/json.ts';
import type { Chance } from '../kit/random.ts';
import type { Work } from './crowd.ts';
import type { Tokens } from './tokens.ts';

export const amount = (luck: Chance): Digits => new Digits(`${1 + luck.below(9_999)}.${10 + luck.below(90)}`);
export const rowsOf = (record: Doc, list: string): readonly Doc[] => {
  const rows = record[list];
  return Array.isArray(rows) ? (rows as readonly Value[]).filter(isDoc) : [];
};
export const RAW = 'RAW-';
const isRaw =
  (field: string) =>
  (record: Doc): boolean =>
    String(record[field]).startsWith(RAW);
export const day = (luck: Chance): string => `2027-${10 + luck.below(3)}-${10 + luck.below(19)}`;
const keyOf = (luck: Chance): string => String(1_000 + luck.below(9_000)).padStart(6, '0');
export const numberOf = ({ number = '' }: Doc): Value => number;

/** A quantity that a binary number would change, or a ratio that nobody may divide. */
const quantityOf = ({ luck }: Tokens): Doc =>
  luck.often(0.7)
    ? { quantity: new Digits(`${1 + luck.below(99)}.${luck.below(10)}33333333333333333331`) }
    : { numerator: 1 + luck.below(999), denominator: 3 };

/** One line of many, or none where there are none. */
const someLine = (t: Tokens, record: Doc, list: string): Doc | undefined => {
  const rows = rowsOf(record, list);
  return rows[t.luck.below(Math.max(rows.length, 1))];
};
const inErp = (weight: number, change: (t: Tokens, line: Doc) => Doc): Work => ({
  ...{ side: 'erp', kind: 'bom', weight },
  change: (t, record) => {
    const line = someLine(t, record, 'items');
    return line && { items: [{ item: line['item'] ?? '', ...change(t, line) }] };
  },
});
const inCrm = (weight: number, change: (t: Tokens, line: Doc) => Doc): Work => ({
  ...{ side: 'crm', kind: 'bom', weight },
  change: (t, record) => {
    const line = someLine(t, record, 'components');
    return (
      line && {
        components: rowsOf(record, 'components').map((row) => (row === line ? { ...row, ...change(t, row) } : row)),
      }
    );
  },
});
// A line is taken away only where some are left, and never the first: in some bills that is the part that all share.
const FEW = 3;
const goes = (rows: readonly Doc[], line: Doc | undefined): boolean => rows.length > FEW && line !== rows[0];

export const BILLS: readonly Work[] = [
  inErp(4, (t) => ({ scrap: new Digits(`0.${1 + t.luck.below(9)}`) })),
  inErp(3, (t, line) => (line['quantity'] === null ? {} : { quantity: amount(t.luck) })),
  inErp(1, (t) => ({ text: `Hinweis ${t.word()}` })),
  { side: 'erp', kind: 'bom', weight: 1, change: (t) => ({ valid_to: day(t.luck) }) },
  {
    ...{ side: 'erp', kind: 'bom', weight: 2 },
    change: async (t, record, pick) => {
      const part = await pick('erp', 'product', isRaw('sku'));
      const item = `E${keyOf(t.luck)}`;
      if (part === undefined || rowsOf(record, 'items').some((row) => row['item'] === item)) return undefined;
      return { items: [{ item, category: 'L', component: numberOf(part), unit: 'ST', ...quantityOf(t) }] };
    },
  },
  {
    ...{ side: 'erp', kind: 'bom', weight: 1 },
    change: (t, record) => {
      const line = someLine(t, record, 'items');
      if (line === undefined || !goes(rowsOf(record, 'items'), line)) return undefined;
      return { items: [{ item: line['item'] ?? '', delete: true }] };
    },
  },
  inCrm(3, (t, line) => (line['quantity'] === null ? {} : { quantity: amount(t.luck) })),
  inCrm(1, (t) => ({ text: `Bemerkung ${t.word()}` })),
  { side: 'crm', kind: 'bom', weight: 1, change: (t) => ({ valid_from: day(t.luck) }) },
  {
    ...{ side: 'crm', kind: 'bom', weight: 2 },
    change: async (t, record, pick) => {
      const part = await pick('crm', 'product', isRaw('code'));
      const line = `C${keyOf(t.luck)}`;
      const rows = rowsOf(record, 'components');
      if (part === undefined || rows.some((row) => row['line'] === line)) return undefined;
      const more = { line, category: 'stock', product_id: part['id'] ?? null, unit: 'C62', ...quantityOf(t) };
      return { components: [...rows, more] };
    },
  },
  {
    ...{ side: 'crm', kind: 'bom', weight: 1 },
    change: (t, record) => {
      const rows = rowsOf(record, 'components');
      const line = someLine(t, record, 'components');
      return goes(rows, line) ? { components: rows.filter((row) => row !== line) } : undefined;
    },
  },
  {
    ...{ side: 'erp', kind: 'bom', weight: 1 },
    enter: async (t, pick) => {
      const [head, part] = [
        await pick('erp', 'product', ({ sku }) => /^(NEW|ASM)-/.test(String(sku))),
        await pick('erp', 'product', isRaw('sku')),
      ];
      if (head === undefined || part === undefined) return undefined;
      const items = [{ item: '0010', category: 'L', component: numberOf(part), unit: 'ST', ...quantityOf(t) }];
      return { product: numberOf(head), revision: `e${revision(t)}`, ...HEAD.erp, items };
    },
  },
  {
    ...{ side: 'crm', kind: 'bom', weight: 1 },
    enter: async (t, pick) => {
      const [head, part] = [
        await pick('crm', 'product', ({ code }) => /^(NEW|ASM)-/.test(String(code))),
        await pick('crm', 'product', isRaw('code')),
      ];
      if (head === undefined || part === undefined) return undefined;
      const components = [
        { line: '0010', category: 'stock', product_id: part['id'] ?? null, unit: 'C62', ...quantityOf(t) },
      ];
      return { product_id: head['id'] ?? null, revision: `c${revision(t)}`, ...HEAD.crm, components };
    },
  },
];
export const HEAD = {
  crm: { usage: 'manufacturing', active: true, base_quantity: 10, unit: 'C62' },
  erp: { usage: '1', status: 'AC', base_quantity: 10, base_unit: 'ST' },
} as const;
const revision = (t: Tokens): string => t.word().split('x')[1]?.slice(-3) ?? '';
