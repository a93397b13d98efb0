/** What roll-ups read: a mapping that nobody carries out has no records to add up, and they would wait for its first pass for ever. */
import { problemAt } from '../mapping/lint-kit.ts';
import type { CompiledMapping } from '../mapping/mapping.ts';
import type { Problem } from '../mapping/problem.ts';
import { carriedOut } from './described.ts';
import { mainFile } from './parse.ts';
import type { ConfigRevision } from './port.ts';

/** Roll-ups, of mappings that the main file names, over mappings that it does not name; by place. */
export const rollupProblems = (
  files: ConfigRevision['files'],
  mappings: Iterable<CompiledMapping>,
): readonly Problem[] => {
  const main = mainFile(files);
  const named = carriedOut(files);
  return [...mappings]
    .filter(({ name }) => named.includes(name))
    .flatMap(({ source, rollups }) =>
      rollups
        .filter(({ of }) => !named.includes(of))
        .map(({ name, side, of }) =>
          problemAt(
            source,
            ['rollups', side, name, 'of'],
            'rollup-source',
            `${name}: ${main} does not name the mapping "${of}", so its records are never read`,
            `Add \`- ${of}\` under \`mappings:\` in ${main}, or remove the roll-up.`,
          ),
        ),
    );
};
