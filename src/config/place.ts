/** Checked YAML: a value in the shape of a schema, or problems with file, line, column and remedy. */
import type { z } from 'zod';
import { SyncError } from '../domain/errors.ts';
import { checked } from '../mapping/issues.ts';
import { inOrder, type Problem, problemLine } from '../mapping/problem.ts';
import { readYaml, type Source } from '../mapping/yaml.ts';

/** A file read in the shape of a schema; an empty file is an empty block. */
export const checkedYaml = <T>(
  schema: z.ZodType<T>,
  file: string,
  text: string,
): { readonly value?: T; readonly source?: Source; readonly problems: readonly Problem[] } => {
  const { source, problems } = readYaml(file, text);
  if (source === undefined) return { problems };
  const { parsed, problems: wrong } = checked({ ...source, value: source.value ?? {} }, schema);
  return { source, problems: wrong, ...(parsed === undefined ? {} : { value: parsed }) };
};

/** The error for files that cannot be used: the first problem in words, all of them in its facts. */
export const invalidFiles = (problems: readonly Problem[]): SyncError => {
  const [first, ...rest] = inOrder(problems);
  if (first === undefined) return new SyncError('CONFIG_INVALID', 'the configuration cannot be used');
  const more = rest.length === 0 ? '' : ` (and ${rest.length} more)`;
  const { file, line, column } = first;
  return new SyncError('CONFIG_INVALID', `${problemLine(first)}${more}`, {
    file,
    line,
    column,
    problems: inOrder(problems).map(problemLine),
  });
};
