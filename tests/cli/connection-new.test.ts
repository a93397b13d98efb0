import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startCrm } from '../../sandbox/crm/server.ts';
import { startErp } from '../../sandbox/erp/server.ts';
import { readConfigFiles } from '../../src/config/files.ts';
import { parseConfiguration } from '../../src/config/parse.ts';
import { connectorProblems } from '../../src/server/connectors.ts';
import { aTerminal } from './terminal.ts';

const SAMPLES = join(import.meta.dirname, 'samples');
const PRODUCT = join(import.meta.dirname, '../..');

type Terminal = ReturnType<typeof aTerminal>;
interface Desk {
  readonly folder: string;
  readonly tally: Terminal;
  readonly with: (change: Parameters<typeof aTerminal>[0]) => Terminal;
  /** What a new connector's file says, parsed. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into presets of every shape
  readonly preset: (name: string) => Promise<any>;
}

/** A folder with the product's own configuration. */
const atDesk = async (work: (desk: Desk) => Promise<void>, env: Record<string, string> = {}): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-new-'));
  try {
    for (const name of ['tallystick.yaml', 'mappings'])
      await cp(join(PRODUCT, name), join(folder, name), { recursive: true });
    const main = join(folder, 'tallystick.yaml');
    const seen = { TALLY_CONFIG: main, ...env };
    const preset: Desk['preset'] = async (name) =>
      parseConfiguration({ number: 0, author: '', files: await readConfigFiles(main) }).presets[name];
    await work({
      folder,
      tally: aTerminal({ env: seen }),
      with: (change) => aTerminal({ env: seen, ...change }),
      preset,
    });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

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
    what: 'OData 4 names the next page where no path leads',
    args: asked('odata', 'odata.json', '--list', '/v2.0/customers'),
    person: {
      id: 'id',
      list: { request: { query: { $skip: '{offset}' } }, rows: 'value', paging: { kind: 'offset' } },
    },
    missing: ['fields whose name has a dot or a bracket cannot be mapped: @odata.etag'],
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
      capabilities: { guard: 'version', deletes: 'in-feed' },
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

test('a script that leaves something open is told which flag says it', () =>
  atDesk(async ({ tally }) => {
    expect((await tally('connection', 'new', 'acme', '--yes')).err).toContain(
      'BAD_REQUEST: The address of the system, https://…, folder:/… or sftp://…: say it with --address',
    );
  }));

test('a person is asked what is open, and only a yes writes', () =>
  atDesk(async (desk) => {
    const questions: string[] = [];
    const replies = [
      'https://api.example.com',
      'Person',
      '/v1/persons',
      'none',
      join(SAMPLES, 'counted.json'),
      '',
      'no',
    ];
    const answering = (all: readonly string[]) => {
      const left = [...all];
      return desk.with({
        ask: async (question) => {
          questions.push(question);
          return left.shift() ?? '';
        },
      });
    };
    expect((await answering(replies)('connection', 'new', 'acme')).out).toMatch(/Nothing is done\.\n$/);
    expect(questions).toHaveLength(7);
    expect(existsSync(join(desk.folder, 'connectors'))).toBe(false);
    expect((await answering([...replies.slice(0, 6), 'yes'])('connection', 'new', 'acme')).exit).toBe(0);
    expect((await desk.preset('acme')).auth).toEqual({ kind: 'none' });
  }));

test('without a sample the system itself is asked, with its credentials, and read by id', async () => {
  const crm = await startCrm({ customers: 12 });
  try {
    await atDesk(
      async ({ tally, preset }) => {
        const { exit, out, err } = await tally(
          ...[
            'connection',
            'new',
            'acme',
            '--address',
            crm.url,
            '--record',
            'Account',
            '--list',
            '/v1/accounts?limit=5',
          ],
          ...['--auth', 'oauth2_client_credentials', '--token-path', '/oauth/token', '--setting', 'client_id=tally'],
          ...['--one', '/v1/accounts/{id}', '--since', 'changed_since', '--yes'],
        );
        expect([exit, err]).toEqual([0, '']);
        expect(out).toContain('Read by the engine from the system, and it found the way to the next page:');
        expect(out).not.toContain('Warning');
        expect((await preset('acme')).records.Account).toMatchObject({
          version: 'etag',
          modified_at: 'modified_at',
          reference: 'external_id',
          list: { rows: 'items', paging: { kind: 'cursor', next: 'next_cursor', page_size: 5 } },
        });
        const wrong = await tally(
          ...['connection', 'new', 'wrong', '--address', crm.url, '--record', 'Account', '--list', '/v1/accountz'],
          ...['--auth', 'oauth2_client_credentials', '--token-path', '/oauth/token', '--setting', 'client_id=tally'],
          ...['--setting', 'client_secret=env:ACME_CLIENT_SECRET', '--yes'],
        );
        expect(wrong.err).toContain('/v1/accountz was answered with status 404; correct --address or --list');
      },
      { ACME_CLIENT_SECRET: 'tally-secret' },
    );
  } finally {
    await crm.close();
  }
});

const asPartner = (name: string, ...more: readonly string[]): readonly string[] => [
  ...['connection', 'new', name, '--record', 'Partner', '--yes'],
  ...more,
];

test.each([
  ['a file, whose parts lie beside it', join(PRODUCT, 'connectors/sandbox-erp-soap/wsdl/partners.wsdl'), false],
  ['the system itself, which is then read', '/soap/partners?wsdl', true],
])('a SOAP connector is written from a WSDL: %s', async (_what, wsdl, live) => {
  const erp = await startErp({ customers: 12 });
  try {
    await atDesk(
      async ({ tally, folder, preset }) => {
        const { exit, out, err } = await tally(
          ...asPartner('acme', '--address', erp.url, '--wsdl', wsdl, '--endpoint', '/soap/partners', '--auth', 'basic'),
          ...['--setting', 'user=tally'],
        );
        expect([exit, err]).toEqual([0, '']);
        const made = await preset('acme');
        const shipped = parseConfiguration({
          number: 0,
          author: '',
          files: await readConfigFiles(join(PRODUCT, 'tallystick.soap.yaml')),
          // biome-ignore lint/suspicious/noExplicitAny: a test looks into presets of every shape
        }).presets['sandbox-erp-soap'] as any;
        const { page_size: _, ...paging } = shipped.records.Partner.list.paging;
        expect(made.records.Partner.list).toEqual({ ...shipped.records.Partner.list, paging });
        expect(made.records.Partner).toMatchObject({ id: 'number', version: 'row_version', modified_at: 'changed_at' });
        expect(made.wsdl.sha256).toBe(shipped.wsdl.sha256);
        expect(out.includes('Read by the engine from the system, and it found the way to the next page')).toBe(live);
        expect(await connectorProblems(await readConfigFiles(join(folder, 'tallystick.yaml')), 'local')).toEqual([]);
      },
      { ACME_PASSWORD: 'tally-secret' },
    );
  } finally {
    await erp.close();
  }
});

test('an operation that a WSDL does not have is answered with those it has', () =>
  atDesk(async ({ tally, folder }) => {
    const wsdl = join(PRODUCT, 'connectors/sandbox-erp-soap/wsdl/partners.wsdl');
    const { err } = await tally(
      ...asPartner(
        'acme',
        '--address',
        'https://a.example.com',
        '--wsdl',
        wsdl,
        '--endpoint',
        '/soap',
        '--auth',
        'none',
      ),
      ...['--list', 'listPartnerz'],
    );
    expect(err).toContain('--list: the WSDL has no operation "listPartnerz"; it has ping, listPartners,');
    expect(existsSync(join(folder, 'connectors'))).toBe(false);
  }));

const CSV = 'Partner;Full name;City\r\n0045;M\u00fcller AG;K\u00f6ln\r\n0046;Acme;Ulm\r\n';

test.each([
  [
    'partners_2026-11-01.csv',
    Buffer.from(CSV, 'latin1'),
    { kind: 'csv', delimiter: ';', encoding: 'windows-1252' },
    'partners_*.csv',
    'partner',
  ],
  ['p.tsv', Buffer.from(CSV.replaceAll(';', '\t')), { kind: 'csv', delimiter: '\t' }, 'p.tsv', 'partner'],
  [
    'p-17.jsonl',
    Buffer.from('{"no":"0045","name":"A"}\n{"no":"0046","name":"B"}\n'),
    { kind: 'json_lines' },
    'p-*.jsonl',
    'no',
  ],
] as const)('a connector for files is written from one of them: %s', (name, bytes, format, pattern, id) =>
  atDesk(async ({ tally, folder, preset }) => {
    await writeFile(join(folder, name), bytes);
    const { exit, out, err } = await tally(
      ...asPartner('files', '--address', 'folder:/srv/exchange', '--sample', join(folder, name), '--whole'),
    );
    expect([exit, err]).toEqual([0, '']);
    expect((await preset('files')).records.Partner).toMatchObject({
      format,
      id,
      in: { folder: 'in', full: [pattern] },
    });
    expect(out).toMatch(/Read by the engine from the sample:\n {2}0045, version \S+\n {2}0046, /);
    expect(await connectorProblems(await readConfigFiles(join(folder, 'tallystick.yaml')), 'local')).toEqual([]);
  }),
);

test.each([
  ['no row', 'a,b\n', '--sample: it has no row below its header'],
  ['one column', 'a\n1\n', '--sample: its rows have one cell'],
  [
    'no id',
    'name,city\nA,Ulm\nA,Ulm\n',
    'no column is named like an id, filled in every row and never twice; say it with --id',
  ],
])('a file with %s is refused in one sentence', (_what, text, sentence) =>
  atDesk(async ({ tally, folder }) => {
    await writeFile(join(folder, 'p.csv'), text);
    const { err } = await tally(...asPartner('files', '--address', 'folder:/srv/x', '--sample', join(folder, 'p.csv')));
    expect(err).toContain(sentence);
    expect(existsSync(join(folder, 'connectors'))).toBe(false);
  }),
);

test('an SFTP server asks for a pinned key, by reference', () =>
  atDesk(async ({ tally, folder, preset }) => {
    await writeFile(join(folder, 'p.csv'), 'no,name\n1,A\n');
    expect(
      (
        await tally(
          ...asPartner('drop', '--address', 'sftp://files.example.com/out', '--sample', join(folder, 'p.csv')),
        )
      ).exit,
    ).toBe(0);
    expect((await preset('drop')).sign_in).toEqual({
      user: '{settings.user}',
      private_key: '{settings.private_key}',
      host_key: '{settings.host_key}',
    });
  }));

test('a page size is only promised where the sample shows a full page of it', () =>
  atDesk(async ({ tally, preset }) => {
    await tally(...asked('short', 'counted.json', '--list', '/v1/persons?limit=100&start=0'));
    expect((await preset('short')).records.Person.list).toMatchObject({
      request: { query: { limit: '100', start: '{offset}' } },
      paging: { kind: 'offset' },
    });
    expect((await preset('short')).records.Person.list.paging).not.toHaveProperty('page_size');
  }));
