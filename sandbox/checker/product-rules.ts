/** What must be true of products, prices and stock levels in the two sandbox systems, written down a second time and independently. */
import { isDoc } from '../kit/json.ts';
import { decimal, flag, meanings, type Pair, pairs, plain, rows } from './readers.ts';
import type { FieldRule, Reader, Rules, SideRules } from './words.ts';

const itself = (...words: readonly string[]): Record<string, string> =>
  Object.fromEntries(words.map((word) => [word, word]));

// What is bought, made, half made and raw is all goods to those who sell.
const KINDS = meanings({
  crm: itself('goods', 'service', 'kit', 'configurable', 'phantom'),
  erp: {
    ...{ HAWA: 'goods', FERT: 'goods', HALB: 'goods', ROH: 'goods' },
    ...{ DIEN: 'service', SETS: 'kit', KMAT: 'configurable', DUMY: 'phantom' },
  },
});
const ERP_UNITS: Readonly<Record<string, string>> = {
  ...{ C62: 'ST', H87: 'ST', EA: 'ST', KGM: 'KG', GRM: 'G', MTR: 'M', CMT: 'CM', MMT: 'MM', MTK: 'M2', MTQ: 'M3' },
  ...{ LTR: 'L', HUR: 'STD', DAY: 'TAG', PR: 'PAA', SET: 'SATZ', XCT: 'KAR', XPX: 'PAL', P1: '%' },
};
/** Units of measure by the ERP's word. */
export const UNITS: Reader = meanings({ crm: ERP_UNITS, erp: itself(...Object.values(ERP_UNITS)) });
const GROUPS = pairs(
  Object.entries({
    ...{ Pumps: '1010', Drives: '1020', Controls: '1030', Valves: '1040', Fasteners: '2010' },
    ...{ 'Raw material': '2020', Packaging: '3010', Services: '9010' },
  }).map(([crm, erp]): Pair => ({ crm, erp })),
);
const sold = flag(true, 'AC');
const onSale: Reader = (native, side) => {
  const { value } = plain(native, side);
  return value === null ? { value } : sold(native, side);
};

const crmWins = { flow: 'both', conflict: 'crm' } as const;
const erpWins = { flow: 'both', conflict: 'erp' } as const;
const told = { flow: 'to_crm', drift: 'restore' } as const;

const productFields = (product: Reader): readonly FieldRule[] => [
  {
    name: 'number',
    crm: 'code',
    erp: 'sku',
    flow: 'both',
    conflict: 'park',
    read: plain,
    maxErp: 40,
    required: ['crm', 'erp'],
  },
  { name: 'name', crm: 'name', erp: 'description', ...crmWins, read: plain, maxErp: 60, required: ['crm', 'erp'] },
  { name: 'description', crm: 'description', erp: 'long_text', ...crmWins, read: plain, maxErp: 2000, empty: 'clear' },
  { name: 'kind', crm: 'kind', erp: 'product_type', ...erpWins, read: KINDS, standard: { erp: 'goods' } },
  { name: 'group', crm: 'family', erp: 'product_group', ...erpWins, read: GROUPS },
  { name: 'variant of', crm: 'variant_of', erp: 'variant_of', ...erpWins, read: product },
  // A flag that nobody gave is false in the CRM: it knows no third state.
  { name: 'active', crm: 'active', erp: 'status', ...erpWins, read: onSale, standard: { crm: 'false' } },
  { name: 'unit', crm: 'unit', erp: 'base_unit', ...erpWins, read: UNITS, required: ['crm', 'erp'] },
  { name: 'gtin', crm: 'gtin', erp: 'gtin', ...erpWins, read: plain },
  { name: 'list price', crm: 'list_price', erp: 'list_price', ...erpWins, read: decimal },
  { name: 'standard cost', crm: 'standard_cost', erp: 'standard_cost', ...told, read: decimal },
  { name: 'currency', crm: 'currency', erp: 'currency', ...erpWins, read: plain },
  { name: 'net weight', crm: 'net_weight', erp: 'net_weight', ...told, read: decimal },
  { name: 'weight unit', crm: 'weight_unit', erp: 'weight_unit', ...told, read: UNITS },
  {
    ...{ name: 'characteristics', crm: 'attributes', erp: 'characteristics', ...crmWins, empty: 'clear' },
    read: rows({ name: plain, value: plain }),
  },
  {
    ...{ name: 'conversions', crm: 'conversions', erp: 'units', ...erpWins, empty: 'clear' },
    read: rows({ unit: UNITS, numerator: decimal, denominator: decimal }),
  },
];

