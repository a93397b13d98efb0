import { describe, expect, test, vi } from 'vitest';
import type { Address } from '../../connectors/sdk/address.ts';
import { testAddress } from '../../connectors/sdk/address.ts';
import { createHttp, type HttpSettings } from '../../connectors/sdk/http.ts';
import { aCall, startFake } from '../kit/fake-http.ts';

const production = (baseUrl: string, over: Partial<HttpSettings> = {}): HttpSettings => ({
  baseUrl,
  allow: [],
  mode: 'production',
  limits: { connectMs: 200 },
  ...over,
});

/** Asks once and tells with what code it was refused and whether a name was looked up. */
const refusalOf = async (settings: HttpSettings, path = '/x'): Promise<string> => {
  try {
    await createHttp(settings).request({ method: 'GET', path, intent: 'write' }, aCall());
    return 'answered';
  } catch (error) {
    return (error as { code: string }).code;
  }
};

describe('addresses that production may not reach are refused before anything is dialled', () => {
  test.each([
    'https://127.0.0.1',
    'https://2130706433',
    'https://0x7f.1',
    'https://0177.0.0.1',
    'https://127.1',
    'https://１２７.０.０.１',
    'https://[::1]',
    'https://[::]',
    'https://[::ffff:127.0.0.1]',
    'https://[::ffff:7f00:1]',
    'https://[2002:7f00:1::]',
    'https://[2002:a00:1::]',
    'https://[64:ff9b::7f00:1]',
    'https://[64:ff9b::a9fe:a9fe]',
    'https://[::127.0.0.1]',
    'https://[::a00:1]',
    'https://[64:ff9b:1:7f00:1:0:101:101]',
    'https://[4000::1]',
    'https://0.0.0.0',
    'https://169.254.169.254',
    'https://2852039166',
    'https://[::ffff:169.254.169.254]',
    'https://[fe80::1]',
    'https://[fd00:ec2::254]',
    'https://168.63.129.16',
    'https://100.100.100.200',
    'https://10.0.0.1',
    'https://192.168.1.1',
    'https://224.0.0.1',
  ])('%s', async (baseUrl) => {
    expect(await refusalOf(production(baseUrl))).toBe('EGRESS_DENIED');
  });

  test.each(['localhost', 'localhost.', 'LOCALHOST', 'crm.localhost', 'inner.example.com'])(
    'the name %s that resolves to loopback',
    async (host) => {
      const resolve = vi.fn(async (): Promise<Address[]> => [{ address: '127.0.0.1', family: 4 }]);
      expect(await refusalOf(production(`https://${host}`, { resolve }))).toBe('EGRESS_DENIED');
      expect(resolve).toHaveBeenCalledOnce();
    },
  );

  test('a name with one public and one private address', async () => {
    const resolve = async (): Promise<Address[]> => [
      { address: '93.184.216.34', family: 4 },
      { address: '10.0.0.7', family: 4 },
    ];
    expect(await refusalOf(production('https://crm.example.com', { resolve }))).toBe('EGRESS_DENIED');
  });

  test('a name without any address', async () => {
    expect(await refusalOf(production('https://crm.example.com', { resolve: async () => [] }))).toBe('EGRESS_DENIED');
  });
});

test('a private network is reached only where the connection lists it, and link-local and metadata never', () => {
  const open = ['10.1.0.0/16', '169.254.0.0/16', '100.64.0.0/10', 'fd00::/8'];
  const may = (address: string): boolean => {
    try {
      testAddress('erp', address, 'production', open);
      return true;
    } catch {
      return false;
    }
  };
  expect(may('10.1.2.3')).toBe(true);
  expect(may('10.2.2.3')).toBe(false);
  expect(may('fd12::1')).toBe(true);
  expect(may('169.254.169.254')).toBe(false);
  expect(may('100.100.100.200')).toBe(false);
  expect(may('100.64.0.1')).toBe(true);
  expect(may('fd00:ec2::254')).toBe(false);
});

