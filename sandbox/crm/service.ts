/** The CRM's calls. */
import { createHmac } from 'node:crypto';
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import { doneOf, type PageWords, turnedAnswer } from '../kit/pages.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import { placeOf, type Row, type Store } from '../kit/store.ts';
import { KINDS } from './kinds.ts';
import { createRecords, type Records } from './records.ts';
import type { Refusal } from './shape.ts';
import type { Webhooks } from './webhooks.ts';

const CLIENTS: Readonly<Record<string, string>> = { tally: 'tally-secret', people: 'people-secret' };
const MOST = 200;
const PAGE = 500;

const problem = (_status: number, code: string, message: string): string => text({ error: { code, message } });
const failed = (status: number, code: string, message: string): Answer => ({
  status,
  body: problem(status, code, message),
});
const refused = ({ status, ...error }: Refusal): Answer => ({ status, body: text({ error }) });
const etagHeader = (row: Row): Record<string, string> => ({ etag: `"${etagIn(row.body)}"` });
const etagIn = (body: string): string => body.slice(body.lastIndexOf('"etag":"') + 8, -2);

/** Tokens are signed, not stored, so that they outlive a restart and still expire. */
const tokens = (key: string, ttl: () => number) => {
  const known = new Map<string, { readonly actor: string; readonly until: number }>();
  const sign = (actor: string, until: number): string =>
    `${actor}.${until}.${createHmac('sha256', key).update(`${actor}.${until}`).digest('base64url')}`;
  const issue = (ask: Ask): Answer => {
    const form = new URLSearchParams(ask.body);
    const client = form.get('client_id') ?? '';
    if (form.get('grant_type') !== 'client_credentials')
      return failed(400, 'unsupported_grant_type', 'client_credentials only');
    if (!Object.hasOwn(CLIENTS, client) || CLIENTS[client] !== form.get('client_secret')) {
      return failed(401, 'invalid_client', 'unknown client or wrong secret');
    }
    const token = sign(client, Date.now() + ttl() * 1000);
    return { status: 200, body: text({ access_token: token, token_type: 'Bearer', expires_in: ttl() }) };
  };
  const actor = (header: string | undefined): string | undefined => {
    const token = header?.startsWith('Bearer ') === true ? header.slice(7) : '';
    const [name = '', until = ''] = token.split('.');
    if (!known.has(token)) {
      if (name === '' || token !== sign(name, Number(until))) return undefined;
      known.set(token, { actor: name, until: Number(until) });
    }
    const entry = known.get(token);
    if (entry !== undefined && entry.until > Date.now()) return entry.actor;
    known.delete(token);
    return undefined;
  };
  return { issue, actor };
};

const cursorOf = (place: string): string => Buffer.from(place).toString('base64url');
const placeIn = (cursor: string): string => Buffer.from(cursor, 'base64url').toString('utf8');

const WORDS: PageWords = {
  ...{ rows: 'items', next: 'next_cursor', cursor: 'cursor', id: 'id', stamp: 'modified_at' },
  isFeed: ({ query }) => query.has('changed_since'),
  write: cursorOf,
  read: placeIn,
};

const listing = (store: Store, record: string, query: URLSearchParams): Answer => {
  const limit = Math.min(Math.max(Number(query.get('limit') ?? 100) || 100, 1), PAGE);
  const cursor = query.get('cursor');
  const since = query.get('changed_since');
  const at = since === null ? 0 : Date.parse(since);
  if (Number.isNaN(at)) return failed(400, 'INVALID_VALUE', 'changed_since must be an instant');
  // One-second grain: a part of a second says nothing.
  const start = `${new Date(at - (at % 1000)).toISOString().slice(0, 19)}Z|`;
  const after = cursor === null ? undefined : placeIn(cursor);
  const rows = since === null ? store.page(record, after ?? '', limit) : store.changes(record, after ?? start, limit);
  const last = rows.at(-1);
  const next = last === undefined || rows.length < limit ? null : cursorOf(since === null ? last.id : placeOf(last));
  const items = rows.map((row) =>
    row.gone === 1 ? text({ id: row.id, deleted: true, modified_at: row.stamp }) : row.body,
  );
  return { status: 200, items: rows.length, body: `{"items":[${items.join(',')}],"next_cursor":${text(next)}}` };
};

const batchRead = (records: Records, body: Value): Answer => {
  const asked = isDoc(body) ? (body['ids'] ?? body['external_ids']) : undefined;
  if (!isDoc(body) || !Array.isArray(asked) || asked.length > MOST) {
    return failed(400, 'INVALID_VALUE', `ids or external_ids: at most ${MOST}`);
  }
  const name = body['ids'] === undefined ? 'external_id' : 'id';
  const results = asked.map((value: Value) => {
    const row = name === 'id' ? records.find(String(value)) : records.findExternal(String(value));
    const key = `{${text(name)}:${text(value)},"status":`;
    return row === undefined ? `${key}404}` : `${key}200,"record":${row.body}}`;
  });
  return { status: 200, items: asked.length, body: `{"results":[${results.join(',')}]}` };
};

