/**
 * Salesforce's REST API, as the preset meets it: sessions that end, collections and composites that refuse inside a 200, SOQL
 * with query locators, whole seconds, ids of 18 characters, stamps that move though nothing changed.
 */
import { type Doc, isDoc, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import {
  DATA,
  described,
  FIELDS,
  longId,
  type Problem,
  problemIn,
  stampOf,
  whole,
  writer,
} from './salesforce-objects.ts';
import { createQueries } from './salesforce-soql.ts';
import { answer, bodyOf, createRecords, docsIn, startFake, textsIn } from './system.ts';

/** The credentials that the fake takes. */
export const SALESFORCE = {
  client_id: '3MVG9-a-client-of-nobody',
  client_secret: 'a-consumer-secret-of-nobody',
} as const;

/** Sessions: each login gives the same token until it is ended. */
const createAccess = (session: () => number) => {
  const token = (): string => `00DdM0000000001!AQ-session-${session()}`;
  const issue = (ask: Ask): Answer => {
    const form = new URLSearchParams(ask.body);
    const right = Object.entries(SALESFORCE).every(([name, value]) => form.get(name) === value);
    if (form.get('grant_type') !== 'client_credentials' || !right)
      return answer(400, { error: 'invalid_client', error_description: 'invalid client credentials' });
    return answer(200, {
      access_token: token(),
      instance_url: `http://${ask.headers.host}`,
      token_type: 'Bearer',
      issued_at: String(Date.now()),
    });
  };
  return { issue, known: (ask: Ask): boolean => ask.headers.authorization === `Bearer ${token()}` };
};

const NOT_FOUND: Problem = { status: 404, errorCode: 'NOT_FOUND', message: 'The requested resource does not exist' };

const service = (store: Store, setting: (name: string) => number): Service => {
  const tables = new Map(Object.keys(FIELDS).map((type) => [type, createRecords(store, type.toLowerCase())] as const));
  const writers = new Map([...tables].map(([type, records]) => [type, writer(store, records, type)] as const));
  const queries = createQueries(tables, () => setting('smallest_page'));
  const access = createAccess(() => setting('session'));
  const write = (type: string, row: Row | undefined, fields: Doc, ask: Ask): Row | Problem =>
    problemIn(type, fields, row === undefined) ?? (writers.get(type)?.(row, fields, ask) as Row);
  const upserted = (type: string, key: string, ask: Ask): Answer => {
    const results = docsIn(bodyOf(ask)['records']).map((record) => {
      const row = tables.get(type)?.findRef(String(record[key]));
      const done = write(type, row, record, ask);
      if ('errorCode' in done)
        return {
          success: false,
          errors: [{ statusCode: done.errorCode, message: done.message, fields: done.fields ?? [] }],
        };
      return { id: done.id, success: true, errors: [], created: row === undefined };
    });
    return results.length > 200
      ? whole({ status: 400, errorCode: 'EXCEEDED_MAX_SIZE', message: 'record limit reached' })
      : answer(200, results);
  };
  /** One record: read by id, changed or deleted unless it is younger than stated. */
  const single = (
    method: string,
    type: string,
    id: string,
    unmodifiedSince: Value | undefined,
    fields: Doc,
    ask: Ask,
  ): Answer => {
    const records = tables.get(type);
    const row = records?.find(longId(id));
    if (records === undefined || row === undefined) return whole(NOT_FOUND);
    const own = records.doc(row);
    if (method === 'GET') return answer(200, own);
    const limit = typeof unmodifiedSince === 'string' ? Date.parse(unmodifiedSince) : Number.POSITIVE_INFINITY;
    if (Date.parse(String(own['LastModifiedDate'])) > limit)
      return whole({ status: 412, errorCode: 'PRECONDITION_FAILED', message: 'The record was modified since' });
    if (method === 'DELETE') {
      records.remove(row, stampOf(store.now()), ask);
      return { status: 204 };
    }
    const done = write(type, row, fields, ask);
    return 'errorCode' in done ? whole(done) : { status: 204 };
  };
  const made = (type: string, fields: Doc, ask: Ask): Answer => {
    const done = write(type, undefined, fields, ask);
    return 'errorCode' in done ? whole(done) : answer(201, { id: done.id, success: true, errors: [] });
  };
  const composed = (ask: Ask): Answer => {
    const requests = docsIn(bodyOf(ask)['compositeRequest']);
    if (requests.length > 25)
      return whole({ status: 400, errorCode: 'LIMIT_EXCEEDED', message: 'at most 25 subrequests' });
    const names = requests.map((one) => String(one['referenceId']));
    if (new Set(names).size !== names.length || names.some((name) => !/^[A-Za-z]\w*$/.test(name)))
      return whole({ status: 400, errorCode: 'JSON_PARSER_ERROR', message: 'referenceId is not unique or not a name' });
    const compositeResponse = requests.map((one) => {
      const [, type = '', id = ''] = /\/sobjects\/(\w+)\/([^/]+)$/.exec(String(one['url'])) ?? [];
      const headers = isDoc(one['httpHeaders']) ? one['httpHeaders'] : {};
      const fields = isDoc(one['body']) ? one['body'] : {};
      const done = single(
        String(one['method']),
        type,
        decodeURIComponent(id),
        headers['If-Unmodified-Since'],
        fields,
        ask,
      );
      const body: unknown = done.body === undefined ? null : JSON.parse(done.body);
      return { body, httpHeaders: {}, httpStatusCode: done.status, referenceId: one['referenceId'] ?? null };
    });
    return answer(200, { compositeResponse });
  };
  const retrieved = (type: string, body: Doc): Answer => {
    const records = tables.get(type);
    const names = textsIn(body['fields']);
    return answer(
      200,
      textsIn(body['ids']).map((id) => {
        const row = records?.find(longId(id));
        const own = row === undefined ? undefined : records?.doc(row);
        return own === undefined ? null : Object.fromEntries(['Id', ...names].map((name) => [name, own[name] ?? null]));
      }),
    );
  };
  const byKey = (type: string, key: string, fields: string | null): Answer => {
    const records = tables.get(type);
    const row = records?.findRef(key);
    const own = row === undefined ? undefined : records?.doc(row);
    if (own === undefined) return whole(NOT_FOUND);
    const names = fields === null ? Object.keys(own) : fields.split(',');
    return answer(200, Object.fromEntries(names.map((name) => [name, own[name] ?? null])));
  };
  const answered = (ask: Ask): Answer => {
    if (ask.path === '/services/oauth2/token') return access.issue(ask);
    if (setting('limited') === 1)
      return whole({ status: 403, errorCode: 'REQUEST_LIMIT_EXCEEDED', message: 'TotalRequests Limit exceeded.' });
    if (!ask.path.startsWith(`${DATA}/`))
      return whole({ status: 404, errorCode: 'NOT_FOUND', message: 'no such version or address' });
    const [first = '', type = '', third = '', fourth] = ask.path
      .slice(DATA.length + 1)
      .split('/')
      .map(decodeURIComponent);
    if (first === '') return answer(200, { identity: 'https://login.example/id/00DdM0000000001/005dM0000000001' });
    if (first === 'query' && type !== '') return queries.page(type.slice(0, 18), Number(type.slice(19)));
    if (first === 'query' || first === 'queryAll') return queries.start(ask, first === 'queryAll');
    if (first === 'composite' && ask.method === 'PATCH') return upserted(third, String(fourth), ask);
    if (first === 'composite' && type === 'sobjects') return retrieved(third, bodyOf(ask));
    if (first === 'composite') return composed(ask);
    if (ask.method === 'POST') return made(type, bodyOf(ask), ask);
    if (third === 'describe') return described(type);
    if (third === 'Tally_Key__c') return byKey(type, String(fourth), ask.query.get('fields'));
    return single(ask.method, type, third, ask.headers['if-unmodified-since'], bodyOf(ask), ask);
  };
  return {
    actor: (ask) => (ask.path === '/services/oauth2/token' || access.known(ask) ? 'tally' : undefined),
    refuse: () => whole({ status: 401, errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }),
    writes: (method, path) =>
      method === 'PATCH' ||
      method === 'DELETE' ||
      (method === 'POST' && /\/(composite|sobjects\/\w+)$/.test(path) && !/composite\/sobjects/.test(path)),
    problem: (status, code, message) =>
      text([{ errorCode: status === 429 ? 'REQUEST_LIMIT_EXCEEDED' : code, message }]),
    answer: answered,
  };
};

/**
 * Start Salesforce's fake. `smallest_page`: rows that a page has at least; `session`: another number
 * ends all sessions; `limited`: 1 when the requests of the day are used up.
 */
export const startSalesforce = (options?: StartOptions): Promise<Running> =>
  startFake(
    {
      name: 'salesforce',
      records: ['account', 'contact'],
      settings: { smallest_page: 1, session: 1, limited: 0 },
      service,
    },
    options,
  );
