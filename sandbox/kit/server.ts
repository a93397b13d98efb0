/** Serving over plain node:http: read the body, let faults strike, answer, keep the request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import type { Fault, FaultPlan } from './faults.ts';
import type { Store } from './store.ts';

/** A request as the routes see it. */
export interface Ask {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  /** Number of this request in the ledger. */
  readonly number: number;
}

/** An answer: JSON text already made. */
export interface Answer {
  readonly status: number;
  readonly body?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** How many items the request was about. */
  readonly items?: number;
}

/** What a system serves: who asks, which requests write, and the answer itself. */
export interface Service {
  readonly actor: (ask: Ask) => string | undefined;
  readonly refuse: (ask: Ask) => Answer;
  readonly writes: (method: string, path: string, ask: Ask) => boolean;
  /** The system's own shape of an error. */
  readonly problem: (status: number, code: string, message: string) => string;
  readonly answer: (ask: Ask, actor: string) => Answer;
}

/** Where a running server listens. */
export interface Listening {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const LIMIT = 16 * 1024 * 1024;
// Longer than any client keeps an idle connection, so that no reset happens which nobody asked for.
const KEEP_ALIVE_MS = 600_000;

const BEFORE_COMMIT = new Set<Fault['kind']>(['500', '429', 'reset-before']);

/** The whole body as text, or undefined when it is too large. */
export const readBody = async (request: IncomingMessage): Promise<string | undefined> => {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > LIMIT) return undefined;
    chunks.push(chunk);
  }
  return (chunks.length === 1 && chunks[0] !== undefined ? chunks[0] : Buffer.concat(chunks)).toString('utf8');
};

/** Send an answer as JSON. */
export const send = (response: ServerResponse, answer: Answer): void => {
  const body = answer.body ?? '';
  const type = body === '' ? {} : { 'content-type': 'application/json; charset=utf-8' };
  response.writeHead(answer.status, { ...type, 'content-length': Buffer.byteLength(body), ...answer.headers });
  response.end(body);
};

/** Listen on 127.0.0.1; port 0 takes a free one. */
export const listen = (server: Server, port: number): Promise<Listening> => {
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  server.requestTimeout = 0;
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      const address = server.address();
      const chosen = typeof address === 'object' && address !== null ? address.port : port;
      const close = () =>
        new Promise<void>((done) => {
          server.close(() => done());
          server.closeAllConnections();
        });
      resolve({ url: `http://127.0.0.1:${chosen}`, close });
    });
  });
};

/** Serve a system on its own port. */
export const serve = (input: {
  readonly service: Service;
  readonly store: Store;
  readonly faults: FaultPlan;
  readonly latencyMs: () => number;
  readonly port: number;
}): Promise<Listening> => {
  const { service, store, faults } = input;
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const method = request.method ?? 'GET';
    const number = store.nextRequest();
    const ask: Ask = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body ?? '',
      number,
    };
    const write = service.writes(method, ask.path, ask);
    const struck = faults.strike(ask.path, write);
    const wait = input.latencyMs() + struck.reduce((sum, f) => sum + (f.kind === 'slow' ? (f.delay_ms ?? 2000) : 0), 0);
    if (wait > 0) await pause(wait);
    if (!server.listening) return void response.destroy();
    const before = struck.find((f) => BEFORE_COMMIT.has(f.kind));
    if (before !== undefined) return strikeBefore(ask, before, response);
    if (body === undefined)
      return send(response, { status: 413, body: service.problem(413, 'TOO_LARGE', 'the body is over 16 MiB') });
    const after = struck.find((f) => f.kind === 'reset-after');
    const slow = struck.length > 0 ? 'slow' : null;
    const answer = carryOut(ask, write, after?.kind ?? slow);
    if (after === undefined) send(response, answer);
    else response.destroy();
  };
  const noted = (ask: Ask, actor: string, answer: Answer, fault: string | null): void =>
    store.note({
      seq: ask.number,
      at: new Date().toISOString(),
      actor,
      method: ask.method,
      path: ask.path,
      status: answer.status,
      items: answer.items ?? 1,
      fault,
    });
  const strikeBefore = (ask: Ask, fault: Fault, response: ServerResponse): void => {
    const status = { '429': 429, '500': 500 }[fault.kind as string] ?? 0;
    noted(ask, service.actor(ask) ?? '', { status }, fault.kind);
    if (fault.kind === 'reset-before') response.destroy();
    else if (fault.kind === '429') {
      const headers = { 'retry-after': String(fault.retry_after_s ?? 1) };
      send(response, { status, headers, body: service.problem(status, 'TOO_MANY', 'too many requests') });
    } else send(response, { status, body: service.problem(status, 'INTERNAL', 'something broke') });
  };
  const carryOut = (ask: Ask, write: boolean, fault: string | null): Answer => {
    const actor = service.actor(ask);
    const work = (): Answer => {
      const answer = actor === undefined ? service.refuse(ask) : service.answer(ask, actor);
      noted(ask, actor ?? '', answer, fault);
      return answer;
    };
    return write && actor !== undefined ? store.transaction(work) : work();
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      process.stderr.write(`sandbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, { status: 500, body: service.problem(500, 'INTERNAL', 'something broke in the sandbox') });
    });
  });
  return listen(server, input.port);
};
