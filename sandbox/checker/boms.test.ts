import { expect, test } from 'vitest';
import { Digits, type Doc } from '../kit/json.ts';
import { goodsLine, judgeGoods } from './goods.ts';
import type { Commit, ParkedItem, SystemView } from './words.ts';

type Views = readonly [state: readonly Doc[], later?: readonly Commit[]];
let seq = 100;
const commit = (record: string, id: unknown, after: Doc, more: Partial<Commit> = {}): Commit => {
  seq += 1;
  return { seq, at: '2026-01-01T00:00:00.000Z', actor: 'seed', op: 'create', record, id: String(id), after, ...more };
};
/** What stands there, since the seed, or since the integration linked it; then what came. */
const seen = (record: string, key: string, [state, later = []]: Views): SystemView => ({
  state,
  commits: [
    ...state
      .filter((after) => !later.some(({ op, id }) => op === 'create' && id === after[key]))
      .flatMap((after) => {
        const first = later.some(({ id }) => id === after[key]) ? (FIRST[String(after[key])] ?? after) : after;
        if (typeof first['erp_number'] !== 'string') return [commit(record, after[key], first)];
        const linked = { op: 'update', actor: 'tally', at: '2026-01-02T00:00:00.000Z' } as const;
        return [commit(record, after[key], { ...first, erp_number: null }), commit(record, after[key], first, linked)];
      }),
    ...later,
  ],
});
const part = (id: string, number: string): readonly [crm: Doc, erp: Doc] => [
  { ...{ id, code: id, name: id, unit: 'C62', erp_number: number, kind: 'goods', active: true } },
  { ...{ number, sku: id, description: id, base_unit: 'ST', product_type: 'HAWA', status: 'AC' } },
];
const PARTS = [part('P-1', '700001'), part('P-2', '700002'), part('P-3', '700003')];
const CRM_LINES: readonly Doc[] = [
  { ...{ line: '0010', category: 'stock', product_id: 'P-2', quantity: new Digits('2.50'), unit: 'KGM', fixed: true } },
  {
    ...{ line: '0020', category: 'option', text: 'Farbe', numerator: 1000, denominator: 3, unit: 'MTR', fixed: false },
  },
];
const ERP_ITEMS: readonly Doc[] = [
  { ...{ item: '0010', category: 'L', component: '700002', quantity: 2.5, unit: 'KG', fixed: 'X', text: '' } },
  { ...{ item: '0020', category: 'K', text: 'Farbe', numerator: 1000, denominator: 3, unit: 'M', fixed: '' } },
];
const CRM: Doc = {
  ...{ id: 'B-1', product_id: 'P-1', revision: 'A', usage: 'manufacturing', active: true, base_quantity: 100 },
  ...{ unit: 'C62', valid_from: '2026-01-01', valid_to: null, erp_number: '800001', components: [...CRM_LINES] },
};
const ERP: Doc = {
  ...{ number: '800001', product: '700001', revision: 'A', usage: '1', status: 'AC', base_quantity: 100 },
  ...{ base_unit: 'ST', valid_from: '2026-01-01', valid_to: '', items: [...ERP_ITEMS] },
};
/** What a record was before somebody touched it. */
const FIRST: Readonly<Record<string, Doc>> = { 'B-1': CRM, '800001': ERP };

const judged = (crm: Views, erp: Views, parked: readonly ParkedItem[] = []) => {
  const none: Views = [[]];
  return judgeGoods(
    {
      crm: {
        ...{ account: seen('account', 'id', none), product: seen('product', 'id', [PARTS.map(([one]) => one)]) },
        ...{ price: seen('price', 'id', none), stock: seen('stock', 'id', none), bom: seen('bom', 'id', crm) },
      },
      erp: {
        ...{ partner: seen('partner', 'number', none) },
        ...{ product: seen('product', 'number', [PARTS.map(([, two]) => two)]) },
        ...{ price: seen('price', 'number', none), stock: seen('stock', 'number', none) },
        bom: seen('bom', 'number', erp),
      },
    },
    { parked },
  );
};
const found = (crm: Views, erp: Views, parked: readonly ParkedItem[] = []): readonly string[] =>
  judged(crm, erp, parked).findings.map(({ kind, field }) => [kind, field].filter(Boolean).join(' '));
