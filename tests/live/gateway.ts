/** A small proxy between the product and a system, which can spoil what the system says. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One reply on its way: its address, and its body as text. */
export interface Reply {
  readonly path: string;
  readonly status: number;
  readonly body: string;
}
/** What is said instead. `cut` announces the whole body and breaks off in its middle. */
export interface Spoilt {
  readonly body: string;
  readonly type?: string;
  readonly cut?: true;
}

export interface Gateway {
  readonly url: string;
  /** From now on every reply goes through this; undefined lets all pass as they are. */
  spoil(how: ((reply: Reply) => Spoilt | undefined) | undefined): void;
  close(): Promise<void>;
}

const PASSED = ['content-type', 'etag', 'retry-after', 'date'] as const;

const bodyOf = async (request: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

export const startGateway = async (target: string): Promise<Gateway> => {
  let how: Parameters<Gateway['spoil']>[0];
  const pass = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const path = request.url ?? '/';
    const sent = await bodyOf(request);
    const { host: _host, connection: _connection, 'content-length': _length, ...headers } = request.headers;
    const reply = await fetch(`${target}${path}`, {
      method: request.method ?? 'GET',
      headers: headers as Record<string, string>,
      ...(sent.length === 0 ? {} : { body: sent }),
    });
    const body = await reply.text();
    const spoilt = how?.({ path, status: reply.status, body });
    const passed = PASSED.flatMap((name) => {
      const value = reply.headers.get(name);
      return value === null ? [] : [[name, value] as const];
    });
    const text = spoilt?.body ?? body;
    response.writeHead(reply.status, {
      ...Object.fromEntries(passed),
      ...(spoilt?.type === undefined ? {} : { 'content-type': spoilt.type }),
      'content-length': Buffer.byteLength(text),
    });
    if (spoilt?.cut !== true) return void response.end(text);
    response.write(text.slice(0, text.length / 2), () => response.destroy());
  };
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    spoil: (wanted) => {
      how = wanted;
    },
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};
