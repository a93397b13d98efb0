/** One reply to learn from: out of a file, or from the system itself through the one outbound door. */
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, parseJson } from '../../src/domain/json.ts';
import { pathTemplate } from '../engine/template.ts';
import { credentialsOf } from '../rest/index.ts';
import { Auth } from '../rest/schema.ts';
import { createHttp, type Http, type Mode } from '../sdk/http.ts';
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
  /** Values of the settings, looked up. */
  readonly values: Readonly<Record<string, string>>;
  readonly mode: Mode;
  readonly signal: AbortSignal;
}

const doorOf = ({ address, auth, allow, values, mode }: Omit<Asking, 'list' | 'signal'>): Http => {
  const credentials = credentialsOf(Auth.parse(authOf(auth).auth), { settings: values }, () => undefined);
  return createHttp({ baseUrl: address, allow, mode, ...(credentials === undefined ? {} : { credentials }) });
};

/** The system’s own WSDL with all its parts, by the paths that they are stored under; the WSDL itself first. */
export const askWsdl = async ({
  path,
  ...asking
}: Omit<Asking, 'list'> & { readonly path: string }): Promise<Readonly<Record<string, string>>> => {
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

/** A real GET, with the credentials and limits that the connection will have. The reply is read and not kept. */
export const askSample = async (asking: Asking): Promise<Sample> => {
  const { list, signal } = asking;
  const http = doorOf(asking);
  try {
    const path = pathTemplate(list.path)({});
    const reply = await http.request(
      { method: 'GET', path, query: withoutTemplates(list.query), intent: 'read' },
      { signal },
    );
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
  } finally {
    http.close();
  }
};
