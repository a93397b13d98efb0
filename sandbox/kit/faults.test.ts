/** Every fault that can be asked for, at both systems: what is answered, and what was really done. */
import { afterEach, describe, expect, test } from 'vitest';
import { startCrm } from '../crm/server.ts';
import { startErp } from '../erp/server.ts';
import { basic, bearer, call, docOf, listOf, type Reply } from './calls.ts';
import { type Fault, faultPlan } from './faults.ts';
import type { Doc } from './json.ts';
import type { Running } from './run.ts';

const ends: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** One of the two systems, spoken to in the same words. */
interface Spoken {
  readonly running: Running;
  readonly list: (cursor?: unknown) => Promise<Reply>;
  readonly feed: () => Promise<Reply>;
  readonly rowsOf: (reply: Reply) => readonly Doc[];
  readonly nextOf: (reply: Reply) => unknown;
  readonly id: string;
  /** Names of all records, as they truly are. */
  readonly names: () => Promise<readonly unknown[]>;
  readonly create: (...names: readonly string[]) => Promise<Reply>;
  readonly rename: (id: unknown, name: string) => Promise<Reply>;
  readonly read: (id: unknown) => Promise<Doc | undefined>;
}

const namesIn = async (running: Running, record: string, name: string): Promise<readonly unknown[]> => {
  const reply = await call('GET', `${running.controlUrl}/control/state?record=${record}&limit=5000`);
  return listOf(docOf(reply), 'records').map((each) => each[name]);
};

const crm = async (): Promise<Spoken> => {
  const running = await startCrm({ customers: 0 });
  ends.push(running.close);
  const headers = await bearer(running.url, 'tally', 'tally-secret');
  const ask = (method: string, path: string, body?: unknown) =>
    call(method, `${running.url}/v1/accounts${path}`, { headers, ...(body === undefined ? {} : { body }) });
  return {
    running,
    id: 'id',
    list: (cursor) => ask('GET', `?limit=2${cursor === undefined ? '' : `&cursor=${String(cursor)}`}`),
    feed: () => ask('GET', '?limit=2&changed_since=2020-01-01T00:00:00Z'),
    rowsOf: (reply) => listOf(docOf(reply), 'items'),
    nextOf: (reply) => docOf(reply)['next_cursor'],
    names: () => namesIn(running, 'account', 'name'),
    create: (...names) =>
      ask('POST', '/batch/upsert', {
        items: names.map((name) => ({ key: name, external_id: name, fields: { name } })),
      }),
    rename: (id, name) => ask('POST', '/batch/upsert', { items: [{ key: 'k', id, fields: { name } }] }),
    read: async (id) => {
      const [found] = listOf(docOf(await ask('POST', '/batch/read', { ids: [id] })), 'results');
      return found?.['record'] as Doc | undefined;
    },
  };
};

const erp = async (): Promise<Spoken> => {
  const running = await startErp({ customers: 0 });
  ends.push(running.close);
  const headers = basic('tally', 'tally-secret');
  const ask = (method: string, path: string, body?: unknown) =>
    call(method, `${running.url}/api/partners${path}`, { headers, ...(body === undefined ? {} : { body }) });
  const rest = { grouping: 'Z001', addresses: [{ use: 'bill-to', country: 'DE' }] };
  return {
    running,
    id: 'number',
    list: (cursor) => ask('GET', `?page_size=2${cursor === undefined ? '' : `&after=${String(cursor)}`}`),
    feed: () => ask('GET', '/changes?page_size=2'),
    rowsOf: (reply) => listOf(docOf(reply), 'partners'),
    nextOf: (reply) => docOf(reply)['after'],
    names: () => namesIn(running, 'partner', 'organization_name'),
    create: (...names) =>
      ask('POST', '/create', {
        items: names.map((name) => ({ reference: name, partner: { ...rest, organization_name: name } })),
      }),
    rename: (number, name) => ask('POST', '/update', { items: [{ number, partner: { organization_name: name } }] }),
    read: async (number) => {
      const [found] = listOf(docOf(await ask('POST', '/read', { numbers: [number] })), 'results');
      return found?.['partner'] as Doc | undefined;
    },
  };
};

