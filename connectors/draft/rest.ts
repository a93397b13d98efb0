/** A connector.yaml for a REST system, from a few answers and one reply. Nothing is promised that was not said or seen. */
import type { Json, JsonObject } from '../../src/domain/json.ts';
import type { TimeFormat } from '../rest/time.ts';
import type { FieldDescription } from '../sdk/seam.ts';
import { fieldsIn } from './fields.ts';
import {
  at,
  type Guess,
  guessChanged,
  guessDeleted,
  guessId,
  guessReference,
  guessRows,
  guessVersion,
  leavesOf,
} from './guess.ts';
import { guessPaging, type PagingGuess } from './paging.ts';

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

/** What was made of it, and what a person must know about it. */
export interface Draft {
  readonly preset: JsonObject;
  readonly record: string;
  readonly fields: readonly FieldDescription[];
  readonly understood: readonly (Guess & { readonly what: string })[];
  readonly missing: readonly string[];
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

/** The format of the window's lower bound: as the system itself writes its times. */
const formatOf = (value: Json | undefined): TimeFormat => {
  if (typeof value !== 'string') return Number(String(value)) < 1e11 ? 'epoch_s' : 'epoch_ms';
  // OData 2 shows ticks and asks for a time without a zone.
  if (value.startsWith('/Date(')) return 'local_t';
  const zoned = /(?:Z|[+-]\d{2}:?\d{2})$/i.test(value);
  if (!zoned) return value.includes('T') ? 'local_t' : 'local';
  return /\.\d/.test(value) ? 'iso' : 'iso_seconds';
};

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

interface Learned {
  readonly rows: Guess;
  readonly id: Guess;
  readonly version: Guess;
  readonly changed: Guess;
  readonly reference: Guess;
  readonly deleted: Guess;
  readonly paging: PagingGuess;
  readonly feed: boolean;
}

/** A page this small costs a request for every few records. */
const SMALL = 50;

/** An answer by key is read where its list of records has a place. */
const searchable = ({ byKey }: RestAnswers, rows: Guess): boolean => byKey !== undefined && rows.path !== undefined;

const missingOf = (answers: RestAnswers, learned: Learned, sample: readonly JsonObject[]): readonly string[] => {
  const { version, changed, reference, deleted, paging, feed } = learned;
  const unzoned = changed.path !== undefined && /^local/.test(formatOf(at(sample[0] ?? {}, changed.path)));
  const said: readonly (false | string)[] = [
    version.path === undefined &&
      'no version: overwrites are unguarded (G3). Say where it stands with --version-at, if there is one.',
    version.path !== undefined &&
      !answers.ifMatch &&
      'a version, but no write that states it (G2): say --if-match if the system refuses a write to a newer version (412).',
    answers.create !== undefined &&
      answers.byKey === undefined &&
      `no searchable reference: creates are L3, so that one whose answer is lost waits for a person. ${
        reference.path === undefined
          ? 'Let the system keep our key in a field of its own'
          : `"${reference.path}" may keep our key`
      }, and say how to find it with --find-by-key.`,
    changed.path === undefined &&
      `no time of the last change (${changed.why}): no change feed, and \`newest wins\` cannot be told.`,
    changed.path !== undefined &&
      !feed &&
      (paging.paging.kind === 'page'
        ? 'no change feed: numbered pages lose rows that move while they are read. Full passes find everything, later.'
        : 'no change feed: say with --since which parameter asks for what changed. Full passes find everything, later.'),
    feed &&
      'rows of the change feed must come oldest first, and its window be inclusive: see the system’s manual, and add its sorting to --since.',
    unzoned && `times without a zone are read as ${answers.zone}: say --zone if the system’s clock is another one.`,
    !paging.sure &&
      `paging is not sure (${paging.why}): give a sample with more records than a page has, or every list may end early.`,
    (paging.paging.kind === 'page' || paging.paging.kind === 'offset') &&
      'rows are counted: the order must stay put while they are read. Add the system’s sorting by id or creation to --list.',
    (paging.paging.page_size ?? SMALL) < SMALL &&
      `a page holds ${paging.paging.page_size} records, as in the sample: raise page_size to the most that the system gives.`,
    answers.byKey !== undefined &&
      !searchable(answers, learned.rows) &&
      'a bare list is no answer to --find-by-key yet: creates stay L3.',
    answers.one === undefined &&
      'no reading of one record: say it with --one "/path/{id}"; without it no write can be planned afresh or looked up.',
    deleted.path === undefined && 'no mark of deleted records: they only show by their absence in a full pass.',
    answers.create === undefined &&
      answers.update === undefined &&
      'nothing is written: say --create and --update, as in "POST /path".',
    'how a refusal looks does not show in this sample: see `refusal` and `errors` in docs/connectors.md.',
  ];
  return said.filter((each) => each !== false);
};

const unnameable = (row: JsonObject | undefined): readonly string[] =>
  Object.keys(row ?? {}).filter((name) => !leavesOf(row ?? {}).some(({ path }) => path === name));

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
      check: { request: request(answers.list) },
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
      ...(odd.length === 0 ? [] : [`fields whose name has a dot or a bracket cannot be mapped: ${odd.join(', ')}.`]),
    ],
  };
};
