/** A connector.yaml for a REST system, from a few answers and one reply. Nothing is promised that was not said or seen. */
import type { Json, JsonObject } from '../../src/domain/json.ts';
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
  guessVersion,
} from './guess.ts';
import { missingOf, searchable, unnameable } from './missing.ts';
import { guessPaging, type PagingGuess, withoutTemplates } from './paging.ts';

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

const request = ({ method, path, query }: Way, more: JsonObject = {}): JsonObject => ({
  ...(method === 'GET' ? {} : { method }),
  path,
  ...(Object.keys(query).length === 0 ? {} : { query }),
  ...more,
});

const changesOf = (
  { since, list }: RestAnswers,
  changed: Guess,
  rows: readonly JsonObject[],
  place: JsonObject,
  { paging, query }: PagingGuess,
): JsonObject | undefined => {
  if (Object.keys(since).length === 0 || changed.path === undefined || paging.kind === 'page') return undefined;
  const format = formatOf(at(rows[0] ?? {}, changed.path));
  return {
    strategy: 'timestamp',
    request: request({ ...list, query: { ...list.query, ...query, ...since } }),
    ...place,
    paging: paging as unknown as JsonObject,
    format,
    grain_ms: format === 'iso' || format === 'epoch_ms' ? 1 : 1000,
    overlap_ms: 60_000,
  };
};

/** Where one record stands in a reply to a request for it: under the name that a list of them has, or it is the reply. */
const recordPlace = (rows: Guess): JsonObject =>
  rows.path === undefined || !/^(data|result|item)$/.test(rows.path) ? {} : { record: rows.path };

const writesOf = (
  { create, update, delete: remove, ifMatch }: RestAnswers,
  version: Guess,
  place: JsonObject,
): JsonObject => {
  const guard = ifMatch && version.path !== undefined ? { headers: { 'if-match': '{version}' } } : {};
  return {
    ...(create === undefined ? {} : { create: { request: request(create, { body: '{data}' }), ...place } }),
    ...(update === undefined ? {} : { update: { request: request(update, { body: '{data}', ...guard }), ...place } }),
    ...(remove === undefined ? {} : { delete: { request: request(remove, guard) } }),
  };
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
    paging: guessPaging({ body, headers, query: list.query, rows: sample.length }),
  };
  return { learned, sample };
};

/** Makes the file. The sample’s values go nowhere. */
export const draftRest = (answers: RestAnswers, reply: Sample): Draft => {
  const { learned, sample } = learn(reply, answers);
  const { rows, id, version, changed, reference, deleted, paging } = learned;
  const place: JsonObject = rows.path === undefined ? {} : { rows: rows.path };
  const changes = changesOf(answers, changed, sample, place, paging);
  const guard = version.path === undefined ? 'none' : answers.ifMatch ? 'version' : 'detect';
  const one = recordPlace(rows);
  const type: JsonObject = {
    id: id.path ?? '',
    ...(version.path === undefined ? {} : { version: version.path }),
    ...(changed.path === undefined
      ? {}
      : { modified_at: changed.path, ...(answers.zone === 'UTC' ? {} : { zone: answers.zone }) }),
    ...(reference.path === undefined ? {} : { reference: reference.path }),
    ...(deleted.path === undefined ? {} : { deleted: { path: deleted.path, is: true } }),
    list: {
      request: request({ ...answers.list, query: { ...answers.list.query, ...paging.query } }),
      ...place,
      paging: paging.paging as unknown as JsonObject,
    },
    ...(changes === undefined ? {} : { changes }),
    read: {
      ...(answers.one === undefined ? {} : { by_id: { request: request(answers.one), ...one } }),
      ...(answers.byKey !== undefined && rows.path !== undefined
        ? { by_key: { request: request(answers.byKey), records: rows.path } }
        : {}),
    },
    write: writesOf(answers, version, one),
    capabilities: {
      idempotency: searchable(answers, rows) ? 'searchable' : 'none',
      guard,
      version_covers_all: false,
      returns_record: false,
      complete: false,
      deletes: deleted.path !== undefined && changes !== undefined ? 'in-feed' : 'absence',
    },
  };
  const odd = unnameable(sample[0]);
  return {
    preset: {
      engine: 'rest',
      system: answers.system,
      ...authOf(answers.auth),
      check: { request: request({ ...answers.list, query: withoutTemplates(answers.list.query) }) },
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
      { what: 'paging', path: paging.paging.kind, why: paging.why },
    ],
    missing: [
      ...missingOf(answers, { ...learned, feed: changes !== undefined }, sample),
      ...(odd.length === 0 ? [] : [`fields whose name has a double quote cannot be mapped: ${odd.join(', ')}.`]),
    ],
  };
};
