/** What a field with `link:` may refer to. */
import { SIDES } from '../domain/record.ts';
import { type LintRule, perField, problemAt, problemAtKey, type Subject } from './lint-kit.ts';
import { type Problem, suggestion } from './problem.ts';
import type { MappingFile } from './schema.ts';

/** Do references lead from one mapping, over others, back to it? */
export const leadsBack = (
  mappings: ReadonlyMap<string, MappingFile>,
  from: string,
  home: string,
  seen = new Set<string>(),
): boolean => {
  if (from === home) return true;
  if (seen.has(from)) return false;
  seen.add(from);
  return linksIn(mappings.get(from)).some((link) => leadsBack(mappings, link, home, seen));
};

/** The mappings that the fields of one refer to, those of its lists too. */
const linksIn = (file: MappingFile | undefined): readonly string[] =>
  file === undefined
    ? []
    : [file, ...Object.values(file.lines ?? {})].flatMap(({ fields }) =>
        Object.values(fields).flatMap(({ link }) => link ?? []),
      );

const target = perField((name, field, { file, source, mappings, mappingNames }) => {
  if (field.link === undefined) return [];
  const place = ['fields', name, 'link'];
  const found = mappings.get(field.link);
  // What is wrong with a file that could not be read is said of that file.
  if (found === undefined && mappingNames.includes(field.link)) return [];
  if (found === undefined) {
    const message = `${name}: there is no mapping "${field.link}"`;
    return [problemAt(source, place, 'unknown-link', message, suggestion(field.link, [...mappings.keys()]))];
  }
  const elsewhere = SIDES.find((side) => found.between[side].connection !== file.between[side].connection);
  if (elsewhere === undefined) return [];
  const message = `${name}: "${field.link}" pairs other systems: its ${elsewhere.toUpperCase()} is "${found.between[elsewhere].connection}"`;
  return [problemAt(source, place, 'link-elsewhere', message, 'Refer to a mapping between the same connections.')];
});

/** Where references run in a circle one record comes first without its own: that must be possible. */
const circles = perField((name, field, { file, source, mappings, list }: Subject) => {
  const { link } = field;
  if (link === undefined || !mappings.has(link) || !leadsBack(mappings, link, file.mapping)) return [];
  const problems: Problem[] = [];
  if (field.required !== undefined && field.required !== false) {
    const message = `${name}: its references run in a circle, so a record must be able to come first without one`;
    problems.push(
      problemAtKey(source, ['fields', name, 'required'], 'link-in-circle', message, 'Remove `required:` here.'),
    );
  }
  file.identity.match_on.forEach((rule, i) => {
    const j = rule.indexOf(name);
    if (j < 0 || list !== undefined) return;
    const message = `records are matched on "${name}", whose references run in a circle`;
    problems.push(
      problemAt(source, ['identity', 'match_on', i, j], 'link-in-circle', message, 'Match on other fields.'),
    );
  });
  return problems;
});

const alone: LintRule = ({ file, source, list }) =>
  (list === undefined ? file.identity.match_on : []).flatMap((rule, i) => {
    if (!rule.every((name) => file.fields[name]?.link !== undefined)) return [];
    const message = 'records are matched on nothing but what they refer to';
    return [
      problemAt(source, ['identity', 'match_on', i], 'link-alone', message, 'Add a field that tells them apart.'),
    ];
  });

/** `acyclic` follows one kind of record: from those of a mapping to those of the same. */
const acyclic = perField((name, field, { file, head = file, source }) => {
  const { acyclic: from, link } = field;
  if (from === undefined) return [];
  const place = ['fields', name, 'acyclic'];
  const rule = 'acyclic-elsewhere';
  if (link === undefined)
    return [
      problemAt(source, place, rule, `${name}: only a reference can be acyclic`, 'Remove `acyclic:`, or add `link:`.'),
    ];
  if (from === true) {
    if (link === file.mapping) return [];
    const message = `${name}: it leads to records of "${link}", never back to one of "${file.mapping}"`;
    return [problemAt(source, place, rule, message, `Name the field whose "${link}" it starts from.`)];
  }
  if (Object.hasOwn(head.fields, from) && head.fields[from]?.link === link) return [];
  const message = `${name}: "${from}" is no field of the record that leads to records of "${link}"`;
  const fitting = Object.entries(head.fields).filter(([, each]) => each.link === link);
  return [
    problemAt(
      source,
      place,
      rule,
      message,
      suggestion(
        from,
        fitting.map(([each]) => each),
      ),
    ),
  ];
});

/** Rules about references. */
export const LINK_RULES: readonly LintRule[] = [target, circles, alone, acyclic];
