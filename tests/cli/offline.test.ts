import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { aTerminal } from './terminal.ts';

test.each([
  [['statsu'], "unknown command 'statsu'; did you mean status?"],
  [['status', '--wach'], "unknown option '--wach'; did you mean --watch?"],
  [['connection', 'chek', 'crm'], "unknown command 'chek'; did you mean check?"],
  [
    ['key', 'create', 'Ada', '--role', 'king'],
    "option '--role <role>' argument 'king' is invalid. Allowed choices are it-admin, operator, steward, auditor, service, approver, system.; `tally help` shows what there is",
  ],
  [['resolve'], "missing required argument 'what'; `tally help` shows what there is"],
  [
    ['resolve', 'x'],
    'say how: --take crm, --take erp, --create or --link connection/Record=id; `tally help` shows what there is',
  ],
  [
    ['resolve', 'x', '--link', 'nonsense'],
    "option '--link <place>' argument 'nonsense' is invalid. Write it as connection/Record=id, for instance erp/Partner=100045.; `tally help` shows what there is",
  ],
  [
    ['parked', '--limit', '0'],
    "option '--limit <count>' argument '0' is invalid. It must be a whole number from 1 to 200.; `tally help` shows what there is",
  ],
  [['retry'], 'name one record, or say which with --mapping, --code or --all; `tally help` shows what there is'],
  [
    ['retry', 'x', '--all'],
    'name one record, or say which with --mapping, --code or --all; `tally help` shows what there is',
  ],
  [['sync'], 'name a record, or a mapping with --mapping; `tally help` shows what there is'],
])('`tally %j` is answered with one sentence and exit code 2', async (args, sentence) => {
  expect(await aTerminal()(...args)).toEqual({ exit: 2, out: '', err: `${sentence}\n` });
});

test('help is no mistake, and no command at all shows it', async () => {
  const help = await aTerminal()('--help');
  expect(help.exit).toBe(0);
  for (const command of [
    'up',
    'status',
    'parked',
    'retry',
    'resolve',
    'journal',
    'sync',
    'record',
    'find',
    'explain',
    'where-used',
    'connection',
    'mapping',
    'entity',
    'config',
    'key',
  ])
    expect(help.out).toMatch(new RegExp(`^  ${command}\\b`, 'm'));
  expect((await aTerminal()()).exit).toBe(2);
});

test('with --json a mistake is said as JSON too', async () => {
  const { exit, err } = await aTerminal()('statsu', '--json');
  expect([exit, JSON.parse(err).code]).toEqual([2, 'BAD_REQUEST']);
});

test('without an API the command says so and what to do', async () => {
  const nowhere = { TALLY_HOME: '/nowhere' };
  expect(await aTerminal({ env: nowhere })('status')).toEqual({
    exit: 1,
    out: '',
    err: 'API_DOWN: no API is known here\n  → Start it with `tally up`, or correct TALLY_API_URL.\n',
  });
  const { exit, err } = await aTerminal({ env: { ...nowhere, TALLY_API_URL: 'http://127.0.0.1:9' } })('status');
  expect([exit, err.split('\n')[0]]).toEqual([1, 'API_DOWN: the API does not answer at http://127.0.0.1:9']);
  const wrong = await aTerminal({ env: { ...nowhere, TALLY_API_URL: 'not an address' } })('status');
  expect(wrong.err).toContain('CONFIG_INVALID: TALLY_API_URL is not an address');
});

test('what answers but is not the API is told apart from it', async () => {
  const terminal = aTerminal({
    env: { TALLY_API_URL: 'http://127.0.0.1:9' },
    fetch: async () => new Response('<html>hello', { status: 200 }),
  });
  expect((await terminal('status')).err).toContain('is not the Tallystick API');
});

const NASTY = 'Evil\u001b[2J\u202eCo\r\nfake line';
const member = {
  slot: 'crm/Account',
  id: NASTY,
  label: NASTY,
  state: NASTY,
  active: true,
  modifiedAt: null,
  seenAt: null,
};
const item = {
  id: NASTY,
  mapping: NASTY,
  link: NASTY,
  field: NASTY,
  code: NASTY,
  cause: NASTY,
  message: NASTY,
  fix: '',
  crm: NASTY,
  erp: [NASTY],
  base: { a: NASTY },
  candidates: [{ slot: NASTY, id: NASTY }],
  since: null,
  updatedAt: null,
  decision: { by: NASTY, at: null, what: null },
  members: [member],
};
const entry = {
  id: '1',
  at: null,
  actor: NASTY,
  action: NASTY,
  mapping: null,
  revision: null,
  link: null,
  slot: NASTY,
  record: NASTY,
  fields: [NASTY],
  code: NASTY,
  reason: NASTY,
  key: null,
  values: null,
  number: null,
};

