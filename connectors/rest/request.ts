/** Requests made from templates, and how their refusals are read. */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { getPath, pathOf } from '../../src/mapping/path.ts';
import { callError, retryAfterOf, type Signal, type Sort } from '../engine/errors.ts';
import { bodyTemplate, headerTemplate, pathTemplate, queryTemplate, type Values } from '../engine/template.ts';
import type { Http, HttpReply, HttpRequest } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import type { Refusal, RequestShape } from './schema.ts';

/** What all record types of one connection share. */
export interface World {
  readonly http: Http;
  readonly sort: Sort;
  /** How the whole reply's refusal looks, unless an operation says otherwise. */
  readonly refusal: Refusal;
  readonly retryAfterHeader: string;
  /** Whether the body of a reply with success says so too, where the system has a word for it. */
  readonly saysSuccess?: (body: Json) => boolean;
  /** Headers of every request, ready. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values that every template may use: the settings. */
  readonly values: Values;
  readonly concurrency: number;
  readonly requestBytes: number;
  /** The base address: relative links of a reply are read against it. */
  readonly baseUrl: string;
  /** How a request is made of its shape, where it is not plain JSON over HTTP. */
  readonly compile?: (shape: RequestShape) => (values: Values) => Prepared;
  /** How a refused reply is read, where it does not look like an ordinary one. */
  readonly readRefusal?: (reply: HttpReply) => Signal;
}

/** A request made of a template; what it is for is said when it is sent. */
export type Prepared = Omit<HttpRequest, 'intent'>;

const filledIn = (
  texts: Readonly<Record<string, string>> | undefined,
  template: (text: string) => (values: Values) => string | undefined,
) => {
  const makers = Object.entries(texts ?? {}).map(([name, text]) => [name, template(text)] as const);
  return (values: Values): Record<string, string> | undefined => {
    if (makers.length === 0) return undefined;
    const made: Record<string, string> = {};
    for (const [name, make] of makers) {
      const value = make(values);
      if (value !== undefined) made[name] = value;
    }
    return made;
  };
};

/** A request's shape, compiled: values in, request out. */
export const compileRequest = (shape: RequestShape, world: World): ((values: Values) => Prepared) => {
  if (world.compile !== undefined) return world.compile(shape);
  const path = pathTemplate(shape.path);
  const query = filledIn(shape.query, queryTemplate);
  const headers = filledIn(shape.headers, headerTemplate);
  const body = shape.body === undefined ? undefined : bodyTemplate(shape.body as Json);
  return (own) => {
    const values = { ...world.values, ...own };
    return {
      method: shape.method,
      path: path(values),
      query: query(values),
      headers: { ...world.headers, ...headers(values) },
      ...(body === undefined ? {} : { body: { text: stringifyJson(body(values)), type: 'application/json' } }),
    };
  };
};

const ownAt = (at: Json | undefined, key: string): Json | undefined => {
  if (Array.isArray(at)) return (at as readonly Json[])[Number(key)];
  return isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
};

/** A path compiled to a function; the whole value for no path. A step that is a number counts a list from 0. Never a throw. */
export const compilePath = (text: string | undefined): ((value: Json) => Json | undefined) => {
  if (text === undefined) return (value) => value;
  const path = pathOf(text);
  if (path.some(({ key }) => /^\d+$/.test(key)) && path.every(({ where }) => where === undefined))
    return (value) => path.reduce<Json | undefined>((at, { key }) => ownAt(at, key), value);
  const [only] = path;
  if (path.length === 1 && only !== undefined && only.where === undefined) {
    const { key } = only;
    return (value) => (isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined);
  }
  return (value) => (isObject(value) ? getPath(value, path) : undefined);
};

/** Text of a value that may be an id, key, version or code: text as it is, numbers with their own digits. */
export const textOf = (value: Json | undefined): string | undefined => {
  if (typeof value === 'string') return value === '' ? undefined : value;
  return typeof value === 'number' || value instanceof ExactNumber ? String(value) : undefined;
};

/** The first of some places that has a text. */
const compileFirst = (paths: string | readonly string[] | undefined): ((body: Json) => string | undefined) => {
  const readers = (typeof paths === 'string' ? [paths] : (paths ?? [])).map(compilePath);
  return (body) => {
    for (const read of readers) {
      const text = textOf(read(body));
      if (text !== undefined) return text;
    }
    return undefined;
  };
};

/** Reads code, message and fields of a refusal from wherever the preset says they stand. */
export const compileRefusal = ({ code, message, fields }: Refusal): ((body: Json) => Signal) => {
  const readCode = compileFirst(code);
  const readMessage = compileFirst(message);
  const readFields = (fields ?? []).map(compilePath);
  return (body) => ({
    code: readCode(body),
    message: readMessage(body),
    fields: readFields.flatMap((read) => {
      const found = read(body);
      return (Array.isArray(found) ? (found as readonly Json[]) : [found])
        .map(textOf)
        .filter((text) => text !== undefined);
    }),
  });
};

const EMPTY: JsonObject = {};
const bodyOf = (reply: HttpReply): Json => {
  try {
    return reply.text === '' ? EMPTY : reply.json();
  } catch {
    return EMPTY;
  }
};

/** A page of a web server is no answer about records. */
export const isWebPage = (text: string): boolean => /^\s*</.test(text);

/** True for a status that says the request was carried out. */
export const succeeded = ({ status }: HttpReply): boolean => status >= 200 && status < 300;

/** True when the request was carried out: by its status, and by its body where that must say so. A body that cannot be read says nothing. */
export const wentWell = ({ saysSuccess }: World, reply: HttpReply): boolean =>
  succeeded(reply) && (saysSuccess === undefined || reply.text.trim() === '' || saysSuccess(bodyOf(reply)));

/** What a refused reply says, with its status and how long to wait. */
export const createSignal = (world: World, refusal: Refusal = world.refusal): ((reply: HttpReply) => Signal) => {
  if (world.readRefusal !== undefined) return world.readRefusal;
  const read = compileRefusal(refusal);
  return (reply) => ({
    ...read(bodyOf(reply)),
    status: reply.status,
    retryAfterMs: retryAfterOf(reply.headers, world.retryAfterHeader),
  });
};

/** Sends a reading request; what is not answered with success is thrown, sorted by the error table. */
export const createAsk = (world: World) => {
  const signalOf = createSignal(world);
  return async (what: string, request: Prepared, call: Call, accepted: readonly number[] = []): Promise<HttpReply> => {
    const reply = await world.http.request({ ...request, intent: 'read' }, call);
    // A page of a web server that knows nothing of the path is no answer, whatever its status means elsewhere.
    if (accepted.includes(reply.status) && !isWebPage(reply.text)) return reply;
    if (wentWell(world, reply)) return reply;
    throw callError(what, world.sort(signalOf(reply), 'batch'), reply.status);
  };
};
/** What `createAsk` gives. */
export type Ask = ReturnType<typeof createAsk>;

/** For a reply with success that has not what it should: a refusal in disguise, sorted, or a reply nobody described. */
export const createDisguised = (world: World) => {
  const read = compileRefusal(world.refusal);
  return (what: string, body: Json, missing: string): SyncError => {
    const signal = read(body);
    if (signal.code !== undefined) return callError(what, world.sort(signal, 'batch'));
    return new SyncError('PROTOCOL_ERROR', `${what} was answered without ${missing}`);
  };
};
