import { afterAll, expect, test } from 'vitest';
import { aConflict, account, CRM, inWorld } from './world.ts';

test('every refusal is a problem document with a stable code, what to do and an id for the log', () =>
  inWorld(async (world) => {
    const { status, headers, json } = await world.ask('steward', 'GET', '/parked/nothing');
    expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
    expect(json).toEqual({
      type: 'urn:tallystick:error:NOT_FOUND',
      title: 'not found',
      status: 404,
      code: 'NOT_FOUND',
      detail: 'no parked item "nothing"',
      fix: 'Check the id.',
      correlation: headers.get('x-correlation-id'),
    });
    expect(world.lines.some((line) => line.includes(json.correlation) && line.includes('NOT_FOUND'))).toBe(true);
  }));

test('a missing and a wrong key are told apart from a missing right', () =>
  inWorld(async (world) => {
    expect((await world.ask(null, 'GET', '/status')).json).toMatchObject({
      code: 'UNAUTHENTICATED',
      fix: 'Send an API key as `Authorization: Bearer …`.',
    });
    const { json, status } = await world.ask('auditor', 'POST', '/parked/retry', {});
    expect([status, json.code, json.detail]).toEqual([403, 'FORBIDDEN', 'the role auditor does not include act']);
  }));

test('nothing is cached, sniffed or framed', () =>
  inWorld(async (world) => {
    for (const path of ['/health', '/status', '/nowhere']) {
      const { headers } = await world.ask('steward', 'GET', path);
      expect(headers.get('cache-control')).toBe('no-store');
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  }));

test.each(['0', '-1', '1e9', 'abc', '', '1.5', 'NaN', '201'])('the limit %j is refused with the range', (limit) =>
  inWorld(async (world) => {
    const { status, json } = await world.ask('steward', 'GET', `/parked?limit=${limit}`);
    expect([status, json.code, json.detail]).toEqual([
      400,
      'BAD_REQUEST',
      'limit: must be a whole number from 1 to 200',
    ]);
  }),
);

test('a field that is not known is refused by name, in the query and in the body', () =>
  inWorld(async (world) => {
    expect((await world.ask('steward', 'GET', '/parked?sort=name')).json).toMatchObject({
      code: 'UNKNOWN_FIELD',
      field: 'sort',
    });
    expect((await world.ask('steward', 'GET', '/status?verbose=1')).json).toMatchObject({
      code: 'UNKNOWN_FIELD',
      field: 'verbose',
    });
    for (const field of ['role', 'tenantId', 'approvedBy', 'createdAt', '__proto__', 'constructor'])
      expect((await world.ask('operator', 'POST', '/parked/retry', `{"${field}":{"x":1}}`)).json).toMatchObject({
        code: 'UNKNOWN_FIELD',
        field,
      });
    const { id, values } = await aConflict(world);
    const nested = await world.ask('steward', 'POST', `/parked/${id}/resolve`, {
      take: 'crm',
      seen: { ...values, more: 1 },
    });
    expect(nested.json).toMatchObject({ code: 'UNKNOWN_FIELD', field: 'seen.more' });
  }));

test.each([
  ['a key that stands twice', '{"code":"CONFLICT","code":"CONFLICT"}', 'stands twice: position 19'],
  ['a key that stands twice in other spelling', '{"code":"CONFLICT","c\\u006fde":"CONFLICT"}', 'stands twice'],
  ['no end of nesting', `{"code":${'['.repeat(10_000)}${']'.repeat(10_000)}}`, 'nested deeper than 64'],
  ['a trailing comma', '{"code":"CONFLICT",}', 'not JSON: position 19'],
  ['a byte order mark', '\ufeff{}', 'not JSON'],
  ['NaN', '{"code":NaN}', 'not JSON'],
  ['nothing', '', 'not JSON'],
  ['no object', '[]', 'expected object'],
  ['a code that is none', '{"code":"NOPE"}', 'code: '],
])('a body with %s is refused', (_title, body, says) =>
  inWorld(async (world) => {
    const { status, json } = await world.ask('operator', 'POST', '/parked/retry', body);
    expect([status, json.code]).toEqual([400, 'BAD_REQUEST']);
    expect(json.detail).toContain(says);
  }),
);

test('a body over a mebibyte is refused before it is read, told of its length or not', () =>
  inWorld(async (world) => {
    const big = `{"code":"${'x'.repeat(1024 * 1024)}"}`;
    const told = await world.ask('operator', 'POST', '/parked/retry', big);
    expect([told.status, told.json.code]).toEqual([413, 'BODY_TOO_LARGE']);
    let sent = 0;
    const endless = new ReadableStream({
      pull: (controller) => {
        sent += 65_536;
        controller.enqueue(new Uint8Array(65_536).fill(32));
      },
    });
    const headers = { authorization: `Bearer ${world.keys.operator}`, 'content-type': 'application/json' };
    const init = { method: 'POST', headers, body: endless, duplex: 'half' } as RequestInit;
    expect((await world.app.request('/parked/retry', init)).status).toBe(413);
    expect(sent).toBeLessThan(4 * 1024 * 1024);
  }));

test('hostile text costs no time', () =>
  inWorld(async (world) => {
    for (const body of [
      `"${'\\"'.repeat(500_000)}`,
      `"${'\\"'.repeat(500_000)}\\`,
      `{"a"${' '.repeat(1_000_000)}`,
      '{"":'.repeat(250_000),
    ]) {
      const began = performance.now();
      expect((await world.ask('operator', 'POST', '/parked/retry', body)).status).toBe(400);
      expect(performance.now() - began).toBeLessThan(500);
    }
  }));

test('only JSON is taken', () =>
  inWorld(async (world) => {
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
      'application/json; charset=utf-16',
    ]) {
      const headers = { authorization: `Bearer ${world.keys.operator}`, 'content-type': type };
      const response = await world.app.request('/parked/retry', { method: 'POST', headers, body: '{}' });
      expect([type, response.status]).toEqual([type, 400]);
    }
  }));