test('a name is asked for once per connection made, and the answer that was tested is the one dialled', async () => {
  const fake = await startFake(() => ({ json: {} }));
  let asked = 0;
  const resolve = async (): Promise<Address[]> => {
    asked += 1;
    return [{ address: asked === 1 ? '127.0.0.1' : '10.0.0.1', family: 4 }];
  };
  const door = createHttp({ baseUrl: `http://crm.example.com:${fake.port}`, allow: [], mode: 'local', resolve });
  const reply = await door.request({ method: 'GET', path: '/x', intent: 'read' }, aCall());
  door.close();
  expect(reply.status).toBe(200);
  expect(asked).toBe(1);
  expect(fake.asked[0]?.headers.host).toBe(`crm.example.com:${fake.port}`);
});

describe('base addresses that cannot be meant are refused when the connection is made', () => {
  test.each([
    'file:///etc/passwd',
    'data:text/plain,x',
    'gopher://crm.example.com',
    'ftp://crm.example.com',
    'unix:/var/run/docker.sock',
    'http:///x',
    'https://crm.example.com/\tx',
    'https://crm.example.com\\@evil.example',
    'https://user:secret@crm.example.com',
    'https://crm.example.com/?a=b',
    'https://crm.example.com/#part',
    'https://crm.example.com:22',
    'https://crm.example.com:6379',
    'crm.example.com',
    '',
  ])('%s', (baseUrl) => {
    expect(() => createHttp(production(baseUrl))).toThrow(expect.objectContaining({ code: 'CONFIG_INVALID' }));
  });

  test('the refusal shows no password', () => {
    expect(() => createHttp(production('https://user:hunter2@crm.example.com'))).toThrow(/^(?!.*hunter2)/s);
  });
});

describe('requests stay on their host', () => {
  const resolve = vi.fn(async (): Promise<Address[]> => [{ address: '93.184.216.34', family: 4 }]);
  const settings = production('https://good.example/api', { resolve });
  test.each([
    'https://evil.example/',
    'https://good.example@evil.example/',
    'https://good.example.evil.example/',
    'https://good.example./',
    'https://xn--god-jla.example/',
    'https://good.example:22/',
    'https://good.example:25/',
    'http://good.example/',
    'file:///etc/passwd',
    '//evil.example/',
    '/\\evil.example/',
    '@evil.example/',
    '.evil.example/',
    'v1/accounts',
    '/../admin',
    '/%2e%2e/admin',
    '/a\nb',
  ])('%s is refused without a lookup', async (path) => {
    resolve.mockClear();
    expect(await refusalOf(settings, path)).toBe('EGRESS_DENIED');
    expect(resolve).not.toHaveBeenCalled();
  });

  test('credentials are not sent to another origin, even one that is allowed', async () => {
    const other = await startFake(() => ({ json: {} }));
    const door = createHttp({
      baseUrl: 'http://127.0.0.1:1',
      allow: [`127.0.0.1:${other.port}`],
      mode: 'local',
      credentials: () => ({ headers: async () => ({ 'x-api-key': 'k' }) }),
    });
    const request = { method: 'GET', path: `${other.url}/x`, intent: 'read' } as const;
    await expect(door.request(request, aCall())).rejects.toMatchObject({ code: 'EGRESS_DENIED' });
    expect(other.asked).toHaveLength(0);
    expect((await door.request({ ...request, anonymous: true }, aCall())).status).toBe(200);
    door.close();
  });
});

test('a proxy named in the environment is ignored', async () => {
  const proxy = await startFake(() => ({ status: 418 }));
  const fake = await startFake(() => ({ json: { me: true } }));
  for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'HTTPS_PROXY']) vi.stubEnv(name, proxy.url);
  vi.stubEnv('NODE_USE_ENV_PROXY', '1');
  const door = createHttp({ baseUrl: fake.url, allow: [], mode: 'local' });
  const reply = await door.request({ method: 'GET', path: '/x', intent: 'read' }, aCall());
  door.close();
  vi.unstubAllEnvs();
  expect(reply.json()).toEqual({ me: true });
  expect(proxy.asked).toHaveLength(0);
});
