import { SyncError } from '../domain/errors.ts';
import { type Compilation, compileMappings } from '../mapping/compile.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { Problem } from '../mapping/problem.ts';
import type { View } from '../mapping/view.ts';
import { compileViews } from '../mapping/views.ts';
import type { Compared } from './changes.ts';
import { knownRecords, recordProblems } from './described.ts';
import { mainFile, mappingFiles, mappingPath, namedConnections, parseConfiguration, viewPath } from './parse.ts';
import { peopleProblems } from './people.ts';
import { invalidFiles } from './place.ts';
import type { ConfigRevision, Configuration } from './port.ts';
import { rollupProblems } from './rollups.ts';

/** A revision ready for use: its configuration, and its mappings compiled. */
export interface Compiled {
  readonly configuration: Configuration;
  readonly mappings: ReadonlyMap<string, CompiledMapping>;
  readonly views: ReadonlyMap<string, View>;
}

/** Everything a revision says, or CONFIG_INVALID with every problem in any of its files. */
export const compileRevision = (revision: ConfigRevision): Compiled => {
  const configuration = parseConfiguration(revision);
  const { connections } = configuration;
  const compilation = compileMappings(mappingFiles(revision.files), {
    skewMs: Object.fromEntries(connections.map(({ name, skewMs }) => [name, skewMs])),
    connections: connections.map(({ name }) => name),
  });
  const problems = allProblems(revision.files, compilation);
  const misnamed = configuration.mappings.filter((name) => !compilation.mappings.has(name)).map(unnamed);
  if (problems.length > 0 || misnamed.length > 0) throw invalidFiles(problems.length > 0 ? problems : misnamed);
  const mappings = new Map([...compilation.mappings].filter(([name]) => configuration.mappings.includes(name)));
  return { configuration, mappings, views: viewsOf(revision.files, configuration, { ...compilation, mappings }) };
};

/** The views that a configuration names; what is wrong with one of them, or with who people are, is wrong with all of it. */
const viewsOf = (
  files: ConfigRevision['files'],
  { connections, views: named, people }: Configuration,
  { mappings, lookups }: Compilation,
): ReadonlyMap<string, View> => {
  const { views, problems } = compileViews(
    Object.fromEntries(named.map((name) => [viewPath(name), files[viewPath(name)] ?? ''])),
    {
      mappings,
      lookups,
      connections: connections.map(({ name }) => name),
      people: people !== undefined,
      recordOf: knownRecords(files),
    },
  );
  const found = [...problems, ...peopleProblems(files, people, mappings)];
  if (found.length > 0) throw invalidFiles(found);
  return views;
};

/** What is wrong in the mapping files of a revision, whatever is wrong in its other files. */
export const mappingProblems = (files: ConfigRevision['files']): readonly Problem[] => {
  const connections = namedConnections(files[mainFile(files)] ?? '');
  return allProblems(files, compileMappings(mappingFiles(files), connections === undefined ? {} : { connections }));
};

const allProblems = (files: ConfigRevision['files'], { mappings, problems }: Compilation): readonly Problem[] => [
  ...problems,
  ...recordProblems(files, mappings.values()),
  ...rollupProblems(files, mappings.values()),
];

const unnamed = (name: string): Problem => ({
  file: mappingPath(name),
  line: 1,
  column: 1,
  rule: 'misnamed',
  message: `it is named otherwise inside than "${name}"`,
  remedy: `Write \`mapping: ${name}\`, or rename the file.`,
});

/** Files as they are compared: compiled as far as they can be, with what is wrong. */
export const comparable = (files: ConfigRevision['files']): Compared & { readonly problems: readonly string[] } => {
  try {
    const { mappings } = compileRevision({ number: 0, author: '', files });
    return { files, mappings, problems: [] };
  } catch (error) {
    if (!(error instanceof SyncError) || error.code !== 'CONFIG_INVALID') throw error;
    return { files, mappings: new Map(), problems: error.facts.problems ?? [error.message] };
  }
};
