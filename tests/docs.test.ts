import { glob, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { generated, leftOver, stale } from '../src/cli/docs.ts';
import { mappingPage } from '../src/cli/mapping-pages.ts';
import { CODE_OF_CLASS, ERRORS } from '../src/domain/errors.ts';
import { ACCESS } from '../src/server/access.ts';
import { BAD_INPUT } from './kit/documented.ts';
import { compiledOf, only, smallFiles } from './mapping/kit.ts';

const ROOT = fileURLToPath(new URL('../', import.meta.url));

test('generated pages are fresh: `npm run docs` would change nothing', async () => {
  expect(await stale()).toEqual([]);
  expect(await leftOver()).toEqual([]);
});

test('a page that was edited by hand, or is not there, is found', async () => {
  expect(await stale('/nowhere')).toEqual(Object.keys(generated()));
});

test('the page of a mapping says in words which way each field flows, who wins and what it may hold', () => {
  const page = generated()['docs/mappings/customer.md'] ?? '';
  expect(page).toContain('only those where `kind` is "Customer", "Distributor".');
  expect(page).toMatch(
    /^\| `name` \| `name` \| ↔ \| `organization_name` \| The name it trades under\. \| text \| the CRM wins \|/m,
  );
  expect(page).toMatch(/^\| `credit limit` \|.* ← .*\| decimal \| put back \|/m);
  expect(page).toContain('| "Prepaid" | → | "ZB00" |');
  expect(generated()['docs/mappings/party.md']).toContain(
    '- In the ERP a record counts as deleted when `active` is false.',
  );
  expect(page).toContain('When the CRM’s is deleted, the ERP’s is set aside for a person');
});

test('a list, a constant, a rule and a pipe in a path stand on the page of a mapping too', () => {
  const files = smallFiles('', {
    text: `entity: order
constants: [{ erp: "a|b", value: 2, create_only: true }]
validate: [{ field: name, to: erp, is: present, say: It needs a name }]
lines:
  order lines:
    crm: items
    erp: rows
    key: line number
    on_missing: { to_erp: delete }
    fields:
      line number: { crm: no, erp: pos, flow: crm <-> erp, conflict: park }
      quantity: { crm: amount, erp: qty, flow: crm -> erp, create_only: true }`,
  });
  const page = mappingPage(only(compiledOf(files)), new Map());
  expect(page).toContain('- In the ERP `a|b` is 2 when the record is created.');
  expect(page).toContain('- Before anything is written to the ERP, `name` is checked: “It needs a name”.');
  expect(page).toContain(
    'What is taken away in the CRM is taken away there too; what is taken away in the ERP is a question for a person.',
  );
  expect(page).toMatch(
    /^\| `quantity` \| `amount` \| → \| `qty` \| How much\. \| decimal \| left \| only when created \|$/m,
  );
});

test('every code is documented with what to do, and no other code is', async () => {
  const page = await readFile(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `([A-Z_]+)` \| \w+ \| (.+) \|$/gm)].map(([, code, fix]) => [code, fix]);
  expect(documented).toEqual(Object.entries(ERRORS).map(([code, { fix }]) => [code, fix]));
});

/** Every source file in these folders, but for the table of codes itself. */
const sources = async (folders: string): Promise<readonly string[]> => {
  const texts: string[] = [];
  for await (const path of glob(`${folders}/**/*.ts`, { cwd: ROOT }))
    if (path !== 'src/domain/errors.ts' && !path.endsWith('.test.ts'))
      texts.push(await readFile(`${ROOT}${path}`, 'utf8'));
  return texts;
};

test('every row of the page on bad input has the remedy of its code, and the test it names compares its sentence with the real one', async () => {
  expect(BAD_INPUT.length).toBeGreaterThan(30);
  const page = await readFile(new URL('../docs/bad-input.md', import.meta.url), 'utf8');
  const rows = page.split('\n').filter((line) => line.startsWith('| ') && !/^\| (bad input|---)/.test(line));
  expect(rows).toHaveLength(BAD_INPUT.length);
  for (const { what, code, remedy, test: file } of BAD_INPUT) {
    const fix = code === undefined ? 'in the sentence' : ERRORS[code as keyof typeof ERRORS]?.fix;
    expect([what, remedy]).toEqual([what, fix]);
    const text = await readFile(new URL(`../${file}`, import.meta.url), 'utf8');
    expect([what, text.includes(`documented('${what}')`)]).toEqual([what, true]);
  }
});

test('every code is raised somewhere, and nothing raises one that is not documented', async () => {
  const texts = await sources('{src,activities,workflows,connectors}');
  const ofClasses = new Set<string>(Object.values(CODE_OF_CLASS));
  const silent = Object.keys(ERRORS).filter(
    (code) => !ofClasses.has(code) && !texts.some((text) => text.includes(`'${code}'`)),
  );
  expect(silent).toEqual([]);
  // What connectors read from Node's network has codes of Node.
  const own = await sources('{src,activities,workflows}');
  const raised = own.flatMap((text) =>
    [...text.matchAll(/\b(?:code:|SyncError\(|recordPark\([^)]*?)\s*'([A-Z][A-Z_]{3,})'/g)].map(
      ([, code = '']) => code,
    ),
  );
  expect(raised.length).toBeGreaterThan(40);
  expect(raised.filter((code) => !Object.hasOwn(ERRORS, code))).toEqual([]);
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
