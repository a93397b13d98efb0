/** Who asks through views: is what the configuration says of them there? */
import type { CompiledMapping } from '../mapping/mapping.ts';
import { type Problem, suggestion } from '../mapping/problem.ts';
import { readYaml } from '../mapping/yaml.ts';
import { mainFile } from './parse.ts';
import type { ConfigRevision, People } from './port.ts';

/** What is wrong with `people:`, by place. */
export const peopleProblems = (
  files: ConfigRevision['files'],
  people: People | undefined,
  mappings: ReadonlyMap<string, CompiledMapping>,
): readonly Problem[] => {
  if (people === undefined) return [];
  const main = mainFile(files);
  const { source } = readYaml(main, files[main] ?? '');
  const at = (key: string) => ({ file: main, ...(source?.at(['people', key]) ?? { line: 1, column: 1 }) });
  const { mapping: name, ...fields } = people;
  const mapping = mappings.get(name);
  if (mapping === undefined) {
    const message = `people: there is no mapping "${name}" in force`;
    return [{ ...at('mapping'), rule: 'unknown-mapping', message, remedy: suggestion(name, [...mappings.keys()]) }];
  }
  const known = mapping.fields.map((field) => field.name);
  return Object.entries(fields)
    .filter(([, field]) => !known.includes(field))
    .map(([key, field]) => ({
      ...at(key),
      rule: 'unknown-field',
      message: `people, ${key}: the mapping "${name}" has no field "${field}"`,
      remedy: suggestion(field, known),
    }));
};