test.each([
  '/parked/',
  '//parked',
  '/Parked',
  '/parked/..',
  '/records/%2e%2e/keys',
  '/records/..%2fkeys',
  '/parked;x=1',
  '/parked%00',
  '/status.',
  '/%70arked/%2E',
])('%s is nobody’s address', (path) =>
  inWorld(async (world) => {
    // As Node's server hands it over: the address as it was sent.
    const request = new Request(`http://localhost${path}`, {
      headers: { authorization: `Bearer ${world.keys['it-admin']}` },
    });
    const response = await world.app.fetch(request, { incoming: { url: path } });
    expect([path, response.status]).toEqual([path, 404]);
  }),
);

test('a known address refuses other methods and says which it takes', () =>
  inWorld(async (world) => {
    for (const method of ['DELETE', 'PUT', 'TRACE', 'PROPFIND', 'OPTIONS']) {
      if (method === 'TRACE') continue; // the platform itself refuses to make such a request
      const { status, headers, json } = await world.ask('it-admin', method, '/parked/x/retry');
      expect([method, status, json.code, headers.get('allow')]).toEqual([method, 405, 'METHOD_NOT_ALLOWED', 'POST']);
    }
    const overridden = await world.app.request('/parked/x/retry', { headers: { 'x-http-method-override': 'POST' } });
    expect(overridden.status).toBe(405);
  }));

test('text that the ledger cannot hold is refused and no error of the ledger’s shows', () =>
  inWorld(async (world) => {
    for (const name of ['a\u0000b', '\ud800', "x'; drop table api_key; --", '\u001b[31m', ''])
      expect((await world.ask('it-admin', 'POST', '/keys', { name, role: 'steward' })).json.code).toBe('BAD_REQUEST');
    expect((await world.ask('steward', 'GET', '/records?find=%00')).json.code).toBe('BAD_REQUEST');
    expect((await world.ask('steward', 'GET', `/records?find=${encodeURIComponent("' or 1=1 --")}`)).json).toEqual({
      records: [],
    });
  }));

