/** What must be true of bills of materials in the two sandbox systems, written down a second time and independently. */
import { listOf } from '../kit/calls.ts';
import type { Doc } from '../kit/json.ts';
import { UNITS } from './product-rules.ts';
import { decimal, flag, meanings, type Pair, pairs, plain } from './readers.ts';
import { muddled, type RowList, rowFields } from './row-rules.ts';
import type { FieldRule, Reader, Rules, Side, SystemView } from './words.ts';

const words = (table: Readonly<Record<string, string>>): Reader =>
  pairs(Object.entries(table).map(([crm, erp]): Pair => ({ crm, erp })));
const USAGES = words({ manufacturing: '1', engineering: '2', bundle: '3', service: '4', sales: '5' });
const CATEGORIES = words({
  ...{ stock: 'L', 'non-stock': 'N', text: 'T', document: 'D', phantom: 'P', option: 'K' },
});
const STATES = meanings({
  crm: { true: 'true', false: 'false' },
  erp: { AC: 'true', EN: 'false', IN: 'false' },
});
const erpWins = { flow: 'both', conflict: 'erp' } as const;
const asked = { flow: 'both', conflict: 'park' } as const;
const needed = { required: ['crm', 'erp'] } as const;

const headOf = (product: Reader): readonly FieldRule[] => [
  { name: 'product', crm: 'product_id', erp: 'product', ...asked, ...needed, read: product },
  { name: 'revision', crm: 'revision', erp: 'revision', ...asked, ...needed, read: plain, maxErp: 4 },
  { name: 'usage', crm: 'usage', erp: 'usage', ...asked, ...needed, read: USAGES },
  // A flag that nobody gave is false in the CRM: it knows no third state.
  { name: 'active', crm: 'active', erp: 'status', ...erpWins, read: STATES, standard: { crm: 'false' } },
  { name: 'base quantity', crm: 'base_quantity', erp: 'base_quantity', ...erpWins, ...needed, read: decimal },
  { name: 'unit', crm: 'unit', erp: 'base_unit', ...erpWins, ...needed, read: UNITS },
  { name: 'valid from', crm: 'valid_from', erp: 'valid_from', ...erpWins, read: plain, empty: 'clear' },
  { name: 'valid to', crm: 'valid_to', erp: 'valid_to', ...erpWins, read: plain, empty: 'clear' },
];

const linesOf = (product: Reader, bom: Reader): RowList => ({
  ...{ name: 'components', crm: 'components', erp: 'items', key: { crm: 'line', erp: 'item' }, whole: true },
  columns: [
    { name: 'line number', crm: 'line', erp: 'item', ...asked, read: plain, maxErp: 8 },
    { name: 'position', crm: 'position', erp: 'position', ...erpWins, read: plain, maxErp: 4 },
    { name: 'category', crm: 'category', erp: 'category', ...erpWins, read: CATEGORIES },
    { name: 'component', crm: 'product_id', erp: 'component', ...erpWins, read: product },
    { name: 'description', crm: 'text', erp: 'text', ...erpWins, read: plain, maxErp: 60, empty: 'clear' },
    { name: 'quantity', crm: 'quantity', erp: 'quantity', ...erpWins, read: decimal },
    { name: 'numerator', crm: 'numerator', erp: 'numerator', ...erpWins, read: decimal },
    { name: 'denominator', crm: 'denominator', erp: 'denominator', ...erpWins, read: decimal },
    { name: 'unit', crm: 'unit', erp: 'unit', ...erpWins, read: UNITS },
    { name: 'fixed', crm: 'fixed', erp: 'fixed', ...erpWins, read: flag(true, 'X') },
    { name: 'scrap', crm: 'scrap_percent', erp: 'scrap', ...erpWins, read: decimal },
    {
      name: 'alternative group',
      crm: 'alternative_group',
      erp: 'alternative_group',
      ...erpWins,
      read: plain,
      maxErp: 4,
    },
    { name: 'priority', crm: 'priority', erp: 'alternative_priority', ...erpWins, read: decimal },
    { name: 'own bom', crm: 'bom_id', erp: 'own_bom', ...erpWins, read: bom },
    { name: 'valid from', crm: 'valid_from', erp: 'valid_from', ...erpWins, read: plain, empty: 'clear' },
    { name: 'valid to', crm: 'valid_to', erp: 'valid_to', ...erpWins, read: plain, empty: 'clear' },
  ],
});

