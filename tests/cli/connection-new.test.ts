import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { connectorProblems } from '../../src/config/connectors.ts';
import { readConfigFiles } from '../../src/config/files.ts';
import { atDesk, SAMPLES } from './desk.ts';

/** Everything a REST system is asked, but for what differs. */
const asked = (name: string, sample: string, ...more: readonly string[]): readonly string[] => [
  ...[
    'connection',
    'new',
    name,
    '--address',
    'https://api.example.com',
    '--record',
    'Person',
    '--sample',
    join(SAMPLES, sample),
  ],
  ...(more.includes('--auth') ? [] : ['--auth', 'bearer']),
  ...more,
  '--yes',
];

const SYSTEMS = [
  {
    what: 'rows are counted by start and limit',
    args: asked(
      'counted',
      'counted.json',
      '--list',
      '/v1/persons?limit=2&start=0',
      '--auth',
      'api_key',
      '--header',
      'x-api-token',
    ),
    person: {
      id: 'id',
      modified_at: 'update_time',
      list: {
        request: { path: '/v1/persons', query: { limit: '{limit}', start: '{offset}' } },
        rows: 'data',
        paging: { kind: 'offset', page_size: 2 },
      },
      capabilities: { idempotency: 'none', guard: 'none', deletes: 'absence' },
    },
    missing: [
      'no version: overwrites are unguarded (G3)',
      'no change feed: say with --since',
      'a page holds 2 records',
    ],
  },
  {
    what: 'the reply has a token and a flag',
    args: asked('token', 'token.json', '--list', '/crm/v6/Accounts?fields=Account_Name', '--since', 'modified_since'),
    person: {
      id: 'id',
      modified_at: 'Modified_Time',
      list: {
        request: { query: { fields: 'Account_Name', page_token: '{cursor}' } },
        rows: 'data',
        paging: { kind: 'cursor', next: 'info.next_page_token', more: 'info.more_records' },
      },
      changes: { request: { query: { modified_since: '{since}' } }, format: 'iso_seconds', grain_ms: 1000 },
    },
    missing: ['rows of the change feed must come oldest first', 'no reading of one record'],
  },
  {
    what: 'OData 2 has ticks and an address',
    args: asked(
      'link',
      'link.json',
      '--list',
      '/api/v1/1/crm/Accounts?$select=ID',
      '--since',
      "$filter=Modified ge datetime'{since}'&$orderby=Modified",
    ),
    person: {
      id: 'ID',
      modified_at: 'Modified',
      list: { rows: 'd.results', paging: { kind: 'link', next: 'd.__next' } },
      changes: {
        request: { query: { $filter: "Modified ge datetime'{since}'", $orderby: 'Modified' } },
        format: 'local_t',
      },
    },
    missing: ['no version: overwrites are unguarded (G3)'],
  },
  {
    what: 'OData 4 has names with dots for the next page and the version',
    args: asked('odata', 'odata.json', '--list', '/v2.0/customers', '--if-match'),
    person: {
      id: 'id',
      version: '"@odata.etag"',
      modified_at: 'lastModifiedDateTime',
      list: { rows: 'value', paging: { kind: 'link', next: '"@odata.nextLink"' } },
      capabilities: { guard: 'version' },
    },
    missing: ['no change feed: say with --since'],
  },
  {
    what: 'a bare list with a Link header, a version and a mark',
    args: asked(
      'bare',
      'bare-list.txt',
      '--list',
      '/items?per_page=1',
      '--since',
      'updated_since',
      '--if-match',
      '--one',
      '/items/{id}',
      '--update',
      'PATCH /items/{id}',
      '--delete',
      '/items/{id}',
    ),
    person: {
      id: 'id',
      version: 'lock_version',
      reference: 'external_id',
      deleted: { path: 'deleted', is: true },
      list: { request: { query: { per_page: '{limit}' } }, paging: { kind: 'link' } },
      read: { by_id: { request: { path: '/items/{id}' } } },
      write: {
        update: { request: { method: 'PATCH', body: '{data}', headers: { 'if-match': '{version}' } } },
        delete: { request: { method: 'DELETE', headers: { 'if-match': '{version}' } } },
      },
      capabilities: { guard: 'version', deletes: 'absence' },
    },
    missing: ['how a refusal looks does not show'],
  },
] as const;