const batchUpsert = (records: Records, body: Value, actor: string, ask: Ask): Answer => {
  const items = isDoc(body) ? body['items'] : undefined;
  if (!Array.isArray(items) || items.length > MOST) return failed(400, 'INVALID_VALUE', `items: at most ${MOST}`);
  const results = doneOf(ask, items).map((item: Value) => {
    const key = isDoc(item) ? text(item['key'] ?? null) : 'null';
    const outcome = records.upsert(isDoc(item) ? item : {}, actor, ask.number);
    if ('row' in outcome) return `{"key":${key},"status":${outcome.status},"record":${outcome.row.body}}`;
    const { status, ...error } = outcome;
    return `{"key":${key},"status":${status},"error":${text(error)}}`;
  });
  return { status: 200, items: items.length, body: `{"results":[${results.join(',')}]}` };
};

const single = (records: Records, ask: Ask, id: string, actor: string): Answer => {
  const guard = ask.headers['if-match'];
  if (ask.method === 'GET') {
    const row = records.find(id);
    return row === undefined
      ? failed(404, 'NOT_FOUND', `no record ${id}`)
      : { status: 200, body: row.body, headers: etagHeader(row) };
  }
  const outcome =
    ask.method === 'DELETE'
      ? records.remove(id, guard, actor, ask.number)
      : records.patch(id, guard, bodyOf(ask), actor, ask.number);
  if (!('row' in outcome)) return refused(outcome);
  return ask.method === 'DELETE'
    ? { status: 204 }
    : { status: 200, body: outcome.row.body, headers: etagHeader(outcome.row) };
};

class Malformed extends Error {}
const bodyOf = (ask: Ask): Doc => {
  let value: Value;
  try {
    value = parse(ask.body);
  } catch {
    throw new Malformed();
  }
  if (!isDoc(value)) throw new Malformed();
  return value;
};

const webhooksOf = (webhooks: Webhooks, ask: Ask, id: string): Answer => {
  switch (`${ask.method} ${id === '' ? 'all' : 'one'}`) {
    case 'GET all':
      return { status: 200, body: text({ items: webhooks.list().map(({ id, url }) => ({ id, url })) }) };
    case 'POST all': {
      const { url, secret } = bodyOf(ask);
      const made = webhooks.subscribe(String(url), secret === undefined ? undefined : String(secret));
      return typeof made === 'string' ? failed(400, 'INVALID_VALUE', made) : { status: 201, body: text(made) };
    }
    case 'DELETE one':
      return webhooks.unsubscribe(id) ? { status: 204 } : failed(404, 'NOT_FOUND', `no webhook ${id}`);
    default:
      return failed(405, 'NOT_ALLOWED', `${ask.method} is not possible here`);
  }
};

const WEBHOOKS = /^\/v1\/webhooks(?:\/([^/]+))?$/;
const PATH = new RegExp(`^/v1/(${[...KINDS.keys()].join('|')})s(?:/(.+))?$`);

/** Everything the CRM answers, over this store. */
export const createService = (store: Store, key: string, ttl: () => number, webhooks: Webhooks): Service => {
  const access = tokens(key, ttl);
  const of = new Map([...KINDS.keys()].map((record) => [record, createRecords(store, record)] as const));
  const answer = (ask: Ask, actor: string): Answer => {
    if (ask.path === '/oauth/token') return access.issue(ask);
    if (ask.path === '/v1/me') return { status: 200, body: text({ name: actor }) };
    const subscribed = WEBHOOKS.exec(ask.path);
    if (subscribed !== null) return webhooksOf(webhooks, ask, subscribed[1] ?? '');
    const [, record = '', rest = ''] = PATH.exec(ask.path) ?? [];
    const records = of.get(record);
    if (records === undefined) return failed(404, 'NOT_FOUND', `no such address ${ask.path}`);
    switch (`${ask.method} ${rest}`) {
      case 'GET ':
        return listing(store, record, ask.query);
      case 'POST batch/read':
        return batchRead(records, bodyOf(ask));
      case 'POST batch/upsert':
        return batchUpsert(records, bodyOf(ask), actor, ask);
      case 'POST ': {
        const outcome = records.create(bodyOf(ask), actor, ask.number);
        return 'row' in outcome
          ? { status: 201, body: outcome.row.body, headers: etagHeader(outcome.row) }
          : refused(outcome);
      }
      default:
        if (rest === '' || rest.includes('/') || !['GET', 'PATCH', 'DELETE'].includes(ask.method)) {
          return failed(405, 'NOT_ALLOWED', `${ask.method} is not possible here`);
        }
        return single(records, ask, decodeURIComponent(rest), actor);
    }
  };
  return {
    problem,
    actor: (ask) => (ask.path === '/oauth/token' ? '' : access.actor(ask.headers.authorization)),
    refuse: () => failed(401, 'UNAUTHORIZED', 'no token, or it has expired'),
    writes: (method, path) => path.startsWith('/v1/') && method !== 'GET' && !path.endsWith('/batch/read'),
    answer: (ask, actor) => {
      try {
        return turnedAnswer(ask, answer(ask, actor), WORDS);
      } catch (error) {
        if (error instanceof Malformed || error instanceof URIError)
          return failed(400, 'MALFORMED', 'the body is no JSON object');
        throw error;
      }
    },
  };
};
