/** What goes wrong outside, seen on a running system: each time a sentence with place and remedy, and nothing lost. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import type { Doc } from '../../sandbox/kit/json.ts';
import { createPeople } from '../../sandbox/people.ts';
import { type Account, linkedAccounts } from '../../src/cli/demo/decide.ts';
import { ERRORS, SyncError } from '../../src/domain/errors.ts';
import type { ConnectionStatus, Status } from '../../src/ledger/queries/status.ts';
import { aTerminal } from '../cli/terminal.ts';
import { documented } from '../kit/documented.ts';
import { AGREEMENT, eventually, holdDown, startTown, type Town, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 200;
const SEED = 43;

let town: Town;
let passwordFile = '';
let customers = CUSTOMERS;
beforeAll(async () => {
  town = await startTown({
    customers: CUSTOMERS,
    seed: SEED,
    erpDown: true,
    configure: async (folder) => {
      passwordFile = join(folder, 'erp-password');
      await writeFile(passwordFile, 'tally-secret\n', { mode: 0o600 });
      const file = join(folder, 'tallystick.yaml');
      const text = await readFile(file, 'utf8');
      await writeFile(file, text.replace('password: tally-secret', `password: "file:${passwordFile}"`));
    },
  });
});
afterAll(() => town?.stop());

/** As the operator sees it: what another system said is not for everybody's eyes. */
const connection = async (name: string): Promise<ConnectionStatus | undefined> => {
  const { connections } = await town.world.call<Status>('GET /status', {}, 'operator');
  return connections.find((each) => each.name === name);
};

/** What `tally …` prints here. */
const tally = (...args: readonly string[]) =>
  aTerminal({
    fetch,
    env: {
      TALLY_HOME: town.world.home,
      TALLY_API_URL: town.group.urls['TALLY_API_URL'],
      TALLY_CONFIG: join(town.world.config, 'tallystick.yaml'),
    },
  })(...args);

/** The error that asking comes to. */
const refusalOf = async (asked: Promise<unknown>): Promise<SyncError | undefined> =>
  asked.then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof SyncError) return error;
      throw error;
    },
  );

/** All that is said of what is parked. */
const messagesOf = async (): Promise<string> => (await town.world.parked()).map(({ message }) => message).join('\n');

const codes = async (): Promise<Readonly<Record<string, number>>> => (await town.world.status()).parked;

const people = () => createPeople({ crmUrl: town.crm.url, erpUrl: town.erp.url, seed: SEED });

/** Somebody in the CRM writes into an account. */
const write = async ({ id }: Pick<Account, 'id'>, values: Doc): Promise<void> => {
  const headers = await bearer(town.crm.url, 'people', 'people-secret');
  const reply = await call('PATCH', `${town.crm.url}/v1/accounts/${id}`, { headers, body: values });
  expect(reply.status).toBe(200);
};

const partnerOf = async ({ erp_number: number }: Account): Promise<Doc> => {
  const reply = await call('GET', `${town.erp.control}/control/state?record=partner&limit=5000`);
  const found = (docOf(reply)['records'] as readonly Doc[]).find((partner) => partner['number'] === number);
  if (found === undefined) throw new Error(`there is no partner ${number}`);
  return found;
};

const account = async (nth: number): Promise<Account> => {
  const found = (await linkedAccounts(town.world)).at(nth);
  if (found === undefined) throw new Error(`there are no ${nth} linked accounts`);
  return found;
};

test('a system that cannot be reached is named with a remedy, nothing is parked for it, and when it is back all comes into agreement', async () => {
  try {
    await eventually('the connection says what its trouble is', async () =>
      Boolean((await connection('erp'))?.lastError),
    );
    expect((await connection('erp'))?.lastError?.code).toBe('UNREACHABLE');
    expect((await connection('erp'))?.lastError?.message).toMatch(documented('a system that cannot be reached'));
    const { out } = await tally('status', '--as', 'operator');
    expect(out).toMatch(/erp .*UNREACHABLE: /);
    const checked = await tally('connection', 'check', 'erp');
    expect(checked.err).toContain(ERRORS.UNREACHABLE.fix);
    expect(await codes()).toEqual({});
    expect((await town.world.status()).gate).toBe('shut');
  } finally {
    await town.erp.start();
  }
  await town.world.quiet(WITHIN_MS);
  expect((await connection('erp'))?.failures).toBe(0);
  expect(await town.verdict({ customers })).toEqual(AGREEMENT);
});