const FIVE = ['a', 'b', 'c', 'd', 'e'];
const set = async ({ running }: Spoken, ...faults: readonly Fault[]): Promise<void> => {
  const reply = await call('POST', `${running.controlUrl}/control/faults`, { body: faults });
  expect(reply.status).toBe(200);
};
const noted = async ({ running }: Spoken): Promise<readonly Doc[]> =>
  listOf(docOf(await call('GET', `${running.controlUrl}/control/ledger?kind=requests`)), 'entries').filter(
    ({ fault }) => fault !== null,
  );
const walked = async (system: Spoken, most = 20): Promise<readonly unknown[]> => {
  const ids: unknown[] = [];
  let cursor: unknown;
  for (let page = 0; page < most; page += 1) {
    const reply = await system.list(cursor);
    ids.push(...system.rowsOf(reply).map((row) => row[system.id]));
    cursor = system.nextOf(reply);
    if (cursor === null) return ids;
  }
  return ['no end'];
};

describe.each([
  ['crm', crm],
  ['erp', erp],
])('%s', (_name, start) => {
  test.each([
    ['401', 401, []],
    ['403', 403, []],
    ['429', 429, []],
    ['500', 500, []],
    ['503', 503, []],
    ['504-after', 504, ['a', 'b', 'c']],
    ['500-half', 500, ['a', 'b']],
  ] as const)('%s is answered with %i, and of three new records these are there: %j', async (kind, status, there) => {
    const system = await start();
    await set(system, { kind, nth: 1 });
    expect((await system.create('a', 'b', 'c')).status).toBe(status);
    expect(await system.names()).toEqual(there);
    expect(await noted(system)).toMatchObject([{ fault: kind }]);
  });

  test.each([
    ['reset-before', []],
    ['reset-after', ['a']],
    ['cut', ['a']],
  ] as const)('%s ends the line; then %j is there', async (kind, there) => {
    const system = await start();
    await set(system, { kind, nth: 1 });
    await expect(system.create('a')).rejects.toThrow();
    expect(await system.names()).toEqual(there);
  });

  test.each([
    ['hang-before', []],
    ['hang-after', ['a']],
  ] as const)('%s answers nothing until the server ends; then %j is there', async (kind, there) => {
    const system = await start();
    await set(system, { kind, nth: 1 });
    const never = system.create('a').then(
      () => 'answered',
      () => 'cut off',
    );
    await expect.poll(() => noted(system)).toHaveLength(1);
    expect(await system.names()).toEqual(there);
    for (const end of ends.splice(0)) await end();
    expect(await never).toBe('cut off');
  });

  test('late breaks the line and does it a moment afterwards', async () => {
    const system = await start();
    await set(system, { kind: 'late', nth: 1, delay_ms: 100 });
    await expect(system.create('a')).rejects.toThrow();
    expect(await system.names()).toEqual([]);
    await expect.poll(() => system.names()).toEqual(['a']);
  });

  test('twice does a request two times', async () => {
    const system = await start();
    await set(system, { kind: 'twice', nth: 1 });
    expect((await system.create('a')).status).toBe(200);
    // The CRM knows its external id again; the ERP takes a reference as often as it is told.
    expect(await system.names()).toEqual(system.id === 'id' ? ['a'] : ['a', 'a']);
  });

  test.each([
    ['html', 'text/html; charset=utf-8', /^<!doctype html>/],
    ['error-in-200', 'application/json; charset=utf-8', /INTERNAL/],
    ['empty-body', null, /^$/],
    ['cut-json', 'application/json; charset=utf-8', /[^}]$/],
    ['wrong-type', 'application/octet-stream', /"a"/],
    ['wrong-charset', 'application/json; charset=utf-8', /\uFFFD/],
    ['oversized', 'application/json; charset=utf-8', /"a".* {1000}$/],
  ] as const)('%s: the answer has status 200 and type %s', async (kind, type, says) => {
    const system = await start();
    await system.create('a');
    const { url } = system.running;
    const headers = await (system.id === 'id'
      ? bearer(url, 'people', 'people-secret')
      : basic('people', 'people-secret'));
    await set(system, { kind, nth: 1, bytes: 1000 });
    const reply = await fetch(`${url}${system.id === 'id' ? '/v1/accounts' : '/api/partners'}`, { headers });
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, type]);
    expect(await reply.text()).toMatch(says);
  });

  test('wrong-packing says gzip of what is none', async () => {
    const system = await start();
    await set(system, { kind: 'wrong-packing', nth: 1 });
    await expect(system.list()).rejects.toThrow();
  });

  test('drip gives one byte at a time', async () => {
    const system = await start();
    await set(system, { kind: 'drip', nth: 1, delay_ms: 5 });
    const began = performance.now();
    expect((await system.list()).status).toBe(200);
    expect(performance.now() - began).toBeGreaterThan(100);
  });

  test('page-empty has no rows, and its cursor leads to those that were left out', async () => {
    const system = await start();
    await system.create(...FIVE);
    const ids = await walked(system);
    for (const nth of [1, 2, 3]) {
      await set(system, { kind: 'page-empty', nth });
      expect(await walked(system)).toEqual(ids);
      expect(await noted(system)).toHaveLength(nth);
    }
  });

  test('page-ended is empty and ends the walk; page-lost is empty and the walk goes on', async () => {
    const system = await start();
    await system.create(...FIVE);
    const ids = await walked(system);
    await set(system, { kind: 'page-ended', nth: 2 });
    expect(await walked(system)).toEqual(ids.slice(0, 2));
    await set(system, { kind: 'page-lost', nth: 2 });
    expect(await walked(system)).toEqual([...ids.slice(0, 2), ...ids.slice(4)]);
  });

  test('page-doubled has each row twice', async () => {
    const system = await start();
    await system.create('a');
    const [id] = await walked(system);
    await set(system, { kind: 'page-doubled', nth: 1 });
    expect(await walked(system)).toEqual([id, id]);
  });

  test('page-back leads to the beginning, once or for ever', async () => {
    const system = await start();
    await system.create(...FIVE);
    const ids = await walked(system);
    await set(system, { kind: 'page-back', nth: 2 });
    expect(await walked(system)).toEqual([...ids.slice(0, 4), ...ids]);
    await set(system, { kind: 'page-back', rate: 1 });
    expect(await walked(system)).toEqual(['no end']);
  });

  test('page-endless never says that it was the last one', async () => {
    const system = await start();
    await system.create('a');
    await set(system, { kind: 'page-endless', rate: 1 });
    const cursors: unknown[] = [];
    for (let page = 0; page < 5; page += 1) cursors.push(system.nextOf(await system.list(cursors.at(-1))));
    expect(new Set(cursors).size).toBe(5);
    expect(cursors).not.toContain(null);
  });

  test('rows-hidden leaves the same rows out of lists, feeds and reads, and refuses to change them', async () => {
    const system = await start();
    await system.create(...FIVE, 'f', 'g', 'h');
    const ids = await walked(system);
    await set(system, { kind: 'rows-hidden', rate: 1, share: 0.5 });
    const seen = await walked(system);
    expect(seen.length).toBeGreaterThan(0);
    expect(seen.length).toBeLessThan(ids.length);
    expect(await walked(system)).toEqual(seen);
    for (const id of ids) {
      expect((await system.read(id)) !== undefined).toBe(seen.includes(id));
      await system.rename(id, 'renamed');
    }
    expect((await system.names()).filter((name) => name === 'renamed')).toHaveLength(seen.length);
    await set(system);
    expect(await walked(system)).toEqual(ids);
  });

  test('rows-stale shows what was, for as long as it is told', async () => {
    const system = await start();
    await system.create('before');
    const [id] = await walked(system);
    await set(system, { kind: 'rows-stale', rate: 1, delay_ms: 60_000 });
    expect(await walked(system)).toEqual([]);
    expect(await system.read(id)).toBeUndefined();
    expect(system.rowsOf(await system.feed())).toEqual([]);
    const made = (await noted(system)).length;
    await set(system, { kind: 'rows-stale', rate: 1, delay_ms: 0 });
    expect(await walked(system)).toEqual([id]);
    expect((await noted(system)).length).toBeGreaterThan(made);
  });

  test('fields are gone, new, renamed and retyped, in rows and in what a write answers', async () => {
    const system = await start();
    const name = system.id === 'id' ? 'name' : 'organization_name';
    await system.create('a');
    const [id] = await walked(system);
    const shown = async (fault: Fault): Promise<readonly (Doc | undefined)[]> => {
      await set(system, fault);
      const [row] = system.rowsOf(await system.list());
      return [row, await system.read(id)];
    };
    for (const row of await shown({ kind: 'field-gone', rate: 1, field: name })) expect(row).not.toHaveProperty(name);
    for (const row of await shown({ kind: 'field-new', rate: 1 })) expect(row).toHaveProperty('something_new');
    for (const row of await shown({ kind: 'field-renamed', rate: 1, field: name }))
      expect([row?.[name], row?.[`${name}_v2`]]).toEqual([undefined, 'a']);
    for (const row of await shown({ kind: 'field-retyped', rate: 1, field: name })) expect(row?.[name]).toEqual(['a']);
    await set(system, { kind: 'field-gone', rate: 1, field: name });
    const [written] = listOf(docOf(await system.rename(id, 'b')), 'results');
    expect(written?.['record'] ?? written?.['partner']).not.toHaveProperty(name);
    expect(await system.names()).toEqual(['b']);
  });

  test('the clock can be off: in what one answer says, or in all that is done', async () => {
    const system = await start();
    const ahead = async (): Promise<number> => Date.parse((await system.list()).headers.get('date') ?? '') - Date.now();
    await set(system, { kind: 'clock-skew', nth: 1 });
    expect(await ahead()).toBeGreaterThan(590_000);
    expect(await ahead()).toBeLessThan(10_000);
    await call('POST', `${system.running.controlUrl}/control/settings`, { body: { clock_skew_ms: -600_000 } });
    expect(await ahead()).toBeLessThan(-590_000);
    await system.create('a');
    const [row] = system.rowsOf(await system.feed());
    expect(Date.now() - Date.parse(String(row?.['modified_at'] ?? row?.['changed_at']))).toBeGreaterThan(590_000);
  });
});

