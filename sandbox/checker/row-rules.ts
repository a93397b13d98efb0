/** Rows that are told apart by a key: each column of each row is a field of its own, and a row that is not there says so. */
import { type Doc, isDoc } from '../kit/json.ts';
import type { FieldRule, Finding, Reader, Side, SystemView } from './words.ts';

/** What every column of a row says that is not there: to take a row away is an edit like another. */
export const NO_ROW = '(not there)';

/** A list of rows at both sides. */
export interface RowList {
  /** The name of the list among what is set aside: `components` in `components[0010].quantity`. */
  readonly name: string;
  readonly crm: string;
  readonly erp: string;
  /** By which column a row is told from the others. */
  readonly key: Readonly<Record<Side, string>>;
  readonly columns: readonly FieldRule[];
  /** While one row cannot cross, none does. */
  readonly whole?: true;
}

const keyIn = (row: unknown, column: string): string => {
  const key = isDoc(row) ? row[column] : undefined;
  return key === undefined || key === null ? '' : String(key).trim();
};

const rowsIn = (doc: Doc | null | undefined, path: string): readonly unknown[] => {
  const list = doc?.[path];
  return Array.isArray(list) ? (list as readonly unknown[]) : [];
};

/** Every key that a row has or had, on either side. */
const keysOf = (list: RowList, views: Readonly<Record<Side, SystemView>>): readonly string[] => {
  const keys = new Set<string>();
  for (const side of ['crm', 'erp'] as const)
    for (const doc of [...views[side].state, ...(views[side].commits ?? []).map(({ after }) => after)])
      for (const row of rowsIn(doc, list[side])) keys.add(keyIn(row, list.key[side]));
  keys.delete('');
  return [...keys].sort();
};

const inRow =
  (list: RowList, key: string, column: FieldRule): Reader =>
  (native, side) => {
    const rows: readonly unknown[] = Array.isArray(native) ? native : [];
    const row = rows.find((each) => keyIn(each, list.key[side]) === key);
    return isDoc(row) ? column.read(row[column[side]], side) : { value: NO_ROW };
  };

/** The fields of all rows that there are or ever were. */
export const rowFields = (list: RowList, views: Readonly<Record<Side, SystemView>>): readonly FieldRule[] =>
  keysOf(list, views).flatMap((key) =>
    list.columns.map((column): FieldRule => {
      const row = `${list.name}[${key}]`;
      const group = list.whole === true ? { group: list.name } : {};
      return {
        ...{ ...column, ...group, name: `${row}.${column.name}`, crm: list.crm, erp: list.erp, row },
        read: inRow(list, key, column),
      };
    }),
  );

/** Has a record rows without a key, or two with one? */
export const muddled = (list: RowList, side: Side, doc: Doc | undefined): boolean => {
  const keys = rowsIn(doc, list[side]).map((row) => keyIn(row, list.key[side]));
  return keys.includes('') || new Set(keys).size < keys.length;
};

const rowOf = ({ field }: Finding): string | undefined => /^[^[]+\[[^\]]*\](?=\.)/.exec(field)?.[0];

/** A row that one side has not is one finding, not one per column: what is known of any column is known of the row. */
export const rowByRow = (findings: readonly Finding[]): readonly Finding[] => {
  const gone = Map.groupBy(findings, (finding) => {
    const row = rowOf(finding);
    const apart = row === undefined || !Object.values(finding.values).includes(NO_ROW);
    // That it is set aside without need is another thing than that it has not arrived.
    return apart || finding.reason.startsWith('parked') ? finding : JSON.stringify([finding.crm, finding.erp, row]);
  });
  return [...gone].flatMap(([key, columns]) => {
    const told = columns.find(({ kind }) => kind === 'lost') ?? columns[0];
    if (told === undefined || typeof key !== 'string') return columns;
    return [{ ...told, field: rowOf(told) ?? told.field }];
  });
};
