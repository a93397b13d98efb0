/** What a bill of materials looks like, and what the ERP refuses. A line that is edited does not move the header's date. */
import { type Doc, isDoc, parse } from '../kit/json.ts';
import type { Store } from '../kit/store.ts';
import { blank, changedBy, checkParts, emptied, exists, known, type Part, positive, refuse, UNITS } from './parts.ts';
import type { Kind, Refusal } from './shape.ts';

const PARTS = {
  product: 10,
  revision: 4,
  usage: 1,
  status: 2,
  base_quantity: 'number',
  base_unit: 4,
  valid_from: 10,
  valid_to: 10,
  items: {
    key: 'item',
    row: {
      item: 8,
      position: 4,
      category: 1,
      component: 10,
      text: 60,
      quantity: 'number',
      numerator: 'number',
      denominator: 'number',
      unit: 4,
      fixed: 'flag',
      scrap: 'number',
      alternative_group: 4,
      alternative_priority: 'number',
      own_bom: 10,
      valid_from: 10,
      valid_to: 10,
    },
  },
  note: 500,
} as const satisfies Readonly<Record<string, Part>>;

const USAGES = new Set(['1', '2', '3', '4', '5']);
const STATES = new Set(['AC', 'EN', 'IN']);
const CATEGORIES = new Set(['L', 'N', 'T', 'D', 'P', 'K']);

const itemsOf = (bom: Doc): readonly Doc[] => (Array.isArray(bom['items']) ? bom['items'].filter(isDoc) : []);

const checkItems = (bom: Doc, store: Store): Refusal | undefined => {
  for (const item of itemsOf(bom)) {
    const field = `items[item=${String(item['item'])}]`;
    const wordless = known(CATEGORIES, item, 'category') ?? known(UNITS, item, 'unit');
    const lost = exists(store, 'product', item, 'component') ?? exists(store, 'bom', item, 'own_bom');
    const problem = wordless ?? lost;
    if (problem !== undefined) return { ...problem, field: `${field}.${problem.field}` };
    if (item['numerator'] !== null && !positive(item['denominator']))
      return refuse('RULE', 'a numerator needs a denominator above zero', `${field}.denominator`);
  }
  return undefined;
};

/** What each product is made of, by all bills but the one that is looked at. */
const madeOf = (store: Store, without: string): ReadonlyMap<string, readonly string[]> => {
  const parts = new Map<string, string[]>();
  for (let after = ''; ; ) {
    const page = store.page('bom', after, 500);
    for (const row of page) {
      if (row.id === without) continue;
      const bom = parse(row.body) as Doc;
      const all = parts.get(String(bom['product'])) ?? [];
      parts.set(String(bom['product']), [...all, ...itemsOf(bom).map((item) => String(item['component']))]);
    }
    const last = page.at(-1);
    if (last === undefined || page.length < 500) return parts;
    after = last.id;
  }
};

/** The way from a product back to itself, or undefined. Each product is looked into once. */
const circle = (bom: Doc, store: Store): readonly string[] | undefined => {
  const home = String(bom['product']);
  const parts = madeOf(store, String(bom['number']));
  const seen = new Set<string>();
  const way = (from: string, path: readonly string[]): readonly string[] | undefined => {
    for (const part of from === home && path.length === 1 ? own : (parts.get(from) ?? [])) {
      if (part === home) return [...path, home];
      if (seen.has(part)) continue;
      seen.add(part);
      const found = way(part, [...path, part]);
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const own = itemsOf(bom).map((item) => String(item['component']));
  return way(home, [home]);
};

const broken = (bom: Doc, _old: Doc | undefined, store: Store): Refusal | undefined => {
  for (const field of ['product', 'revision', 'base_unit'])
    if (blank(bom[field])) return refuse('REQUIRED', `a bill of materials needs its ${field}`, field);
  if (!positive(bom['base_quantity']))
    return refuse('REQUIRED', 'a bill is for a quantity above zero', 'base_quantity');
  const problem =
    exists(store, 'product', bom, 'product') ??
    known(UNITS, bom, 'base_unit') ??
    known(USAGES, bom, 'usage') ??
    known(STATES, bom, 'status') ??
    checkItems(bom, store);
  if (problem !== undefined) return problem;
  const found = circle(bom, store);
  return found === undefined
    ? undefined
    : refuse('RULE', `a product may not be made of itself: ${found.join(' > ')}`, 'items');
};

/** Bills of materials as a kind. */
export const BOMS: Kind = {
  record: 'bom',
  first: 800_000,
  blank: { number: '', reference: null, ...emptied(PARTS) },
  misshapen: (values) => checkParts(values, PARTS),
  broken,
  changed: changedBy(PARTS),
  undated: new Set(['items']),
};
