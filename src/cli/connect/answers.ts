/** The interview: every answer comes from a flag, else from the person at the terminal, else from its default. */
import { readFile } from 'node:fs/promises';
import type { AuthAnswer, RestAnswers, Way } from '../../../connectors/draft/rest.ts';
import type { TimeFormat } from '../../../connectors/draft/times.ts';
import { SyncError } from '../../domain/errors.ts';
import type { Io } from '../io.ts';
import type { Place } from './interviewed.ts';

/** What `tally connection new` may be told by flags. */
export interface Flags {
  readonly address?: string;
  readonly system?: string;
  readonly record?: string;
  readonly auth?: AuthAnswer['kind'];
  readonly header?: string;
  readonly tokenPath?: string;
  readonly setting: readonly string[];
  readonly list?: string;
  readonly sample?: string;
  readonly rows?: string;
  readonly id?: string;
  // Commander keeps `version` for itself.
  readonly versionAt?: string;
  readonly changed?: string;
  readonly reference?: string;
  readonly zone: string;
  readonly since?: string;
  readonly one?: string;
  readonly findByKey?: string;
  readonly foundAt?: string;
  readonly foundId?: string;
  readonly sinceAs?: TimeFormat;
  readonly empty: readonly string[];
  readonly send: readonly string[];
  readonly create?: string;
  readonly update?: string;
  readonly delete?: string;
  readonly ifMatch?: true;
  readonly whole?: true;
  readonly wsdl?: string;
  readonly endpoint?: string;
  readonly port?: string;
  readonly yes?: true;
}

/** One answer: the flag, what the person types, or the default (Enter, or nobody there). BAD_REQUEST names the flag where there is neither. */
export const answer = async (
  io: Io,
  given: string | undefined,
  { flag, question, fallback }: { readonly flag: string; readonly question: string; readonly fallback?: string },
): Promise<string> => {
  if (given !== undefined) return given;
  const shown = fallback === undefined || fallback === '' ? '' : ` [${fallback}]`;
  const typed = io.ask === undefined ? '' : (await io.ask(`${question}${shown} `)).trim();
  const said = typed === '' ? fallback : typed;
  if (said === undefined) throw new SyncError('BAD_REQUEST', `${question.replace(/[?:]$/, '')}: say it with ${flag}`);
  return said;
};

