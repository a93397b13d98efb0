/** The rules that files must keep, each with place and remedy. */
import { isObject, type Json, sameJson } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { EFFECTIVE_RULES } from './lint-effective.ts';
import { ENTITY_RULES } from './lint-entity.ts';
import { FIELD_RULES } from './lint-field.ts';
import { problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import { leave } from './lint-leave.ts';
import { lintLines } from './lint-lines.ts';
import { PROCESS_RULES } from './lint-process.ts';
import { ROLLUP_RULES } from './lint-rollup.ts';
import { WHOLE_RULES } from './lint-whole.ts';
import type { CompiledMapping } from './mapping.ts';
import { type Problem, suggestion } from './problem.ts';
import type { LookupFile } from './schema.ts';
import type { Source } from './yaml.ts';

const cellsOf = (file: LookupFile, row: number, side: Side): readonly unknown[] => {
  const cell = file.rows[row]?.[side];
  return Array.isArray(cell) ? cell : [cell];
};

const lintRow = (file: LookupFile, source: Source, row: number, side: Side): readonly Problem[] => {
  const cells = cellsOf(file, row, side);
  const width = cellsOf(file, 0, side).length;
  const place = ['rows', row, side];
  if (cells.length !== width) {
    const message = `this row has ${cells.length} value(s) where the first has ${width}`;
    return [problemAt(source, place, 'arity', message, 'Give every row as many values.')];
  }
  if (!cells.every((value) => value === null || value === '')) return [];
  const remedy = 'Remove the row; `default:` fills in what is empty.';
  return [problemAt(source, place, 'bad-value', 'an empty value is never looked up', remedy)];
};

/** What a lookup's rows must keep by themselves; what they must keep for a field is a rule of the field. */
export const lintLookup = (file: LookupFile, source: Source, taken: ReadonlySet<string>): readonly Problem[] => {
  const rows = file.rows.flatMap((_row, i) => SIDES.flatMap((side) => lintRow(file, source, i, side)));
  if (!taken.has(file.lookup)) return rows;
  const message = `there are two lookups named "${file.lookup}"`;
  return [problemAt(source, ['lookup'], 'name-taken', message, 'Rename one of them.'), ...rows];
};

/** Lint a definition on its own. */
export const lintMapping = (subject: Subject, connections?: readonly string[]): readonly Problem[] => {
  const { file, source } = subject;
  const unknown = SIDES.flatMap((side) => {
    const { connection } = file.between[side];
    if (connections === undefined || connections.includes(connection)) return [];
    return [
      problemAt(
        source,
        ['between', side, 'connection'],
        'unknown-connection',
        `there is no connection "${connection}"`,
        suggestion(connection, connections),
      ),
    ];
  });
  const rules = [
    ...FIELD_RULES,
    ...WHOLE_RULES,
    ...ENTITY_RULES,
    ...EFFECTIVE_RULES,
    ...PROCESS_RULES,
    ...ROLLUP_RULES,
    leave,
    lintLines,
  ];
  return [...unknown, ...rules.flatMap((rule) => rule(subject))];
};

/** Against the last release: what changed must say so. */
export const lintRevision = (before: CompiledMapping, now: CompiledMapping): readonly Problem[] => {
  if (now.revision > before.revision) return [];
  const rest = (mapping: CompiledMapping): Json => {
    const { value } = mapping.source;
    return isObject(value) ? { ...value, revision: 0 } : value;
  };
  // Its words may be the same, and those of the entity that its fields take their types from others.
  const meant = ({ definition }: CompiledMapping): Json => ({ ...definition, revision: 0 }) as unknown as Json;
  if (sameJson(rest(before), rest(now)) && sameJson(meant(before), meant(now))) return [];
  return [
    problemAtKey(
      now.source,
      ['revision'],
      'revision-not-raised',
      `the mapping differs from the released revision ${before.revision}`,
      `Say \`revision: ${before.revision + 1}\`.`,
    ),
  ];
};
