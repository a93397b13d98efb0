/** The rules that a mapping must keep, each with place and remedy. */
import { isObject } from '../domain/json.ts';
import { otherSide, SIDES } from '../domain/record.ts';
import { CODECS } from './codecs.ts';
import type { LookupEntry } from './compile.ts';
import { type Problem, suggestion } from './problem.ts';
import type { LookupFile, MappingFile } from './schema.ts';
import type { Source } from './yaml.ts';

export interface LintOptions {
  readonly connections?: readonly string[];
  readonly taken: ReadonlySet<string>;
}

export const lintLookup = (
  file: LookupFile,
  source: Source,
  known: ReadonlyMap<string, unknown>,
): readonly Problem[] => {
  if (!known.has(file.lookup)) return [];
  return [
    {
      file: source.file,
      ...source.at(['lookup']),
      rule: 'name-taken',
      message: `there are two lookups named "${file.lookup}"`,
      remedy: 'Rename one of them.',
    },
  ];
};

export const lintMapping = (
  file: MappingFile,
  source: Source,
  lookups: ReadonlyMap<string, LookupEntry>,
  options: LintOptions,
): readonly Problem[] => {
  const problems: Problem[] = [];
  for (const [name, field] of Object.entries(file.fields)) {
    if (field.lookup !== undefined && !lookups.has(field.lookup)) {
      problems.push({
        file: source.file,
        ...source.at(['fields', name, 'lookup']),
        rule: 'unknown-lookup',
        message: `${name}: there is no lookup "${field.lookup}"`,
        remedy: suggestion(field.lookup, [...lookups.keys()]),
      });
    }
  }
  return problems;
};
