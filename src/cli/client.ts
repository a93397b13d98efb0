import { readFileSync } from 'node:fs';
import { ERRORS, type ErrorCode, SyncError } from '../domain/errors.ts';
import { isObject, type Json, parseJson, stringifyJson } from '../domain/json.ts';
import type { Role } from '../ledger/queries/keys.ts';
import { ACCESS, GRANTS, isKeyless, type RouteId } from '../server/access.ts';
import { apiFile, keysFile } from '../server/first-keys.ts';
import type { Io } from './io.ts';

/** What goes with a request, by the names of the route's description. */
export interface Request {
  readonly params?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string | number | undefined>>;
  readonly body?: unknown;
}

/** The admin API, spoken to by the ids of its routes. */
export interface Client {
  /** The reply, and its text as it came. */
  call<T = Json>(route: RouteId, request?: Request): Promise<{ readonly reply: T; readonly text: string }>;
}

// On a machine of its own every role's key is at hand: the one that sees most of what its role may do is taken first.
const PREFERRED: readonly Role[] = ['steward', 'operator', 'it-admin', 'auditor', 'service', 'approver'];

/** Where the API is and by which key it is asked: from the environment, else as `tally up` left it on this machine. */
export const createClient = (io: Io, home: string, as: Role | undefined): Client => ({
  call: async (route, request = {}) => {
    const [method = '', path = ''] = route.split(' ');
    const url = new URL(filled(path, request), baseOf(io, home));
    for (const [name, value] of Object.entries(request.query ?? {}))
      if (value !== undefined) url.searchParams.set(name, String(value));
    const key = keyFor(io, home, route, as);
    const response = await send(io, url, {
      method,
      headers: {
        ...(key === undefined ? {} : { authorization: `Bearer ${key}` }),
        ...(request.body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(request.body === undefined ? {} : { body: stringifyJson(request.body) }),
    });
    const text = await response.text();
    const reply = parsed(text, url);
    if (!response.ok) throw problemFrom(reply, response.status);
    return { reply: reply as never, text };
  },
});

const filled = (path: string, { params = {} }: Request): string =>
  path.replace(/:(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''));

const baseOf = (io: Io, home: string): string => {
  const given = io.env['TALLY_API_URL'];
  if (given !== undefined && given !== '') {
    if (URL.canParse(given)) return given;
    throw new SyncError('CONFIG_INVALID', `TALLY_API_URL is not an address: write http://host:port`);
  }
  const kept = keptIn(apiFile(home))['url'];
  if (kept === undefined) throw new SyncError('API_DOWN', 'no API is known here');
  return kept;
};

const keyFor = (io: Io, home: string, route: RouteId, as: Role | undefined): string | undefined => {
  const given = io.env['TALLY_API_KEY'];
  if (given !== undefined && given !== '') return given;
  // The keys of this machine are for its own API, and for no other that the environment names.
  if (!isOwnApi(baseOf(io, home), home)) return undefined;
  const permission = ACCESS[route];
  const keys = keptIn(keysFile(home));
  const roles =
    as === undefined ? PREFERRED.filter((role) => isKeyless(permission) || GRANTS[role].includes(permission)) : [as];
  return roles.map((role) => keys[role]).find((key) => key !== undefined);
};

const isOwnApi = (url: string, home: string): boolean => {
  const own = keptIn(apiFile(home))['url'];
  return own !== undefined && URL.canParse(own) && new URL(url).origin === new URL(own).origin;
};

/** A file of words that this machine keeps; nothing when it is not there. */
const keptIn = (path: string): Readonly<Record<string, string | undefined>> => {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
};

const send = async (io: Io, url: URL, init: RequestInit): Promise<Response> => {
  try {
    return await io.fetch(url, { ...init, redirect: 'manual', signal: io.signal });
  } catch (error) {
    throw new SyncError('API_DOWN', `the API does not answer at ${url.origin}`, {}, error);
  }
};

const parsed = (text: string, url: URL): Json => {
  try {
    return parseJson(text);
  } catch {
    throw new SyncError('API_DOWN', `what answers at ${url.origin} is not the Tallystick API`);
  }
};

/** The API's refusal as an error here, with its own code, sentence and facts. */
const problemFrom = (reply: Json, status: number): SyncError => {
  const { code, detail, problems, current, correlation } = isObject(reply) ? reply : {};
  if (typeof code !== 'string' || !(code in ERRORS))
    return new SyncError('API_DOWN', `the API answered ${status} and no reason`);
  const trace = code === 'INTERNAL' ? ` (correlation id ${String(correlation)})` : '';
  return new SyncError(code as ErrorCode, `${String(detail)}${trace}`, {
    ...(Array.isArray(problems) ? { problems: problems.map(String) } : {}),
    ...(current === undefined ? {} : { current }),
  });
};
