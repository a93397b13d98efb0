/** View files in, views and problems out. A file with a problem gives no view; the others go on. */
import { SIDES, type Side } from '../domain/record.ts';
import { CODECS } from './codecs.ts';
import { checked, checkedAt } from './issues.ts';
import { problemAt, problemAtKey } from './lint-kit.ts';
import type { LookupEntry } from './lookup.ts';
import type { CompiledMapping } from './mapping.ts';
import { inOrder, type Problem, suggestion } from './problem.ts';
import { ViewFile } from './schema-view.ts';
import { BELONGINGS, createView, type View } from './view.ts';
import { readYaml, type Source } from './yaml.ts';

/** What views are compiled against. */
export interface ViewsContext {
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  readonly lookups: ReadonlyMap<string, LookupEntry>;
  readonly connections: readonly string[];
  /** People are declared: who asks can be told. */
  readonly people: boolean;
}

interface Subject extends ViewsContext {
  readonly file: ViewFile;
  readonly source: Source;
}

const pathName = /([^/]+)\.ya?ml$/;

const mappingOf = ({ file, mappings }: Subject): CompiledMapping | undefined =>
  file.by === 'id' ? undefined : mappings.get(file.by.mapping);

const standsAt = ({ file: { reads } }: Subject, mapping: CompiledMapping): Side | undefined =>
  SIDES.find(
    (side) =>
      mapping.between[side].connection === reads.connection &&
      mapping.between[side].record === reads.record &&
      mapping.between[side].scope === reads.scope,
  );

/** The side that is read: where the mapping has it, else where mappings have its connection. */
const sideOf = (subject: Subject): Side => {
  const mapping = mappingOf(subject);
  if (mapping !== undefined) return standsAt(subject, mapping) ?? 'erp';
  const { connection } = subject.file.reads;
  const asCrm = [...subject.mappings.values()].some(({ between }) => between.crm.connection === connection);
  return asCrm ? 'crm' : 'erp';
};

const places = (subject: Subject): readonly Problem[] => {
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
  if (file.by === 'id') return found;
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

const fields = (subject: Subject): readonly Problem[] => {
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

const rows = (subject: Subject): readonly Problem[] => {
  const { file, source, people, lookups } = subject;
  const mapping = mappingOf(subject);
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

/** Compile `views/*.yaml`, given as path → text. */
export const compileViews = (
  files: Readonly<Record<string, string>>,
  context: ViewsContext,
): { readonly views: ReadonlyMap<string, View>; readonly problems: readonly Problem[] } => {
  const views = new Map<string, View>();
  const problems: Problem[] = [];
  for (const [path, text] of Object.entries(files)) {
    const { source, problems: broken } = readYaml(path, text);
    problems.push(...broken);
    if (source === undefined) continue;
    const { parsed: file, problems: wrong } = checked(source, ViewFile);
    problems.push(...wrong);
    if (file === undefined) continue;
    const subject = { ...context, file, source };
    const found = [...places(subject), ...fields(subject), ...rows(subject)];
    problems.push(...found);
    const parts = { side: sideOf(subject), mapping: mappingOf(subject), lookups: context.lookups };
    if (found.length === 0) views.set(file.view, createView(file, parts));
  }
  return { views, problems: inOrder(problems) };
};
