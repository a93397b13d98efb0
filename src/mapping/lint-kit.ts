/** How a lint rule reports: a place in the file, the rule, a sentence and a remedy. */
import type { Entity, Fields } from '../domain/entities/entity.ts';
import type { Side } from '../domain/record.ts';
import type { LookupEntry } from './lookup.ts';
import type { Problem } from './problem.ts';
import type { MappingFile } from './schema.ts';
import type { Source } from './yaml.ts';

/** What every rule may look at. */
export interface Subject {
  readonly file: MappingFile;
  readonly source: Source;
  readonly lookups: ReadonlyMap<string, LookupEntry>;
  /** Names of all lookup files, also of those that have problems of their own. */
  readonly lookupNames: readonly string[];
  /** The entity that the mapping names, where there is a sound one. */
  readonly entity?: Entity | undefined;
  /** That entity’s fields: of its head, or of the list that is looked at. */
  readonly canonical: Fields;
  /** The list whose elements are looked at; undefined for the record itself. */
  readonly list?: string;
  /** The whole file, where the elements of a list are looked at. */
  readonly head?: MappingFile;
  /** Names of all entities, also of those that have problems of their own. */
  readonly entityNames: readonly string[];
  /** All mappings by name, with their files as far as they could be read. */
  readonly mappings: ReadonlyMap<string, MappingFile>;
  /** Names of all mapping files, also of those that could not be read. */
  readonly mappingNames: readonly string[];
}

/** One rule, or a few that belong together. */
export type LintRule = (subject: Subject) => readonly Problem[];

/** A problem at the value that a path leads to. */
export const problemAt = (
  source: Source,
  path: readonly PropertyKey[],
  rule: string,
  message: string,
  remedy: string,
): Problem => ({
  file: source.file,
  ...source.at(path),
  rule,
  message,
  remedy,
});

/** A problem at the key that a path ends with. */
export const problemAtKey = (
  source: Source,
  path: readonly PropertyKey[],
  rule: string,
  message: string,
  remedy: string,
): Problem => ({
  ...problemAt(source, path, rule, message, remedy),
  ...source.keyAt(path),
});

/** A field as the file says it. */
export type FieldFileOf = MappingFile['fields'][string];

/** Rules that look at one field at a time. */
export const perField =
  (rule: (name: string, field: FieldFileOf, subject: Subject) => readonly Problem[]): LintRule =>
  (subject) =>
    Object.entries(subject.file.fields).flatMap(([name, field]) => rule(name, field, subject));

/** The facts shown at a side and the paths they are written to. */
export const feedbackOf = (file: MappingFile, side: Side): readonly (readonly [fact: string, path: string])[] =>
  Object.entries(file.feedback?.[side] ?? {}).flatMap(([fact, path]) =>
    typeof path === 'string' && fact !== 'waiting_after' ? [[fact, path] as const] : [],
  );

/** Does a field with this arrow write at a side? */
export const flowsTo = (flow: FieldFileOf['flow'], side: Side): boolean =>
  flow === 'crm <-> erp' || flow === (side === 'erp' ? 'crm -> erp' : 'crm <- erp');