const METHODS = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** `POST /v1/persons?notify=no`; without a method it is `usual`. */
export const wayIn = (text: string, flag: string, usual: Way['method']): Way => {
  const [, word, path = '', search = ''] = /^(?:([A-Za-z]+)\s+)?(\/[^?#\s]*)(?:\?(\S*))?$/.exec(text.trim()) ?? [];
  const method = word === undefined ? usual : METHODS.find((each) => each === word.toUpperCase());
  if (path === '' || path.startsWith('//') || method === undefined)
    throw new SyncError(
      'BAD_REQUEST',
      `${flag}: "${text}" is no request; write it as in ${usual} /v1/persons, below the address`,
    );
  return { method, path, query: Object.fromEntries(new URLSearchParams(search)) };
};

/** `modified_since`, `filter=changed gt {since}&sort=changed`, or the header `If-Modified-Since: {since}`. */
export const sinceIn = (text: string | undefined): Pick<RestAnswers, 'since' | 'sinceHeader'> => {
  if (text === undefined || text === '') return { since: {} };
  const [, header] = /^([A-Za-z][A-Za-z0-9-]*):\s*\{since\}$/.exec(text.trim()) ?? [];
  if (header !== undefined) return { since: {}, sinceHeader: header };
  const query = text.includes('=') ? Object.fromEntries(new URLSearchParams(text)) : { [text]: '{since}' };
  if (Object.values(query).some((value) => value.includes('{since}'))) return { since: query };
  throw new SyncError(
    'BAD_REQUEST',
    '--since: no parameter has {since}; write it as in modified_since={since}, or "If-Modified-Since: {since}"',
  );
};

/** `Accept: application/json`, for every request. */
export const headersIn = (texts: readonly string[]): Pick<RestAnswers, 'headers'> => {
  if (texts.length === 0) return {};
  const headers = texts.map((text): [string, string] => {
    const [, name, value] = /^([A-Za-z][A-Za-z0-9-]*):\s*(\S.*)$/.exec(text) ?? [];
    if (name === undefined || value === undefined)
      throw new SyncError('BAD_REQUEST', `--send: "${text}" is no header; write it as in "Accept: application/json"`);
    if (/^(authorization|proxy-authorization|cookie)$/i.test(name))
      throw new SyncError(
        'BAD_REQUEST',
        `--send: ${name} carries a secret, which is never typed here; say it with --auth`,
      );
    return [name.toLowerCase(), value];
  });
  return { headers: Object.fromEntries(headers) };
};

/** Statuses that mean an empty list. */
export const emptyIn = (texts: readonly string[]): Pick<RestAnswers, 'empty'> => {
  const wrong = texts.find((text) => !/^(204|3\d\d|4\d\d)$/.test(text) || text === '401' || text === '403');
  if (wrong !== undefined)
    throw new SyncError('BAD_REQUEST', `--empty: "${wrong}" can be no empty list; give its status, as in 404`);
  return texts.length === 0 ? {} : { empty: texts.map(Number) };
};

const OPEN = new Set(['user', 'client_id', 'host_key']);
const isSecret = (setting: string): boolean => !OPEN.has(setting);

/** The bytes of the sample's file. */
export const sampleBytes = async (path: string): Promise<Buffer> => {
  try {
    return await readFile(path);
  } catch (error) {
    throw new SyncError('BAD_REQUEST', `--sample: ${path} cannot be read (${(error as NodeJS.ErrnoException).code})`);
  }
};

const asName = (text: string): string => text.toUpperCase().replace(/[^A-Z0-9]+/g, '_');

/** A reference for each setting: the one that was said, else a variable named after connection and setting. */
export const referencesFor = (
  connection: string,
  settings: readonly string[],
  given: readonly string[],
): Readonly<Record<string, string>> => {
  const said = new Map(
    given.map((text) => {
      const [, name, value] = /^([a-z][a-z0-9_]*)=(.+)$/s.exec(text) ?? [];
      if (name === undefined || value === undefined || !settings.includes(name))
        throw new SyncError(
          'BAD_REQUEST',
          `--setting must be one of ${settings.map((each) => `${each}=…`).join(', ') || 'none: nothing is asked'}`,
        );
      // Not repeated: what stands there may be the secret itself.
      if (isSecret(name) && !/^(env|file):./.test(value))
        throw new SyncError(
          'BAD_REQUEST',
          `--setting ${name}: a secret is never typed here; say env:NAME or file:/path`,
        );
      return [name, value] as const;
    }),
  );
  return Object.fromEntries(
    settings.map((name) => [name, said.get(name) ?? `env:${asName(connection)}_${asName(name)}`]),
  );
};

const KINDS = ['none', 'basic', 'bearer', 'api_key', 'oauth2_client_credentials'] as const;

/** How the system knows us. */
export const authAnswer = async (io: Io, flags: Flags): Promise<AuthAnswer> => {
  const said = await answer(io, flags.auth, {
    flag: '--auth',
    question: `How does it know us? ${KINDS.join(', ')}:`,
    fallback: 'bearer',
  });
  const kind = KINDS.find((each) => each === said);
  if (kind === undefined) throw new SyncError('BAD_REQUEST', `--auth: "${said}" is not one of ${KINDS.join(', ')}`);
  if (kind === 'api_key')
    return {
      kind,
      header: await answer(io, flags.header, { flag: '--header', question: 'Which header carries the key?' }),
    };
  if (kind === 'oauth2_client_credentials')
    return {
      kind,
      tokenPath: await answer(io, flags.tokenPath, {
        flag: '--token-path',
        question: 'At which path are tokens given?',
      }),
    };
  return { kind };
};

/** Places that flags name. */
export const placesIn = (flags: Flags): RestAnswers['places'] => {
  const { rows, id, versionAt: version, changed, reference } = flags;
  return Object.fromEntries(
    Object.entries({ rows, id, version, changed, reference }).filter(([, place]) => place !== undefined),
  );
};

/** The values behind the references, for asking the system now. */
export const lookedUp = (
  settings: Readonly<Record<string, string>>,
  { secret }: Place,
): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(settings).map(([name, value]) => [name, /^(env|file):/.test(value) ? secret(value) : value]),
  );