const crmLines = (...lines: readonly Doc[]): Doc => ({ ...CRM, components: [...lines] });
const erpItems = (...items: readonly Doc[]): Doc => ({ ...ERP, items: [...items] });
const at = (second: number): string => new Date(Date.UTC(2026, 1, 1, 0, 0, second)).toISOString();
const edit = (side: 'crm' | 'erp', after: Doc, actor: string, second: number): Commit => {
  const stamp = side === 'crm' ? { modified_at: at(second) } : { changed_at: at(second) };
  const id = side === 'crm' ? after['id'] : after['number'];
  return commit('bom', id, { ...after, ...stamp }, { op: 'update', actor, at: at(second) });
};
const [FIRST_LINE = {}, SECOND_LINE = {}] = CRM_LINES;
const [FIRST_ITEM = {}, SECOND_ITEM = {}] = ERP_ITEMS;

test('a bill that both sides tell in their own words is in agreement, to the digit', () => {
  expect(goodsLine(judged([[CRM]], [[ERP]]))).toBe(
    'agreement: 3 products, 0 prices, 0 stock levels, 1 bills of materials, 0 lost, 0 doubled, 0 unexplained (0 parked, each rightly)',
  );
});

test.each<[string, Doc, string]>([
  ['another revision', { ...CRM, revision: 'B' }, 'revision'],
  ['other days', { ...CRM, valid_to: '2026-12-31' }, 'valid to'],
  ['another base quantity', { ...CRM, base_quantity: 10 }, 'base quantity'],
  [
    'a quantity that is another in the last digit',
    crmLines({ ...FIRST_LINE, quantity: 2.51 }, SECOND_LINE),
    'components[0010].quantity',
  ],
  [
    'a ratio that somebody divided',
    crmLines(FIRST_LINE, { ...SECOND_LINE, numerator: 333, denominator: 1 }),
    'components[0020].numerator',
  ],
  ['another component', crmLines({ ...FIRST_LINE, product_id: 'P-3' }, SECOND_LINE), 'components[0010].component'],
  ['another position', crmLines({ ...FIRST_LINE, position: '10' }, SECOND_LINE), 'components[0010].position'],
  ['another unit', crmLines({ ...FIRST_LINE, unit: 'GRM' }, SECOND_LINE), 'components[0010].unit'],
  ['a line less', crmLines(FIRST_LINE), 'components[0020]'],
])('%s is a finding', (_what, crm, field) => {
  expect(judged([[crm]], [[ERP]]).findings.map((each) => each.field)).toContain(field);
});

test('a bill, a line and an edit of a line that have not arrived are lost', () => {
  expect(found([[]], [[ERP]])).toEqual(['lost']);
  expect(found([[CRM]], [[]])).toContain('unexplained');
  const more = erpItems(FIRST_ITEM, SECOND_ITEM, { item: '0030', component: '700003', quantity: 1, unit: 'ST' });
  expect(found([[CRM]], [[more], [edit('erp', more, 'people', 1)]])).toEqual(['lost components[0030]']);
  const other = erpItems({ ...FIRST_ITEM, quantity: 7 }, SECOND_ITEM);
  expect(found([[CRM]], [[other], [edit('erp', other, 'people', 1)]])).toEqual(['lost components[0010].quantity']);
});

test('an edit of a line that the integration overwrote is lost, one that gave way to the ERP’s is not', () => {
  const mine = crmLines({ ...FIRST_LINE, quantity: 9 }, SECOND_LINE);
  const overwritten = [edit('crm', mine, 'people', 1), edit('crm', CRM, 'tally', 2)];
  expect(found([[CRM], overwritten], [[ERP]])).toEqual(['lost components[0010].quantity']);
  const theirs = erpItems({ ...FIRST_ITEM, quantity: 8 }, SECOND_ITEM);
  const carried = crmLines({ ...FIRST_LINE, quantity: 8 }, SECOND_LINE);
  const both = [edit('crm', mine, 'people', 1), edit('crm', carried, 'tally', 4)];
  expect(found([[carried], both], [[theirs], [edit('erp', theirs, 'people', 2)]])).toEqual([]);
});

