/** Entities as mappings use them: those we know, those of `entities/*.yaml`, and what a field takes from the one it names. */
import { findingsOf } from '../domain/entities/check.ts';
import { type Entity, EntityFile, type Fields } from '../domain/entities/entity.ts';
import { ENTITIES } from '../domain/entities/index.ts';
import { typeOf } from '../domain/entities/types.ts';
import { checked } from './issues.ts';
import { problemAt } from './lint-kit.ts';
import type { Problem } from './problem.ts';
import type { MappingFile } from './schema.ts';
import { readYaml, type Source } from './yaml.ts';

/** Entities of one's own stand here, one file each. */
export const isEntityFile = (path: string): boolean => /(^|\/)entities\/[^/]+\.ya?ml$/.test(path);

/** All entities that there are, and what is wrong with those of one's own. */
export interface Entities {
  readonly entities: ReadonlyMap<string, Entity>;
  /** Names of all, also of those whose file has problems. */
  readonly names: readonly string[];
  readonly problems: readonly Problem[];
}

const fileName = (path: string): string => /([^/]+)\.ya?ml$/.exec(path)?.[1] ?? path;

const named = (file: Entity, source: Source): readonly Problem[] => {
  if (ENTITIES.has(file.entity))
    return [
      problemAt(
        source,
        ['entity'],
        'name-taken',
        `"${file.entity}" is an entity of the product`,
        'Rename yours; fields of your own need no entity, a mapping may have them beside those of the product.',
      ),
    ];
  const expected = fileName(source.file);
  if (file.entity === expected) return [];
  const remedy = `Write \`entity: ${expected}\`, or rename the file.`;
  return [
    problemAt(source, ['entity'], 'misnamed', `the file is named "${expected}", the entity "${file.entity}"`, remedy),
  ];
};

/** Read the declarations among some files (path → text); those of the product are always there. */
export const readEntities = (files: Readonly<Record<string, string>>): Entities => {
  const paths = Object.keys(files).filter(isEntityFile).sort();
  const names = [...new Set([...ENTITIES.keys(), ...paths.map(fileName)])];
  const entities = new Map(ENTITIES);
  const problems: Problem[] = [];
  for (const path of paths) {
    const { source, problems: broken } = readYaml(path, files[path] ?? '');
    problems.push(...broken);
    if (source === undefined) continue;
    const { parsed: file, problems: wrong } = checked(source, EntityFile);
    problems.push(...wrong);
    if (file === undefined) continue;
    const found = [
      ...named(file, source),
      ...findingsOf(file, new Set(names)).map((each) =>
        problemAt(source, each.path, each.rule, each.message, each.remedy),
      ),
    ];
    problems.push(...found);
    if (found.length === 0) entities.set(file.entity, file);
  }
  return { entities, names, problems };
};

const withTypes = (fields: MappingFile['fields'], canonical: Fields): MappingFile['fields'] =>
  Object.fromEntries(
    Object.entries(fields).map(([name, field]) => {
      const declared = Object.hasOwn(canonical, name) ? canonical[name] : undefined;
      // A reference holds an id, whatever the entity calls the thing it leads to.
      if (declared === undefined || field.link !== undefined) return [name, field];
      const codec = field.as === undefined && field.lookup === undefined ? typeOf(declared.type).codec : undefined;
      const { max } = declared;
      return [
        name,
        {
          ...field,
          ...(codec === undefined ? {} : { as: codec }),
          ...(max === undefined ? {} : { max: { crm: max, erp: max, ...field.max } }),
        },
      ];
    }),
  );

/** A mapping’s file with what its fields, also those of its lists, take from the entity: the codec where none is said, and the limits. */
export const inherited = (file: MappingFile, entity: Entity | undefined): MappingFile => {
  if (entity === undefined) return file;
  const lines = Object.entries(file.lines ?? {}).map(([name, list]) => {
    const canonical = entity.lines !== undefined && Object.hasOwn(entity.lines, name) ? entity.lines[name] : undefined;
    return [name, { ...list, fields: withTypes(list.fields, canonical?.fields ?? {}) }] as const;
  });
  return {
    ...file,
    fields: withTypes(file.fields, entity.fields),
    ...(file.lines === undefined ? {} : { lines: Object.fromEntries(lines) }),
  };
};
