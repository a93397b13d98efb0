/** The troubles that are put among the products on purpose, so that a run always meets all of them. */
import type { Good } from './goods.ts';

/** Turns an orderly product into a troublesome one: what each side says about it. */
export type ProductTrouble = (good: Good) => { readonly crm: readonly Good[]; readonly erp: readonly Good[] };

const TROUBLES: readonly ProductTrouble[] = [
  // One number twice: alone, and with a record on the other side.
  (good) => ({ crm: [good, { ...good, name: `${good.name} (alt)`, gtin: null }], erp: [] }),
  (good) => ({ crm: [good, { ...good, name: `${good.name} (neu)`, gtin: null }], erp: [good] }),
  // One trade item number, two numbers: one product or two?
  (good) => ({ crm: [good], erp: [{ ...good, sku: `${good.sku}-X` }] }),
  // Lacking what the ERP wants.
  (good) => ({ crm: [{ ...good, unit: null }], erp: [] }),
  (good) => ({ crm: [{ ...good, name: '   ' }], erp: [] }),
  // Words that no table has.
  (good) => ({ crm: [{ ...good, unit: 'DZN', conversions: [] }], erp: [] }),
  (good) => ({ crm: [{ ...good, group: 'Antiques' }], erp: [] }),
  // Longer than the ERP allows, where it cannot be made without, and where it can.
  (good) => ({
    crm: [{ ...good, name: `${good.name} mit verlängerter Welle, Sonderlackierung und Zubehör` }],
    erp: [],
  }),
  // Nothing to identify it by.
  (good) => ({ crm: [{ ...good, sku: null, gtin: null }], erp: [] }),
  // Counted in another unit on either side: the ERP cannot change it any more.
  (good) => ({ crm: [{ ...good, unit: 'KGM', conversions: [] }], erp: [{ ...good, unit: 'C62', conversions: [] }] }),
  // A price without its currency.
  (good) => ({ crm: [{ ...good, price: '10.00', currency: null }], erp: [] }),
];

/** A trade item number makes some of them what they are. */
const withGtin =
  (trouble: ProductTrouble, number: number): ProductTrouble =>
  (good) =>
    trouble({ ...good, gtin: String(4_099_000_000_000 + number).padStart(14, '0') });

const repeats = (count: number): number => (count < 100 ? 0 : 1);

/** Which products are troubled, and how: spread evenly over the numbers. */
export const productTroublesFor = (count: number): ReadonlyMap<number, ProductTrouble> => {
  const all = Array.from({ length: repeats(count) }, () => TROUBLES).flat();
  const step = Math.floor(count / Math.max(all.length, 1));
  return new Map(
    all.map((trouble, index) => {
      // Never a family or one of its variants.
      const number = 1 + Math.floor(step / 2) + index * step;
      const clear = number % 20 <= 3 ? number + 4 : number;
      return [clear, withGtin(trouble, clear)] as const;
    }),
  );
};