test('a line that the ERP took away may go in the CRM; one that nobody took away is lost', () => {
  const less = crmLines(FIRST_LINE);
  const gone = [edit('crm', less, 'tally', 3)];
  const shorter = erpItems(FIRST_ITEM);
  expect(found([[less], gone], [[shorter], [edit('erp', shorter, 'people', 1)]])).toEqual([]);
  expect(found([[less], gone], [[ERP]]).length).toBeGreaterThan(0);
});

test('a bill that was made a second time is doubled', () => {
  const twin = { ...ERP, number: '800002', reference: 'r-2' };
  const made = commit('bom', '800002', twin, { actor: 'tally', at: at(5) });
  expect(found([[CRM]], [[ERP, twin], [made]])).toContain('doubled');
});

test('a line that nobody entered is unexplained, and so is a column of the bill outside the mapping', () => {
  const invented = crmLines(FIRST_LINE, SECOND_LINE, { line: '0030', product_id: 'P-3', quantity: 1, unit: 'C62' });
  expect(found([[invented], [edit('crm', invented, 'tally', 1)]], [[ERP]])).toContain('unexplained components[0030]');
  const noted = { ...ERP, note: 'ours' };
  expect(found([[CRM]], [[noted], [edit('erp', noted, 'tally', 1)]])).toEqual(['lost note']);
});

test('a bill that closes a loop is rightly set aside, one that closes none is not', () => {
  const loop: Doc = {
    ...{ id: 'B-2', product_id: 'P-2', revision: 'A', usage: 'manufacturing', base_quantity: 1, unit: 'C62' },
    ...{ active: true, erp_number: null, components: [{ line: '0010', product_id: 'P-1', quantity: 1, unit: 'C62' }] },
  };
  const aside = [{ crm: 'B-2', field: 'components[0010].component', code: 'REFERENCE_LOOP' }];
  expect(found([[CRM, loop]], [[ERP]], aside)).toEqual([]);
  expect(found([[CRM, loop]], [[ERP]])).toEqual(['lost']);
  const harmless = { ...loop, components: [{ line: '0010', product_id: 'P-3', quantity: 1, unit: 'C62' }] };
  expect(found([[CRM, harmless]], [[ERP]], aside)).toEqual(['unexplained components[0010].component', 'lost']);
});

test('a unit that nobody knows holds back the whole bill, and only while it stands there', () => {
  const unknown = erpItems({ ...FIRST_ITEM, quantity: 3 }, { ...SECOND_ITEM, unit: 'FASS' });
  const aside = [{ crm: 'B-1', erp: '800001', field: 'components[0020].unit', code: 'LOOKUP_MISS' }];
  expect(found([[CRM]], [[unknown], [edit('erp', unknown, 'people', 1)]], aside)).toEqual([]);
  expect(found([[CRM]], [[ERP]], aside)).toEqual(['unexplained components[0020].unit']);
});

test('a line taken away here and changed there is rightly left to a person, one that only one side touched is not', () => {
  const shorter = erpItems(FIRST_ITEM);
  const mine = crmLines(FIRST_LINE, { ...SECOND_LINE, text: 'Farbe nach Wahl' });
  const taken: Views = [[shorter], [edit('erp', shorter, 'people', 2)]];
  const aside = [{ crm: 'B-1', erp: '800001', field: 'components[0020].line number', code: 'CONFLICT' }];
  expect(found([[mine], [edit('crm', mine, 'people', 1)]], taken, aside)).toEqual([]);
  expect(found([[CRM]], taken, aside)).toEqual(['unexplained components[0020].line number', 'lost components[0020]']);
});

test('two lines with one key are rightly set aside', () => {
  const twice = crmLines(FIRST_LINE, { ...SECOND_LINE, line: '0010' });
  const aside = [{ crm: 'B-1', erp: '800001', field: 'components', code: 'LINE_KEY' }];
  expect(found([[twice], [edit('crm', twice, 'people', 1)]], [[ERP]], aside)).toEqual([]);
  expect(found([[CRM]], [[ERP]], aside)).toEqual(['unexplained components']);
});
