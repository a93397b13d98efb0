/** A connector.yaml for a REST system, from a few answers and one reply. Nothing is promised that was not said or seen. */
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { TimeFormat } from '../rest/time.ts';
import type { Draft } from './draft.ts';
import { fieldsIn, formatOf } from './fields.ts';
import {
  at,
  type Guess,
  guessChanged,
  guessDeleted,
  guessId,
  guessReference,
  guessRows,
  guessSuccess,
  guessVersion,
} from './guess.ts';
import { missingOf, unnameable } from './missing.ts';
import { firstAfter, guessPaging, type PagingGuess, withoutTemplates } from './paging.ts';
import type { Probed } from './probe.ts';
import { keyedBody, requestOf, singlesOf } from './writes.ts';

/** How the system is signed in to. */
export type AuthAnswer =
  | { readonly kind: 'none' | 'basic' | 'bearer' }
  | { readonly kind: 'api_key'; readonly header: string }
  | { readonly kind: 'oauth2_client_credentials'; readonly tokenPath: string };

/** A request as a person says it: `POST /v1/persons`. */
export interface Way {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
}

/** What a person knows of the system. */
export interface RestAnswers {
  readonly system: string;
  readonly record: string;
  readonly auth: AuthAnswer;
  readonly list: Way;
  /** Places that the person names; `none` says that there is none. */
  readonly places: Readonly<Partial<Record<'rows' | 'id' | 'version' | 'changed' | 'reference', string>>>;
  readonly zone: string;
  /** Parameters that ask for what changed, one of them with {since}. */
  readonly since: Readonly<Record<string, string>>;
  /** The header that asks for what changed, instead of a parameter: If-Modified-Since, which is answered with 304 for nothing. */
  readonly sinceHeader?: string;
  /** How the system wants to be told a time, where it is not as its own rows have it. */
  readonly sinceAs?: TimeFormat;
  /** Headers of every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Statuses that mean an empty list. */
  readonly empty?: readonly number[];
  /** Where the answer to `byKey` has its list, and where one of it has its id, if it is no whole record. */
  readonly foundAt?: string;
  readonly foundId?: string;
  readonly one?: Way;
  readonly byKey?: Way;
  readonly create?: Way;
  readonly update?: Way;
  readonly delete?: Way;
  /** An update may state the version it expects, in If-Match. */
  readonly ifMatch: boolean;
}

/** A reply to learn from. */
export interface Sample {
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
}

const AUTH_SETTINGS: Readonly<Record<AuthAnswer['kind'], Readonly<Record<string, JsonObject>>>> = {
  none: {},
  basic: {
    user: { describe: 'User of the integration' },
    password: { describe: 'Its password', secret: true },
  },
  bearer: { token: { describe: 'Token of the integration', secret: true } },
  api_key: { key: { describe: 'Key of the integration', secret: true } },
  oauth2_client_credentials: {
    client_id: { describe: 'Client id of the integration' },
    client_secret: { describe: 'Its secret', secret: true },
  },
};

/** The settings that a way to sign in asks of the connection. */
export const settingsOf = ({ kind }: AuthAnswer): readonly string[] => Object.keys(AUTH_SETTINGS[kind]);

/** The blocks `settings` and `auth` of the file. */
export const authOf = (auth: AuthAnswer): { readonly settings: JsonObject; readonly auth: JsonObject } => {
  const filled = Object.fromEntries(settingsOf(auth).map((name) => [name, `{settings.${name}}`]));
  const more =
    auth.kind === 'api_key' ? { header: auth.header } : 'tokenPath' in auth ? { token_path: auth.tokenPath } : {};
  return { settings: AUTH_SETTINGS[auth.kind], auth: { kind: auth.kind, ...more, ...filled } };
};

/** Hosts beside the connection's own that it must be let through to: where tokens are given, and where next pages are. */
export const hostsBeside = (address: string, addresses: readonly (string | undefined)[]): readonly string[] => {
  const own = URL.parse(address)?.host;
  const hosts = addresses.flatMap((each) => {
    const host = each === undefined ? undefined : URL.parse(each)?.host;
    return host === undefined || host === own ? [] : [host];
  });
  return [...new Set(hosts)];
};

const changesOf = (
  { since, sinceHeader, sinceAs, list }: RestAnswers,
  changed: Guess,
  rows: readonly JsonObject[],
  place: JsonObject,
  { paging, query }: PagingGuess,
): JsonObject | undefined => {
  const asks = Object.keys(since).length > 0 || sinceHeader !== undefined;
  if (!asks || changed.path === undefined || paging.kind === 'page') return undefined;
  const format = sinceHeader === undefined ? (sinceAs ?? formatOf(at(rows[0] ?? {}, changed.path))) : 'iso';
  // By time and id takes the time twice: later ones, and of the same one those with a later id.
  const twice = Object.values(since).join(' ').split('{since}').length > 2;
  const walk = paging.kind === 'keyset' && !twice ? { ...paging, order: 'id' as const } : paging;
  const header = sinceHeader === undefined ? {} : { headers: { [sinceHeader.toLowerCase()]: '{since|http_date}' } };
  const fine = sinceHeader === undefined && (format === 'iso' || format === 'epoch_ms');
  return {
    strategy: 'timestamp',
    request: requestOf({ ...list, query: { ...list.query, ...query, ...since } }, header),
    ...place,
    paging: walk as unknown as JsonObject,
    format,
    grain_ms: fine ? 1 : 1000,
    overlap_ms: 60_000,
  };
};