test('a search is for that text, not for a pattern', () =>
  inWorld(async (world) => {
    await world.seen(CRM, [
      { id: 'A1', body: account('100% Wool_Ltd') },
      { id: 'A2', body: account('1000 Wools Ltd') },
    ]);
    const ids = async (text: string) =>
      (await world.ask('steward', 'GET', `/records?find=${encodeURIComponent(text)}`)).json.records.map(
        (record: { members: { id: string }[] }) => record.members[0]?.id,
      );
    expect(await ids('100%')).toEqual(['A1']);
    expect(await ids('wool_')).toEqual(['A1']);
    expect(await ids('\\')).toEqual([]);
  }));

test('a fault of ours shows nothing of itself', () =>
  inWorld(
    async (world) => {
      const { status, text, json } = await world.ask('it-admin', 'POST', '/connections/crm/check');
      expect([status, json.code, json.detail]).toEqual([500, 'INTERNAL', 'something went wrong on our side']);
      expect(text).not.toContain('secret words');
      const fault = world.lines.find((line) => line.includes(json.correlation) && line.includes('a fault of ours'));
      expect(fault).toContain('input.ledger.test.ts');
      // Where it arose, not what it said: a database quotes values.
      expect(world.lines.join('')).not.toContain('secret words');
    },
    {
      temporal: {
        nudge: async () => {},
        look: async () => {},
        reachable: async () => true,
        answer: async () => undefined,
        probe: async () => {
          throw new TypeError('secret words');
        },
      },
    },
  ));

test('however many ask whether it is ready, ledger and engine are asked once at a time', async () => {
  let asked = 0;
  let atOnce = 0;
  let most = 0;
  const reachable = async (): Promise<boolean> => {
    asked += 1;
    atOnce += 1;
    most = Math.max(most, atOnce);
    await new Promise((resolve) => setImmediate(resolve));
    atOnce -= 1;
    return true;
  };
  const probe = async () => ({ ok: true as const, result: null });
  await inWorld(
    async (world) => {
      const answers = await Promise.all(Array.from({ length: 100 }, () => world.ask(null, 'GET', '/ready')));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    },
    { temporal: { nudge: async () => {}, look: async () => {}, answer: async () => {}, reachable, probe } },
  );
  expect([most, asked < 10]).toEqual([1, true]);
});

test('without its ledger the API is alive, not ready, and says which part is missing', () =>
  inWorld(async (world) => {
    const { openDatabase } = await import('../../src/ledger/database.ts');
    const { createApp } = await import('../../src/server/app.ts');
    const db = openDatabase('postgresql://nobody:x@127.0.0.1:1/none');
    const temporal = {
      nudge: async () => {},
      look: async () => {},
      reachable: async () => true,
      answer: async () => undefined,
      probe: async () => ({ ok: true as const, result: null }),
    };
    const log = { info: () => {}, warn: () => {}, error: () => {} };
    const app = createApp({
      db,
      compilation: () => ({ mappings: new Map(), problems: [] }),
      temporal,
      now: () => 0,
      wall: () => 0,
      inbound: () => undefined,
      log,
      local: true,
    });
    expect((await app.request('/health')).status).toBe(200);
    const ready = await app.request('/ready');
    expect([ready.status, ((await ready.json()) as { code: string }).code]).toEqual([503, 'LEDGER_DOWN']);
    const status = await app.request('/status', { headers: { authorization: `Bearer ${world.keys.steward}` } });
    expect(status.status).toBe(503);
    await db.close();
  }));

test('without the engine the API is not ready, and what people say is kept all the same', () =>
  inWorld(
    async (world) => {
      expect((await world.ask(null, 'GET', '/ready')).json).toMatchObject({ status: 503, code: 'ENGINE_DOWN' });
      const { id } = await aConflict(world);
      expect((await world.ask('operator', 'POST', `/parked/${id}/retry`)).status).toBe(202);
      expect(await world.db.query('select count(*)::int as due from pending')).toEqual([{ due: 2 }]);
    },
    {
      temporal: {
        nudge: async () => {
          throw new Error('no engine');
        },
        look: async () => {},
        reachable: async () => false,
        answer: async () => undefined,
        probe: async () => ({ ok: true, result: null }),
      },
    },
  ));

afterAll(() => {
  expect(({} as Record<string, unknown>)['x']).toBeUndefined();
});
