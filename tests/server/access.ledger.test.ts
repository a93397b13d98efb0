import { expect, test } from 'vitest';
import { ROLES } from '../../src/ledger/queries/keys.ts';
import { ACCESS, GRANTS, type RouteId } from '../../src/server/access.ts';
import { ROUTES } from '../../src/server/routes.ts';
import { inWorld, type World } from './world.ts';

// The table of roles once more, as a person would write it: who may ask for which route.
const EVERYBODY = ['anonymous', 'it-admin', 'operator', 'steward', 'auditor', 'service', 'approver', 'system'];
const WHO: Readonly<Record<RouteId, readonly string[]>> = {
  'GET /health': EVERYBODY,
  'GET /ready': EVERYBODY,
  'GET /openapi.json': EVERYBODY,
  'POST /hooks/:connection': EVERYBODY, // who sent it is proved by its signature
  'GET /status': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'GET /connections': ['it-admin', 'operator', 'auditor'],
  'GET /connections/:name': ['it-admin', 'operator', 'auditor'],
  'POST /connections/:name/check': ['it-admin', 'operator'],
  'POST /connections/:name/describe': ['it-admin', 'operator'],
  'POST /connections/:name/pause': ['it-admin', 'operator'],
  'POST /connections/:name/resume': ['it-admin', 'operator'],
  'GET /mappings': ['it-admin', 'operator', 'steward', 'auditor'],
  'GET /mappings/:name': ['it-admin', 'operator', 'steward', 'auditor'],
  'GET /mappings/:name/check': ['it-admin', 'operator', 'steward', 'auditor'],
  'GET /mappings/:name/preview': ['it-admin', 'operator', 'steward', 'auditor'],
  'POST /mappings/:name/sync': ['it-admin', 'operator', 'steward', 'service'],
  'GET /records': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'GET /records/:id': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'GET /records/:id/explain': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'GET /records/:id/where-used': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'POST /records/:id/sync': ['it-admin', 'operator', 'steward', 'service'],
  'POST /records/:id/retry': ['it-admin', 'operator', 'steward', 'service'],
  'GET /orders': ['it-admin', 'operator', 'steward', 'auditor', 'approver'],
  'GET /orders/:id': ['it-admin', 'operator', 'steward', 'auditor', 'approver'],
  'POST /orders/:id/approve': ['approver'],
  'POST /orders/:id/refuse': ['approver'],
  'GET /views': ['steward'],
  'GET /views/:name/:key': ['steward'],
  'GET /outbox/:connection': ['it-admin', 'operator', 'auditor'],
  'POST /outbox/:connection/pull': ['system'],
  'POST /outbox/:connection/answers': ['system'],
  'POST /outbox/:connection/records/:record': ['system'],
  'GET /feed': ['steward'],
  'GET /parked': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'GET /parked/:id': ['it-admin', 'operator', 'steward', 'auditor', 'service'],
  'POST /parked/retry': ['it-admin', 'operator', 'steward', 'service'],
  'POST /parked/:id/retry': ['it-admin', 'operator', 'steward', 'service'],
  'POST /parked/:id/resolve': ['steward'],
  'GET /journal': ['it-admin', 'operator', 'steward', 'auditor'],
  'GET /journal/verify': ['it-admin', 'auditor'],
  'GET /config': ['it-admin', 'auditor'],
  'GET /config/:number': ['it-admin', 'auditor'],
  'POST /config/plan': ['it-admin'],
  'POST /config': ['it-admin'],
  'GET /keys': ['it-admin', 'auditor'],
  'POST /keys': ['it-admin'],
  'DELETE /keys/:id': ['it-admin'],
};
const KINDS = ['anonymous', ...ROLES] as const;

/** 401 and 403 are the door; any other answer means that the caller came in. */
const admitted = async (world: World, id: RouteId, who: (typeof KINDS)[number]): Promise<boolean> => {
  const [method = '', path = ''] = id.split(' ');
  const { status } = await world.ask(who === 'anonymous' ? null : who, method, path.replace(/:\w+/g, 'nothing'));
  return status !== 401 && status !== 403;
};

test('every route lets in exactly the roles of the table, and nobody without a key', () => {
  // A minute between any two requests: what is counted per minute lets nobody in and keeps nobody out.
  let clock = 0;
  const now = (): number => {
    clock += 60_000;
    return clock;
  };
  return inWorld(
    async (world) => {
      for (const { id } of ROUTES) {
        const came: string[] = [];
        for (const who of KINDS) if (await admitted(world, id, who)) came.push(who);
        expect([id, came.toSorted()]).toEqual([id, WHO[id].toSorted()]);
      }
    },
    { now },
  );
});

