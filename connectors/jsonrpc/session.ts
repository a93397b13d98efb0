/** A session: opened by a login when first needed, shared by all calls, opened again once for all of them when it ended. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { callError, retryAfterOf } from '../engine/errors.ts';
import { bodyTemplate, headerTemplate, textTemplate, type Values } from '../engine/template.ts';
import { unlessAborted } from '../sdk/credentials.ts';
import type { Credentials, Http, HttpReply } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import { decoded } from './codec.ts';
import type { Wire } from './rpc.ts';
import type { CallShape, JsonRpcPreset } from './schema.ts';
import { at } from './spot.ts';

type Headers = Readonly<Record<string, string>>;
/** What a login gave. */
export interface Opened {
  readonly headers: Headers;
  readonly context: JsonObject;
  /** What the preset keeps of its result. */
  readonly kept: Values;
}

export interface Session {
  /** What the door asks for headers; the door is the one they are for. */
  readonly credentials: (door: Http) => Credentials;
  /** The open session, with the user's context. */
  opened(call: Call): Promise<Opened>;
}

/** Whatever happens to a login, the request it was for was not sent. */
const unsent = (error: unknown): unknown =>
  error instanceof SyncError ? new SyncError(error.code, error.message, { ...error.facts, unsent: true }) : error;

const createLogin = (
  config: NonNullable<JsonRpcPreset['session']>,
  settings: Values,
  wire: Wire,
  learn: (secret: string) => void,
) => {
  const token = textTemplate(config.token ?? '');
  const makers = Object.entries(config.headers).map(
    ([name, text]) => [name.toLowerCase(), headerTemplate(text)] as const,
  );
  const login = config.login === undefined ? undefined : compiled(config.login);
  const context = config.context === undefined ? undefined : compiled(config.context);

  const ask = async (
    door: Http,
    request: ReturnType<ReturnType<typeof compiled>>,
    headers: Headers,
    call: Call,
    { kept, envelope }: { readonly kept: Values; readonly envelope?: Json | undefined },
  ): Promise<Json> => {
    const { model, method, params } = request;
    const { number, request: made } = wire.request(method, params, { ...kept, model }, envelope);
    const reply = await door.request({ ...made, headers, intent: 'read', anonymous: true }, call);
    const refused = wire.refusal(reply, number);
    if (refused === undefined) return decoded(wire.result(reply));
    throw denied(reply, refused);
  };
  const denied = (reply: HttpReply, signal: ReturnType<Wire['refusal']> & object): SyncError => {
    const sorted = wire.sort({ ...signal, retryAfterMs: retryAfterOf(reply.headers) }, 'connection');
    const later = sorted.error.class === 'rate-limited' || sorted.error.class === 'transient';
    if (later) return callError('the login', sorted, reply.status);
    return new SyncError(
      'LOGIN_REFUSED',
      `the login was refused${reply.status === 200 ? '' : ` with status ${reply.status}`}`,
      {
        status: reply.status,
        class: 'auth',
      },
    );
  };
  return async (door: Http, call: Call): Promise<Opened> => {
    const envelope = config.envelope as Json | undefined;
    const result = login === undefined ? {} : await ask(door, login({ settings }), {}, call, { kept: {}, envelope });
    const kept = Object.entries(config.keep).map(([name, spot]) => [name, at(result, spot)] as const);
    const missing = kept.find(([, value]) => value === undefined || value === null || value === false);
    if (missing !== undefined)
      throw new SyncError('LOGIN_REFUSED', `the login was answered without ${missing[0]}`, { class: 'auth' });
    for (const [, value] of kept) learn(String(value));
    const values = { settings, ...Object.fromEntries(kept) };
    const written = { ...values, token: token(values) };
    const headers: Record<string, string> = {};
    for (const [name, make] of makers) headers[name] = make(written) ?? '';
    const own = Object.fromEntries(kept);
    const found = context === undefined ? {} : await ask(door, context({ settings }), headers, call, { kept: own });
    return { headers, context: isObject(found) ? found : {}, kept: own };
  };
};

const compiled = (shape: CallShape) => {
  const params = bodyTemplate(shape.params as Json);
  return (values: Values) => ({ model: shape.model, method: shape.method, params: params(values) as Json });
};

const NONE: Opened = { headers: {}, context: {}, kept: {} };

/** Makes the session of a connection. `learn` is told what a login made that nobody may see. */
export const createSession = (
  config: JsonRpcPreset['session'],
  settings: Values,
  wire: Wire,
  learn: (secret: string) => void,
): Session => {
  const login = config === undefined ? async (): Promise<Opened> => NONE : createLogin(config, settings, wire, learn);
  let door: Http | undefined;
  let open: Opened | undefined;
  let opening: Promise<Opened> | undefined;

  const opened = async (through: Http, { beforeRequest, signal }: Call): Promise<Opened> => {
    if (open !== undefined) return open;
    // A signal of its own: the caller that happened to come first must not stop the others by going away.
    const call: Call = {
      signal: new AbortController().signal,
      ...(beforeRequest === undefined ? {} : { beforeRequest }),
    };
    opening ??= login(through, call)
      .then((made) => {
        open = made;
        return made;
      })
      .catch((error: unknown) => {
        throw unsent(error);
      })
      .finally(() => {
        opening = undefined;
      });
    return unlessAborted(opening, signal);
  };
  const credentials = (through: Http): Credentials => {
    door = through;
    return {
      headers: async (call) => (await opened(through, call)).headers,
      renew: async (call, refused) => {
        const ours = open?.headers ?? {};
        if (Object.keys(ours).every((name) => refused[name] === ours[name])) open = undefined;
        await opened(through, call);
        return true;
      },
    };
  };
  return {
    credentials,
    opened: async (call) => (door === undefined ? NONE : opened(door, call)),
  };
};