const sides = (record: string, ...more: readonly string[]): Rules['sides'] => {
  const crm: SideRules = {
    ...{ record, id: 'id', stamp: 'modified_at', reference: 'external_id' },
    ignored: ['id', 'created_at', 'modified_at', 'etag', 'erp_number', ...more],
  };
  const erp: SideRules = {
    ...{ record, id: 'number', stamp: 'changed_at', reference: 'reference' },
    ignored: ['number', 'row_version', 'changed_at'],
  };
  return { crm, erp };
};
const COMMON = { actor: 'tally', claim: 'erp_number', skewMs: 2000 } as const;

/** A price needs its currency, and what a product is counted in never changes once the ERP has it. */
const refused: Rules['refused'] = (crm, erp) => {
  if (!isDoc(crm)) return false;
  const priced = decimal(crm['list_price'], 'crm').value !== null;
  const [unit, counted] = [
    UNITS(crm['unit'], 'crm').value,
    erp === undefined ? null : UNITS(erp['base_unit'], 'erp').value,
  ];
  return (
    (priced && plain(crm['currency'], 'crm').value === null) || (unit !== null && counted !== null && unit !== counted)
  );
};

/** The rules of products, whose references to others of their kind are read so. */
export const productRules = (product: Reader): Rules => ({
  ...COMMON,
  fields: productFields(product),
  matchOn: [['number'], ['gtin']],
  refused,
  sides: sides('product', 'sync_state', 'sync_message'),
});

const NUMBER: FieldRule = { name: 'number', crm: 'erp_number', erp: 'number', ...told, read: plain, required: ['crm'] };

/** The rules of what a product costs whom. */
export const priceRules = (product: Reader, customer: Reader): Rules => ({
  ...COMMON,
  fields: [
    NUMBER,
    { name: 'price list', crm: 'price_list', erp: 'price_list', ...told, read: plain },
    { name: 'product', crm: 'product_id', erp: 'product', ...told, read: product, required: ['crm'] },
    { name: 'customer', crm: 'account_id', erp: 'partner', ...told, read: customer },
    { name: 'region', crm: 'region', erp: 'region', ...told, read: plain, empty: 'clear' },
    { name: 'price', crm: 'price', erp: 'price', ...told, read: decimal },
    { name: 'price per', crm: 'price_per', erp: 'per', ...told, read: decimal, empty: 'clear' },
    { name: 'currency', crm: 'currency', erp: 'currency', ...told, read: plain },
    { name: 'unit', crm: 'unit', erp: 'unit', ...told, read: UNITS },
    { name: 'from quantity', crm: 'from_quantity', erp: 'from_quantity', ...told, read: decimal, empty: 'clear' },
    { name: 'valid from', crm: 'valid_from', erp: 'valid_from', ...told, read: plain, empty: 'clear' },
    { name: 'valid to', crm: 'valid_to', erp: 'valid_to', ...told, read: plain, empty: 'clear' },
  ],
  matchOn: [['number']],
  sides: sides('price'),
});

/** The rules of how much of a product lies where. */
export const stockRules = (product: Reader): Rules => ({
  ...COMMON,
  fields: [
    NUMBER,
    { name: 'product', crm: 'product_id', erp: 'product', ...told, read: product, required: ['crm'] },
    { name: 'place', crm: 'place', erp: 'plant', ...told, read: plain },
    { name: 'unit', crm: 'unit', erp: 'unit', ...told, read: UNITS },
    { name: 'on hand', crm: 'on_hand', erp: 'on_hand', ...told, read: decimal },
    { name: 'reserved', crm: 'reserved', erp: 'reserved', ...told, read: decimal, empty: 'clear' },
    { name: 'ordered', crm: 'ordered', erp: 'ordered', ...told, read: decimal, empty: 'clear' },
  ],
  matchOn: [['number']],
  sides: sides('stock'),
});
