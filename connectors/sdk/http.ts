/**
 * The one door to the outside. Nothing else in the project dials: here are the allow-list, the pinned address, the
 * limits, and the rule that credentials go to their own origin and nowhere else.
 */
import type { Agent } from 'node:http';
import type { Readable } from 'node:stream';
import axios, { type AxiosRequestConfig } from 'axios';
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, stringifyJson } from '../../src/domain/json.ts';
import type { Mode, Resolve } from './address.ts';
import { createAgent } from './agent.ts';
import { readBody } from './body.ts';
import { createGate } from './gate.ts';
import { type Intent, retryDropped } from './retry.ts';
import type { Call } from './seam.ts';
import { createTargets, readBase, type TargetSettings } from './target.ts';
import { createStop, jsonOf, lowercase, refuseRedirect, testHeaders, translated } from './wire.ts';

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

/** What a door is opened with. */
export interface HttpSettings extends TargetSettings {
  readonly concurrency?: number;
  readonly limits?: Partial<Limits>;
  /** Made with the door itself, through which a login goes too (as an `anonymous` request). */
  readonly credentials?: (door: Http) => Credentials;
  readonly resolve?: Resolve;
}

/** What a request carries. */
export type RequestBody =
  | { readonly json: unknown }
  | { readonly form: Readonly<Record<string, string>> }
  | { readonly text: string; readonly type: string };

/** One request, without the credentials. */
export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'HEAD';
  /** Below the base address, starting with `/`; or an absolute URL of an allowed host. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: RequestBody | undefined;
  readonly intent: Intent;
  /** True for a request that must go without credentials: the login itself. */
  readonly anonymous?: boolean;
  /** Called right before the first byte can leave; until then nothing was sent. */
  readonly onSend?: () => void;
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

/** The door of one connection. */
export interface Http {
  request(request: HttpRequest, call: Call): Promise<HttpReply>;
  close(): void;
}

const encoded = (body: RequestBody | undefined): { data?: string; type?: string } => {
  if (body === undefined) return {};
  if ('json' in body) return { data: stringifyJson(body.json), type: 'application/json' };
  if ('form' in body)
    return { data: new URLSearchParams(body.form).toString(), type: 'application/x-www-form-urlencoded' };
  return { data: body.text, type: body.type };
};

/** A client of our own, so that nobody's global defaults or interceptors reach the door. */
const client = axios.create({
  adapter: 'http',
  responseType: 'stream',
  decompress: false,
  maxRedirects: 0,
  proxy: false,
  maxBodyLength: Number.POSITIVE_INFINITY,
  maxContentLength: -1,
  validateStatus: () => true,
  transformRequest: (body: unknown) => body,
});

/** One agent per protocol, made when first needed. */
const createAgents = (settings: HttpSettings, connectMs: number) => {
  const agents = new Map<string, Agent>();
  return {
    for: (protocol: string): Agent => {
      const known = agents.get(protocol) ?? createAgent(protocol, settings, connectMs);
      agents.set(protocol, known);
      return known;
    },
    close: () => {
      for (const agent of agents.values()) agent.destroy();
    },
  };
};

const CONCURRENCY = 4;
type Agents = ReturnType<typeof createAgents>;
type Gate = ReturnType<typeof createGate>;
type Headers = Readonly<Record<string, string>>;

const OWN_HEADERS = { accept: 'application/json', 'accept-encoding': 'gzip, deflate, br', 'user-agent': 'tallystick' };

/** Reads a whole reply; what is refused is not read to its end. */
const readReply = async (host: string, status: number, headers: Headers, body: Readable, limits: Limits) => {
  try {
    refuseRedirect(host, status, headers['location']);
    const text = await readBody(body, headers, limits);
    return { status, headers, text, json: () => jsonOf(host, text, headers['content-type'] ?? '') };
  } catch (error) {
    body.destroy();
    throw error;
  }
};

/** One exchange on the wire, within its limits. Throws a SyncError, or the caller's own reason when the caller stopped it. */
const exchange = async (url: URL, request: AxiosRequestConfig, agent: Agent, limits: Limits, call: Call) => {
  const stop = createStop(limits, call.signal);
  try {
    const ways = { url: url.href, httpAgent: agent, httpsAgent: agent, signal: stop.signal };
    const reply = await client.request<Readable>({ ...request, ...ways });
    stop.answered();
    return await readReply(url.host, reply.status, lowercase(reply.headers), reply.data, limits);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    const late = stop.late();
    throw late === undefined ? translated(error, url.host) : new SyncError('TIMED_OUT', `${url.host}: ${late}`);
  } finally {
    stop.done();
  }
};

/** Sends one request once, when there is room and the caller's budget allows it. */
const createSend =
  (limits: Limits, agents: Agents, gate: Gate) =>
  async (url: URL, request: HttpRequest, own: Headers, call: Call): Promise<HttpReply> => {
    const { data, type } = encoded(request.body);
    const typed = type === undefined ? OWN_HEADERS : { ...OWN_HEADERS, 'content-type': type };
    const headers: Record<string, string> = { ...typed, ...request.headers, ...own };
    testHeaders(headers);
    await gate.enter(call.signal);
    try {
      await call.beforeRequest?.();
      call.signal.throwIfAborted();
      request.onSend?.();
      return await exchange(url, { method: request.method, headers, data }, agents.for(url.protocol), limits, call);
    } finally {
      gate.leave();
    }
  };

/** Opens the door for one connection. */
export const createHttp = (settings: HttpSettings): Http => {
  const base = readBase(settings.baseUrl);
  const limits: Limits = { ...LIMITS, ...settings.limits };
  const target = createTargets(settings, base);
  const agents = createAgents(settings, limits.connectMs);
  const gate = createGate(settings.concurrency ?? CONCURRENCY);
  const send = createSend(limits, agents, gate);

  const request = async (asked: HttpRequest, call: Call): Promise<HttpReply> => {
    const url = target(asked.path, asked.query);
    const own = asked.anonymous === true ? undefined : credentials;
    if (own !== undefined && url.origin !== base.origin)
      throw new SyncError('EGRESS_DENIED', `credentials of ${base.host} are not sent to ${url.host}`, { unsent: true });
    const sendWith = (headers: Headers) =>
      retryDropped(() => send(url, asked, headers, call), asked.intent, call.signal);
    const headers = (await own?.headers(call)) ?? {};
    const reply = await sendWith(headers);
    // 401 says that nothing was done, so one more try with a fresh login is safe for a write too.
    if (reply.status !== 401 || own?.renew === undefined || !(await own.renew(call, headers))) return reply;
    return sendWith(await own.headers(call));
  };

  const door: Http = { request, close: agents.close };
  const credentials = settings.credentials?.(door);
  return door;
};