test('wrong credentials pause the connection and park no record; with the right ones and `resume` all goes on', async () => {
  const before = await codes();
  await writeFile(passwordFile, 'not-the-secret\n');
  await reopen();
  await eventually('the connection is paused', async () => Boolean((await connection('erp'))?.paused));
  expect((await connection('erp'))?.paused).toMatchObject({ code: 'LOGIN_REFUSED', by: 'tallystick' });
  const seen = (await tally('status', '--as', 'operator')).out;
  expect(seen).toMatch(documented('wrong credentials'));
  expect(seen).not.toContain('not-the-secret');
  const made = await people().create(2);
  customers += made.length;
  await eventually('what people did is seen and waits', async () => {
    const { waiting, pending } = await town.world.status();
    return pending + Object.values(waiting).reduce((sum, count) => sum + count, 0) > 0;
  });
  expect(await codes()).toEqual(before);
  await writeFile(passwordFile, 'tally-secret\n');
  expect((await tally('connection', 'resume', 'erp')).exit).toBe(0);
  await town.world.quiet(WITHIN_MS);
  expect((await connection('erp'))?.paused).toBeNull();
  expect(await town.verdict({ customers })).toEqual(AGREEMENT);
});

/** Has the connection opened anew, as after a start: a setting of it is another. */
const reopen = async (): Promise<void> => {
  const file = join(town.world.config, 'tallystick.yaml');
  const text = await readFile(file, 'utf8');
  const parts = text.split('  erp:');
  await writeFile(file, [parts[0], parts[1]?.replace('poll_ms: 500', 'poll_ms: 501')].join('  erp:'));
};

test('without its ledger the API and `tally status` say so in one sentence with a remedy, and when it is back work goes on', async () => {
  const down = await holdDown(town.group, 'ledger', town.group.urls['DATABASE_URL'] ?? '');
  try {
    const refusal = await refusalOf(town.world.status());
    expect(refusal?.code).toBe('LEDGER_DOWN');
    expect(refusal?.message).toMatch(documented('the ledger is down'));
    expect(refusal?.message).not.toContain('\n');
    const { exit, err } = await tally('status');
    expect(exit).toBe(1);
    expect(err).toMatch(/^LEDGER_DOWN: .+\n {2}→ .+\n$/);
    expect(err).toContain(ERRORS.LEDGER_DOWN.fix);
  } finally {
    await down.letUp();
  }
  expect(await people().edit(5)).toHaveLength(5);
  expect(await town.verdict({ customers })).toEqual(AGREEMENT);
});

test('without the engine a check of a connection says so with a remedy, status still answers, and when it is back work goes on', async () => {
  const down = await holdDown(town.group, 'engine', town.group.urls['TEMPORAL_ADDRESS'] ?? '');
  try {
    const asked = town.world.call('POST /connections/:name/check', { params: { name: 'erp' } });
    expect((await refusalOf(asked))?.code).toBe('ENGINE_DOWN');
    const { exit, err } = await tally('connection', 'check', 'erp');
    expect(exit).toBe(1);
    expect(err).toMatch(documented('the engine is down'));
    expect(err).toContain(ERRORS.ENGINE_DOWN.fix);
    expect((await town.world.status()).gate).toBe('open');
  } finally {
    await down.letUp();
  }
  expect(await people().edit(5)).toHaveLength(5);
  expect(await town.verdict({ customers })).toEqual(AGREEMENT);
});

