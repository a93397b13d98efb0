/** One reply to learn from: out of a file, or from the system itself through the one outbound door. */
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, parseJson } from '../../src/domain/json.ts';
import { pathTemplate } from '../engine/template.ts';
import { credentialsOf } from '../rest/open.ts';
import { Auth } from '../rest/schema.ts';
import { createHttp, type Http, type HttpReply, type Mode } from '../sdk/http.ts';
import { fetchBundle } from '../soap/fetch.ts';
import { withoutTemplates } from './paging.ts';
import { type AuthAnswer, authOf, type Sample, type Way } from './rest.ts';

const HEAD = /^HTTP\/[\d.]+ \d+[^\n]*\n((?:[^\n]+\n)*)\r?\n/;

/** A reply as somebody saved it: JSON, perhaps with its headers above it as `curl -i` shows them. */
export const sampleIn = (text: string, from: string): Sample => {
  const plain = text.replace(/^\ufeff/, '').replaceAll('\r\n', '\n');
  const [head = '', lines = ''] = HEAD.exec(plain) ?? [];
  const headers = Object.fromEntries(
    lines.split('\n').flatMap((line): [string, string][] => {
      const [, name, value] = /^([^:\s]+):\s*(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name.toLowerCase(), value]];
    }),
  );
  return { body: jsonOf(plain.slice(head.length), from), headers };
};

const jsonOf = (text: string, from: string): Json => {
  try {
    return parseJson(text);
  } catch {
    const page = /^\s*</.test(text) ? ' but a web page or XML' : '';
    throw new SyncError('BAD_REQUEST', `${from} is not JSON${page}; give the whole reply to a request for a list`);
  }
};

/** What a sample is asked for with. */
export interface Asking {
  readonly address: string;
  readonly auth: AuthAnswer;
  readonly allow: readonly string[];
  readonly list: Way;
  /** Headers of every request. */
  readonly headers: Readonly<Record<string, string>>;
  /** Values of the settings, looked up. */
  readonly values: Readonly<Record<string, string>>;
  readonly mode: Mode;
  readonly signal: AbortSignal;
}

type Door = Omit<Asking, 'list' | 'signal' | 'headers'>;
const doorOf = ({ address, auth, allow, values, mode }: Door): Http => {
  const credentials = credentialsOf(Auth.parse(authOf(auth).auth), { settings: values }, () => undefined);
  return createHttp({ baseUrl: address, allow, mode, ...(credentials === undefined ? {} : { credentials }) });
};

/** The system’s own WSDL with all its parts, by the paths that they are stored under; the WSDL itself first. */
export const askWsdl = async ({
  path,
  ...asking
}: Omit<Asking, 'list' | 'headers'> & { readonly path: string }): Promise<Readonly<Record<string, string>>> => {
  const http = doorOf(asking);
  try {
    const { files, manifest } = await fetchBundle(http, path, { signal: asking.signal });
    return {
      ...Object.fromEntries(files.map(({ name, text }) => [`wsdl/${name}`, text])),
      'wsdl/bundle.json': `${JSON.stringify(manifest, null, 2)}\n`,
    };
  } finally {
    http.close();
  }
};

/** Asks one thing of the system. The body is absent where it is no JSON. */
export type Asker = (request: Way & { readonly headers?: Readonly<Record<string, string>> }) => Promise<{
  readonly status: number;
  readonly text: string;
  readonly body: Json | undefined;
  readonly headers: HttpReply['headers'];
}>;

const bodyOf = (reply: HttpReply): Json | undefined => {
  try {
    return reply.json();
  } catch {
    return undefined;
  }
};

/** Real requests, with the credentials and limits that the connection will have. The replies are read and not kept. */
export const asking = async <T>(how: Omit<Asking, 'list'>, work: (ask: Asker) => Promise<T>): Promise<T> => {
  const http = doorOf(how);
  const ask: Asker = async ({ method, path, query, headers }) => {
    const request = { method, path, query, headers: { ...how.headers, ...headers }, intent: 'read' } as const;
    const reply = await http.request(request, { signal: how.signal });
    return { status: reply.status, text: reply.text, body: bodyOf(reply), headers: reply.headers };
  };
  try {
    return await work(ask);
  } finally {
    http.close();
  }
};

/** A real GET of a list. */
export const askSample = (how: Asking): Promise<Sample> =>
  asking(how, async (ask) => {
    const { list } = how;
    const reply = await ask({ ...list, path: pathTemplate(list.path)({}), query: withoutTemplates(list.query) });
    if (reply.status === 401 || reply.status === 403)
      throw new SyncError(
        'LOGIN_REFUSED',
        `${list.path} was answered with status ${reply.status}: the credentials are not the right ones`,
      );
    if (reply.status !== 200)
      throw new SyncError(
        'BAD_REQUEST',
        `${list.path} was answered with status ${reply.status}; correct --address or --list`,
      );
    return { body: jsonOf(reply.text, `the reply to ${list.path}`), headers: reply.headers };
  });
