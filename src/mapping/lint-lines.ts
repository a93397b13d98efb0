/** What the collections of a mapping may say. */
import { SIDES } from '../domain/record.ts';
import { columnTexts } from './field.ts';
import { ENTITY_FIELD_RULES } from './lint-entity.ts';
import { FIELD_RULES } from './lint-field.ts';
import { flowsTo, type LintRule, problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import { writtenTwice } from './lint-whole.ts';
import { pathOf } from './path.ts';
import { type Problem, suggestion } from './problem.ts';
import type { LinesFile, MappingFile } from './schema.ts';

/** A collection as if its elements were the records of a mapping, so that the rules of fields hold inside it. */
const inside = (subject: Subject, name: string, lines: LinesFile): Subject => {
  const {
    constants: _constants,
    lines: _lines,
    validate: _validate,
    feedback: _feedback,
    process: _process,
    totals: _totals,
    ...rest
  } = subject.file;
  const file: MappingFile = { ...rest, fields: lines.fields };
  const under = (path: readonly PropertyKey[]): readonly PropertyKey[] => ['lines', name, ...path];
  const { source } = subject;
  return {
    ...subject,
    list: name,
    head: subject.file,
    canonical: subject.entity?.lines?.[name]?.fields ?? {},
    file,
    source: { ...source, at: (path) => source.at(under(path)), keyAt: (path) => source.keyAt(under(path)) },
  };
};

const keyProblems = ({ source }: Subject, name: string, lines: LinesFile): readonly Problem[] => {
  const at = ['lines', name] as const;
  const key = Object.hasOwn(lines.fields, lines.key) ? lines.fields[lines.key] : undefined;
  if (key === undefined) {
    const message = `${name}: elements are told apart by "${lines.key}", which is no field of it`;
    const remedy = suggestion(lines.key, Object.keys(lines.fields));
    return [problemAt(source, [...at, 'key'], 'line-key-unmapped', message, remedy)];
  }
  return SIDES.flatMap((side) => {
    const texts = columnTexts(key, side);
    if (texts.length === 1 && /^[^.[\]"=]+$/.test(texts[0] ?? '')) return [];
    const message = `${name}: the key "${lines.key}" is not one plain column of an element in the ${side.toUpperCase()}`;
    const place = [...at, 'fields', lines.key, side];
    return [problemAt(source, place, 'line-key-unmapped', message, 'Name one column without dots or brackets.')];
  });
};

/** Each side writes ids of its own: elements are not told apart by them. */
const linkProblems = ({ source }: Subject, name: string, lines: LinesFile): readonly Problem[] => {
  if (lines.fields[lines.key]?.link === undefined) return [];
  const message = `${name}: elements are told apart by "${lines.key}", a reference, which each side writes as an id of its own`;
  const remedy = 'Tell them apart by a number or a code that both sides have.';
  return [problemAt(source, ['lines', name, 'key'], 'line-key-unmapped', message, remedy)];
};

const listProblems = ({ file, source }: Subject, name: string, lines: LinesFile): readonly Problem[] => {
  const at = ['lines', name] as const;
  const problems: Problem[] = [];
  for (const side of SIDES) {
    if (pathOf(lines[side]).at(-1)?.where !== undefined)
      problems.push(
        problemAt(
          source,
          [...at, side],
          'line-list',
          `${name}: "${lines[side]}" selects one element and is no list`,
          'Name the list without a selector.',
        ),
      );
    const direction = `to_${side}` as const;
    const key = lines.fields[lines.key];
    if (lines.on_missing?.[direction] !== undefined && key !== undefined && !flowsTo(key.flow, side))
      problems.push(
        problemAtKey(
          source,
          [...at, 'on_missing', direction],
          'on-missing-never-used',
          `${name}: its key never flows to the ${side.toUpperCase()}; what is taken away there is put back`,
          'Remove it, or let the key flow both ways.',
        ),
      );
  }
  if (Object.hasOwn(file.fields, name))
    problems.push(
      problemAtKey(source, at, 'name-taken', `"${name}" is the name of a field as well`, 'Rename one of them.'),
    );
  return problems;
};

/** Rules about keyed collections. */
export const lintLines: LintRule = (subject) =>
  Object.entries(subject.file.lines ?? {}).flatMap(([name, lines]) => [
    ...keyProblems(subject, name, lines),
    ...listProblems(subject, name, lines),
    ...linkProblems(subject, name, lines),
    ...[...FIELD_RULES, ...ENTITY_FIELD_RULES, writtenTwice].flatMap((rule) => rule(inside(subject, name, lines))),
  ]);