test('a NUL and half a character in a name park that field alone, and the mended name goes on', async () => {
  const [nul, half] = [await account(10), await account(20)];
  await write(nul, { name: 'Zero\u0000Works', phone: '+49 30 7770001' });
  await write(half, { name: 'Half \ud83d Works', phone: '+49 30 7770002' });
  await eventually('both names are parked', async () => {
    const parked = [await parkedOf(nul), await parkedOf(half)];
    return parked.every((fields) => fields.includes('name INVALID_TEXT'));
  });
  await town.world.quiet(WITHIN_MS);
  for (const each of [nul, half]) {
    expect(await parkedOf(each)).toEqual(['name INVALID_TEXT', 'search term INVALID_TEXT']);
    expect((await partnerOf(each))['organization_name']).toBe(each.name);
  }
  expect(await phoneOf(nul)).toContain('7770001');
  expect(await phoneOf(half)).toContain('7770002');
  expect((await tally('parked')).out).toContain('INVALID_TEXT');
  const messages = await messagesOf();
  for (const said of [
    documented('U+0000 in a name'),
    documented('half a character in a name'),
    documented('a value that no lookup row has'),
    documented('several records with one key'),
  ])
    expect(messages).toMatch(said);
  expect(await town.verdict({ customers })).toEqual(AGREEMENT);
  for (const each of [nul, half]) await write(each, { name: `Mended ${each.id}` });
  for (const each of [nul, half]) {
    await eventually('the mended name is no longer parked', async () => (await parkedOf(each)).length === 0);
    await town.world.quiet(WITHIN_MS);
    expect((await partnerOf(each))['organization_name']).toBe(`Mended ${each.id}`);
  }
});

test('a record over every limit parks what is too long and holds up nothing else of its page', async () => {
  // What is cut out of such a name for the search term stays as it was: the name is long in its beginning.
  const [heavy, plain] = [await account(22), await account(32)];
  const long = (await linkedAccounts(town.world)).find(({ id, name }) => (name?.length ?? 0) >= 20 && id > plain.id);
  if (long?.name == null) throw new Error('no account has a name of twenty characters');
  const [longName, heavyNote] = [long.name.padEnd(300_000, 'n'), 'n'.repeat(5 * 1024 * 1024)];
  await write(heavy, { note: 'heavy note', phone: '+49 30 7770003' });
  town.gateway.spoil(({ body }) => ({
    body: body
      .replaceAll(`"name":${JSON.stringify(long.name)}`, () => `"name":${JSON.stringify(longName)}`)
      .replaceAll('"note":"heavy note"', () => `"note":"${heavyNote}"`),
  }));
  // Written at one time: they come in one page.
  await Promise.all([
    write(long, { phone: '+49 30 7770004' }),
    write(heavy, { phone: '+49 30 7770005' }),
    write(plain, { phone: '+49 30 7770006' }),
  ]);
  await eventually('the name is parked', async () => (await parkedOf(long)).includes('name TOO_LONG'));
  await town.world.quiet(WITHIN_MS);
  expect(await parkedOf(long)).toEqual(['name TOO_LONG']);
  expect(await messagesOf()).toMatch(documented('a name over every limit'));
  expect(await parkedOf(heavy)).toEqual([]);
  expect((await partnerOf(long))['organization_name']).toBe(long.name);
  expect(await phoneOf(long)).toContain('7770004');
  expect(await phoneOf(heavy)).toContain('7770005');
  expect(await phoneOf(plain)).toContain('7770006');
  expect((await tally('parked')).out.length).toBeLessThan(100_000);
  town.gateway.spoil(undefined);
  await write(long, { phone: '+49 30 7770007' });
  await eventually('the shortened name is no longer parked', async () => (await parkedOf(long)).length === 0);
  expect(await town.verdict({ customers })).toEqual(AGREEMENT);
});