test.each([
  ['find', { records: [{ link: 'L', members: [member] }] }, 3],
  [
    'parked',
    { groups: [{ records: 1, mapping: NASTY, field: NASTY, code: 'C', cause: NASTY }], items: [item], next: null },
    6,
  ],
  ['parked one', item, 7],
  ['journal', { entries: [entry], next: null }, 3],
  ['connection check crm', { ok: true, result: { who: NASTY, records: [NASTY], warnings: [NASTY] } }, undefined],
  [
    'key list',
    {
      keys: [
        { name: NASTY, role: 'steward', prefix: NASTY, lastUsedAt: null, expiresAt: null, revokedAt: null, id: NASTY },
      ],
    },
    3,
  ],
])('text from elsewhere cannot command the terminal: `tally %s`', async (command, reply, lines) => {
  const terminal = aTerminal({ env: { TALLY_API_URL: 'http://127.0.0.1:9' }, fetch: async () => Response.json(reply) });
  const args = command.split(' ');
  const { exit, out } = await terminal(...args, ...(args.length === 1 && command === 'find' ? ['x'] : []));
  expect(exit).toBe(0);
  expect(out).toContain('Evil\\u001b[2J\\u202eCo');
  expect(out).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  if (lines !== undefined) expect(out.split('\n')).toHaveLength(lines);
});

test('as JSON it means the same, and commands no terminal either', async () => {
  const reply = { records: [{ link: 'L', members: [{ ...member, label: 'Evil\u009b2J\u202eCo 👩‍🔧' }] }] };
  const terminal = aTerminal({ env: { TALLY_API_URL: 'http://127.0.0.1:9' }, fetch: async () => Response.json(reply) });
  const { out } = await terminal('find', 'x', '--json');
  expect(JSON.parse(out)).toEqual(reply);
  expect(out).not.toMatch(/[\u007f-\u009f\u202e]/);
});

test('watching looks again and again until one has had enough, one JSON value a line', async () => {
  const over = new AbortController();
  let looks = 0;
  const terminal = aTerminal({
    env: { TALLY_API_URL: 'http://127.0.0.1:9' },
    signal: over.signal,
    fetch: async () => Response.json({ at: '2026-01-01T00:00:00Z', mappings: [], connections: [] }),
    wait: async (ms) => {
      expect(ms).toBe(2_000);
      looks += 1;
      if (looks === 3) over.abort();
    },
  });
  const { exit, out } = await terminal('status', '--watch', '2', '--json');
  expect([
    exit,
    out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line).at),
  ]).toEqual([0, Array(3).fill('2026-01-01T00:00:00Z')]);
});

const LOOKUP = `lookup: terms\nrevision: 1\nsummary: Terms.\nrows:\n  - { crm: Net 30, erp: ZB30 }\nunmatched: { to_erp: park, to_crm: park }\n`;
const MAPPING = `mapping: customer
revision: 1
summary: Names and terms.
between:
  crm: { connection: crm, record: Account }
  erp: { connection: erp, record: Partner }
identity:
  match_on: [[name]]
  on_many: park
  on_none: { to_erp: create, to_crm: create }
  on_delete: { to_erp: block, to_crm: report }
fields:
  name: { crm: name, erp: title, flow: crm <-> erp, conflict: crm wins, as: text }
  terms: { crm: terms, erp: terms, flow: crm <-> erp, conflict: erp wins, lookup: terms }
`;
const CASES = `mapping: customer
cases:
  - name: a new name goes over
    base: { name: Old, terms: Net 30 }
    crm: { name: New, terms: Net 30 }
    erp: { title: Old, terms: ZB30 }
    expect: { to_erp: { title: New } }
`;

