/** The laws of connectors on a real Tryton, behind a small proxy that makes the trouble. */
import { fork } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { JsonObject } from '../../src/domain/json.ts';
import { type ConformanceWorld, conformance } from '../kit/conformance.ts';
import { connectTo } from '../kit/preset.ts';

interface Ready {
  readonly url: string;
  readonly database: string;
  readonly user: string;
  readonly password: string;
}

const start = async () => {
  const data = mkdtempSync(join(tmpdir(), 'tryton-'));
  const main = join(import.meta.dirname, '../../sandbox/tryton/main.ts');
  const child = fork(main, ['--data', data, '--customers', '100'], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ready = await new Promise<Ready>((done, fail) => {
    child.once('message', (message) => done((message as { ready: Ready }).ready));
    child.once('exit', (code) => fail(new Error(`Tryton ended with code ${code}`)));
  });
  const close = async (): Promise<void> => {
    const ended = new Promise((done) => child.once('exit', done));
    child.kill('SIGTERM');
    await ended;
    rmSync(data, { recursive: true, force: true });
  };
  return { ready, close };
};

type Fate = Parameters<ConformanceWorld['strike']>[0];

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

const serveProxy = async (target: string) => {
  let next: { readonly fate: Fate; readonly on: 'read' | 'write' } | undefined;
  const answer = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(request);
    const method = String((JSON.parse(body.toString('utf8')) as { method: string }).method);
    const kind = /\.(create|write|delete)$/.test(method) ? 'write' : 'read';
    const struck = next?.on === kind && method.startsWith('model.party') ? next : undefined;
    if (struck !== undefined) next = undefined;
    if (struck?.fate === 'cut before') return void request.socket.destroy();
    if (struck?.fate === 'too many') return void response.writeHead(429, { 'retry-after': '7' }).end();
    if (struck?.fate === 'broken') return void response.writeHead(500).end('<html>broken</html>');
    const { authorization } = request.headers;
    const reply = await fetch(`${target}${request.url}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(authorization === undefined ? {} : { authorization }) },
      body,
    });
    const text = await reply.text();
    if (struck?.fate === 'cut after') return void request.socket.destroy();
    const date = reply.headers.get('date');
    response.writeHead(reply.status, { 'content-type': 'application/json', ...(date === null ? {} : { date }) });
    response.end(text);
  };
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strike: async (fate: Fate, on: 'read' | 'write'): Promise<void> => {
      next = { fate, on };
    },
    close: (): Promise<void> =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};

const draft = (name: string): JsonObject => ({
  name,
  active: true,
  language: 'de',
  categories: [{ name: 'Customer' }],
  addresses: [{ position: '1', street: 'Weg 1', city: 'Köln', country: 'DE' }],
  contact_mechanisms: [{ type: 'email', value: `${name}@customer.example` }],
});

const open = async (): Promise<ConformanceWorld> => {
  const { ready, close } = await start();
  const proxy = await serveProxy(ready.url);
  const { database, user, password } = ready;
  const wrong = 'a-wrong-secret-of-nobody';
  return {
    record: 'Party',
    connect: (who) =>
      connectTo('tryton', proxy.url, {
        settings: { database, user, password: who === 'impostor' ? wrong : password },
        callMs: 60_000,
      }),
    draft,
    change: (name) => ({ name }),
    refused: { ...draft('Refused'), identifiers: [{ type: 'eu_vat', code: 'DE123' }] },
    decimal: draft,
    readDecimal: () => undefined,
    empties: draft,
    readEmpties: () => [undefined, undefined],
    strike: proxy.strike,
    secrets: [password, wrong],
    close: async () => {
      await proxy.close();
      await close();
    },
  };
};

conformance('Tryton', open, {
  skip: [
    { law: 7, reason: 'Tryton sends no webhooks, so nothing is verified' },
    { law: 9, reason: 'a party has no decimal field; the codec of tagged values has tests of its own' },
  ],
});
