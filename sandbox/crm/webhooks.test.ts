import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from 'vitest';
import { bearer, call, docOf, listOf } from '../kit/calls.ts';
import { parse, text } from '../kit/json.ts';
import { startCrm } from './server.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const endings: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const end of endings.splice(0).reverse()) await end();
});

interface Heard {
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Somebody who listens. `answers` gives the status of each call. */
const aListener = async (answers: (count: number) => number = () => 204) => {
  const heard: Heard[] = [];
  let news: (() => void) | undefined;
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
    heard.push({ headers: request.headers, body: Buffer.concat(chunks).toString('utf8') });
    response.writeHead(answers(heard.length)).end();
    news?.();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  endings.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const until = async (count: number): Promise<readonly Heard[]> => {
    while (heard.length < count)
      await new Promise<void>((resolve) => {
        news = resolve;
      });
    return heard;
  };
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks/crm`, heard, until };
};

const aCrm = async (url: string, faults: readonly object[] = []) => {
  const crm = await startCrm({ customers: 0, seed: 3 });
  endings.push(crm.close);
  const headers = await bearer(crm.url, 'people', 'people-secret');
  const ask = (method: string, path: string, body?: unknown) =>
    call(method, `${crm.url}${path}`, { headers, ...(body === undefined ? {} : { body }) });
  await call('POST', `${crm.controlUrl}/control/faults`, { body: faults });
  const made = docOf(await ask('POST', '/v1/webhooks', { url, secret: SECRET }));
  const create = async (name: string) => docOf(await ask('POST', '/v1/accounts', { name }))['id'];
  return { ask, create, hook: made['id'] };
};

const isSigned = ({ headers, body }: Heard): boolean => {
  const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = headers;
  const wanted = createHmac('sha256', Buffer.alloc(32, 7)).update(`${id}.${at}.${body}`).digest('base64');
  return signature === `v1,${wanted}`;
};
const idOf = ({ body }: Heard): unknown => (parse(body) as { data?: { id?: unknown } }).data?.id;

test('a subscriber hears of every change to an account, signed, with its type and id', async () => {
  const listener = await aListener();
  const { ask, create } = await aCrm(listener.url);
  const id = await create('Acme');
  await ask('PATCH', `/v1/accounts/${id}`, { name: 'Acme AG' });
  await ask('PATCH', `/v1/accounts/${id}`, { name: 'Acme AG' });
  await ask('DELETE', `/v1/accounts/${id}`);
  const heard = await listener.until(3);
  expect(heard.map((each) => (parse(each.body) as { type: unknown }).type).sort()).toEqual([
    'account.created',
    'account.deleted',
    'account.updated',
  ]);
  expect(heard.map(isSigned)).toEqual([true, true, true]);
  expect(new Set(heard.map(idOf))).toEqual(new Set([id]));
  expect(new Set(heard.map(({ headers }) => headers['webhook-id'])).size).toBe(3);
});

test('one that was not heard is sent again under the same id with a fresh signature; 410 ends the subscription', async () => {
  const listener = await aListener((count) => (count === 1 ? 503 : 410));
  const { ask, create } = await aCrm(listener.url);
  await create('Acme');
  const [first, second] = await listener.until(2);
  expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
  expect(isSigned(second as Heard)).toBe(true);
  await expect.poll(async () => listOf(docOf(await ask('GET', '/v1/webhooks')), 'items'), { interval: 20 }).toEqual([]);
});

test('faults strike webhooks by their number, and no request', async () => {
  const listener = await aListener((count) => (count === 1 ? 401 : 204));
  const { create } = await aCrm(listener.url, [
    { kind: 'webhook-forged', nth: 1 },
    { kind: 'webhook-dropped', nth: 2 },
    { kind: 'webhook-doubled', nth: 3 },
  ]);
  const first = await create('A');
  const [forged, right] = await listener.until(2);
  expect([isSigned(forged as Heard), isSigned(right as Heard)]).toEqual([false, true]);
  await create('B');
  const third = await create('C');
  const heard = await listener.until(4);
  expect(heard.map(idOf)).toEqual([first, first, third, third]);
  expect(heard[3]?.headers['webhook-id']).toBe(heard[2]?.headers['webhook-id']);
});

test.each([
  ['webhook-changed', false],
  ['webhook-stale', true],
] as const)('%s is wrong at its first try and right at its second', async (kind, signedFirst) => {
  const listener = await aListener((count) => (count === 1 ? 401 : 204));
  const { create } = await aCrm(listener.url, [{ kind, nth: 1 }]);
  await create('A');
  const [first, second] = await listener.until(2);
  const age = ({ headers }: Heard): number => Date.now() / 1000 - Number(headers['webhook-timestamp']);
  expect([isSigned(first as Heard), isSigned(second as Heard)]).toEqual([signedFirst, true]);
  expect([age(first as Heard) > 300, age(second as Heard) > 300]).toEqual([kind === 'webhook-stale', false]);
});

test('a replayed one comes again word for word when it was heard', async () => {
  const listener = await aListener();
  const { create } = await aCrm(listener.url, [{ kind: 'webhook-replayed', nth: 1, delay_ms: 10 }]);
  await create('A');
  const [first, again] = await listener.until(2);
  expect(again).toEqual(first);
});

test('a reordered one goes out behind the next, a delayed one when its time has come', async () => {
  const listener = await aListener();
  const { create } = await aCrm(listener.url, [
    { kind: 'webhook-reordered', nth: 1 },
    { kind: 'webhook-delayed', nth: 3, delay_ms: 100 },
  ]);
  const [a, b] = [await create('A'), await create('B')];
  expect((await listener.until(2)).map(idOf)).toEqual([b, a]);
  const [c, d] = [await create('C'), await create('D')];
  expect((await listener.until(4)).map(idOf).slice(2)).toEqual([d, c]);
});

test.each([
  [{ url: 'ftp://127.0.0.1/x' }, 'url'],
  [{ url: 'http://127.0.0.1:1/x', secret: 'short' }, 'secret'],
  [{ url: 'http://127.0.0.1:1/x', secret: 'whsec_c2hvcnQ=' }, 'secret'],
])('a subscription %o is refused', async (wanted, named) => {
  const { ask } = await aCrm('http://127.0.0.1:1/none');
  const reply = await ask('POST', '/v1/webhooks', wanted);
  expect(reply.status).toBe(400);
  expect(text(reply.body)).toContain(named);
});
