/**
 * The one door to the outside. Nothing else in the project dials: here are the allow-list, the pinned address, the
 * limits, and the rule that credentials go to their own origin and nowhere else.
 */
import type { Readable } from 'node:stream';
import axios from 'axios';
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { literalAddress, type Mode, type Resolve, readAllowList, testAddress } from './address.ts';
import { createAgent } from './agent.ts';
import { readBody } from './body.ts';
import { type Intent, retryDropped } from './retry.ts';
import type { Call } from './seam.ts';

export type { Intent, Mode };

/** How long a request may take and how much a reply may weigh. */
export interface Limits {
  readonly connectMs: number;
  readonly firstByteMs: number;
  readonly totalMs: number;
  /** Decompressed bytes of one reply. */
  readonly maxBytes: number;
  /** Decompressed bytes per byte received. */
  readonly ratio: number;
}
/** The limits when a connection states none. */
export const LIMITS: Limits = {
  connectMs: 5_000,
  firstByteMs: 30_000,
  totalMs: 60_000,
  maxBytes: 10 * 1024 * 1024,
  ratio: 100,
};

/** What proves who we are. Bound to the base address's origin by the door. */
export interface Credentials {
  /** Headers for the next request. May fetch a token. */
  headers(call: Call): Promise<Readonly<Record<string, string>>>;
  /** Called once when a request was answered 401; true when it is worth sending again. */
  renew?(call: Call, refused: Readonly<Record<string, string>>): Promise<boolean>;
}

export interface HttpSettings {
  readonly baseUrl: string;
  /** More hosts (`host` or `host:port`) and private networks (CIDR) than the base address's own host. */
  readonly allow: readonly string[];
  readonly mode: Mode;
  /** Plain http outside local mode, where an administrator said so. */
  readonly insecure?: boolean;
  readonly concurrency?: number;
  readonly limits?: Partial<Limits>;
  readonly credentials?: Credentials;
  readonly resolve?: Resolve;
}

export type RequestBody =
  | { readonly json: unknown }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly text: string; readonly type: string };

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Below the base address, starting with `/`; or an absolute URL of an allowed host. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: RequestBody;
  readonly intent: Intent;
  /** True for a request that must go without credentials: the login itself. */
  readonly anonymous?: boolean;
}

/** Any reply that is not a redirect, whatever its status. */
export interface HttpReply {
  readonly status: number;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body read without losing a digit; PROTOCOL_ERROR when it is not JSON. */
  json(): Json;
}

export interface Http {
  request(request: HttpRequest, call: Call): Promise<HttpReply>;
  close(): void;
}

const UNSENT_CODES = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'CONNECT_TIMEOUT',
]);

const encoded = (body: RequestBody | undefined): { data?: string; type?: string } => {
  if (body === undefined) return {};
  if ('json' in body) return { data: stringifyJson(body.json), type: 'application/json' };
  if ('form' in body)
    return { data: new URLSearchParams(body.form).toString(), type: 'application/x-www-form-urlencoded' };
  return { data: body.text, type: body.type };
};

const jsonOf = (host: string, text: string, type: string): Json => {
  if (/^\s*</.test(text))
    throw new SyncError('PROTOCOL_ERROR', `${host} answered with a web page (${type || 'no type'}) where JSON was due`);
  try {
    return parseJson(text);
  } catch {
    throw new SyncError('PROTOCOL_ERROR', `${host} answered with JSON that breaks off or is malformed`);
  }
};

/** Translates whatever the wire threw. The library's own error is dropped on purpose: it carries headers with secrets. */
const translated = (error: unknown, host: string): SyncError => {
  const inner = error instanceof Error && error.cause instanceof SyncError ? error.cause : error;
  if (inner instanceof SyncError) return inner;
  const code = String((error as { code?: unknown }).code ?? '');
  const unsent = UNSENT_CODES.has(code);
  if (code === 'CONNECT_TIMEOUT')
    return new SyncError('TIMED_OUT', `${host} did not take the connection in time`, { unsent });
  if (code.startsWith('Z_') || code.startsWith('HPE_'))
    return new SyncError('PROTOCOL_ERROR', `${host} sent a reply that cannot be read (${code})`);
  return new SyncError(
    'UNREACHABLE',
    `${host} cannot be reached (${code || 'connection lost'})`,
    unsent ? { unsent } : {},
  );
};

const lowercase = (headers: object): Record<string, string> => {
  const plain: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    if (value !== undefined && value !== null) plain[name.toLowerCase()] = String(value);
  }
  return plain;
};

