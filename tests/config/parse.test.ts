import { expect, test } from 'vitest';
import { parseConfiguration } from '../../src/config/parse.ts';
import { SyncError } from '../../src/domain/errors.ts';

const GOOD = `connections:
  crm:
    connector: acme
    url: https://crm.example.com
mappings: [customer]
`;
const OTHERS = { 'connectors/acme/connector.yaml': 'engine: rest\n', 'mappings/customer.yaml': 'mapping: customer\n' };

const parsed = (text: string, others: Readonly<Record<string, string>> = OTHERS) =>
  parseConfiguration({ number: 3, author: 'ada', files: { 'tallystick.yaml': text, ...others } });

const refused = (text: string, others?: Readonly<Record<string, string>>): SyncError => {
  try {
    parsed(text, others);
  } catch (error) {
    if (error instanceof SyncError) return error;
    throw error;
  }
  throw new Error('it was accepted');
};

test('a short file gets every default, and keeps the number of its revision', () => {
  const { revision, connections, presets, mappings } = parsed(GOOD);
  expect(revision).toBe(3);
  expect(mappings).toEqual(['customer']);
  expect(presets).toEqual({ acme: { engine: 'rest' } });
  expect(connections).toMatchInlineSnapshot(`
    [
      {
        "allow": [],
        "callMs": 30000,
        "concurrency": 4,
        "connector": "acme",
        "lagMs": 60000,
        "name": "crm",
        "pollMs": 5000,
        "settings": {},
        "settleMs": 600000,
        "skewMs": 2000,
        "sweepMs": 86400000,
        "url": "https://crm.example.com",
      },
    ]
  `);
});

test.each([
  ['a key that is misspelt', '    conncurrency: 2\n', '5:5', 'Did you mean "concurrency"?'],
  ['a number out of range', '    concurrency: 0\n', '5:18', 'concurrency'],
  ['a word where a number belongs', '    call_ms: soon\n', '5:14', 'this must be a number'],
  ['a nested value in settings', '    settings: { a: [1] }\n', '5:20', 'settings.a'],
])('%s is refused with its place and a remedy', (_title, line, place, words) => {
  const error = refused(GOOD.replace('mappings:', `${line}mappings:`));
  expect(error.code).toBe('CONFIG_INVALID');
  expect(error.message).toContain(`tallystick.yaml:${place} `);
  expect(error.message).toContain(words);
});

test('broken YAML is refused with line and column', () => {
  const error = refused('connections:\n  crm: [1\nmappings: [customer]\n');
  expect(error.facts).toMatchObject({ file: 'tallystick.yaml', line: expect.any(Number), column: expect.any(Number) });
  expect(error.message).toContain('this is not YAML');
});

test('an address that holds a password is refused without showing it', () => {
  const error = refused(GOOD.replace('https://crm', 'https://tally:hunter2@crm'));
  expect(error.message).toMatch(/^tallystick\.yaml:4:10 .*holds a user or a password; write them under settings/);
  expect(JSON.stringify([error.message, error.facts])).not.toContain('hunter2');
  expect(parsed(GOOD.replace('example.com', 'example.com/a@b')).connections).toHaveLength(1);
});

test('every problem is reported at once', () => {
  const error = refused('connections:\n  crm: { connector: a b, url: ftp://x }\nmappings: [customer, customer]\n');
  expect(error.facts.problems?.length).toBeGreaterThanOrEqual(3);
});

test('a connector or mapping without a file is named with the file that is missing', () => {
  const error = refused(GOOD, {});
  expect(error.facts.problems).toEqual([
    expect.stringContaining('tallystick.yaml:3:16 unknown-connector there is no connectors/acme/connector.yaml'),
    expect.stringContaining('tallystick.yaml:5:12 unknown-mapping there is no mappings/customer.yaml'),
  ]);
});

test('an empty file says what belongs into it', () => {
  expect(refused('').facts.problems).toEqual([
    expect.stringContaining('"connections" is missing'),
    expect.stringContaining('"mappings" is missing'),
  ]);
});

test('an address may stand elsewhere, and a rate may have a fraction', () => {
  const text = GOOD.replace('https://crm.example.com', 'env:CRM_URL\n    per_second: 2.50');
  expect(parsed(text).connections[0]).toMatchObject({ url: 'env:CRM_URL', perSecond: 2.5 });
});

test('Norway is a setting, not the word "no"', () => {
  expect(
    parsed(GOOD.replace('mappings:', '    settings: { country: NO, port: 8080 }\nmappings:')).connections[0]?.settings,
  ).toEqual({
    country: 'NO',
    port: '8080',
  });
});