test.each([
  [{}, '1'],
  [{ retry_after_s: 7 }, '7'],
  [{ retry_after: '-5' }, '-5'],
  [{ retry_after: 'none' }, null],
  [{ retry_after: 'date', retry_after_s: 60 }, expect.stringMatching(/ GMT$/)],
])('Retry-After can be %j', async (more, said) => {
  const system = await erp();
  await set(system, { kind: '503', nth: 1, ...more });
  expect((await system.list()).headers.get('retry-after')).toEqual(said);
});

test('a fault strikes only whom, what and as long as it was meant for', () => {
  let now = 0;
  const plan = faultPlan(1, () => now);
  const struck = (path: string, write: boolean, actor: string | undefined): boolean =>
    plan.strike({ path, write, actor }).length > 0;
  plan.replace([{ kind: '500', rate: 1, actor: 'tally', path: '/v1', only_reads: true, for_ms: 100 }]);
  expect(struck('/v1/me', false, 'tally')).toBe(true);
  expect(struck('/v1/me', false, 'people')).toBe(false);
  expect(struck('/v1/me', false, undefined)).toBe(false);
  expect(struck('/v1/me', true, 'tally')).toBe(false);
  expect(struck('/v2/me', false, 'tally')).toBe(false);
  now = 100;
  expect(struck('/v1/me', false, 'tally')).toBe(false);
});

test('a fault of a field wants to know which', async () => {
  const system = await erp();
  const reply = await call('POST', `${system.running.controlUrl}/control/faults`, {
    body: [{ kind: 'field-gone', rate: 1 }],
  });
  expect(reply.status).toBe(400);
});