/** A folder with these mapping files, and a terminal in it. */
const inFolder = async (
  files: Readonly<Record<string, string>>,
  work: (terminal: ReturnType<typeof aTerminal>, folder: string) => Promise<void>,
): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-cli-'));
  try {
    await mkdir(join(folder, 'mappings', 'lookups'), { recursive: true });
    for (const [name, text] of Object.entries(files))
      await writeFile(join(folder, name.startsWith('tally') ? '' : 'mappings', name), text);
    await work(aTerminal({ env: { TALLY_CONFIG: join(folder, 'tallystick.yaml') } }), folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};
const GOOD = { 'customer.yaml': MAPPING, 'lookups/terms.yaml': LOOKUP, 'customer.test.yaml': CASES };

test('a good mapping passes its check and its cases without anything running', () =>
  inFolder(GOOD, async (tally) => {
    expect(await tally('mapping', 'check', 'customer')).toEqual({
      exit: 0,
      out: 'customer: no problem found.\n',
      err: '',
    });
    expect(await tally('mapping', 'test')).toMatchObject({ exit: 0, out: 'ok      customer: a new name goes over\n' });
  }));

test('a problem in a mapping is named with file, line, column, rule and remedy', () =>
  inFolder({ ...GOOD, 'customer.yaml': MAPPING.replace('conflict: crm wins, ', '') }, async (tally) => {
    const { exit, err } = await tally('mapping', 'check', 'customer');
    expect(exit).toBe(1);
    expect(err).toMatch(
      /^CONFIG_INVALID: 1 problem in mapping files\n {2}mappings\/customer\.yaml:\d+:\d+ conflict-missing .+\n {2}→ Correct the file at the place named\.\n$/,
    );
    const json = await tally('mapping', 'check', '--json');
    expect(JSON.parse(json.err).problems).toHaveLength(1);
  }));

test.each([
  ['check', 'connections:\n  crm: {}\n  erp2: {}\nmappings: nonsense\n'],
  ['test', 'connections: { crm: {}, erp2: {} }'],
])('`tally mapping %s` holds a mapping to the connections that the configuration beside it names', (verb, main) =>
  inFolder({ ...GOOD, 'tallystick.yaml': main }, async (tally) => {
    const { exit, err } = await tally('mapping', verb, 'customer');
    expect(exit).toBe(1);
    expect(err).toMatch(
      /mappings\/customer\.yaml:\d+:\d+ unknown-connection there is no connection "erp"\. Did you mean "erp2"\?/,
    );
  }),
);

const CONNECTED = {
  ...GOOD,
  'tallystick.yaml':
    'connections: { crm: { connector: ./mine, url: "http://a" }, erp: { connector: ./theirs, url: "http://b" } }\n',
};

test('a path that the record of its connector does not have is named with place and remedy', () =>
  inFolder(CONNECTED, async (tally, folder) => {
    await mkdir(join(folder, 'mine', 'schema'), { recursive: true });
    await writeFile(join(folder, 'mine', 'connector.yaml'), 'engine: rest\nrecords: { Account: {} }\n');
    const fields = ['names', 'terms'].map((path) => ({ path, type: 'text' }));
    await writeFile(join(folder, 'mine', 'schema', 'Account.json'), JSON.stringify({ fields }));
    const { exit, err } = await tally('mapping', 'check', 'customer');
    expect(exit).toBe(1);
    expect(err).toMatch(/mappings\/customer\.yaml:\d+:\d+ unknown-path Account has no "name"\. Did you mean "names"\?/);
    // Not named under `mappings`, it may be meant for other connections than these.
    await writeFile(join(folder, 'mine', 'connector.yaml'), 'engine: rest\nrecords: { Contact: {} }\n');
    expect((await tally('mapping', 'check', 'customer')).exit).toBe(0);
  }));

test('a case that fails says what differs', () =>
  inFolder({ ...GOOD, 'customer.test.yaml': CASES.replace('title: New }', 'title: Newer }') }, async (tally) => {
    const { exit, out, err } = await tally('mapping', 'test', 'customer');
    expect(exit).toBe(1);
    expect(out).toMatch(/^FAILED {2}customer: a new name goes over\n {10}\S/);
    expect(err).toContain('1 of 1 cases failed');
  }));

test('a mapping that is not there is answered with the nearest that is', () =>
  inFolder(GOOD, async (tally) => {
    expect((await tally('mapping', 'check', 'custmer')).err).toContain(
      'there is no mappings/custmer.yaml. Did you mean "customer"?',
    );
    expect((await aTerminal({ env: { TALLY_CONFIG: '/nowhere/tallystick.yaml' } })('mapping', 'check')).err).toContain(
      'there is no mapping in',
    );
  }));

test('the mappings that come with the product pass', async () => {
  const { exit, err } = await aTerminal()('mapping', 'check');
  expect([exit, err]).toEqual([0, '']);
});
