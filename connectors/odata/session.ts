/**
 * The session of a service that wants a CSRF token with each write: token and cookies belong together and are kept here.
 * A 403 that says `Required` did nothing, so the write is sent once more with a token fetched anew.
 */
import { SyncError } from '../../src/domain/errors.ts';
import type { Http, HttpReply } from '../sdk/http.ts';
import type { Call } from '../sdk/seam.ts';
import type { ODataPreset } from './schema.ts';

const HEADER = 'x-csrf-token';

/** `name=value` of each cookie; the door gives several as one line, and only dates have commas of their own. */
export const cookiesIn = (header: string): readonly (readonly [string, string])[] =>
  header.split(/,(?=\s*[^\s;,=]+=)/).flatMap((one) => {
    const [, name, value] = /^\s*([^\s;,=]+)=([^;]*)/.exec(one) ?? [];
    return name === undefined || value === undefined ? [] : [[name, value.trim()] as const];
  });

interface Settings {
  readonly csrf: NonNullable<ODataPreset['csrf']>;
  /** Headers and parameters of every request. */
  readonly headers: Readonly<Record<string, string>>;
  readonly path: string;
  /** What cannot be shown from now on. */
  readonly learn: (secret: string) => void;
  /** The error for a refused request of the token. */
  readonly refused: (reply: HttpReply) => SyncError;
}

const unsent = (error: unknown): unknown =>
  error instanceof SyncError
    ? new SyncError(error.code, error.message, { ...error.facts, unsent: true }, error)
    : error;

const wantsToken = ({ status, headers }: HttpReply): boolean =>
  status === 403 && (headers[HEADER] ?? '').toLowerCase() === 'required';

/** The same door, whose writes carry token and cookies. */
export const withCsrf = (http: Http, { csrf, headers, path, learn, refused }: Settings): Http => {
  const cookies = new Map<string, string>();
  const keep = (reply: HttpReply): HttpReply => {
    for (const [name, value] of cookiesIn(reply.headers['set-cookie'] ?? '')) {
      if (cookies.get(name) === value) continue;
      cookies.set(name, value);
      learn(value);
    }
    return reply;
  };
  const session = (): Record<string, string> =>
    cookies.size === 0 ? {} : { cookie: [...cookies].map(([name, value]) => `${name}=${value}`).join('; ') };

  const fetchToken = async (call: Call): Promise<string> => {
    const asking = { ...headers, ...session(), [HEADER]: 'Fetch' };
    const reply = keep(await http.request({ method: csrf.method, path, headers: asking, intent: 'read' }, call));
    const token = reply.headers[HEADER];
    if (token !== undefined && token !== '' && token.toLowerCase() !== 'required') {
      learn(token);
      return token;
    }
    if (reply.status >= 300) throw refused(reply);
    throw new SyncError('PROTOCOL_ERROR', `${path} gave no CSRF token; correct \`csrf\`, or leave it out`);
  };
  let token: Promise<string> | undefined;
  const current = (call: Call): Promise<string> => {
    token ??= fetchToken(call).catch((error: unknown) => {
      token = undefined;
      throw unsent(error);
    });
    return token;
  };
  return {
    close: () => http.close(),
    request: async (request, call) => {
      const send = async (own: Readonly<Record<string, string>>): Promise<HttpReply> =>
        keep(await http.request({ ...request, headers: { ...request.headers, ...session(), ...own } }, call));
      if (request.intent === 'read') return send({});
      const held = current(call);
      const reply = await send({ [HEADER]: await held });
      if (!wantsToken(reply)) return reply;
      // Others may have fetched a new one meanwhile.
      if (token === held) token = undefined;
      return send({ [HEADER]: await current(call) });
    },
  };
};