interface Bills {
  readonly crm: SystemView;
  readonly erp: SystemView;
}
const WORDS = {
  crm: { head: 'product_id', list: 'components', part: 'product_id' },
  erp: { head: 'product', list: 'items', part: 'component' },
} as const;

/** From a bill to what its product is made of by it: products as both sides name them. */
const edgesOf = (doc: Doc, side: Side, product: Reader): readonly (readonly [from: string, to: string])[] => {
  const { head, list, part } = WORDS[side];
  const { value: from } = product(doc[head], side);
  return listOf(doc, list).flatMap((row) => {
    const { value: to } = product(row[part], side);
    return from === null || to === null ? [] : [[from, to] as const];
  });
};

/** Does a bill close a circle, by what stands in the bills of both sides, whatever revision, days or status they have? */
const loopsOf = (views: Bills, product: Reader): ((doc: Doc | undefined, side: Side) => boolean) => {
  const parts = new Map<string, Set<string>>();
  for (const side of ['crm', 'erp'] as const)
    for (const doc of views[side].state)
      for (const [from, to] of edgesOf(doc, side, product)) parts.set(from, (parts.get(from) ?? new Set()).add(to));
  const leads = (from: string, home: string): boolean => {
    const seen = new Set<string>();
    const open = [from];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      if (at === home) return true;
      if (seen.has(at)) continue;
      seen.add(at);
      open.push(...(parts.get(at) ?? []));
    }
    return false;
  };
  return (doc, side) => doc !== undefined && edgesOf(doc, side, product).some(([from, to]) => leads(to, from));
};

const above = (native: unknown, side: Side): boolean => {
  const { value } = decimal(native, side);
  return value !== null && /^\d/.test(value) && /[1-9]/.test(value);
};

/** The ERP makes nothing of no quantity, and reads no numerator without its denominator. */
const refused: Rules['refused'] = (crm) =>
  crm !== undefined &&
  (!above(crm['base_quantity'], 'crm') ||
    listOf(crm, 'components').some(
      (row) => decimal(row['numerator'], 'crm').value !== null && !above(row['denominator'], 'crm'),
    ));

/** The rules of bills whose references to products and to each other are read so. */
export const bomRules = (views: Bills, product: Reader, bom: Reader): Rules => {
  const lines = linesOf(product, bom);
  const loops = loopsOf(views, product);
  return {
    ...{ actor: 'tally', claim: 'erp_number', skewMs: 2000 },
    // Half a bill is another product: a line that cannot cross holds back the head, too.
    fields: [...headOf(product).map((field) => ({ ...field, group: lines.name })), ...rowFields(lines, views)],
    matchOn: [['revision', 'usage', 'product']],
    refused,
    grounds: {
      REFERENCE_LOOP: (crm, erp) => loops(crm, 'crm') || loops(erp, 'erp'),
      LINE_KEY: (crm, erp) => muddled(lines, 'crm', crm) || muddled(lines, 'erp', erp),
    },
    sides: {
      crm: {
        ...{ record: 'bom', id: 'id', stamp: 'modified_at', reference: 'external_id' },
        ignored: ['id', 'created_at', 'modified_at', 'etag', 'erp_number', 'sync_state', 'sync_message', 'components'],
      },
      erp: {
        ...{ record: 'bom', id: 'number', stamp: 'changed_at', reference: 'reference' },
        ignored: ['number', 'row_version', 'changed_at', 'items'],
      },
    },
  };
};
