/** What is wrong in a view, each with its place and a remedy. */
import { CODECS } from './codecs.ts';
import { checkedAt } from './issues.ts';
import { problemAt, problemAtKey } from './lint-kit.ts';
import { keyProblems } from './lint-view-key.ts';
import { recordProblems } from './lint-view-records.ts';
import { type Problem, suggestion } from './problem.ts';
import { BELONGINGS } from './view.ts';
import { mappingOf, standsAt, tellingMapping, type ViewSubject } from './view-subject.ts';

const pathName = /([^/]+)\.ya?ml$/;

const places = (subject: ViewSubject): readonly Problem[] => {
  const { file, source, connections, mappings } = subject;
  const found: Problem[] = [];
  const stem = pathName.exec(source.file)?.[1] ?? '';
  if (file.view !== stem) {
    const message = `the file is named "${stem}", the view "${file.view}"`;
    found.push(problemAt(source, ['view'], 'misnamed', message, `Write \`view: ${stem}\`, or rename the file.`));
  }
  if (!connections.includes(file.reads.connection)) {
    const message = `there is no connection "${file.reads.connection}"`;
    const place = ['reads', 'connection'];
    found.push(problemAt(source, place, 'unknown-connection', message, suggestion(file.reads.connection, connections)));
  }
  if (file.by === 'id' || Array.isArray(file.by)) return found;
  const mapping = mappings.get(file.by.mapping);
  if (mapping === undefined) {
    const message = `there is no mapping "${file.by.mapping}" in force`;
    const remedy = suggestion(file.by.mapping, [...mappings.keys()]);
    found.push(problemAt(source, ['by', 'mapping'], 'unknown-mapping', message, remedy));
  } else if (standsAt(subject, mapping) === undefined) {
    const { crm, erp } = mapping.between;
    const message = `the mapping "${mapping.name}" does not link what is read here`;
    const remedy = `Read ${crm.connection}/${crm.record} or ${erp.connection}/${erp.record}, or name another mapping.`;
    found.push(problemAt(source, ['by', 'mapping'], 'view-elsewhere', message, remedy));
  }
  return found;
};

const fields = (subject: ViewSubject): readonly Problem[] => {
  const { file, source, lookups } = subject;
  const mapping = mappingOf(subject);
  return Object.entries(file.fields).flatMap(([name, field]): readonly Problem[] => {
    const at = ['fields', name];
    if (field === 'mapped') {
      const known = mapping?.fields.find((each) => each.name === name);
      if (known === undefined) {
        const message = `${name}: ${mapping === undefined ? 'no mapping is named by `by`' : `the mapping "${mapping.name}" has no such field`}`;
        const remedy =
          mapping === undefined
            ? 'Write `{ at: path }`.'
            : suggestion(
                name,
                mapping.fields.map((each) => each.name),
              );
        return [problemAt(source, at, 'unknown-field', message, remedy)];
      }
      if (known.link === undefined) return [];
      const message = `${name}: it refers to a record, whose id means nothing to the asking side`;
      return [problemAt(source, at, 'view-reference', message, 'Leave it out.')];
    }
    if (field.as !== undefined && field.lookup !== undefined) {
      const message = `${name}: both \`as\` and \`lookup\` translate it`;
      return [problemAtKey(source, [...at, 'lookup'], 'one-translation', message, 'Keep one of them.')];
    }
    if (field.lookup !== undefined && !lookups.has(field.lookup)) {
      const message = `${name}: there is no lookup table "${field.lookup}"`;
      const remedy = suggestion(field.lookup, [...lookups.keys()]);
      return [problemAt(source, [...at, 'lookup'], 'unknown-lookup', message, remedy)];
    }
    const codec = field.as === undefined ? undefined : CODECS[field.as];
    return codec === undefined ? [] : checkedAt(source, [...at, 'with'], field.with ?? {}, codec.options).problems;
  });
};

const rows = (subject: ViewSubject): readonly Problem[] => {
  const { file, source, people, lookups } = subject;
  const mapping = tellingMapping(subject);
  const found = BELONGINGS.flatMap((what): readonly Problem[] => {
    const given = file.rows?.[what];
    if (typeof given !== 'object') return [];
    if ('at' in given) {
      if (lookups.has(given.lookup)) return [];
      const message = `rows, ${what}: there is no lookup table "${given.lookup}"`;
      const remedy = suggestion(given.lookup, [...lookups.keys()]);
      return [problemAt(source, ['rows', what, 'lookup'], 'unknown-lookup', message, remedy)];
    }
    if (mapping?.fields.some(({ name }) => name === given.field) === true) return [];
    const message = `rows, ${what}: no mapping named by \`by\` has a field "${given.field}"`;
    const known = mapping?.fields.map(({ name }) => name) ?? [];
    return [problemAt(source, ['rows', what, 'field'], 'unknown-field', message, suggestion(given.field, known))];
  });
  const roles = Object.entries(file.roles ?? {}).flatMap(([role, { rows: which, fields: some = [] }]) => {
    const at = ['roles', role];
    const unknown = some.filter((name) => !Object.hasOwn(file.fields, name));
    const undeclared =
      which !== 'all' && file.rows?.owner === undefined && (which === 'own' || file.rows?.[which] === undefined);
    return [
      ...unknown.map((name) => {
        const message = `roles, ${role}: the view has no field "${name}"`;
        return problemAt(
          source,
          [...at, 'fields'],
          'unknown-field',
          message,
          suggestion(name, Object.keys(file.fields)),
        );
      }),
      ...(undeclared
        ? [
            problemAt(
              source,
              [...at, 'rows'],
              'rows-undeclared',
              `roles, ${role}: nothing says whose a record is`,
              `Add \`rows: { owner: … }\`${which === 'own' ? '' : ` or \`rows: { ${which}: … }\``}.`,
            ),
          ]
        : []),
    ];
  });
  if (file.roles === undefined || people) return [...found, ...roles];
  const message = 'it is shown by role, and tallystick.yaml does not say who people are';
  return [...found, ...roles, problemAtKey(source, ['roles'], 'people-undeclared', message, 'Add `people:` there.')];
};

/** Everything wrong in a view whose file can be read. */
export const viewProblems = (subject: ViewSubject): readonly Problem[] => [
  ...places(subject),
  ...keyProblems(subject),
  ...fields(subject),
  ...rows(subject),
  ...recordProblems(subject),
];
