import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { compileRevision } from '../../src/config/compiled.ts';
import { knownRecords } from '../../src/config/described.ts';
import { readConfigFiles } from '../../src/config/files.ts';
import { mappingFiles } from '../../src/config/parse.ts';
import type { SyncError } from '../../src/domain/errors.ts';
import { compileMappings } from '../../src/mapping/compile.ts';
import { problemLine } from '../../src/mapping/problem.ts';
import { compileViews } from '../../src/mapping/views.ts';

const product = fileURLToPath(new URL('../../tallystick.yaml', import.meta.url));
const shipped = await readConfigFiles(product);
const MAPPING = 'mappings/customer.yaml';
const ACCOUNT = 'connectors/sandbox-crm/schema/Account.json';

/** What is said against the shipped files with one text in one of them replaced. */
const said = (path: string, from: string, to: string): readonly string[] => {
  const text = shipped[path] ?? '';
  if (!text.includes(from)) throw new Error(`${path} does not say ${from}`);
  try {
    compileRevision({ number: 1, author: 'x', files: { ...shipped, [path]: text.replace(from, to) } });
    return [];
  } catch (error) {
    return (error as SyncError).facts.problems ?? [];
  }
};

test.each([
  ['tallystick.yaml', 1],
  ['tallystick.soap.yaml', 1],
  ['tallystick.tryton.yaml', 1],
  ['tallystick.cap.yaml', 5],
  ['tallystick.views.yaml', 3],
  ['tallystick.plans.yaml', 11],
] as const)(
  'the mappings of the shipped %s say nothing that their connectors’ records contradict',
  async (name, count) => {
    const files = await readConfigFiles(fileURLToPath(new URL(`../../${name}`, import.meta.url)));
    expect(compileRevision({ number: 1, author: 'x', files }).mappings.size).toBe(count);
  },
);

test('a path that the record does not have is named with its place and the nearest one', () => {
  expect(said(MAPPING, 'crm: billing.street', 'crm: billing.stret')).toEqual([
    expect.stringMatching(
      /^mappings\/customer\.yaml:\d+:\d+ unknown-path Account has no "billing\.stret"\. Did you mean "billing\.street"\?$/,
    ),
  ]);
});

test('a column that cannot be written is no target', () => {
  expect(said(ACCOUNT, '"path": "phone", "type": "text"', '"path": "phone", "type": "text", "readOnly": true')).toEqual(
    [
      expect.stringMatching(
        /^mappings\/customer\.yaml:\d+:\d+ read-only-target "phone" of Account cannot be written\. Let/,
      ),
    ],
  );
});

test('a record that the connector does not have is named with the nearest one', () => {
  expect(said(MAPPING, 'record: Account', 'record: Acount')).toEqual([
    expect.stringMatching(
      /:\d+:\d+ unknown-record connectors\/sandbox-crm\/connector\.yaml has no record "Acount"\. Did you mean "Account"\?$/,
    ),
  ]);
});

test('a description that cannot be read is said, and one that is not there checks nothing', () => {
  expect(said(ACCOUNT, '{', '')).toEqual([
    `${ACCOUNT}:1:1 bad-schema it is not JSON. Correct it, or remove the file: then the fields of this record are not checked.`,
  ]);
  const { [ACCOUNT]: _, ...without } = shipped;
  const text = (shipped[MAPPING] ?? '').replace('crm: billing.street', 'crm: anything.else');
  expect(() => compileRevision({ number: 1, author: 'x', files: { ...without, [MAPPING]: text } })).not.toThrow();
});

const withViews = await readConfigFiles(fileURLToPath(new URL('../../tallystick.views.yaml', import.meta.url)));
const inForce = compileMappings(mappingFiles(withViews));

test.each([
  [
    'views/customer-finance.yaml',
    'at: organization_name',
    'at: organisation_name',
    'unknown-path Partner has no "organisation_name"',
  ],
  [
    'views/price.yaml',
    'record: NetPrice',
    'record: NetPrise',
    'unknown-record the connector of erp has no record "NetPrise". Did you mean "NetPrice"?',
  ],
  [
    'views/price.yaml',
    'part: quantity',
    'part: quantiti',
    'unknown-part NetPrice has no part "quantiti". Did you mean "quantity"?',
  ],
  [
    'views/price.yaml',
    '  - { part: currency, as: currency }\n',
    '',
    'part-missing NetPrice cannot be asked without "currency"',
  ],
  [
    'views/price.yaml',
    'as: currency }\n  - { part: day',
    'as: currency, optional: true }\n  - { part: day',
    'part-missing NetPrice cannot be asked without "currency"',
  ],
  ['views/price.yaml', 'record: NetPrice', 'record: Price', 'view-parts Price is a record type of erp'],
  [
    'views/credit.yaml',
    'by:\n  - { part: customer, mapping: customer }',
    'by: id',
    'view-parts Credit is a question of erp: it is asked by parts. List them: customer.',
  ],
  ['connectors/sandbox-erp/schema/Credit.json', '"fields"', '"felder"', 'bad-schema'],
])('in %s, %s → %s is found: %s', (path, from, to, problem) => {
  expect(withViews[path]).toContain(from);
  const files = { ...withViews, [path]: withViews[path]?.replace(from, to) ?? '' };
  const view = path.startsWith('views/') ? path : 'views/credit.yaml';
  const context = { ...inForce, connections: ['crm', 'erp'], people: false, recordOf: knownRecords(files) };
  const problems = compileViews({ [view]: files[view] ?? '' }, context).problems.map(problemLine);
  expect(problems.join('\n')).toContain(problem);
  expect(problems.every((line) => new RegExp(`^${path}:\\d+:\\d+ `).test(line))).toBe(true);
});

test('what is wrong in a view is wrong with the configuration that names it', () => {
  const credit = withViews['views/credit.yaml']?.replace('record: Credit', 'record: Kredit') ?? '';
  const files = { ...withViews, 'views/credit.yaml': credit };
  expect(() => compileRevision({ number: 1, author: 'x', files })).toThrow('unknown-record');
});
