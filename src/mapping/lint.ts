/** The rules that files must keep, each with place and remedy. */
import { isObject, type Json, sameJson } from '../domain/json.ts';
import { SIDES } from '../domain/record.ts';
import { FIELD_RULES } from './lint-field.ts';
import { problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import { WHOLE_RULES } from './lint-whole.ts';
import type { CompiledMapping } from './mapping.ts';
import { type Problem, suggestion } from './problem.ts';
import type { LookupFile } from './schema.ts';
import type { Source } from './yaml.ts';

/** What a lookup's rows must keep by themselves; what they must keep for a field is a rule of the field. */
export const lintLookup = (file: LookupFile, source: Source, taken: ReadonlySet<string>): readonly Problem[] => {
  const problems: Problem[] = [];
  if (taken.has(file.lookup))
    problems.push(
      problemAt(
        source,
        ['lookup'],
        'name-taken',
        `there are two lookups named "${file.lookup}"`,
        'Rename one of them.',
      ),
    );
  const [first] = file.rows;
  for (const side of SIDES) {
    const width = Array.isArray(first?.[side]) ? first[side].length : 1;
    file.rows.forEach((row, i) => {
      const cell = row[side];
      const cells = Array.isArray(cell) ? cell : [cell];
      const place = ['rows', i, side];
      if (cells.length !== width)
        problems.push(
          problemAt(
            source,
            place,
            'arity',
            `this row has ${cells.length} value(s) where the first has ${width}`,
            'Give every row as many values.',
          ),
        );
      if (cells.every((value) => value === null || value === ''))
        problems.push(
          problemAt(
            source,
            place,
            'bad-value',
            'an empty value is never looked up',
            'Remove the row; `default:` fills in what is empty.',
          ),
        );
    });
  }
  return problems;
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
  return [...unknown, ...[...FIELD_RULES, ...WHOLE_RULES].flatMap((rule) => rule(subject))];
};

/** Against the last release: what changed must say so. */
export const lintRevision = (before: CompiledMapping, now: CompiledMapping): readonly Problem[] => {
  if (now.revision > before.revision) return [];
  const rest = (mapping: CompiledMapping): Json => {
    const { value } = mapping.source;
    return isObject(value) ? { ...value, revision: 0 } : value;
  };
  if (sameJson(rest(before), rest(now))) return [];
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
