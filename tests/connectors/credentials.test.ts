import { describe, expect, test } from 'vitest';
import { apiKey, basic, bearer, clientCredentials } from '../../connectors/sdk/credentials.ts';
import { createHttp, type HttpSettings } from '../../connectors/sdk/http.ts';
import { type Answer, type Asked, aCall, silence, startFake } from '../kit/fake-http.ts';

const doorWith = (url: string, credentials: HttpSettings['credentials']) =>
  createHttp({ baseUrl: url, allow: [], mode: 'local', ...(credentials === undefined ? {} : { credentials }) });
const GET = { method: 'GET', path: '/x', intent: 'read' } as const;
const POST = { method: 'POST', path: '/x', intent: 'write' } as const;

test.each([
  ['basic', basic('Jörg', 'pä:ss'), 'authorization', `Basic ${Buffer.from('Jörg:pä:ss').toString('base64')}`],
  ['bearer', bearer('t0k'), 'authorization', 'Bearer t0k'],
  ['API key', apiKey('X-Api-Key', 'k3y'), 'x-api-key', 'k3y'],
] as const)('%s credentials go with every request', async (_kind, credentials, header, value) => {
  const fake = await startFake(() => ({ json: {} }));
  const door = doorWith(fake.url, credentials);
  await door.request(GET, aCall());
  door.close();
  expect(fake.asked[0]?.headers[header]).toBe(value);
});

/** A system that gives numbered tokens, of which only those in `valid` are accepted. */
const aSystem = (life: number) => {
  let given = 0;
  const valid = new Set<string>();
  const answer = ({ path, headers }: Asked): Answer => {
    if (path !== '/token') return { status: valid.has(headers.authorization ?? '') ? 200 : 401, json: {} };
    given += 1;
    valid.add(`Bearer t${given}`);
    return { json: { access_token: `t${given}`, token_type: 'bearer', expires_in: life } };
  };
  return { answer, valid, given: () => given };
};
const login = (over: Partial<Parameters<typeof clientCredentials>[0]> = {}) =>
  clientCredentials({ tokenPath: '/token', clientId: 'me', clientSecret: 's&cret', send: 'form', ...over });

