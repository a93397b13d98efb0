import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { generated, stale } from '../src/cli/docs.ts';
import { ERRORS } from '../src/domain/errors.ts';
import { ACCESS } from '../src/server/access.ts';

test('generated pages are fresh: `npm run docs` would change nothing', async () => {
  expect(await stale()).toEqual([]);
});

test('a page that was edited by hand, or is not there, is found', async () => {
  expect(await stale('/nowhere')).toEqual(Object.keys(generated()));
});

test('every code is documented with what to do, and no other code is', async () => {
  const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \| \w+ \| (.+) \|$/gm)].map(([, code, fix]) => [code, fix]);
  expect(documented).toEqual(Object.entries(ERRORS).map(([code, { fix }]) => [code, fix]));
});

test('the description of the API names every route, its permission and its parameters', async () => {
  const { openapi, paths } = JSON.parse(await readFile(new URL('../docs/openapi.json', import.meta.url), 'utf8'));
  expect(openapi).toBe('3.1.0');
  const described = Object.entries(
    paths as Record<string, Record<string, { parameters: { name: string; in: string }[] }>>,
  ).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      id: `${method.toUpperCase()} ${path.replace(/\{(\w+)\}/g, ':$1')}`,
      operation,
      path,
    })),
  );
  expect(described.map(({ id }) => id).toSorted()).toEqual(Object.keys(ACCESS).toSorted());
  for (const { path, operation } of described) {
    const named = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    expect(operation.parameters.filter((each) => each.in === 'path').map((each) => each.name)).toEqual(named);
  }
});
