/** Mapping files in, mappings and problems out. A file with a problem gives no mapping; the others go on. */
import type { Entity } from '../domain/entities/entity.ts';
import { type Json, type JsonObject, stringifyJson } from '../domain/json.ts';
import { SIDES, type Side } from '../domain/record.ts';
import { daysOf } from './effective.ts';
import { inherited, isEntityFile, readEntities } from './entities.ts';
import { compileField } from './field.ts';
import { checked } from './issues.ts';
import { lifeOf } from './life.ts';
import { compileLines } from './lines.ts';
import { lintLookup, lintMapping } from './lint.ts';
import { problemAt } from './lint-kit.ts';
import { leadsBack } from './lint-link.ts';
import { compileLookup, type LookupEntry } from './lookup.ts';
import { type CompiledMapping, createMapping } from './mapping.ts';
import { pathOf } from './path.ts';
import type { Mutation } from './planner-look.ts';
import { type Constant, type Filter, filterText, type Rule } from './planner-rules.ts';
import { inOrder, type Problem } from './problem.ts';
import { holds } from './rule.ts';
import { LookupFile, MappingFile } from './schema.ts';
import { readYaml, type Source } from './yaml.ts';

/** What a compilation may be told besides the files. */
export interface CompileOptions {
  /** Clock skew per connection (or for all), ms: `newest wins` within the larger of the two sides’ parks. 0 when not said. */
  readonly skewMs?: number | Readonly<Record<string, number>>;
  /** Names of the connections there are; another name is a problem. Not given: not checked. */
  readonly connections?: readonly string[];
  /** Names of the mappings in force: of others the connections are not judged, they may be meant for another configuration. Not given: all are. */
  readonly inForce?: readonly string[];
  /** Breaks one rule on purpose, to show that a test notices. */
  readonly mutation?: Mutation;
}

/** What came of the files. */
export interface Compilation {
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  /** The tables that could be read, by name. */
  readonly lookups: ReadonlyMap<string, LookupEntry>;
  readonly problems: readonly Problem[];
}

const isLookup = (path: string): boolean => /(^|\/)lookups\/[^/]+\.ya?ml$/.test(path);
const isCases = (path: string): boolean => /\.test\.ya?ml$/.test(path);
const isMapping = (path: string): boolean =>
  /\.ya?ml$/.test(path) && !isLookup(path) && !isCases(path) && !isEntityFile(path);

/** A file's own name, which is that of what it declares. */
const nameOf = (path: string): string => /([^/]+)\.ya?ml$/.exec(path)?.[1] ?? path;

const filters = (
  file: Readonly<Record<string, readonly (string | number | boolean | null)[]>> | undefined,
): readonly Filter[] =>
  Object.entries(file ?? {}).map(([text, allowed]) => ({
    text,
    path: pathOf(text),
    allowed: new Set(allowed.map(filterText)),
  }));

const bySide = <T>(make: (side: Side) => T): Readonly<Record<Side, T>> => ({ crm: make('crm'), erp: make('erp') });

const constantsOf = (file: MappingFile): readonly Constant[] =>
  (file.constants ?? []).flatMap((constant) =>
    SIDES.flatMap((side) => {
      const text = constant[side];
      return text === undefined
        ? []
        : [{ side, text, path: pathOf(text), value: constant.value, createOnly: constant.create_only === true }];
    }),
  );

const skewOf = (file: MappingFile, { skewMs = 0 }: CompileOptions): number =>
  typeof skewMs === 'number' ? skewMs : Math.max(...SIDES.map((side) => skewMs[file.between[side].connection] ?? 0));

const translationText = (field: MappingFile['fields'][string], lookups: ReadonlyMap<string, LookupEntry>): string =>
  stringifyJson([
    field.as ?? '',
    (field.with ?? {}) as JsonObject,
    ...(field.link === undefined ? [] : [`link ${field.link}`]),
    field.lookup === undefined ? null : (lookups.get(field.lookup)?.file.rows as unknown as Json),
  ]);

/** Compile a definition that passed lint. */
const compiled = (
  file: MappingFile,
  source: Source,
  lookups: ReadonlyMap<string, LookupEntry>,
  entity: Entity | undefined,
  definitions: ReadonlyMap<string, MappingFile>,
  options: CompileOptions,
): CompiledMapping => {
  const fields = Object.entries(file.fields).map(([name, field]) =>
    compileField(
      name,
      field,
      field.lookup === undefined ? undefined : lookups.get(field.lookup)?.lookup,
      field.link !== undefined && leadsBack(definitions, field.link, file.mapping),
    ),
  );
  const rules = (file.validate ?? []).flatMap((rule): Rule[] => {
    const field = fields.find(({ name }) => name === rule.field);
    return field === undefined
      ? []
      : [
          {
            field,
            to: rule.to,
            when: bySide((side) => filters(rule.when?.[side])),
            holds: holds(rule.is),
            say: rule.say,
          },
        ];
  });
  const lines = Object.entries(file.lines ?? {}).map(([name, each]) =>
    compileLines(
      name,
      each,
      (lookup) => (lookup === undefined ? undefined : lookups.get(lookup)?.lookup),
      (link) => leadsBack(definitions, link, file.mapping),
    ),
  );
  return createMapping({
    ...lifeOf(file, { fields, lines }, lookups, definitions),
    definition: file,
    source,
    ...(entity === undefined ? {} : { entity }),
    fields,
    lines,
    rules,
    constants: constantsOf(file),
    include: bySide((side) => filters(file.include?.[side])),
    retired: bySide((side) => filters(file.identity.retired?.[side])),
    days: daysOf(file),
    skewMs: skewOf(file, options),
    linked: definitions,
    translations: new Map(Object.entries(file.fields).map(([name, field]) => [name, translationText(field, lookups)])),
    ...(options.mutation === undefined ? {} : { mutation: options.mutation }),
  });
};

