import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runCases } from '../src/mapping/cases.ts';
import { problemLine } from '../src/mapping/problem.ts';
import { schemaFiles } from '../src/mapping/schemas.ts';
import { compiledOf, shippedFiles, stateOf, sync, type World } from './mapping/kit.ts';

const files = shippedFiles();
const { results, problems } = runCases(files);
const mappings = compiledOf(files);

test('every mapping and lookup lints clean, and every field is tested', () => {
  expect(problems.map(problemLine)).toEqual([]);
});

test('every mapping has cases', () => {
  expect(new Set(results.map(({ mapping }) => mapping))).toEqual(new Set(mappings.keys()));
});

describe.each([...mappings])('%s', (name, mapping) => {
  const own = results.filter((result) => result.mapping === name);

  test.each(own.map((result) => [result.name, result] as const))('%s', (_title, { differences }) => {
    expect(differences).toEqual([]);
  });

  test.each(own.map((result) => [result.name, result] as const))(
    'after "%s" a second sync writes nothing',
    (_title, { given }) => {
      let world: World = { ...given, baseline: {} };
      for (let round = 0; round < 2; round += 1) world = sync(mapping, world).world;
      expect(mapping.plan(stateOf(world)).writes).toEqual({});
    },
  );
});

test.each(Object.entries(schemaFiles()))('mappings/schema/%s is fresh (else run `npm run docs`)', (name, text) => {
  expect(readFileSync(new URL(`../mappings/schema/${name}`, import.meta.url), 'utf8')).toBe(text);
});