test('the application has no route that the table of access does not know, and the table none that is not there', () =>
  inWorld(async (world) => {
    const routed = world.app.routes
      .filter(({ method }) => method !== 'ALL')
      .map(({ method, path }) => `${method} ${path}`);
    expect(routed.toSorted()).toEqual(Object.keys(ACCESS).toSorted());
    expect(ROUTES.map(({ id }) => id).toSorted()).toEqual(Object.keys(ACCESS).toSorted());
  }));

test('reading and acting are apart: no route that reads takes a permission to act', () => {
  const acting = new Set<string>([
    'signed',
    'connections.check',
    'pause',
    'act',
    'resolve',
    'approve',
    'config.write',
    'keys.write',
    'outbox.use',
  ]);
  for (const [id, permission] of Object.entries(ACCESS))
    expect([id, acting.has(permission)]).toEqual([id, !id.startsWith('GET')]);
  expect(GRANTS.auditor.filter((permission) => acting.has(permission))).toEqual([]);
});

test('a service key may do what its scopes name and no more', () =>
  inWorld(async (world) => {
    const made = await world.ask('it-admin', 'POST', '/keys', {
      name: 'monitor',
      role: 'service',
      scopes: ['status.read'],
    });
    const monitor = { key: made.json.key as string };
    expect((await world.ask(monitor, 'GET', '/status')).status).toBe(200);
    expect((await world.ask(monitor, 'POST', '/parked/retry', {})).status).toBe(403);
    const refused = await world.ask('it-admin', 'POST', '/keys', {
      name: 'too much',
      role: 'service',
      scopes: ['keys.write'],
    });
    expect(refused.json).toMatchObject({ code: 'BAD_REQUEST', field: 'scopes' });
  }));

test('a key is shown once and kept as a hash; it is listed without it', () =>
  inWorld(async (world) => {
    const { json, status } = await world.ask('it-admin', 'POST', '/keys', { name: 'Ada', role: 'steward' });
    expect(status).toBe(201);
    expect(json.key).toMatch(/^tally_[a-z0-9]{10}_[\w-]{43}$/);
    const list = await world.ask('auditor', 'GET', '/keys');
    expect(list.json.keys.map((key: { name: string }) => key.name)).toContain('Ada');
    expect(list.text).not.toContain(json.key.slice(-43));
    const rows = await world.db.query(`select to_jsonb(api_key)::text as row from api_key`);
    expect(JSON.stringify(rows)).not.toContain(json.key.slice(-43));
  }));

test('a revoked, an expired, a foreign and a shortened key are refused in the same words', () =>
  inWorld(async (world) => {
    const { json } = await world.ask('it-admin', 'POST', '/keys', { name: 'Ada', role: 'steward' });
    expect((await world.ask({ key: json.key }, 'GET', '/status')).status).toBe(200);
    await world.ask('it-admin', 'DELETE', `/keys/${json.id}`);
    await world.db.query(`update api_key set expires_at = now() - interval '1 s' where name = 'operator'`);
    const answers = [
      await world.ask({ key: json.key }, 'GET', '/status'),
      await world.ask('operator', 'GET', '/status'),
      await world.ask(
        { key: `${world.keys.steward.slice(0, -1)}${world.keys.steward.endsWith('A') ? 'B' : 'A'}` },
        'GET',
        '/status',
      ),
      await world.ask({ key: world.keys.steward.slice(0, -1) }, 'GET', '/status'),
    ];
    for (const { status, json: problem } of answers) {
      expect(status).toBe(401);
      expect(problem).toMatchObject({ code: 'UNAUTHENTICATED', detail: 'the key is unknown, expired or revoked' });
    }
    expect(await world.db.query(`select actor, reason from journal where action = 'revoke-key'`)).toEqual([
      { actor: 'it-admin', reason: 'Ada' },
    ]);
  }));

test('only the Bearer scheme carries a key', () =>
  inWorld(async (world) => {
    for (const header of [
      `Basic ${world.keys.steward}`,
      world.keys.steward,
      `bearer  ${world.keys.steward}`,
      'Bearer',
      `Bearer ${world.keys.steward} x`,
    ]) {
      const response = await world.app.request('/status', { headers: { authorization: header } });
      expect([header.slice(0, 8), response.status]).toEqual([header.slice(0, 8), 401]);
    }
  }));