/** A lookup, an entity or a mapping referred to that cannot be read takes its mappings with it. */
const usable = (
  file: MappingFile,
  lookups: ReadonlyMap<string, LookupEntry>,
  entities: ReadonlyMap<string, Entity>,
  definitions: ReadonlyMap<string, MappingFile>,
): boolean =>
  (file.entity === undefined || entities.has(file.entity)) &&
  Object.values(file.rollups ?? {}).every((side) => Object.values(side ?? {}).every(({ of }) => definitions.has(of))) &&
  [file, ...Object.values(file.lines ?? {})].every(({ fields }) =>
    Object.values(fields).every(
      ({ link, lookup }) =>
        (lookup === undefined || lookups.has(lookup)) && (link === undefined || definitions.has(link)),
    ),
  );

interface Lookups {
  readonly entries: ReadonlyMap<string, LookupEntry>;
  readonly names: readonly string[];
}

const readLookups = (files: Readonly<Record<string, string>>, problems: Problem[]): Lookups => {
  const entries = new Map<string, LookupEntry>();
  const names = new Set<string>();
  for (const path of Object.keys(files).filter(isLookup).sort()) {
    names.add(nameOf(path));
    const { source, problems: broken } = readYaml(path, files[path] ?? '');
    problems.push(...broken);
    if (source === undefined) continue;
    const { parsed: file, problems: wrong } = checked(source, LookupFile);
    problems.push(...wrong);
    if (file === undefined) continue;
    names.add(file.lookup);
    const found = lintLookup(file, source, new Set(entries.keys()));
    problems.push(...found);
    if (found.length === 0) entries.set(file.lookup, { lookup: compileLookup(file), file, source });
  }
  return { entries, names: [...names] };
};

interface Read {
  readonly file: MappingFile;
  readonly source: Source;
  readonly entity: Entity | undefined;
}

const readMappings = (
  files: Readonly<Record<string, string>>,
  entities: ReadonlyMap<string, Entity>,
  entityNames: readonly string[],
  problems: Problem[],
): readonly Read[] =>
  Object.keys(files)
    .filter(isMapping)
    .sort()
    .flatMap((path) => {
      const { source, problems: broken } = readYaml(path, files[path] ?? '');
      problems.push(...broken);
      if (source === undefined) return [];
      const { parsed, problems: wrong } = checked(source, MappingFile);
      problems.push(...wrong);
      if (parsed === undefined) return [];
      const entity = parsed.entity === undefined ? undefined : entities.get(parsed.entity);
      // What is wrong with it is its entity's file; without that its fields cannot be judged.
      if (entity === undefined && parsed.entity !== undefined && entityNames.includes(parsed.entity)) return [];
      return [{ file: inherited(parsed, entity), source, entity }];
    });

/** Compile `mappings/*.yaml`, `mappings/lookups/*.yaml` and `entities/*.yaml`, given as path → text. Cases (`*.test.yaml`) are passed over. */
export const compileMappings = (files: Readonly<Record<string, string>>, options: CompileOptions = {}): Compilation => {
  const problems: Problem[] = [];
  const mappings = new Map<string, CompiledMapping>();
  const lookups = readLookups(files, problems);
  const { entities, names: entityNames, problems: undeclared } = readEntities(files);
  problems.push(...undeclared);
  const read = readMappings(files, entities, entityNames, problems);
  const mappingNames = Object.keys(files).filter(isMapping).map(nameOf);
  const definitions = new Map(read.map(({ file }) => [file.mapping, file]));
  for (const { file, source, entity } of read) {
    const found = lintMapping(
      {
        file,
        source,
        lookups: lookups.entries,
        lookupNames: lookups.names,
        entity,
        canonical: entity?.fields ?? {},
        entityNames,
        mappings: definitions,
        mappingNames,
      },
      options.inForce?.includes(file.mapping) === false ? undefined : options.connections,
    );
    problems.push(...found);
    if (mappings.has(file.mapping))
      problems.push(
        problemAt(
          source,
          ['mapping'],
          'name-taken',
          `there are two mappings named "${file.mapping}"`,
          'Rename one of them.',
        ),
      );
    else if (found.length === 0 && usable(file, lookups.entries, entities, definitions))
      mappings.set(file.mapping, compiled(file, source, lookups.entries, entity, definitions, options));
  }
  return { mappings, lookups: lookups.entries, problems: inOrder(problems) };
};