test.each(SYSTEMS)('a connector is written from one reply: $what', ({ args, person, missing }) =>
  atDesk(async ({ tally, folder, preset }) => {
    const name = args[2] ?? '';
    const { exit, out, err } = await tally(...args);
    expect([exit, err]).toEqual([0, '']);
    expect((await preset(name)).records.Person).toMatchObject(person);
    for (const sentence of missing) expect(out).toContain(`  - ${sentence}`);
    expect(out).toContain('Read by the engine from the sample');
    const schema = JSON.parse(await readFile(join(folder, 'connectors', name, 'schema', 'Person.json'), 'utf8'));
    expect(schema.fields).toContainEqual({
      path: person.id,
      type: expect.stringMatching(/text|integer/),
      readOnly: true,
    });
    // What was written is a configuration that can be stored.
    expect(await connectorProblems(await readConfigFiles(join(folder, 'tallystick.yaml')), 'local')).toEqual([]);
  }),
);

const [COUNTED] = SYSTEMS;

test('the reply is shown beside what was understood, and no value of it is kept', () =>
  atDesk(async ({ tally, folder }) => {
    const { out } = await tally(...COUNTED.args);
    expect(out).toMatch(/^ {6}id: 1 +← id$/m);
    expect(out).toMatch(/^ {6}update_time: "2020-05-08 05:30:20" +← changed$/m);
    expect(out).toContain(
      'Read by the engine from the sample, and it found the way to the next page:\n  1, changed 2020-05-08T05:30:20.000Z\n',
    );
    for (const file of ['connector.yaml', 'schema/Person.json'])
      expect(await readFile(join(folder, 'connectors/counted', file), 'utf8')).not.toMatch(/Will|12345|2020/);
  }));

test('the connection stands below the others, with references for secrets and all comments kept', () =>
  atDesk(async ({ tally, folder }) => {
    const before = await readFile(join(folder, 'tallystick.yaml'), 'utf8');
    await tally(...COUNTED.args);
    const after = await readFile(join(folder, 'tallystick.yaml'), 'utf8');
    const entry =
      '  counted:\n    connector: counted\n    url: https://api.example.com\n    settings:\n      key: env:COUNTED_KEY\n\n';
    expect(after).toBe(before.replace('connections:\n', `connections:\n${entry}`));
  }));

test('nothing that is there is overwritten', () =>
  atDesk(async ({ tally, folder }) => {
    await mkdir(join(folder, 'connectors', 'counted'), { recursive: true });
    await writeFile(join(folder, 'connectors', 'counted', 'mine.txt'), 'mine');
    const { exit, err } = await tally(...COUNTED.args);
    expect([exit, err]).toEqual([
      1,
      expect.stringContaining('is there already and is left as it is; choose another name'),
    ]);
    expect(existsSync(join(folder, 'connectors', 'counted', 'connector.yaml'))).toBe(false);
    const taken = await tally(...asked('crm', 'counted.json', '--list', '/v1/persons'));
    expect(taken.err).toContain('the connection "crm" of');
  }));

test.each([
  [
    'a secret is never typed',
    ['--setting', 'key=hunter2'],
    '--setting key: a secret is never typed here; say env:NAME or file:/path',
  ],
  ['a sample that is not there', ['--sample', '/nowhere.json'], '--sample: /nowhere.json cannot be read (ENOENT)'],
  [
    'a request that is none',
    ['--create', 'persons'],
    '--create: "persons" is no request; write it as in POST /v1/persons, below the address',
  ],
  [
    'a window without its time',
    ['--since', 'changed=today'],
    '--since: no parameter has {since}; write it as in modified_since={since}',
  ],
  ['rows that are not there', ['--rows', 'items'], '"items" of the reply has no list of records'],
  [
    'an id that is not in every row',
    ['--id', 'org_id.value'],
    '"org_id.value" is not in every row of the sample, or twice',
  ],
  ['an address that is none', ['--address', 'api.example.com'], '--address: is not an address'],
  [
    'an address with a password',
    ['--address', 'https://u:hunter2@api.example.com'],
    '--address: holds a user or a password',
  ],
] as const)('%s: said in one sentence, and nothing is written', (_what, more, sentence) =>
  atDesk(async ({ tally, folder }) => {
    const { exit, err, out } = await tally(...COUNTED.args, ...more);
    expect([exit, out]).toEqual([1, '']);
    expect(err).toContain(sentence);
    expect(err).not.toContain('hunter2');
    expect(existsSync(join(folder, 'connectors'))).toBe(false);
  }),
);

test('a page size is only promised where the sample shows a full page of it', () =>
  atDesk(async ({ tally, preset }) => {
    await tally(...asked('short', 'counted.json', '--list', '/v1/persons?limit=100&start=0'));
    expect((await preset('short')).records.Person.list).toMatchObject({
      request: { query: { limit: '100', start: '{offset}' } },
      paging: { kind: 'offset' },
    });
    expect((await preset('short')).records.Person.list.paging).not.toHaveProperty('page_size');
  }));
