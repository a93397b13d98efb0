import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileRevision, mappingProblems } from '../../src/config/compiled.ts';
import { readConfigFiles } from '../../src/config/files.ts';
import type { SyncError } from '../../src/domain/errors.ts';
import { problemLine } from '../../src/mapping/problem.ts';

const MAIN = 'tallystick.yaml';
const figures = await readConfigFiles(fileURLToPath(new URL('../../tallystick.figures.yaml', import.meta.url)));
const without = (mapping: string) =>
  Object.fromEntries(
    Object.entries(figures).map(([path, text]) => [
      path,
      path.endsWith('.yaml') ? text.replace(`  - ${mapping}\n`, '') : text,
    ]),
  );

test('a roll-up over a mapping that is not configured would wait for ever: it is refused with place and remedy', () => {
  const files = without('invoice');
  const expected = ['revenue', 'open-balance'].map((name) =>
    expect.stringMatching(
      new RegExp(
        `^mappings/customer-figures\\.yaml:\\d+:\\d+ rollup-source ${name}: \\S+ does not name the mapping "invoice", so its records are never read. Add \`- invoice\``,
      ),
    ),
  );
  let problems: readonly string[] = [];
  try {
    compileRevision({ number: 1, author: 'x', files });
  } catch (error) {
    problems = (error as SyncError).facts.problems ?? [];
  }
  expect(problems).toEqual(expected);
  expect(mappingProblems(files).map(problemLine)).toEqual(expected);
});

test('nothing is said of roll-ups whose mapping is configured, or that are not configured themselves', () => {
  expect(mappingProblems(figures)).toEqual([]);
  const files = without('invoice');
  const main = Object.keys(files).find((path) => path.startsWith('tallystick')) ?? MAIN;
  expect(mappingProblems({ ...files, [main]: (files[main] ?? '').replace(/ {2}- customer-figures.*\n/, '') })).toEqual(
    [],
  );
});
