/** Items of a quotation, as an order says them. */
import { less, plain, times } from '../kit/decimal.ts';
import type { Doc } from '../kit/json.ts';

/** The ERP's words for units, with the code by which its orders count. */
export const UNIT_CODES: ReadonlyMap<string, string> = new Map([
  ['ST', 'C62'],
  ['KG', 'KGM'],
  ['G', 'GRM'],
  ['M', 'MTR'],
  ['CM', 'CMT'],
  ['MM', 'MMT'],
  ['M2', 'MTK'],
  ['M3', 'MTQ'],
  ['L', 'LTR'],
  ['STD', 'HUR'],
  ['TAG', 'DAY'],
  ['PAA', 'PR'],
  ['SATZ', 'SET'],
  ['KAR', 'XCT'],
  ['PAL', 'XPX'],
  ['%', 'P1'],
]);

/** What one costs the customer when the discount is taken off, with all its digits. */
export const discounted = (item: Doc): string => {
  const { units, scale } = times(item['unit_price'], plain(less('100', item['discount'] ?? null)));
  return plain({ units, scale: scale + 2 });
};