const HTML = '<!doctype html><title>Sign in</title>';
test.each([
  ['HTML for JSON', () => ({ body: HTML, type: 'text/html' }), 'PROTOCOL_ERROR', documented('HTML for JSON')],
  [
    'a reply that breaks off',
    ({ body }: { readonly body: string }) => ({ body, cut: true }),
    'UNREACHABLE',
    documented('a reply that breaks off'),
  ],
  [
    'a reply without measure',
    () => ({ body: `["${'x'.repeat(11 * 1024 * 1024)}"]` }),
    'REPLY_TOO_LARGE',
    documented('a reply without measure'),
  ],
] as const)(
  '%s is named at the connection, parks nothing, and is forgotten when it is over',
  async (_what, spoilt, code, said) => {
    const before = await codes();
    town.gateway.spoil((reply) => (reply.path.startsWith('/v1/accounts') ? spoilt(reply) : undefined));
    try {
      await eventually('the connection says so', async () => (await connection('crm'))?.lastError?.code === code);
      expect((await connection('crm'))?.lastError?.message).toMatch(said);
      expect(await codes()).toEqual(before);
    } finally {
      town.gateway.spoil(undefined);
    }
    expect(await people().edit(3)).toHaveLength(3);
    await eventually('the connection is well', async () => (await connection('crm'))?.failures === 0);
    await town.world.quiet(WITHIN_MS);
  },
);

test.each([
  [
    'broken YAML',
    'mappings/customer.yaml',
    (text: string) => text.replace('identity:', 'identity: ['),
    /mappings\/customer\.yaml:\d+:\d+/,
  ],
  [
    'an unknown key',
    'mappings/customer.yaml',
    (text: string) => text.replace('required: true', 'requird: true'),
    /mappings\/customer\.yaml:\d+:\d+.*requird.*required/,
  ],
  [
    'an unknown codec',
    'mappings/customer.yaml',
    (text: string) => text.replace('as: phone', 'as: fone'),
    /mappings\/customer\.yaml:\d+:\d+.*fone.*phone/,
  ],
  [
    'an unknown lookup',
    'mappings/customer.yaml',
    (text: string) => text.replace('lookup: payment-terms', 'lookup: payment-term'),
    /mappings\/customer\.yaml:\d+:\d+.*payment-term/,
  ],
  [
    'an unknown connection',
    'mappings/customer.yaml',
    (text: string) => text.replace('connection: erp', 'connection: epr'),
    /mappings\/customer\.yaml:\d+:\d+.*epr.*erp/,
  ],
  [
    'an unknown connector',
    'tallystick.yaml',
    (text: string) => text.replace('sandbox-erp', 'sandbox-epr'),
    /tallystick\.yaml:\d+:\d+.*sandbox-epr/,
  ],
] as const)(
  '%s saved while all runs is said with place and remedy, and the last good configuration stays in force',
  async (_what, name, breaking, said) => {
    const path = join(town.world.config, name);
    const good = await readFile(path, 'utf8');
    const before = await newestRevision();
    const told = await workerLog();
    await writeFile(path, breaking(good));
    try {
      await eventually('the log says where', async () => said.test((await workerLog()).slice(told.length)));
      const [written] = await people().edit(1);
      expect(written).toBeDefined();
      await town.world.quiet(WITHIN_MS);
      expect(await newestRevision()).toBe(before);
      if (name.startsWith('mappings/') && !_what.endsWith('connection')) {
        const { exit, err } = await tally('mapping', 'check', 'customer');
        expect(exit).toBe(1);
        expect(err).toMatch(said);
      }
    } finally {
      await writeFile(path, good);
    }
  },
);

const newestRevision = async (): Promise<number> => {
  const { revisions } = await town.world.call<{ readonly revisions: readonly { readonly number: number }[] }>(
    'GET /config',
  );
  return Math.max(...revisions.map(({ number }) => number));
};

const workerLog = (): Promise<string> => readFile(join(town.world.home, 'logs', 'worker.log'), 'utf8');

/** What is parked for an account: field and code. */
const parkedOf = async ({ id }: Account): Promise<readonly string[]> =>
  (await town.world.parked())
    .filter(({ members }) => members.some((member) => member.id === id))
    .map(({ field, code }) => `${field} ${code}`)
    .sort();

const phoneOf = async (of: Account): Promise<string> =>
  String((((await partnerOf(of))['contact'] ?? {}) as Doc)['phone']).replace(/\D/g, '');