/** The address a request goes to, once it is known to be allowed. */
const createTargets = (settings: HttpSettings, base: URL) => {
  const { hosts, cidrs } = readAllowList(settings.allow);
  const prefix = base.pathname.replace(/\/$/, '');
  return ({ path, query }: HttpRequest): URL => {
    const url = /^https?:\/\//i.test(path) ? new URL(path) : new URL(`${base.origin}${prefix}${path}`);
    const denied = (why: string): SyncError => new SyncError('EGRESS_DENIED', why, { unsent: true });
    if (url.username !== '' || url.password !== '')
      throw denied(`the address of ${url.host} must not carry credentials`);
    const plain = url.protocol === 'http:' && base.protocol === 'http:';
    if (url.protocol !== 'https:' && !(plain && (settings.mode === 'local' || settings.insecure === true)))
      throw denied(`${url.host} must be reached by https`);
    const listed =
      url.host === base.host || hosts.includes(url.host) || (url.port === '' && hosts.includes(url.hostname));
    if (!listed) throw denied(`"${url.host}" is not on the allow-list of ${base.host}`);
    const literal = literalAddress(url.hostname);
    if (literal !== undefined) testAddress(url.hostname, literal, settings.mode, cidrs);
    for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
    return url;
  };
};

/** Stops a request at the first of: the caller, the first-byte limit, the total limit. */
const createStop = (limits: Limits, signal: AbortSignal) => {
  const controller = new AbortController();
  let late: string | undefined;
  const after = (ms: number, what: string) =>
    setTimeout(() => {
      late = what;
      controller.abort();
    }, ms);
  const firstByte = after(limits.firstByteMs, `no answer within ${limits.firstByteMs} ms`);
  const total = after(limits.totalMs, `not finished within ${limits.totalMs} ms`);
  const byCaller = (): void => controller.abort();
  signal.addEventListener('abort', byCaller, { once: true });
  return {
    signal: controller.signal,
    answered: () => clearTimeout(firstByte),
    late: () => late,
    done: () => {
      clearTimeout(firstByte);
      clearTimeout(total);
      signal.removeEventListener('abort', byCaller);
    },
  };
};

const refuseRedirect = (host: string, status: number, location: string | undefined): void => {
  if (status < 300 || status > 399 || status === 304) return;
  const to = location === undefined ? undefined : URL.parse(location, `https://${host}`)?.host;
  throw new SyncError('REDIRECT_REFUSED', `${host} redirects to ${to ?? 'another address'}; we do not follow`, {
    status,
  });
};

/** Opens the door for one connection. */
export const createHttp = (settings: HttpSettings): Http => {
  const base = URL.parse(settings.baseUrl);
  if (base === null || !/^https?:$/.test(base.protocol))
    throw new SyncError('CONFIG_INVALID', `"${settings.baseUrl}" is not an http address; write https://host/path`);
  const limits: Limits = { ...LIMITS, ...settings.limits };
  const target = createTargets(settings, base);
  const agent = createAgent(base.protocol, settings, limits.connectMs);

  const sendOnce = async (
    url: URL,
    request: HttpRequest,
    own: Record<string, string>,
    call: Call,
  ): Promise<HttpReply> => {
    call.signal.throwIfAborted();
    await call.beforeRequest?.();
    const stop = createStop(limits, call.signal);
    const { data, type } = encoded(request.body);
    try {
      const reply = await axios.request<Readable>({
        url: url.href,
        method: request.method,
        headers: {
          accept: 'application/json',
          'accept-encoding': 'gzip, deflate, br',
          'user-agent': 'tallystick',
          ...(type === undefined ? {} : { 'content-type': type }),
          ...request.headers,
          ...own,
        },
        data,
        adapter: 'http',
        responseType: 'stream',
        decompress: false,
        maxRedirects: 0,
        proxy: false,
        maxBodyLength: Number.POSITIVE_INFINITY,
        maxContentLength: -1,
        validateStatus: () => true,
        transformRequest: (body: unknown) => body,
        signal: stop.signal,
        httpAgent: agent,
        httpsAgent: agent,
      });
      stop.answered();
      const headers = lowercase(reply.headers);
      const text = await readBody(reply.data, (headers['content-encoding'] ?? '').toLowerCase(), limits);
      refuseRedirect(url.host, reply.status, headers['location']);
      return { status: reply.status, headers, text, json: () => jsonOf(url.host, text, headers['content-type'] ?? '') };
    } catch (error) {
      if (call.signal.aborted) throw call.signal.reason;
      const late = stop.late();
      throw late === undefined ? translated(error, url.host) : new SyncError('TIMED_OUT', `${url.host}: ${late}`);
    } finally {
      stop.done();
    }
  };

  const request = async (asked: HttpRequest, call: Call): Promise<HttpReply> => {
    const url = target(asked);
    const credentials = asked.anonymous === true ? undefined : settings.credentials;
    if (credentials !== undefined && url.origin !== base.origin)
      throw new SyncError('EGRESS_DENIED', `credentials of ${base.host} are not sent to ${url.host}`, { unsent: true });
    const own = credentials === undefined ? {} : await credentials.headers(call);
    const send = (headers: Record<string, string>) =>
      retryDropped(() => sendOnce(url, asked, headers, call), asked.intent, call.signal);
    const reply = await send(own);
    // 401 says that nothing was done, so one more try with a fresh login is safe for a write too.
    if (reply.status !== 401 || credentials?.renew === undefined || !(await credentials.renew(call, own))) return reply;
    return send(await credentials.headers(call));
  };
  return { request, close: () => agent.destroy() };
};
