import { cp, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/ledger/database.ts';
import { chain } from '../../src/ledger/steps/journal.ts';
import { keepFirstKeys, keysFile } from '../../src/server/first-keys.ts';
import { aDatabase } from '../kit/ledger.ts';
import { aConflict, account, aWorld, CRM, ERP, inWorld, partner, type World } from '../server/world.ts';
import { aTerminal } from './terminal.ts';

/** The API as the terminal reaches it. */
const apiOf = (world: World): typeof globalThis.fetch =>
  (async (url: URL | string | Request, init?: RequestInit) =>
    world.app.request(String(url).replace('http://127.0.0.1:4000', ''), init)) as typeof globalThis.fetch;

/** A terminal on the machine where the API runs: it finds address and keys by itself. */
const withTally = async (
  work: (tally: ReturnType<typeof aTerminal>, world: World, home: string) => Promise<void>,
  change: Parameters<typeof inWorld>[1] = {},
): Promise<void> => {
  const home = await mkdtemp(join(tmpdir(), 'tally-home-'));
  try {
    await inWorld(async (world) => {
      await writeFile(keysFile(home), JSON.stringify(world.keys));
      await writeFile(join(home, 'api.json'), JSON.stringify({ url: 'http://127.0.0.1:4000' }));
      await work(aTerminal({ env: { TALLY_HOME: home }, fetch: apiOf(world) }), world, home);
    }, change);
  } finally {
    await rm(home, { recursive: true, force: true });
  }
};

test('status shows at one glance what agrees, waits and is parked', () =>
  withTally(async (tally, world) => {
    await aConflict(world);
    const { exit, out } = await tally('status');
    expect(exit).toBe(0);
    expect(out).toMatch(/^MAPPING +GATE +AGREE +PENDING +WAITING +IN DOUBT +PARKED +LAG/);
    expect(out).toMatch(/customer +reading both sides first +0 +0 +0 +0 +1 +- +never \/ never/);
    expect(out).toContain('customer: parked CONFLICT 1');
    expect(out).toMatch(/crm +in use +never +Account never/);
    expect(JSON.parse((await tally('status', '--json')).out).mappings[0].parked).toEqual({ CONFLICT: 1 });
  }));

test('a conflict is seen, decided and explained from the terminal', () =>
  withTally(async (tally, world) => {
    const { id } = await aConflict(world);
    const list = await tally('parked');
    expect(list.out).toContain(id);
    expect(list.out).toMatch(/tax id +CONFLICT +crm "DE222222222" · erp "DE333333333"/);
    const one = await tally('parked', id);
    expect(one.out).toContain('last agreed "DE111111111"');
    expect(one.out).toContain('→ Choose the side whose value shall stand.');
    expect((await tally('resolve', 'A1', '--take', 'erp')).out).toMatch(/Queued: 1 record\.\n$/);
    expect(await world.db.query('select decided_by from parked')).toEqual([{ decided_by: 'steward' }]);
    const explained = await tally('explain', 'Acme');
    expect(explained.out).toMatch(/tax id +"DE222222222" +"DE333333333" +empty +write to the CRM: "DE333333333"/);
    expect((await tally('mapping', 'explain', 'customer', '--crm', 'A1')).out).toContain('tax id');
    expect((await tally('mapping', 'preview', 'customer')).out).toContain('Would be written: update at the crm.');
  }));

/** A folder with the product's own configuration, to be changed at will. */
const withConfig = async (work: (path: string) => Promise<void>): Promise<void> => {
  const folder = await mkdtemp(join(tmpdir(), 'tally-config-'));
  try {
    for (const name of ['tallystick.yaml', 'mappings'])
      await cp(new URL(`../../${name}`, import.meta.url), join(folder, name), { recursive: true });
    await work(join(folder, 'tallystick.yaml'));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
};

test('a configuration is looked at and stored from the terminal, and only with a yes', () =>
  withTally((_tally, world, home) =>
    withConfig(async (path) => {
      const questions: string[] = [];
      let answer = 'no';
      const ask = async (question: string): Promise<string> => {
        questions.push(question);
        return answer;
      };
      const fetch = apiOf(world);
      const env = { TALLY_HOME: home, TALLY_CONFIG: path };
      const tally = aTerminal({ env, fetch });
      const asked = aTerminal({ env, fetch, ask });
      const plan = await tally('config', 'plan');
      expect(plan).toMatchObject({ exit: 0, err: '' });
      expect(plan.out).toMatch(/^Nothing is stored yet:\n\n {2}added {4}connection crm\n/);
      const alone = await tally('config', 'apply');
      expect([alone.exit, alone.err.split('\n')[0]]).toEqual([
        1,
        'BAD_REQUEST: nobody is here to ask: look at what would be done, then say --yes',
      ]);
      expect((await asked('config', 'apply')).out).toMatch(/Nothing is done\.\n$/);
      expect((await tally('config', 'list', '--json')).out).toContain('"revisions":[]');
      answer = 'yes';
      expect((await asked('config', 'apply')).out).toContain('Revision 1 is stored.');
      expect(questions).toHaveLength(2);
      expect((await tally('config', 'plan')).out).toBe('Compared with revision 1: nothing would change.\n');
      const text = await readFile(path, 'utf8');
      await writeFile(path, text.replace('poll_ms: 500', 'poll_ms: 700'));
      expect((await tally('config', 'plan')).out).toContain('poll_ms 500 → 700');
      expect((await tally('config', 'apply', '--yes', '--json')).out).toBe(
        '{"number":2,"author":"it-admin","state":"stored"}\n',
      );
      const refused = await tally('config', 'apply', '--yes', '--as', 'operator');
      expect(refused.err).toContain('FORBIDDEN: the role operator does not include config.write');
    }),
  ));

test('a plan names what is wrong in the files, in a connector and in its settings, and nothing of it is stored', () =>
  withTally((_tally, world, home) =>
    withConfig(async (path) => {
      const good = await readFile(path, 'utf8');
      const tally = aTerminal({ env: { TALLY_HOME: home, TALLY_CONFIG: path }, fetch: apiOf(world) });
      await writeFile(path, good.replace('client_id: tally, ', ''));
      const missing = await tally('config', 'plan');
      expect([missing.exit, missing.err]).toEqual([
        1,
        expect.stringMatching(
          /^CONFIG_INVALID: 1 problem in the configuration\n {2}connections\.crm\.settings\.client_id: is missing; /,
        ),
      ]);
      expect((await tally('config', 'apply', '--yes')).exit).toBe(1);
      await writeFile(path, good.replace('  - customer', '  - custmer'));
      expect((await tally('config', 'plan')).err).toMatch(/tallystick\.yaml:\d+:\d+ unknown-mapping/);
      expect(await world.db.query('select 1 from config_revision')).toEqual([]);
    }),
  ));

test('an API that is not local refuses a secret that stands in a file, whoever plans it', () =>
  withTally(
    (_tally, world, home) =>
      withConfig(async (path) => {
        const tally = aTerminal({ env: { TALLY_HOME: home, TALLY_CONFIG: path }, fetch: apiOf(world) });
        expect((await tally('config', 'plan')).err).toContain(
          'connections.crm.settings.client_secret: a secret must not stand in the file; write env:NAME or file:/path',
        );
      }),
    { local: false },
  ));

test('of several parked fields of a record one is named', () =>
  withTally(async (tally, world) => {
    const { link } = await aConflict(world);
    await world.parked({ link, field: 'phone', code: 'FLAPPING', crm: '1', erp: '2' });
    const unclear = await tally('resolve', 'A1', '--take', 'erp');
    expect([unclear.exit, unclear.err.split('\n').length]).toEqual([1, 5]);
    expect((await tally('resolve', 'A1', '--take', 'erp', '--field', 'phone')).exit).toBe(0);
    expect(await world.db.query('select field from parked where decision is not null')).toEqual([{ field: 'phone' }]);
    expect((await tally('resolve', 'A1', '--take', 'erp', '--field', 'fax')).err).toContain(
      'NOT_FOUND: fax of "A1" is not parked',
    );
  }));

test('a decision that comes too late is refused with the values that stand now', () =>
  withTally(async (_tally, world) => {
    const { id } = await aConflict(world);
    const before = world.app.request;
    const late = aTerminal({
      env: { TALLY_API_URL: 'http://x', TALLY_API_KEY: world.keys.steward },
      fetch: (async (url: URL, init?: RequestInit) => {
        if (init?.method === 'POST')
          await world.db.query(`update parked set detail = $1`, [
            Buffer.from('{"crm":"DE9","erp":"DE333333333","base":null}'),
          ]);
        return before(url.href.replace('http://x', ''), init);
      }) as typeof fetch,
    });
    const { exit, err } = await late('resolve', id, '--take', 'crm');
    expect(exit).toBe(1);
    expect(err).toBe(
      'DECISION_OUTDATED: the values of tax id are not those you saw\n  Now: {"crm":"DE9","erp":"DE333333333"}\n  → The values changed meanwhile; look at the new ones and decide again.\n',
    );
  }));

test('parked records are tried again by id, by record or by code', () =>
  withTally(async (tally, world) => {
    const { id, link } = await aConflict(world);
    for (const what of [id, link, '100', 'Acme'])
      expect([what, (await tally('retry', what)).out]).toEqual([what, 'Queued: 1 record.\n']);
    expect((await tally('retry', '--code', 'LOOKUP_MISS')).out).toBe('Nothing of that is parked.\n');
    expect((await tally('retry', '--all', '--json', '--yes')).out).toBe('{"records":1,"state":"queued"}\n');
    expect(await tally('retry', 'nobody')).toEqual({
      exit: 1,
      out: '',
      err: 'NOT_FOUND: no record is found by "nobody"\n  → Check the id.\n',
    });
  }));

test('many parked records are tried again only after it was said how many, and with a yes', () =>
  withTally(async (tally, world, home) => {
    const { link } = await aConflict(world);
    await world.parked({ link, field: 'phone', code: 'FLAPPING' });
    const would = 'Would be tried again: 1 record (CONFLICT 1, FLAPPING 1).\n';
    expect((await tally('retry', '--all', '--dry-run')).out).toBe(would);
    const alone = await tally('retry', '--all');
    expect([alone.exit, alone.out, alone.err.split('\n')[0]]).toEqual([
      1,
      would,
      'BAD_REQUEST: nobody is here to ask: look at what would be done, then say --yes',
    ]);
    const asked = (answer: string) =>
      aTerminal({ env: { TALLY_HOME: home }, fetch: apiOf(world), ask: async () => answer })('retry', '--all');
    expect((await asked('n')).out).toBe(`${would}Nothing is done.\n`);
    expect(await world.db.query('select 1 from pending')).toEqual([]);
    expect((await asked('y')).out).toBe(`${would}Queued: 1 record.\n`);
    expect(await world.db.query('select id from pending order by id')).toEqual([{ id: '100' }, { id: 'A1' }]);
  }));

test('a name that several records have is answered with all of them', () =>
  withTally(async (tally, world) => {
    await world.seen(CRM, [
      { id: 'A1', body: account('Acme North') },
      { id: 'A2', body: account('Acme South') },
    ]);
    const { exit, err } = await tally('record', 'acme');
    expect(exit).toBe(1);
    expect(err).toMatch(
      /BAD_REQUEST: 2 records are found by "acme"; name one by an id\n( {2}[0-9a-f-]{36} {2}crm\/Account A[12] “Acme (North|South)”\n){2}/,
    );
    expect((await tally('find', 'acme')).out.split('\n')).toHaveLength(4);
    expect((await tally('record', 'A2')).out).toContain('Acme South');
  }));

test('a possible duplicate is linked by naming the other half', () =>
  withTally(async (tally, world) => {
    const links = await world.seen(CRM, [{ id: 'A1', body: account('Acme') }]);
    await world.seen(ERP, [{ id: '100', body: partner('Acme') }]);
    await world.parked({
      link: links.get('A1') ?? '',
      code: 'POSSIBLE_DUPLICATE',
      candidates: [{ slot: ERP, id: '100' }],
    });
    const { exit, out } = await tally('resolve', 'A1', '--link', 'erp/Partner=100');
    expect([exit, out]).toEqual([0, expect.stringContaining('may be: erp/Partner 100')]);
    expect(await world.db.query(`select reason from journal where action = 'decide'`)).toEqual([{ reason: 'link' }]);
  }));

test('the journal is read, a record and a mapping are synced, a connection is paused and used again', () =>
  withTally(async (tally, world) => {
    await aConflict(world);
    expect((await tally('sync', 'A1')).out).toBe('Queued: 1 record.\n');
    expect((await tally('sync', '--mapping', 'customer')).out).toBe('A full pass at both sides is under way.\n');
    expect((await tally('connection', 'pause', 'crm', '--reason', 'tonight')).out).toBe('crm is paused.\n');
    expect((await tally('connection', 'list')).out).toMatch(/crm +paused by operator \(CONNECTION_PAUSED\).*tonight/);
    expect((await tally('connection', 'resume', 'crm')).exit).toBe(0);
    expect((await tally('connection', 'check', 'crm')).out).toBe('crm answers; we are tally there.\n');
    const { out } = await tally('journal', 'A1');
    expect(out).toMatch(/steward +sync/);
    expect(out).toMatch(/tallystick +park +tax id +CONFLICT/);
  }));

test('the journal is verified from the terminal: exit code 0, or 1 with the first entry that is not as it was written', () =>
  withTally(async (tally, world) => {
    await chain(world.db);
    const good = await tally('journal', 'verify');
    expect([good.exit, good.err]).toEqual([0, '']);
    const known = /--checkpoint (\d+:[0-9a-f]{64})\n$/.exec(good.out)?.[1] ?? '';
    expect(good.out).toContain(`${known.split(':')[0]} entries are as they were written.\n`);
    expect((await tally('journal', 'verify', '--checkpoint', known)).exit).toBe(0);
    await world.db.query(`update journal set reason = reason || '!' where id = (select min(id) from journal)`);
    const bad = await tally('journal', 'verify');
    expect([bad.exit, bad.err]).toEqual([
      1,
      expect.stringMatching(/^JOURNAL_BROKEN: number 1 \(entry \d+\): .+\n {2}→ .+\n$/),
    ]);
    expect(JSON.parse((await tally('journal', 'verify', '--json')).out).broken.number).toBe(1);
    expect((await tally('journal', 'verify', '--checkpoint', 'x')).exit).toBe(2);
    expect((await tally('journal', 'verify', '--as', 'steward')).err).toContain('FORBIDDEN');
    expect((await tally('journal', '--limit', '1')).exit).toBe(0);
  }));

test('a connection that does not let us in is a problem of the command too', () =>
  withTally(async (_tally, world) => {
    const refusing = await aWorld({
      temporal: {
        nudge: async () => {},
        look: async () => {},
        reachable: async () => true,
        answer: async () => undefined,
        probe: async () => ({ ok: false, code: 'LOGIN_REFUSED', message: 'the system refused the credentials' }),
      },
    });
    const tally = aTerminal({
      env: { TALLY_API_URL: 'http://x', TALLY_API_KEY: refusing.keys.operator },
      fetch: (async (url: URL, init?: RequestInit) =>
        refusing.app.request(url.href.replace('http://x', ''), init)) as typeof fetch,
    });
    expect(await tally('connection', 'check', 'crm')).toEqual({
      exit: 1,
      out: '',
      err: 'LOGIN_REFUSED: the system refused the credentials\n  → Renew the credentials, then resume the connection.\n',
    });
    await refusing.close();
    expect(world.probes).toEqual([]);
  }));

test('keys are made, listed and revoked; the configuration is shown', () =>
  withTally(async (tally, world) => {
    const made = await tally('key', 'create', 'Ada', '--role', 'service', '--scope', 'status.read', '--days', '30');
    expect(made.out).toMatch(/^tally_[a-z0-9]{10}_[\w-]{43}\n/);
    expect((await tally('key', 'list')).out).toMatch(/Ada +service +tally_[a-z0-9]{10} +never/);
    expect((await tally('key', 'revoke', 'Ada')).out).toBe('Ada is revoked.\n');
    expect((await tally('key', 'revoke', 'Ada')).err).toContain('NOT_FOUND: no key "Ada" is in use');
    await world.db.query(
      `insert into config_revision (number, author, at, files, hash) values (3, 'Ada', now(), $1, 'h')`,
      [Buffer.from('{"tallystick.yaml":"mappings: [customer]\\n"}')],
    );
    expect((await tally('config', 'show')).out).toContain('# ── tallystick.yaml\nmappings: [customer]\n');
    expect((await tally('config', 'list')).out).toMatch(/3 +\S+ +Ada +tallystick.yaml/);
    expect((await tally('config', 'show', '9')).err).toContain('NOT_FOUND: no revision 9');
  }));

test('the keys of this machine go to its own API and to no other that the environment names', () =>
  withTally(async (_tally, world, home) => {
    const seen: (string | null)[] = [];
    const fetch = async (url: URL | string | Request, init?: RequestInit) => {
      seen.push(new Headers(init?.headers).get('authorization'));
      return apiOf(world)(String(url).replace('http://elsewhere.example.com', 'http://127.0.0.1:4000'), init);
    };
    const at = (url: string) =>
      aTerminal({ env: { TALLY_HOME: home, TALLY_API_URL: url }, fetch: fetch as typeof globalThis.fetch })('status');
    expect((await at('http://elsewhere.example.com')).err).toContain('UNAUTHENTICATED');
    expect((await at('http://127.0.0.1:4000')).exit).toBe(0);
    expect(seen).toEqual([null, expect.stringMatching(/^Bearer tally_/)]);
  }));

test('a wrong, a missing and a too small key say so', () =>
  withTally(async (tally, world) => {
    const fetch = (async (url: URL, init?: RequestInit) =>
      world.app.request(url.href.replace('http://x', ''), init)) as typeof globalThis.fetch;
    const by = (key: string) =>
      aTerminal({ env: { TALLY_API_URL: 'http://x', TALLY_API_KEY: key, TALLY_HOME: '/nowhere' }, fetch });
    expect((await by('wrong')('status')).err).toContain(
      'UNAUTHENTICATED: the key is unknown, expired or revoked\n  → Send an API key',
    );
    expect((await by('')('status')).err).toContain('UNAUTHENTICATED: this needs an API key');
    expect((await by(world.keys.auditor)('retry', '--all')).err).toContain(
      'FORBIDDEN: the role auditor does not include act\n  → Use a key whose role may do this.',
    );
    expect((await tally('retry', '--all', '--as', 'auditor')).exit).toBe(1);
  }));

test('where nobody has a key yet, whoever owns the ledger makes the first', async () => {
  const database = await aDatabase();
  const tally = aTerminal({ env: { DATABASE_URL: database.url } });
  try {
    const made = await tally('key', 'create', 'Ada', '--role', 'it-admin', '--in-ledger');
    expect([made.exit, made.err]).toEqual([0, '']);
    expect(made.out).toMatch(/^tally_[a-z0-9]{10}_[\w-]{43}\n/);
    const db = openDatabase(database.url);
    expect(await db.query('select name, role from api_key')).toEqual([{ name: 'Ada', role: 'it-admin' }]);
    expect(await db.query('select actor, action, reason from journal')).toEqual([
      { actor: 'command line', action: 'create-key', reason: 'Ada: it-admin' },
    ]);
    await db.close();
    const refused = await tally('key', 'create', 'robot', '--role', 'service', '--scope', 'keys.write', '--in-ledger');
    expect(refused.err).toContain('BAD_REQUEST: a service key cannot have keys.write');
    expect((await aTerminal()('key', 'create', 'Ada', '--role', 'steward', '--in-ledger')).err).toContain(
      'DATABASE_URL is not set',
    );
  } finally {
    await database.drop();
  }
});

test('the first keys of a machine are kept where only its owner reads them', async () => {
  const home = await mkdtemp(join(tmpdir(), 'tally-home-'));
  const world = await aWorld();
  try {
    await world.db.query('delete from api_key');
    const made = await keepFirstKeys(world.db, join(home, 'new'));
    const kept = JSON.parse(await readFile(keysFile(join(home, 'new')), 'utf8'));
    expect(kept).toEqual(Object.fromEntries(made.map(({ role, key }) => [role, key])));
    expect((await stat(keysFile(join(home, 'new')))).mode & 0o777).toBe(0o600);
    expect(await keepFirstKeys(world.db, join(home, 'new'))).toEqual([]);
    expect(JSON.parse(await readFile(keysFile(join(home, 'new')), 'utf8'))).toEqual(kept);
  } finally {
    await world.close();
    await rm(home, { recursive: true, force: true });
  }
});
