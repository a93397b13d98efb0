/** Rows of a file to records, each with its outcome. A row that is wrong harms no other. */
import { createHash } from 'node:crypto';
import { type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { pathOf, setPath } from '../../src/mapping/path.ts';
import { textOf } from '../rest/request.ts';
import { breathing } from './breath.ts';
import type { Problem } from './problem.ts';
import type { RecordType } from './schema.ts';
import { nameOf, type Raw } from './table.ts';
import { type Read, readCell } from './values.ts';

/** What a row came to. Bodies are kept as JSON text: a large file stays small in memory. */
export interface Line {
  readonly row: number;
  readonly id?: string;
  readonly body?: string;
  readonly version?: string;
  readonly modifiedAt?: string;
  readonly deleted?: true;
  /** The key that we gave when we created it. */
  readonly reference?: string;
  /** Why the row is not used. */
  readonly problems: readonly Problem[];
  /** The row as it stands there; only where it is not used. */
  readonly raw?: string;
}

const LONGEST_RAW = 65_536;

/** What moves with a content: a part of its hash. */
export const versionOf = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 24);

/** Compiles a record type's columns to a reader of rows. */
export const createLines = (type: RecordType): ((rows: readonly Raw[]) => Promise<readonly Line[]>) => {
  const fields = Object.entries(type.columns).map(([field, column]) => ({
    field,
    column,
    path: pathOf(field),
    name: nameOf(field, column),
  }));
  const broken = (raw: Raw, id: string | undefined, problems: readonly Problem[]): Line => ({
    row: raw.row,
    ...(id === undefined ? {} : { id }),
    problems,
    raw: raw.text.slice(0, LONGEST_RAW),
  });
  const lineOf = (raw: Raw): Line => {
    if (raw.problem !== undefined)
      return broken(raw, undefined, [{ row: raw.row, class: 'validation', code: 'UNDECODABLE', reason: raw.problem }]);
    const draft: Record<string, Json> = {};
    const values = new Map<string, Json>();
    const problems: Problem[] = [];
    for (const { field, column, path, name } of fields) {
      const fault = raw.fault?.(field);
      const read: Read =
        fault === undefined
          ? readCell(raw.value(field), field === type.id ? { ...column, required: true } : column)
          : { code: 'BAD_VALUE', reason: fault };
      if ('value' in read) {
        values.set(field, read.value);
        setPath(draft, path, read.value);
      } else {
        const code = field === type.id && read.code === 'REQUIRED' ? 'NO_IDENTITY' : read.code;
        problems.push({ row: raw.row, column: name, class: 'validation', code, reason: read.reason });
      }
    }
    const id = textOf(values.get(type.id));
    if (problems.length > 0) return broken(raw, id, problems);
    return whole(raw.row, id ?? '', draft as JsonObject, values);
  };
  const whole = (row: number, id: string, body: JsonObject, values: ReadonlyMap<string, Json>): Line => {
    const text = stringifyJson(body);
    const version = type.version === undefined ? versionOf(text) : textOf(values.get(type.version));
    const modifiedAt = type.modified_at === undefined ? undefined : textOf(values.get(type.modified_at));
    const gone = type.deleted !== undefined && textOf(values.get(type.deleted.column)) === type.deleted.is;
    return {
      row,
      id,
      problems: [],
      ...(gone ? { deleted: true as const } : { body: text }),
      ...(version === undefined ? {} : { version }),
      ...(modifiedAt === undefined ? {} : { modifiedAt }),
    };
  };
  return async (rows) => {
    const breathe = breathing(2_000);
    const lines: Line[] = [];
    for (const row of rows) {
      lines.push(lineOf(row));
      const pause = breathe();
      if (pause !== undefined) await pause;
    }
    return apart(rows, lines, type.in?.repeated ?? 'refuse');
  };
};

/** Rows of one file that say they are the same record: none of them is believed, unless the last one counts. */
const apart = (rows: readonly Raw[], lines: readonly Line[], repeated: 'refuse' | 'last'): readonly Line[] => {
  const byId = new Map<string, number[]>();
  for (const [at, { id }] of lines.entries()) {
    if (id === undefined) continue;
    const known = byId.get(id);
    if (known === undefined) byId.set(id, [at]);
    else known.push(at);
  }
  if (byId.size === lines.length || repeated === 'last') return lines;
  return lines.map((line, at): Line => {
    const same = line.id === undefined ? [] : (byId.get(line.id) ?? []);
    if (same.length < 2) return line;
    const where = same.map((each) => lines[each]?.row).join(', ');
    const problem: Problem = {
      row: line.row,
      class: 'duplicate',
      code: 'UNDECODABLE',
      reason: `rows ${where} have the same id`,
    };
    return {
      row: line.row,
      problems: [...line.problems, problem],
      raw: rows[at]?.text.slice(0, LONGEST_RAW) ?? '',
      ...(line.id === undefined ? {} : { id: line.id }),
    };
  });
};
