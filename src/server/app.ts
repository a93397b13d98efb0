import { randomUUID } from 'node:crypto';
import { type Context, Hono } from 'hono';
import { type ErrorCode, SyncError } from '../domain/errors.ts';
import { stringifyJson } from '../domain/json.ts';
import { status } from '../ledger/queries/status.ts';
import { ACCESS, type Caller, isKeyless, may } from './access.ts';
import { assertNoBrowser, assertNoKeyInUrl, authenticate, createUsable, type Usable } from './auth.ts';
import { readBody } from './body.ts';
import { coalesced } from './coalesced.ts';
import type { ServerDeps } from './deps.ts';
import { createLimits, type Limits } from './limits.ts';
import { problemFrom, syncErrorFrom } from './problems.ts';
import { parsed, type Route } from './route.ts';
import { ROUTES } from './routes.ts';
import { createViews } from './views.ts';

/** What Node's server adds to a request: where it really came from and how its address was really written. */
interface Bindings {
  readonly incoming?: { readonly url?: string; readonly socket?: { readonly remoteAddress?: string } };
}
interface Variables {
  correlation: string;
  caller: string;
  began: number;
}
interface Env {
  Bindings: Bindings;
  Variables: Variables;
}

const HEADERS = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-resource-policy': 'same-origin',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
} as const;
// Spellings by which one route could pass for another: encoded dots and slashes, empty parts, parameters in a path.
const DISGUISED = /%2e|%2f|%5c|%00|\/\/|\\|;|\/\.{1,2}(\/|$)/i;
const NOBODY: Caller = {
  key: '',
  name: 'anonymous',
  role: 'service',
  scopes: [],
  mappings: [],
  levels: [],
  connections: [],
  seal: Buffer.alloc(0),
};

/** The admin API. Every route comes from the one list and is checked, answered and logged here. */
export const createApp = (deps: ServerDeps): Hono<Env> => {
  const app = new Hono<Env>();
  const limits = createLimits(deps.now);
  const state = coalesced(() => status(deps.db));
  const ready = coalesced(() => assertReady(deps));
  const views = createViews(deps);
  const usable = createUsable(deps.db);
  app.use('*', async (c, next) => {
    c.set('correlation', randomUUID());
    c.set('began', deps.now());
    for (const [name, value] of Object.entries(HEADERS)) c.header(name, value);
    c.header('x-correlation-id', c.get('correlation'));
    const url = new URL(c.req.url);
    assertNoKeyInUrl(url);
    if (DISGUISED.test(c.env?.incoming?.url?.split('?')[0] ?? url.pathname)) throw noRoute();
    await next();
    logLine(deps, c, c.res.status);
  });
  for (const each of ROUTES) {
    const [method = '', path = ''] = each.id.split(' ');
    app.on(method, path, async (c) => {
      const caller = isKeyless(ACCESS[each.id]) ? NOBODY : await admitted({ ...deps, limits, usable }, c, each);
      const address = addressOf(c);
      const asked = { ...deps, limits, status: state, ready, views, caller, address, ...(await partsOf(each, c)) };
      return reply(c, each.status ?? 200, 'application/json', await each.answer(asked));
    });
  }
  app.notFound((c) => failed(deps, c, refusedMethod(c.req.path, c) ?? noRoute()));
  app.onError((error, c) => failed(deps, c, error));
  return app;
};

const assertReady = async ({ db, temporal }: Pick<ServerDeps, 'db' | 'temporal'>): Promise<void> => {
  await db.query('select 1');
  if (!(await temporal.reachable())) throw new SyncError('ENGINE_DOWN', 'the Temporal server does not answer');
};

const noRoute = (): SyncError => new SyncError('NOT_FOUND', 'there is nothing at this address');

const reply = (c: Context<Env>, status: number, type: string, value: unknown): Response => {
  const headers = new Headers(c.res.headers);
  headers.set('content-type', type);
  return new Response(stringifyJson(value), { status, headers });
};

