/**
 * Salesforce's REST API, as the preset meets it: sessions that end, collections and composites that refuse inside a 200, SOQL
 * with query locators, whole seconds, ids of 18 characters, stamps that move though nothing changed.
 */
import { type Doc, isDoc, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { answer, bodyOf, createRecords, docsIn, type Records, startFake, textsIn } from './system.ts';

/** The credentials that the fake takes. */
export const SALESFORCE = {
  client_id: '3MVG9-a-client-of-nobody',
  client_secret: 'a-consumer-secret-of-nobody',
} as const;

const DATA = '/services/data/v66.0';
const LENGTHS: Readonly<Record<string, number>> = {
  Name: 255,
  LastName: 80,
  BillingCity: 40,
  Phone: 40,
  Tally_Key__c: 255,
};
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  Account: [
    'Name',
    'AccountNumber',
    'Type',
    'Phone',
    'Website',
    'Industry',
    'AnnualRevenue',
    'Description',
    'BillingStreet',
  ],
  Contact: ['AccountId', 'Salutation', 'FirstName', 'LastName', 'Email', 'Phone', 'MobilePhone', 'Title', 'Department'],
};
const MORE = ['Tally_Key__c', 'BillingCity', 'BillingPostalCode', 'BillingCountry', 'MailingCity', 'OwnerId'];
const OWN = ['Id', 'IsDeleted', 'CreatedDate', 'LastModifiedDate', 'SystemModstamp'];

type Problem = Readonly<{ status: number; errorCode: string; message: string; fields?: readonly string[] }>;
const whole = ({ status, ...error }: Problem): Answer => answer(status, [error]);

