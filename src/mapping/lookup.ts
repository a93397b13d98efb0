/** A lookup table, compiled. The canonical value is the CRM column. */
import type { Json } from '../domain/json.ts';
import type { Side } from '../domain/record.ts';
import { plainText, type Translate } from './codec.ts';
import { Fault } from './fault.ts';
import type { LookupFile } from './schema.ts';
import { safeText, showValue } from './show.ts';
import type { Source } from './yaml.ts';

/** Both directions of a table, and what it cannot do two-way. */
export interface Lookup {
  readonly name: string;
  readonly revision: number;
  readonly columns: Readonly<Record<Side, number>>;
  readonly decode: Readonly<Record<Side, Translate>>;
  readonly encode: Readonly<Record<Side, Translate>>;
  /** Pairs of rows (by index) that answer the same question differently, per direction. */
  readonly collisions: Readonly<Record<'to_erp' | 'to_crm', readonly (readonly [number, number])[]>>;
  /** Everything that may be written at a side, or undefined when values may pass unmatched. */
  readonly writes: Readonly<Record<Side, readonly Json[] | undefined>>;
}

/** A lookup with where it came from. */
export interface LookupEntry {
  readonly lookup: Lookup;
  readonly file: LookupFile;
  readonly source: Source;
}

type Row = LookupFile['rows'][number];
type Cell = Row['crm'];
type Unmatched = NonNullable<NonNullable<LookupFile['unmatched']>['to_erp']>;

const toErp = (row: Row): boolean => row.flow !== 'crm <- erp';
const toCrm = (row: Row): boolean => row.flow !== 'crm -> erp';

const partText = (value: Json): string | null | Fault =>
  typeof value === 'boolean' ? String(value) : plainText(value);

/** A value's key: equal for values that people would call the same. Null when empty. */
const keyOf = (value: Json): string | null | Fault => {
  if (!Array.isArray(value)) return partText(value);
  const parts: (string | null)[] = [];
  for (const item of value as readonly Json[]) {
    const text = partText(item);
    if (text instanceof Fault) return text;
    parts.push(text);
  }
  return parts.every((part) => part === null) ? null : JSON.stringify(parts);
};
const cellKey = (cell: Cell): string => String(keyOf(cell as Json));

const collisionsOf = (rows: readonly Row[], side: Side, may: (row: Row) => boolean): (readonly [number, number])[] => {
  const first = new Map<string, number>();
  const found: (readonly [number, number])[] = [];
  rows.forEach((row, i) => {
    if (!may(row)) return;
    const key = cellKey(row[side]);
    const before = first.get(key);
    if (before === undefined) first.set(key, i);
    else found.push([before, i]);
  });
  return found;
};

const rowMap = (rows: readonly Row[], side: Side, may: (row: Row) => boolean): ReadonlyMap<string, Row> => {
  const map = new Map<string, Row>();
  for (const row of rows) if (may(row) && !map.has(cellKey(row[side]))) map.set(cellKey(row[side]), row);
  return map;
};

const miss = (name: string, value: Json): Fault => {
  const text = typeof value === 'string' ? safeText(value.trim()).slice(0, 100) : showValue(value);
  return new Fault(
    'LOOKUP_MISS',
    `the lookup table "${name}" has no row for ${showValue(value)}`,
    `${name}: no row for ${text}`,
  );
};

/** Plain text where the value is one; arrays and numbers as they stand. */
const canonical = (value: Json): Json => {
  if (Array.isArray(value)) return (value as readonly Json[]).map(canonical);
  const text = partText(value);
  return text instanceof Fault ? null : text;
};

const translate = (rows: ReadonlyMap<string, Row>, column: Side, other: Translate): Translate => {
  return (value) => {
    const key = keyOf(value);
    if (key === null || key instanceof Fault) return key;
    const row = rows.get(key);
    return row === undefined ? other(value) : (row[column] as Json);
  };
};

const written = (
  rows: readonly Row[],
  side: Side,
  may: (row: Row) => boolean,
  rule: Unmatched,
): readonly Json[] | undefined => {
  if (rule === 'keep') return undefined;
  return [...rows.filter(may).map((row) => row[side] as Json), ...(rule === 'park' ? [] : [rule.use as Json])];
};

const width = (cell: Cell): number => (Array.isArray(cell) ? cell.length : 1);

/** Compile a checked lookup file. */
export const compileLookup = (file: LookupFile): Lookup => {
  const { rows } = file;
  const fromCrm = rowMap(rows, 'crm', toErp);
  const fromErp = rowMap(rows, 'erp', toCrm);
  const forErp: Unmatched = file.unmatched?.to_erp ?? 'park';
  const forCrm: Unmatched = file.unmatched?.to_crm ?? 'park';
  const parks: Translate = (value) => miss(file.lookup, value);
  const uses = (rule: Unmatched): Translate =>
    rule === 'park' ? parks : rule === 'keep' ? canonical : () => rule.use as Json;
  return {
    name: file.lookup,
    revision: file.revision,
    columns: { crm: width(rows[0]?.crm ?? null), erp: width(rows[0]?.erp ?? null) },
    decode: {
      crm: translate(fromCrm, 'crm', forErp === 'park' ? parks : canonical),
      erp: translate(fromErp, 'crm', uses(forCrm)),
    },
    encode: { crm: (value) => value, erp: translate(fromCrm, 'erp', uses(forErp)) },
    collisions: { to_erp: collisionsOf(rows, 'crm', toErp), to_crm: collisionsOf(rows, 'erp', toCrm) },
    writes: { crm: written(rows, 'crm', toCrm, forCrm), erp: written(rows, 'erp', toErp, forErp) },
  };
};