/** Who asks, if this route is theirs. */
const admitted = async (
  { db, limits, usable }: Pick<ServerDeps, 'db'> & { readonly limits: Limits; readonly usable: Usable },
  c: Context<Env>,
  { id, rate }: Route,
): Promise<Caller> => {
  const caller = await authenticate(db, usable, c.req.raw).catch((error: unknown) => {
    if (error instanceof SyncError && error.code === 'UNAUTHENTICATED') limits.refusal(addressOf(c));
    throw error;
  });
  c.set('caller', caller.name);
  limits[rate ?? 'request'](caller.key);
  assertNoBrowser(caller, c.req.raw);
  const permission = ACCESS[id];
  if (!isKeyless(permission) && !may(caller, permission))
    throw new SyncError('FORBIDDEN', `the role ${caller.role} does not include ${permission}`);
  return caller;
};

// Headers that name another address are never believed.
const addressOf = (c: Context<Env>): string => c.env?.incoming?.socket?.remoteAddress ?? 'unknown';

/** Parameters, query and body, each against its schema; a route without one takes none. */
const partsOf = async (each: Route, c: Context<Env>) => {
  const query: Record<string, string> = {};
  for (const [name, value] of new URL(c.req.url).searchParams) {
    if (Object.hasOwn(query, name) || name === '__proto__')
      throw new SyncError('BAD_REQUEST', `${name} may stand once in the address`, { field: name });
    query[name] = value;
  }
  return {
    params: parsed(each.params, c.req.param(), 'address'),
    query: parsed(each.query, query, 'query'),
    body:
      each.body === undefined
        ? {}
        : parsed(each.body, await (each.reads ?? readBody)(c.req.raw, each.bodyLimit), 'body'),
  };
};

const PATTERNS = ROUTES.map(({ id }) => {
  const [method = '', path = ''] = id.split(' ');
  return { method, pattern: new RegExp(`^${path.replaceAll('.', '\\.').replace(/:\w+/g, '[^/]+')}$`) };
});

/** The path is known, but not for this method. */
const refusedMethod = (path: string, c: Context<Env>): SyncError | undefined => {
  const methods = PATTERNS.filter(({ pattern }) => pattern.test(path)).map(({ method }) => method);
  if (methods.length === 0) return undefined;
  c.header('allow', methods.join(', '));
  return new SyncError('METHOD_NOT_ALLOWED', `this address takes ${methods.join(' and ')} only`);
};

const failed = (deps: ServerDeps, c: Context<Env>, thrown: unknown): Response => {
  const error = syncErrorFrom(thrown);
  const correlation = c.get('correlation') ?? randomUUID();
  if (error.code === 'INTERNAL') deps.log.error({ correlation, ...faultOf(error.cause) }, 'a fault of ours');
  if (error.facts.retryAfterMs !== undefined)
    c.header('retry-after', String(Math.ceil(error.facts.retryAfterMs / 1000)));
  if (error.code === 'UNAUTHENTICATED' || error.code === 'KEY_IN_URL') c.header('www-authenticate', 'Bearer');
  const problem = problemFrom(error, correlation);
  logLine(deps, c, problem.status, error.code);
  return reply(c, problem.status, 'application/problem+json', problem);
};

// Messages and details of a database's error quote the values of the row: only where it arose and of which kind it is.
const faultOf = (cause: unknown): Readonly<Record<string, unknown>> =>
  cause instanceof Error ? { fault: cause.name, kind: (cause as { code?: unknown }).code, stack: framesOf(cause) } : {};

const framesOf = ({ stack = '' }: Error): string =>
  stack
    .split('\n')
    .filter((line) => /^\s+at /.test(line))
    .join('\n');

/** One line per request. The address is that of the route, never what stood in it. */
const logLine = (deps: ServerDeps, c: Context<Env>, status: number, code?: ErrorCode): void => {
  // Refusals were logged with their code where they were answered.
  if (code === undefined && status >= 400) return;
  const line = {
    correlation: c.get('correlation'),
    method: c.req.method,
    status,
    by: c.get('caller') ?? 'anonymous',
    ms: Math.round(deps.now() - (c.get('began') ?? 0)),
    ...(code === undefined ? {} : { code }),
  };
  if (status >= 500) deps.log.error(line, 'request');
  else if (status >= 400) deps.log.warn(line, 'request');
  else deps.log.info(line, 'request');
};
