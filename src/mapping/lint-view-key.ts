/** What is wrong with the parts that a view is asked by. */
import { CODECS } from './codecs.ts';
import { checkedAt } from './issues.ts';
import { problemAt, problemAtKey } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';
import type { PartFile } from './schema-view.ts';
import { partsIn, reaches, sideOf, tellingPart, type ViewSubject } from './view-subject.ts';

const recordOf = (subject: ViewSubject, { part, mapping: name = '' }: PartFile, i: number): readonly Problem[] => {
  const { source, file, mappings } = subject;
  const at = ['by', i, 'mapping'];
  const mapping = mappings.get(name);
  if (mapping === undefined) {
    const message = `${part}: there is no mapping "${name}" in force`;
    return [problemAt(source, at, 'unknown-mapping', message, suggestion(name, [...mappings.keys()]))];
  }
  const side = reaches(subject, mapping);
  if (side !== undefined && side === sideOf(subject)) return [];
  const message = `${part}: the mapping "${mapping.name}" has no records at ${file.reads.connection}, which is asked`;
  return [problemAt(source, at, 'view-elsewhere', message, 'Name a mapping that links records of that system.')];
};

const translation = (subject: ViewSubject, file: PartFile, i: number): readonly Problem[] => {
  const { source, lookups } = subject;
  const { part, mapping, as, lookup } = file;
  const at = ['by', i];
  const given = [mapping, as, lookup].filter((each) => each !== undefined).length;
  if (given !== 1) {
    const message = `${part}: ${given === 0 ? 'nothing says what it is' : 'more than one of `mapping`, `as` and `lookup` say what it is'}`;
    return [problemAt(source, at, 'one-translation', message, 'Say one: `mapping`, `as` or `lookup`.')];
  }
  if (mapping !== undefined) return recordOf(subject, file, i);
  if (lookup !== undefined && !lookups.has(lookup)) {
    const message = `${part}: there is no lookup table "${lookup}"`;
    return [problemAt(source, [...at, 'lookup'], 'unknown-lookup', message, suggestion(lookup, [...lookups.keys()]))];
  }
  const codec = as === undefined ? undefined : CODECS[as];
  return codec === undefined ? [] : checkedAt(source, [...at, 'with'], file.with ?? {}, codec.options).problems;
};

const telling = ({ file, source }: ViewSubject): readonly Problem[] => {
  const { rows } = file;
  const parts = partsIn(file) ?? [];
  const records = parts.filter(({ mapping }) => mapping !== undefined);
  if (rows?.of !== undefined && tellingPart(file) === undefined) {
    const message = `rows: no part "${rows.of}" is a record`;
    const known = records.map(({ part }) => part);
    return [problemAt(source, ['rows', 'of'], 'unknown-part', message, suggestion(rows.of, known))];
  }
  const said = [rows?.owner, rows?.team, rows?.branch].some((given) => typeof given === 'object' && 'field' in given);
  const told = tellingPart(file);
  if (!said) return [];
  if (told === undefined && records.length > 1) {
    const message = 'rows: more than one part is a record, and `{ field: … }` speaks of one';
    return [problemAtKey(source, ['rows'], 'rows-of-which', message, `Add \`of: ${records[0]?.part}\`, or another.`)];
  }
  if (told?.optional !== true) return [];
  const message = `rows: the part "${told.part}" may be left out, and then nothing says whose it is`;
  return [problemAtKey(source, ['rows'], 'rows-of-which', message, 'Take `optional` from the part, or name another.')];
};

const first = ({ file, source }: ViewSubject): readonly Problem[] => {
  const [part] = partsIn(file) ?? [];
  if (part?.optional !== true) return [];
  const message = `${part.part}: the first part stands in the address and cannot be left out`;
  return [problemAt(source, ['by', 0, 'optional'], 'part-missing', message, 'Put a part first that is always said.')];
};

/** Against the preset's question. */
const asked = (subject: ViewSubject): readonly Problem[] => {
  const { file, source, recordOf: known } = subject;
  const { connection, record } = file.reads;
  const { question, names } = known?.(connection, record) ?? {};
  const parts = partsIn(file);
  if (names?.includes(record) !== true) return [];
  if (question === undefined) {
    const remedy = 'Say `by: id`, or `by: { mapping: … }`.';
    const message = `${record} is a record type of ${connection}: it is asked by one id`;
    return parts === undefined ? [] : [problemAtKey(source, ['by'], 'view-parts', message, remedy)];
  }
  const all = [...question.parts, ...question.optional];
  if (parts === undefined) {
    const message = `${record} is a question of ${connection}: it is asked by parts`;
    return [problemAtKey(source, ['by'], 'view-parts', message, `List them: ${all.join(', ')}.`)];
  }
  const unknown = parts.flatMap(({ part }, i) =>
    all.includes(part)
      ? []
      : [
          problemAt(
            source,
            ['by', i, 'part'],
            'unknown-part',
            `${record} has no part "${part}"`,
            suggestion(part, all),
          ),
        ],
  );
  const missing = question.parts.flatMap((name) => {
    const i = parts.findIndex(({ part }) => part === name);
    if (i >= 0 && parts[i]?.optional === false) return [];
    const message = `${record} cannot be asked without "${name}"`;
    return i < 0
      ? [problemAtKey(source, ['by'], 'part-missing', message, `Add \`- { part: ${name}, … }\`.`)]
      : [problemAt(source, ['by', i, 'optional'], 'part-missing', message, 'Take `optional` away.')];
  });
  return [...unknown, ...missing];
};

/** Everything about the parts. */
export const keyProblems = (subject: ViewSubject): readonly Problem[] => {
  const { file, source } = subject;
  const parts = partsIn(file) ?? [];
  const twice = parts.flatMap(({ part }, i) =>
    parts.findIndex((each) => each.part === part) === i
      ? []
      : [problemAt(source, ['by', i, 'part'], 'part-twice', `the part "${part}" is listed twice`, 'Take one away.')],
  );
  const each = parts.flatMap((part, i) => translation(subject, part, i));
  return [...twice, ...each, ...first(subject), ...telling(subject), ...asked(subject)];
};