/** Statuses that mean an empty list: as said, as seen, and as If-Modified-Since has it. */
const emptyOf = ({ empty = [], sinceHeader }: RestAnswers, { emptyStatus }: Probed): JsonObject => {
  const all = [
    ...empty,
    ...(emptyStatus === undefined ? [] : [emptyStatus]),
    ...(sinceHeader === undefined ? [] : [304]),
  ];
  return all.length === 0 ? {} : { empty_status: [...new Set(all)] };
};

const learn = ({ body, headers }: Sample, answers: RestAnswers) => {
  const { places, record, zone, list } = answers;
  const { guess: rows, rows: sample } = guessRows(body, places.rows);
  const learned = {
    rows,
    id: guessId(sample, record, places.id),
    version: guessVersion(sample, places.version),
    changed: guessChanged(sample, zone, places.changed),
    reference: guessReference(sample, places.reference),
    deleted: guessDeleted(sample),
    success: guessSuccess(body),
    paging: guessPaging({ body, headers, query: list.query, rows: sample.length }),
  };
  const first = learned.paging.paging.kind === 'keyset' ? firstAfter(list.query, sample, learned.id) : undefined;
  const paging =
    first === undefined ? learned.paging : { ...learned.paging, paging: { ...learned.paging.paging, first } };
  return { learned: { ...learned, paging: paging as PagingGuess }, sample };
};

const NOTHING: Probed = { warnings: [] };

/** Makes the file. The sample’s values go nowhere. */
export const draftRest = (answers: RestAnswers, reply: Sample, probed: Probed = NOTHING): Draft => {
  const { learned, sample } = learn(reply, answers);
  const { rows, id, version, changed, reference, deleted, success, paging } = learned;
  const place: JsonObject = { ...(rows.path === undefined ? {} : { rows: rows.path }), ...emptyOf(answers, probed) };
  const changes = changesOf(answers, changed, sample, place, paging);
  const guard = version.path === undefined ? 'none' : answers.ifMatch ? 'version' : 'detect';
  const shown = deleted.path !== undefined && sample.some((row) => at(row, deleted.path) === true);
  const type: JsonObject = {
    id: id.path ?? '',
    ...(version.path === undefined ? {} : { version: version.path }),
    ...(changed.path === undefined
      ? {}
      : { modified_at: changed.path, ...(answers.zone === 'UTC' ? {} : { zone: answers.zone }) }),
    ...(reference.path === undefined ? {} : { reference: reference.path }),
    ...(deleted.path === undefined ? {} : { deleted: { path: deleted.path, is: true } }),
    list: {
      request: requestOf({ ...answers.list, query: { ...answers.list.query, ...paging.query } }),
      ...place,
      paging: paging.paging as unknown as JsonObject,
    },
    ...(changes === undefined ? {} : { changes }),
    ...singlesOf(answers, learned, probed.recordAt),
    capabilities: {
      idempotency: keyedBody(answers, reference) === undefined ? 'none' : 'searchable',
      guard,
      version_covers_all: false,
      returns_record: false,
      complete: false,
      deletes: shown && changes !== undefined ? 'in-feed' : 'absence',
    },
  };
  const odd = unnameable(sample[0]);
  const { refusal } = probed;
  return {
    preset: {
      engine: 'rest',
      system: answers.system,
      ...authOf(answers.auth),
      ...(answers.headers === undefined ? {} : { headers: answers.headers }),
      check: { request: requestOf({ ...answers.list, query: withoutTemplates(answers.list.query) }) },
      ...(success.path === undefined ? {} : { success: { path: success.path, is: [true] } }),
      ...(refusal === undefined ? {} : { refusal: refusal.places }),
      records: { [answers.record]: type },
    },
    record: answers.record,
    fields: fieldsIn(sample, [id.path, version.path, changed.path]),
    understood: [
      { what: 'rows', ...rows },
      { what: 'id', ...id },
      { what: 'version', ...version },
      { what: 'changed', ...changed },
      { what: 'our key', ...reference },
      { what: 'deleted', ...deleted },
      ...(success.path === undefined ? [] : [{ what: 'success', ...success }]),
      { what: 'paging', path: paging.paging.kind, why: paging.why },
      ...(refusal === undefined ? [] : [{ what: 'refusal', ...refusal }]),
      ...(probed.emptyStatus === undefined
        ? []
        : [{ what: 'nothing', path: `status ${probed.emptyStatus}`, why: 'so it answers when nothing has changed' }]),
    ],
    missing: [
      ...probed.warnings,
      ...missingOf(answers, { ...learned, feed: changes !== undefined, shown, refusal: refusal !== undefined }, sample),
      ...(odd.length === 0 ? [] : [`fields whose name has a double quote cannot be mapped: ${odd.join(', ')}.`]),
    ],
  };
};