test('a key in the address is refused and never logged', () =>
  inWorld(async (world) => {
    for (const path of [
      `/status?key=${world.keys.steward}`,
      `/status?access_token=x`,
      `/records?find=${world.keys.steward}`,
      `/records/${world.keys.steward}`,
    ]) {
      const { status, json } = await world.ask('steward', 'GET', path);
      expect([status, json.code]).toEqual([401, 'KEY_IN_URL']);
    }
    expect(world.lines.join('\n')).not.toContain(world.keys.steward.slice(-43));
    expect(world.lines.length).toBeGreaterThan(0);
  }));

test('wrong keys without end are slowed down, and a right one is still let in', () => {
  let now = 0;
  return inWorld(
    async (world) => {
      const wrong = { key: `tally_${'a'.repeat(10)}_${'b'.repeat(43)}` };
      const statuses = new Set<number>();
      for (let i = 0; i < 60; i += 1) statuses.add((await world.ask(wrong, 'GET', '/status')).status);
      expect([...statuses]).toEqual([401, 429]);
      const slowed = await world.ask(wrong, 'GET', '/status');
      expect(Number(slowed.headers.get('retry-after'))).toBeGreaterThan(0);
      expect((await world.ask('steward', 'GET', '/status')).status).toBe(200);
      now += 120_000;
      expect((await world.ask(wrong, 'GET', '/status')).status).toBe(401);
    },
    { now: () => now },
  );
});

test('a service key is not for browsers', () =>
  inWorld(async (world) => {
    const headers = (key: string) => ({ authorization: `Bearer ${key}`, origin: 'https://example.com' });
    expect((await world.app.request('/status', { headers: headers(world.keys.service) })).status).toBe(403);
    const response = await world.app.request('/status', { headers: headers(world.keys.steward) });
    expect(response.status).toBe(200);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  }));

test('the use of a key is noted', () =>
  inWorld(async (world) => {
    await world.ask('auditor', 'GET', '/status');
    const { json } = await world.ask('it-admin', 'GET', '/keys');
    const used = json.keys
      .filter((key: { lastUsedAt: string | null }) => key.lastUsedAt !== null)
      .map((key: { name: string }) => key.name);
    expect(used).toEqual(['auditor', 'it-admin']);
  }));

test('the first keys are made once', () =>
  inWorld(async (world) => {
    const { createFirstKeys } = await import('../../src/ledger/steps/keys.ts');
    expect(await createFirstKeys(world.db)).toEqual([]);
    expect(await world.db.query('select count(*)::int as keys from api_key')).toEqual([{ keys: ROLES.length }]);
  }));

test('two people cannot have the same name, nor anybody the product’s own', () =>
  inWorld(async (world) => {
    const make = (name: string) => world.ask('it-admin', 'POST', '/keys', { name, role: 'steward' });
    expect((await make('Ada')).status).toBe(201);
    expect((await make('ADA')).json).toMatchObject({
      code: 'BAD_REQUEST',
      detail: expect.stringContaining('another name'),
    });
    for (const name of ['Tallystick', 'command line', 'Files'])
      expect((await make(name)).json).toMatchObject({ code: 'BAD_REQUEST' });
  }));

test('a key for some mappings only makes no keys and no configurations, because these are for all', () =>
  inWorld(async (world) => {
    const body = { name: 'half', role: 'it-admin', mappings: ['customer'] };
    const { status, json } = await world.ask('it-admin', 'POST', '/keys', body);
    expect([status, json.code, json.field]).toEqual([400, 'BAD_REQUEST', 'mappings']);
  }));

test('the last key that can make keys cannot be revoked', () =>
  inWorld(async (world) => {
    const last = await world.ask('it-admin', 'DELETE', '/keys/it-admin');
    expect(last.json).toMatchObject({ code: 'BAD_REQUEST', detail: expect.stringContaining('make another one first') });
    const made = await world.ask('it-admin', 'POST', '/keys', { name: 'Ada', role: 'it-admin' });
    expect((await world.ask({ key: made.json.key }, 'DELETE', '/keys/it-admin')).status).toBe(200);
    expect((await world.ask('it-admin', 'GET', '/keys')).status).toBe(401);
  }));