/** The three characters by which an id of 15 becomes one that survives systems without upper and lower case. */
const withSuffix = (id: string): string => {
  const suffix = [0, 5, 10].map((from) => {
    const bits = [...id.slice(from, from + 5)].reduce((sum, one, at) => sum + (/[A-Z]/.test(one) ? 2 ** at : 0), 0);
    return 'ABCDEFGHIJKLMNOPQRSTUVWXYZ012345'[bits] ?? '';
  });
  return id + suffix.join('');
};
const longId = (id: string): string => (id.length === 15 ? withSuffix(id) : id);
const stampOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}.000+0000`;

const problemIn = (type: string, fields: Doc, created: boolean): Problem | undefined => {
  const known = new Set([...(FIELDS[type] ?? []), ...MORE, 'attributes']);
  for (const [name, value] of Object.entries(fields)) {
    const on = { fields: [name] };
    if (OWN.includes(name))
      return { status: 400, errorCode: 'INVALID_FIELD_FOR_INSERT_UPDATE', message: `${name} cannot be written`, ...on };
    if (!known.has(name))
      return {
        status: 400,
        errorCode: 'INVALID_FIELD',
        message: `No such column '${name}' on sobject of type ${type}`,
      };
    if (String(value ?? '').length > (LENGTHS[name] ?? 4000))
      return { status: 400, errorCode: 'STRING_TOO_LONG', message: `${name}: data value too large`, ...on };
  }
  const required = type === 'Account' ? 'Name' : 'LastName';
  const missing = created ? !fields[required] : Object.hasOwn(fields, required) && !fields[required];
  if (!missing) return undefined;
  const message = `Required fields are missing: [${required}]`;
  return { status: 400, errorCode: 'REQUIRED_FIELD_MISSING', message, fields: [required] };
};

/** Numbers are doubles there, and an empty text is none. */
const kept = (value: Value): Value =>
  value === '' ? null : typeof value === 'object' && value !== null ? Number(value) : value;

const writer = (store: Store, records: Records, type: string) => {
  let last = records.changed().length;
  return (row: Row | undefined, wanted: Doc, ask: Ask): Row => {
    const { attributes: _type, ...fields } = wanted;
    const stamp = stampOf(store.now());
    if (row === undefined) last += 1;
    const id = row?.id ?? withSuffix(`${type === 'Account' ? '001' : '003'}dM${String(last).padStart(10, '0')}`);
    const old = row === undefined ? { Id: id, IsDeleted: false, CreatedDate: stamp } : records.doc(row);
    const changed = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, kept(value)]));
    const body: Doc = { ...old, ...changed, LastModifiedDate: stamp, SystemModstamp: stamp };
    return records.save(id, stamp, typeof body['Tally_Key__c'] === 'string' ? body['Tally_Key__c'] : null, body, ask);
  };
};

const SOQL = /^SELECT (.+?) FROM (\w+)(?: WHERE SystemModstamp >= (\S+))?(?: ORDER BY (.+))?$/;

/** Queries: a locator keeps what was found when the query began. */
const createQueries = (tables: ReadonlyMap<string, Records>, smallest: () => number) => {
  const open = new Map<string, { readonly rows: readonly Doc[]; readonly size: number }>();
  const page = (name: string, from: number): Answer => {
    const query = open.get(name);
    if (query === undefined)
      return whole({ status: 400, errorCode: 'INVALID_QUERY_LOCATOR', message: 'invalid query locator' });
    const records = query.rows.slice(from, from + query.size);
    const until = from + records.length;
    const done = until >= query.rows.length;
    const next = done ? {} : { nextRecordsUrl: `${DATA}/query/${name}-${until}` };
    return answer(200, { totalSize: query.rows.length, done, ...next, records });
  };
  const start = (ask: Ask, deleted: boolean): Answer => {
    const [, columns = '', type = '', since = '', order = ''] = SOQL.exec(ask.query.get('q') ?? '') ?? [];
    const records = tables.get(type);
    if (records === undefined) return whole({ status: 400, errorCode: 'MALFORMED_QUERY', message: 'unexpected token' });
    const names = columns.split(',').map((name) => name.trim());
    const unknown = names.find((name) => ![...OWN, ...MORE, ...(FIELDS[type] ?? [])].includes(name));
    if (unknown !== undefined)
      return whole({ status: 400, errorCode: 'INVALID_FIELD', message: `No such column '${unknown}'` });
    const from = since === '' ? '' : stampOf(Date.parse(since));
    const rows = (order.startsWith('SystemModstamp') ? records.changed() : records.all())
      .filter((row) => (deleted || row.gone === 0) && row.stamp >= from)
      .map((row) => (row.gone === 0 ? records.doc(row) : { Id: row.id, IsDeleted: true, SystemModstamp: row.stamp }))
      .map((own: Doc) => ({
        attributes: { type, url: `${DATA}/sobjects/${type}/${String(own['Id'])}` },
        ...Object.fromEntries(names.map((name) => [name, own[name] ?? null])),
      }));
    const asked = Number(/batchSize=(\d+)/.exec(String(ask.headers['sforce-query-options'] ?? ''))?.[1] ?? 2000);
    const name = `01g${String(open.size + 1).padStart(12, '0')}AAA`;
    open.set(name, { rows, size: Math.min(Math.max(asked, smallest()), 2000) });
    return page(name, 0);
  };
  return { start, page };
};

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

const TYPED: Readonly<Record<string, string>> = {
  AnnualRevenue: 'currency',
  Email: 'email',
  Phone: 'phone',
  AccountId: 'reference',
  OwnerId: 'reference',
  IsDeleted: 'boolean',
};
const described = (type: string): Answer => {
  const field = (name: string) => ({
    name,
    type: TYPED[name] ?? (/Date|Stamp/i.test(name) ? 'datetime' : 'string'),
    length: LENGTHS[name] ?? 0,
    updateable: !OWN.includes(name),
    nillable: name !== 'Name' && name !== 'LastName',
    picklistValues: [],
  });
  return answer(200, { name: type, fields: [...OWN, ...MORE, ...(FIELDS[type] ?? [])].map(field) });
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
  const byKey = (type: string, key: string): Answer => {
    const row = tables.get(type)?.findRef(key);
    return row === undefined ? whole(NOT_FOUND) : { status: 200, body: row.body };
  };
  const answered = (ask: Ask): Answer => {
    if (ask.path === '/services/oauth2/token') return access.issue(ask);
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
    if (third === 'describe') return described(type);
    if (third === 'Tally_Key__c') return byKey(type, String(fourth));
    return single(ask.method, type, third, ask.headers['if-unmodified-since'], bodyOf(ask), ask);
  };
  return {
    actor: (ask) => (ask.path === '/services/oauth2/token' || access.known(ask) ? 'tally' : undefined),
    refuse: () => whole({ status: 401, errorCode: 'INVALID_SESSION_ID', message: 'Session expired or invalid' }),
    writes: (method, path) => method === 'PATCH' || method === 'DELETE' || path === `${DATA}/composite`,
    problem: (status, code, message) =>
      text([{ errorCode: status === 429 ? 'REQUEST_LIMIT_EXCEEDED' : code, message }]),
    answer: answered,
  };
};

/** Start Salesforce's fake. `smallest_page`: rows that a page has at least; `session`: another number ends all sessions. */
export const startSalesforce = (options?: StartOptions): Promise<Running> =>
  startFake(
    { name: 'salesforce', records: ['account', 'contact'], settings: { smallest_page: 1, session: 1 }, service },
    options,
  );
