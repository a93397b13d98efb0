/** A proxy before a real HTTP system, on loopback: the next request of a kind meets a fate, once; everything else passes. */
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ConformanceWorld } from './conformance.ts';

type Fate = Parameters<ConformanceWorld['strike']>[0];
type On = Parameters<ConformanceWorld['strike']>[1];

const bodyOf = async (message: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  for await (const chunk of message as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks);
};

/** Who looks on: what a request says before it is passed on, which waits for him, and what it is answered with. */
export interface Onlooker {
  before(body: string): Promise<void>;
  after(answer: string): void;
}
const NOBODY: Onlooker = { before: async () => undefined, after: () => undefined };

/** Starts one. `writes` tells writing requests by their bodies. */
export const startTroubledHttp = async (
  port: number,
  writes: (body: string) => boolean,
  onlooker: Onlooker = NOBODY,
) => {
  let struck: { readonly fate: Fate; readonly on: On } | undefined;
  const pass = (asked: IncomingMessage, body: Buffer): Promise<{ reply: IncomingMessage; content: Buffer }> =>
    new Promise((done, failed) => {
      const { method, url: path, headers } = asked;
      const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }, (reply) => {
        bodyOf(reply).then((content) => done({ reply, content }), failed);
      });
      onward.once('error', failed);
      onward.end(body);
    });
  const respond = async (asked: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await bodyOf(asked);
    const on: On = writes(body.toString('utf8')) ? 'write' : 'read';
    const fate = struck?.on === on ? struck.fate : undefined;
    if (fate !== undefined) struck = undefined;
    if (fate === 'cut before') return void response.destroy();
    if (fate === 'too many') return void response.writeHead(429, { 'retry-after': '7' }).end('<html>too many</html>');
    if (fate === 'broken')
      return void response.writeHead(500, { 'content-type': 'text/html' }).end('<html>oops</html>');
    await onlooker.before(body.toString('utf8'));
    const { reply, content } = await pass(asked, body);
    onlooker.after(content.toString('utf8'));
    if (fate === 'cut after') return void response.destroy();
    const { 'transfer-encoding': _chunked, connection: _connection, ...headers } = reply.headers;
    response.writeHead(reply.statusCode ?? 502, { ...headers, 'content-length': content.length });
    response.end(content);
  };
  const server = createServer((asked, response) => {
    respond(asked, response).catch(() => response.destroy());
  });
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const strike: ConformanceWorld['strike'] = async (fate, on) => {
    struck = { fate, on };
  };
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    strike,
    close: (): Promise<void> =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
};
