/** The ways to prove who we are. Each is made with the door, so that a login too goes through it. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject } from '../../src/domain/json.ts';
import type { Credentials, Http, HttpReply } from './http.ts';
import type { Call } from './seam.ts';
import { retryAfterOf } from './waiting.ts';

type Headers = Readonly<Record<string, string>>;

const fixed = (headers: () => Headers) => (): Credentials => ({ headers: async () => headers() });

/** RFC 7617, UTF-8. */
export const basic = (user: string, password: string): ((door: Http) => Credentials) =>
  fixed(() => ({ authorization: `Basic ${Buffer.from(`${user}:${password}`, 'utf8').toString('base64')}` }));

/** A fixed token in the Authorization header. */
export const bearer = (token: string): ((door: Http) => Credentials) =>
  fixed(() => ({ authorization: `Bearer ${token}` }));

/** A fixed key in a header of its own name. */
export const apiKey = (header: string, key: string): ((door: Http) => Credentials) =>
  fixed(() => ({ [header.toLowerCase()]: key }));

/** OAuth 2 client credentials (RFC 6749, 4.4). */
export interface ClientCredentials {
  /** Path below the base address, or an absolute URL of an allowed host. */
  readonly tokenPath: string;
  readonly clientId: string;
  readonly clientSecret: string;
  readonly scope?: string | undefined;
  /** Where id and secret travel: in the form's body or as HTTP Basic. */
  readonly send: 'form' | 'basic';
  /** Milliseconds that only go forward; tests give their own. */
  readonly clock?: () => number;
  /** Told each new token, so that it can be kept out of what is shown. */
  readonly learn?: (secret: string) => void;
}

interface Token {
  readonly text: string;
  readonly renewAt: number;
}

const WITHOUT_EXPIRY_MS = 5 * 60 * 1000;

const readToken = (reply: HttpReply, now: number): Token => {
  const body = reply.json();
  const text = isObject(body) ? body['access_token'] : undefined;
  const type = isObject(body) ? body['token_type'] : undefined;
  if (!isObject(body) || typeof text !== 'string' || text === '' || /[^\x21-\x7e]/.test(text))
    throw new SyncError('PROTOCOL_ERROR', 'the token address answered without an access token', { unsent: true });
  if (type !== undefined && String(type).toLowerCase() !== 'bearer')
    throw new SyncError('PROTOCOL_ERROR', 'the token address answered with a token that is no bearer token', {
      unsent: true,
    });
  const seconds = Number(body['expires_in']);
  const life = Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : WITHOUT_EXPIRY_MS;
  // Renewed a little early, so that a token does not run out under way; of a short life at most a fifth.
  return { text, renewAt: now + life - Math.min(30_000, life / 5) };
};

/** Codes of RFC 6749, 5.2, that only a person can help, and those that pass by themselves. */
const REFUSALS = new Set(['invalid_client', 'invalid_grant', 'unauthorized_client', 'invalid_scope', 'access_denied']);
const PASSING = new Set(['temporarily_unavailable', 'server_error', 'slow_down']);

const codeIn = (reply: HttpReply): string | undefined => {
  try {
    const body = reply.json();
    const code = isObject(body) ? body['error'] : undefined;
    return typeof code === 'string' && code !== '' ? code : undefined;
  } catch {
    return undefined;
  }
};

const refusal = (reply: HttpReply): SyncError => {
  const { status, headers } = reply;
  const code = codeIn(reply) ?? '';
  const passing = PASSING.has(code);
  const refused = REFUSALS.has(code) || (!passing && (status === 400 || status === 401 || status === 403));
  if (refused)
    return new SyncError('LOGIN_REFUSED', `the token address refused the credentials with status ${status}`, {
      status,
      unsent: true,
      class: 'auth',
    });
  const ms = retryAfterOf(headers);
  const wait = ms === undefined ? {} : { retryAfterMs: ms };
  if (status === 429)
    return new SyncError('RATE_LIMITED', 'the token address asks to wait', { status, unsent: true, ...wait });
  if (status >= 500 || passing)
    return new SyncError('TARGET_UNAVAILABLE', `the token address answered with status ${status}`, {
      status,
      unsent: true,
      ...wait,
    });
  return new SyncError('PROTOCOL_ERROR', `the token address answered with status ${status}`, { status, unsent: true });
};

const formOf = ({ clientId, clientSecret, scope, send }: ClientCredentials): Record<string, string> => ({
  grant_type: 'client_credentials',
  ...(send === 'form' ? { client_id: clientId, client_secret: clientSecret } : {}),
  ...(scope === undefined ? {} : { scope }),
});

/** RFC 6749, 2.3.1: id and secret are form-encoded before they become Basic. */
const formEncoded = (text: string): string => new URLSearchParams({ v: text }).toString().slice(2);

/** The login is its own request: whatever happens to it, the request it was for was not sent. */
const asUnsent = (error: unknown): unknown =>
  error instanceof SyncError ? new SyncError(error.code, error.message, { ...error.facts, unsent: true }) : error;

/** Tokens are fetched when first needed, shared by all calls, and renewed once for all of them. */
export const clientCredentials =
  (options: ClientCredentials) =>
  (door: Http): Credentials => {
    const clock = options.clock ?? (() => performance.now());
    const login: Headers =
      options.send === 'basic'
        ? {
            authorization: `Basic ${Buffer.from(`${formEncoded(options.clientId)}:${formEncoded(options.clientSecret)}`).toString('base64')}`,
          }
        : {};
    let token: Token | undefined;
    let renewing: Promise<Token> | undefined;

    const fetchToken = async (beforeRequest: Call['beforeRequest']): Promise<Token> => {
      // A signal of its own: the caller that happened to come first must not stop the others by going away.
      const call: Call = {
        signal: new AbortController().signal,
        ...(beforeRequest === undefined ? {} : { beforeRequest }),
      };
      const asked = {
        method: 'POST',
        path: options.tokenPath,
        headers: login,
        body: { form: formOf(options) },
        intent: 'read',
        anonymous: true,
      } as const;
      const reply = await door.request(asked, call);
      if (reply.status !== 200 || codeIn(reply) !== undefined) throw refusal(reply);
      return readToken(reply, clock());
    };
    const renewed = (call: Call): Promise<Token> => {
      renewing ??= fetchToken(call.beforeRequest)
        .then((fresh) => {
          options.learn?.(fresh.text);
          token = fresh;
          return fresh;
        })
        .catch((error: unknown) => {
          throw asUnsent(error);
        })
        .finally(() => {
          renewing = undefined;
        });
      return renewing;
    };
    const current = async (call: Call): Promise<Token> =>
      token !== undefined && clock() < token.renewAt ? token : unlessAborted(renewed(call), call.signal);
    const header = ({ text }: Token): Headers => ({ authorization: `Bearer ${text}` });
    return {
      headers: async (call) => header(await current(call)),
      renew: async (call, refused) => {
        // Somebody else may have renewed it since the refused request began: then the new one is tried.
        if (token !== undefined && header(token)['authorization'] === refused['authorization']) token = undefined;
        await current(call);
        return true;
      },
    };
  };

/** The result, or the caller's reason as soon as the caller stops waiting. */
export const unlessAborted = <T>(result: Promise<T>, signal: AbortSignal): Promise<T> =>
  new Promise((done, fail) => {
    const stop = (): void => fail(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    result.then(done, fail).finally(() => signal.removeEventListener('abort', stop));
  });
