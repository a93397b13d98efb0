/** One call: a method and its arguments out, a result or a sorted refusal back. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject, stringifyJson } from '../../src/domain/json.ts';
import { callError, retryAfterOf, type Signal, type Sort, type Sorted } from '../engine/errors.ts';
import { bodyTemplate, pathTemplate, type Values } from '../engine/template.ts';
import type { Http, HttpReply, HttpRequest, Intent } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import type { CallShape, JsonRpcPreset } from './schema.ts';
import type { Session } from './session.ts';
import { at } from './spot.ts';

/** A request with the number that its reply must repeat. */
export interface Numbered {
  readonly number: number;
  readonly request: Omit<HttpRequest, 'intent'>;
}

/** How requests and replies look on the wire. */
export interface Wire {
  /** `more`: values for endpoint and envelope, and another envelope where there is one. */
  request(method: string, params: Json, more?: Values, envelope?: Json): Numbered;
  /** What a reply refuses, with its status; undefined for one that carries a result. Throws for the reply to another request. */
  refusal(reply: HttpReply, number: number): Signal | undefined;
  result(reply: HttpReply): Json;
  readonly sort: Sort;
}

const textOf = (value: Json | undefined): string | undefined =>
  typeof value === 'string' && value !== '' ? value : typeof value === 'number' ? String(value) : undefined;

const bodyOf = (reply: HttpReply): Json => {
  try {
    return reply.json();
  } catch {
    return {};
  }
};

/** Compiles the preset's envelope and refusal. */
export const createWire = (preset: JsonRpcPreset, settings: Values, sort: Sort): Wire => {
  const path = pathTemplate(preset.endpoint);
  const usual = bodyTemplate(preset.envelope as Json);
  const { refusal } = preset;
  let last = 0;
  const first = (body: Json, spots: readonly string[]): string | undefined => {
    for (const spot of spots) {
      const text = textOf(at(body, spot));
      if (text !== undefined) return text;
    }
    return undefined;
  };
  /** A request that could not be read is refused without its number. */
  const testNumber = (body: Json, own: number, refused: boolean): void => {
    if (preset.reply_id === undefined) return;
    const said = at(body, preset.reply_id) ?? null;
    if (String(said) === String(own) || (refused && said === null)) return;
    throw new SyncError('PROTOCOL_ERROR', 'a reply has not the number of the request that it came to');
  };
  return {
    sort,
    request: (method, params, more = {}, envelope) => {
      last += 1;
      const number = last;
      const make = envelope === undefined ? usual : bodyTemplate(envelope);
      const text = stringifyJson(make({ ...more, settings, id: number, method, params }));
      const where = path({ ...more, settings, method });
      return { number, request: { method: 'POST', path: where, body: { text, type: 'application/json' } } };
    },
    refusal: (reply, number) => {
      const good = reply.status >= 200 && reply.status < 300;
      const body = good ? reply.json() : bodyOf(reply);
      const stands = at(body, refusal.at);
      const refused = stands !== undefined && stands !== null;
      if (good) testNumber(body, number, refused);
      if (good && !refused) return undefined;
      const code = textOf(at(body, refusal.code));
      const own = code !== undefined && Object.hasOwn(refusal.message_of, code) ? refusal.message_of[code] : undefined;
      return { status: reply.status, code, message: first(body, own ?? refusal.message) };
    },
    result: (reply) => {
      const body = reply.json();
      const result = isObject(body) || preset.result === '.' ? at(body, preset.result) : undefined;
      if (result === undefined) throw new SyncError('PROTOCOL_ERROR', 'a reply has neither a result nor a refusal');
      return result;
    },
  };
};

/** What came of a call. */
export type Answer =
  | { readonly result: Json; readonly serverMs: number | undefined }
  | { readonly refused: Sorted; readonly status: number };

export interface Rpc {
  /** The call's result or refusal; throws only when no answer came. `sent` is called once bytes may have left. */
  call(shape: CompiledCall, values: Values, intent: Intent, call: Call, more?: CallOptions): Promise<Answer>;
  /** A reading call's result; a refusal is thrown. */
  ask(what: string, shape: CompiledCall, values: Values, call: Call): Promise<Answer & { readonly result: Json }>;
}
export interface CallOptions {
  /** Laid over the user's context. */
  readonly context?: JsonObject;
  readonly sent?: () => void;
}

/** A call's shape, ready to be filled in. */
export type CompiledCall = (values: Values) => {
  readonly model: string | undefined;
  readonly method: string;
  readonly params: readonly unknown[];
};

/** Compiles method and arguments. `{lead}`, where given, are arguments that come before those of the preset. */
export const compileCall = (shape: CallShape): CompiledCall => {
  const method = bodyTemplate(shape.method);
  const params = bodyTemplate(shape.params as Json);
  return (values) => ({
    model: shape.model ?? (values['model'] as string | undefined),
    method: String(method(values)),
    params: [...((values['lead'] as readonly unknown[] | undefined) ?? []), ...(params(values) as readonly unknown[])],
  });
};

/** Makes the calls of a connection. */
export const createRpc = (http: Http, session: Session, wire: Wire, settings: Values, requestBytes: number): Rpc => {
  const call: Rpc['call'] = async (shape, own, intent, way, { context, sent } = {}) => {
    const { context: user, kept } = await session.opened(way);
    const values = { ...own, settings, context: context === undefined ? user : { ...user, ...context } };
    const { model, method, params } = shape(values);
    const { number, request } = wire.request(method, params as readonly Json[], { ...kept, model });
    if (request.body !== undefined && 'text' in request.body && Buffer.byteLength(request.body.text) > requestBytes) {
      const refused = wire.sort({ status: 413, message: `a request may have ${requestBytes} bytes` }, 'batch');
      return { refused, status: 413 };
    }
    const reply = await http.request({ ...request, intent, ...(sent === undefined ? {} : { onSend: sent }) }, way);
    const signal = wire.refusal(reply, number);
    if (signal === undefined) return { result: wire.result(reply), serverMs: clockOf(reply) };
    const waited = { ...signal, retryAfterMs: retryAfterOf(reply.headers) };
    return { refused: wire.sort(waited, 'batch'), status: reply.status };
  };
  return {
    call,
    ask: async (what, shape, values, way) => {
      const answer = await call(shape, values, 'read', way);
      if ('refused' in answer) throw callError(what, answer.refused, answer.status === 200 ? undefined : answer.status);
      return answer;
    },
  };
};

const clockOf = (reply: HttpReply): number | undefined => {
  const ms = Date.parse(reply.headers['date'] ?? '');
  return Number.isNaN(ms) ? undefined : ms;
};