describe('OAuth 2 client credentials', () => {
  test('one token serves many calls at once, and is asked for without credentials of its own', async () => {
    const system = aSystem(300);
    const fake = await startFake(system.answer);
    const door = doorWith(fake.url, login({ scope: 'all' }));
    await Promise.all(Array.from({ length: 6 }, () => door.request(GET, aCall())));
    door.close();
    expect(system.given()).toBe(1);
    const token = fake.asked.find(({ path }) => path === '/token');
    expect(token?.body).toBe('grant_type=client_credentials&client_id=me&client_secret=s%26cret&scope=all');
    expect(token?.headers.authorization).toBeUndefined();
  });

  test('a token is renewed shortly before it runs out', async () => {
    const system = aSystem(300);
    const fake = await startFake(system.answer);
    let now = 0;
    const door = doorWith(fake.url, login({ clock: () => now }));
    for (const at of [0, 269_000, 271_000]) {
      now = at;
      await door.request(GET, aCall());
    }
    door.close();
    expect(system.given()).toBe(2);
  });

  test('a refused token is renewed once for all, and the refused calls are sent once more, writes too', async () => {
    const system = aSystem(300);
    const fake = await startFake(system.answer);
    const door = doorWith(fake.url, login());
    await door.request(GET, aCall());
    system.valid.clear();
    const replies = await Promise.all(Array.from({ length: 4 }, () => door.request(POST, aCall())));
    door.close();
    expect(replies.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
    expect(system.given()).toBe(2);
  });

  test('a system that refuses even the new token is not asked a third time', async () => {
    const fake = await startFake(({ path }) =>
      path === '/token' ? { json: { access_token: 't', expires_in: 300 } } : { status: 401, json: {} },
    );
    const door = doorWith(fake.url, login());
    expect((await door.request(GET, aCall())).status).toBe(401);
    door.close();
    expect(fake.asked.filter(({ path }) => path === '/x')).toHaveLength(2);
  });

  const refusals: readonly [string, Answer, object][] = [
    [
      'wrong credentials',
      { status: 401, json: { error: 'invalid_client', secret: 's&cret' } },
      { code: 'LOGIN_REFUSED', recovery: 'pause' },
    ],
    ['a grant that is not allowed', { status: 400 }, { code: 'LOGIN_REFUSED' }],
    [
      'too many logins',
      { status: 429, headers: { 'retry-after': '4' } },
      { code: 'RATE_LIMITED', facts: { retryAfterMs: 4000 } },
    ],
    ['a breakdown', { status: 502 }, { code: 'TARGET_UNAVAILABLE', recovery: 'retry' }],
    ['a web page', { text: '<html>' }, { code: 'PROTOCOL_ERROR' }],
    [
      'a refusal that says success',
      { json: { error: 'invalid_client' } },
      { code: 'LOGIN_REFUSED', recovery: 'pause' },
    ],
    ['a grant that ended, said with success', { json: { error: 'invalid_grant' } }, { code: 'LOGIN_REFUSED' }],
    ['an error nobody knows, said with success', { json: { error: 'hm' } }, { code: 'PROTOCOL_ERROR' }],
    [
      'a system that has no time for it',
      { status: 400, json: { error: 'temporarily_unavailable' } },
      { code: 'TARGET_UNAVAILABLE', recovery: 'retry' },
    ],
    ['a refusal in a web page', { status: 403, text: '<html>' }, { code: 'LOGIN_REFUSED' }],
    ['no token', { json: { token: 'x' } }, { code: 'PROTOCOL_ERROR' }],
    ['a token that would break out of its header', { json: { access_token: 'a\r\nb' } }, { code: 'PROTOCOL_ERROR' }],
    ['a redirect', { status: 302, headers: { location: 'http://evil.example/' } }, { code: 'REDIRECT_REFUSED' }],
  ];
  test.each(refusals)('%s at the token address leaves the request unsent', async (_what, answer, expected) => {
    const fake = await startFake(() => answer);
    const door = doorWith(fake.url, login());
    const failure = await door.request(POST, aCall()).catch((error: unknown) => error);
    door.close();
    expect(failure).toMatchObject({ ...expected, facts: { unsent: true } });
    expect(String((failure as Error).message)).not.toContain('cret');
    expect(fake.asked.every(({ path }) => path === '/token')).toBe(true);
  });

  test('a caller that stops waiting for a token does not stop the others', async () => {
    let answerToken = (): void => undefined;
    const fake = await startFake(({ path }) =>
      path === '/token'
        ? (response) => {
            answerToken = () => response.end('{"access_token":"t","expires_in":300}');
          }
        : { json: {} },
    );
    const door = doorWith(fake.url, login());
    const controller = new AbortController();
    const first = door.request(GET, { signal: controller.signal });
    const second = door.request(GET, aCall());
    await expect.poll(() => fake.asked.length).toBe(1);
    controller.abort(new Error('stopped'));
    await expect(first).rejects.toThrow('stopped');
    answerToken();
    expect((await second).status).toBe(200);
    door.close();
    expect(fake.asked.filter(({ path }) => path === '/token')).toHaveLength(1);
  });

  test('a token address that never answers is given up in the time of a call', async () => {
    const fake = await startFake(() => silence);
    const door = createHttp({
      baseUrl: fake.url,
      allow: [],
      mode: 'local',
      limits: { totalMs: 80 },
      credentials: login(),
    });
    await expect(door.request(POST, aCall())).rejects.toMatchObject({ code: 'TIMED_OUT', facts: { unsent: true } });
    door.close();
  });

  test('a token address on a host that is not allowed is refused', async () => {
    const fake = await startFake(() => ({ json: {} }));
    const door = doorWith(fake.url, login({ tokenPath: 'http://evil.example/token' }));
    await expect(door.request(GET, aCall())).rejects.toMatchObject({ code: 'EGRESS_DENIED' });
    door.close();
    expect(fake.asked).toHaveLength(0);
  });
});
