/** A small HTTP system for tests: every request is kept, every answer is the test's own. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { ConnectionSettings } from '../../src/config/port.ts';

/** A request as it arrived. */
export interface Asked {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** What to answer: JSON, or anything by hand. */
export type Answer =
  | {
      readonly status?: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly json?: unknown;
      readonly text?: string;
    }
  | ((response: ServerResponse) => void);

/** Breaks the connection without an answer. */
export const cut: Answer = (response) => response.socket?.destroy();

/** Never answers. */
export const silence: Answer = () => undefined;

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
};

const give = (response: ServerResponse, answer: Answer): void => {
  if (typeof answer === 'function') {
    answer(response);
    return;
  }
  const body = answer.text ?? (answer.json === undefined ? '' : JSON.stringify(answer.json));
  const type = answer.json === undefined ? {} : { 'content-type': 'application/json' };
  response.writeHead(answer.status ?? 200, { ...type, ...answer.headers });
  response.end(body);
};

/** Starts one on loopback; it is closed when the test ends. */
export const startFake = async (answer: (asked: Asked, count: number) => Answer | Promise<Answer>) => {
  const asked: Asked[] = [];
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://fake');
    const body = await bodyOf(request);
    const one: Asked = {
      method: request.method ?? '',
      path: url.pathname,
      query: Object.fromEntries(url.searchParams),
      headers: request.headers,
      body,
    };
    asked.push(one);
    give(response, await answer(one, asked.length));
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const close = (): Promise<void> =>
    new Promise((done) => {
      server.close(() => done());
      server.closeAllConnections();
    });
  onTestFinished(close);
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port, asked, close };
};

/** A call that nobody stops. */
export const aCall = (): { readonly signal: AbortSignal } => ({ signal: new AbortController().signal });

/** A connection's settings as tests need them. */
export const aConnection = (url: string, over: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  name: 'test',
  connector: 'test',
  url,
  allow: [],
  settings: {},
  concurrency: 4,
  settleMs: 100,
  lagMs: 0,
  callMs: 5_000,
  pollMs: 100,
  sweepMs: 0,
  skewMs: 0,
  ...over,
});
