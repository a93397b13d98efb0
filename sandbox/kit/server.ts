/** Serving over plain node:http: read the body, let faults strike, answer, keep the request. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { setTimeout as pause } from 'node:timers/promises';
import { AFTER, BEFORE, type Fault, type FaultPlan, struckBy } from './faults.ts';
import type { Lens } from './lens.ts';
import { retryAfter, send, sendStruck } from './spoil.ts';
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
  /** The faults that this request meets. */
  readonly struck: readonly Fault[];
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
  /** How it says that it broke down, where that is no JSON. */
  readonly failure?: (ask: Ask) => Answer | undefined;
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

/** What a server serves, and what it may meet. */
export interface Served {
  readonly service: Service;
  readonly store: Store;
  readonly faults: FaultPlan;
  /** How faults change what a request sees; without it such faults change nothing. */
  readonly lens?: Lens;
  readonly latencyMs: () => number;
  /** How far its clock is ahead. */
  readonly skewMs?: () => number;
  readonly port: number;
}

const LATE_MS = 2_000;
const SKEW_MS = 600_000;
const REFUSALS: Readonly<Partial<Record<Fault['kind'], readonly [code: string, message: string]>>> = {
  '401': ['UNAUTHORIZED', 'the token is no longer valid'],
  '403': ['FORBIDDEN', 'the right to do this was taken away'],
  '429': ['TOO_MANY', 'too many requests'],
  '500': ['INTERNAL', 'something broke'],
  '503': ['MAINTENANCE', 'closed for maintenance'],
  '504-after': ['GATEWAY', 'the gateway heard nothing in time'],
  '500-half': ['INTERNAL', 'something broke half way'],
};

/** Carries a request out, and keeps what became of it. */
const createWork = ({ service, store, lens }: Served) => {
  const noted = (ask: Ask, actor: string, answer: Answer): void =>
    store.note({
      seq: ask.number,
      at: new Date().toISOString(),
      actor,
      method: ask.method,
      path: ask.path,
      status: answer.status,
      items: answer.items ?? 1,
      fault: ask.struck.length === 0 ? null : ask.struck.map(({ kind }) => kind).join(' '),
    });
  const carryOut = (ask: Ask, write: boolean): Answer => {
    const actor = service.actor(ask);
    const answered = (): Answer => {
      if (actor === undefined) return service.refuse(ask);
      const once = (): Answer => service.answer(ask, actor);
      if (struckBy(ask.struck, 'twice') !== undefined) once();
      return once();
    };
    const work = (): Answer => {
      const answer = lens === undefined ? answered() : lens.through(ask.struck, write, answered);
      noted(ask, actor ?? '', answer);
      return answer;
    };
    return write && actor !== undefined ? store.transaction(work) : work();
  };
  return { noted, carryOut };
};

/** Serve a system on its own port. */
export const serve = (served: Served): Promise<Listening> => {
  const { service, faults } = served;
  const { noted, carryOut } = createWork(served);
  const refusal = ({ kind }: Fault, status = Number.parseInt(kind, 10)): Answer => {
    const [code, message] = REFUSALS[kind] ?? ['INTERNAL', 'something broke'];
    return { status, body: service.problem(status, code, message) };
  };
  /** Nothing is done. */
  const strikeBefore = (ask: Ask, fault: Fault, response: ServerResponse, write: boolean): void => {
    const { kind } = fault;
    if (kind === 'late') {
      response.destroy();
      const later = setTimeout(() => server.listening && carryOut(ask, write), fault.delay_ms ?? LATE_MS);
      return void later.unref();
    }
    const refused = REFUSALS[kind] === undefined ? undefined : refusal(fault);
    noted(ask, service.actor(ask) ?? '', refused ?? { status: 0 });
    if (kind === 'reset-before') return void response.destroy();
    // Whoever hangs is left hanging: the client goes, or the server ends.
    if (refused === undefined) return;
    const waits = kind === '429' || kind === '503' ? retryAfter(fault) : {};
    send(response, { ...refused, headers: waits });
  };
  /** All is done; whether anybody hears of it is another matter. */
  const strikeAfter = (fault: Fault, response: ServerResponse): boolean => {
    if (fault.kind === 'twice') return false;
    if (fault.kind === 'reset-after') response.destroy();
    else if (fault.kind !== 'hang-after') send(response, refusal(fault));
    return true;
  };
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await readBody(request);
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const method = request.method ?? 'GET';
    const plain: Ask = {
      method,
      path: url.pathname,
      query: url.searchParams,
      headers: request.headers,
      body: body ?? '',
      number: served.store.nextRequest(),
      struck: [],
    };
    const write = service.writes(method, plain.path, plain);
    const struck = faults.strike({ path: plain.path, write, actor: service.actor(plain) });
    const ask: Ask = { ...plain, struck };
    const slow = struck.reduce((sum, f) => sum + (f.kind === 'slow' ? (f.delay_ms ?? 2000) : 0), 0);
    if (served.latencyMs() + slow > 0) await pause(served.latencyMs() + slow);
    if (!server.listening) return void response.destroy();
    const skewed = struckBy(struck, 'clock-skew');
    const skew = (served.skewMs?.() ?? 0) + (skewed === undefined ? 0 : (skewed.skew_ms ?? SKEW_MS));
    if (skew !== 0) response.setHeader('date', new Date(Date.now() + skew).toUTCString());
    const before = struckBy(struck, ...BEFORE);
    if (before !== undefined) return strikeBefore(ask, before, response, write);
    if (body === undefined)
      return send(response, { status: 413, body: service.problem(413, 'TOO_LARGE', 'the body is over 16 MiB') });
    const answer = carryOut(ask, write);
    const after = struckBy(struck, ...AFTER);
    if (after !== undefined && strikeAfter(after, response)) return;
    const failure = service.failure?.(ask) ?? {
      status: 500,
      body: service.problem(500, 'INTERNAL', 'something broke'),
    };
    await sendStruck(response, answer, struck, failure);
  };
  const server = createServer((request, response) => {
    respond(request, response).catch((error: unknown) => {
      process.stderr.write(`sandbox: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
      if (response.headersSent || response.destroyed) response.destroy();
      else send(response, { status: 500, body: service.problem(500, 'INTERNAL', 'something broke in the sandbox') });
    });
  });
  return listen(server, served.port);
};
