/** The ERP's calls. */
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import { doneOf, type PageWords, turnedAnswer } from '../kit/pages.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import { placeOf, type Store } from '../kit/store.ts';
import { ENQUIRY, enquiryAnswer } from './enquiries.ts';
import { KINDS } from './kinds.ts';
import { type Outcome, type Partners, type ReferenceRule, versionIn } from './partners.ts';

/** Who may come in, with their passwords. */
export const USERS: Readonly<Record<string, string>> = { tally: 'tally-secret', people: 'people-secret' };
const ACTORS = new Map<string, string>(
  Object.entries(USERS).map(
    ([user, secret]) => [`Basic ${Buffer.from(`${user}:${secret}`).toString('base64')}`, user] as const,
  ),
);
const MOST = 200;
const PAGE = 500;

const problem = (_status: number, code: string, message: string): string => text({ code, message });
const failed = (status: number, code: string, message: string): Answer => ({
  status,
  body: problem(status, code, message),
});

const wordsOf = (record: string): PageWords => ({
  ...{ rows: `${record}s`, next: 'after', cursor: 'after', id: 'number', stamp: 'changed_at' },
  isFeed: ({ path }) => path.endsWith('/changes'),
  write: (place) => place,
  read: (cursor) => cursor,
});

const listing = (store: Store, record: string, query: URLSearchParams, changes: boolean): Answer => {
  const limit = Math.min(Math.max(Number(query.get('page_size') ?? 100) || 100, 1), PAGE);
  const after = query.get('after') ?? '';
  const from = Date.parse(query.get('changed_from') ?? '1970-01-01T00:00:00Z');
  if (Number.isNaN(from)) return failed(400, 'BAD_VALUE', 'changed_from must be an instant');
  // Deletes are not in the feed, so a page of tombstones only must not end it: the place comes from the last row, served or not.
  const rows = changes
    ? store.changes(record, after === '' ? `${new Date(from).toISOString()}|` : after, limit)
    : store.page(record, after, limit);
  const last = rows.at(-1);
  const next = last === undefined || rows.length < limit ? null : changes ? placeOf(last) : last.id;
  const bodies = rows.filter((row) => row.gone === 0).map((row) => row.body);
  return { status: 200, items: bodies.length, body: `{"${record}s":[${bodies.join(',')}],"after":${text(next)}}` };
};

const notFound = (record: string, what: Value): string =>
  text({ ok: false, code: 'NOT_FOUND', message: `no ${record} ${String(what)}` });

const read = (record: string, partners: Partners, rule: ReferenceRule, body: Doc): Answer => {
  const { numbers, references } = body;
  const asked = numbers ?? references;
  if (!Array.isArray(asked) || asked.length > MOST)
    return failed(400, 'BAD_VALUE', `numbers or references: at most ${MOST}`);
  if (numbers === undefined && rule === 'unsearchable')
    return failed(400, 'RULE', `${record}s cannot be searched by reference`);
  const results = asked.map((value: Value) => {
    if (numbers !== undefined) {
      const row = partners.find(String(value));
      return row === undefined ? notFound(record, value) : `{"ok":true,"${record}":${row.body}}`;
    }
    const rows = partners.findReference(String(value));
    return rows.length === 0
      ? notFound(record, value)
      : `{"ok":true,"${record}s":[${rows.map((row) => row.body).join(',')}]}`;
  });
  return { status: 200, items: asked.length, body: `{"results":[${results.join(',')}]}` };
};

const outcomeText = (record: string, outcome: Outcome): string => {
  if (!('row' in outcome)) return text({ ok: false, ...outcome });
  const { id, body } = outcome.row;
  return `{"ok":true,"number":"${id}","row_version":${versionIn(body)},"${record}":${body}}`;
};

const batch = (ask: Ask, record: string, body: Doc, one: (item: Doc) => Outcome): Answer => {
  const { items } = body;
  if (!Array.isArray(items) || items.length > MOST) return failed(400, 'BAD_VALUE', `items: at most ${MOST}`);
  const results = doneOf(ask, items).map((item: Value) => outcomeText(record, one(isDoc(item) ? item : {})));
  return { status: 200, items: items.length, body: `{"results":[${results.join(',')}]}` };
};

const bodyOf = (ask: Ask): Doc | undefined => {
  try {
    const value = parse(ask.body);
    return isDoc(value) ? value : undefined;
  } catch {
    return undefined;
  }
};

const PATH = new RegExp(`^/api/(${KINDS.map(({ record }) => record).join('|')})s(?:/(.+))?$`);
const READ = /^\/api\/[a-z_]+s\/read$/;

/** Everything the ERP answers, over this store; `all` by name of the kind of record. */
export const createService = (
  store: Store,
  all: Readonly<Record<string, Partners>>,
  rule: () => ReferenceRule,
): Service => {
  const post = (ask: Ask, record: string, records: Partners, what: string, actor: string): Answer => {
    const body = bodyOf(ask);
    if (body === undefined) return failed(400, 'BAD_VALUE', 'the body is no JSON object');
    switch (what) {
      case 'read':
        return read(record, records, rule(), body);
      case 'create':
        return batch(ask, record, body, (item) => records.create(item, actor, ask.number));
      case 'update':
        return batch(ask, record, body, (item) => records.update(item, actor, ask.number));
      default:
        return failed(404, 'NOT_FOUND', `no such address ${ask.path}`);
    }
  };
  const answer = (ask: Ask, actor: string): Answer => {
    if (ask.method === 'GET' && ask.path === '/api/ping') return { status: 200, body: text({ user: actor }) };
    const enquiry = ask.method === 'POST' ? enquiryAnswer(store, ask.path, bodyOf(ask)) : undefined;
    if (enquiry !== undefined) return enquiry;
    const [, record = '', what = ''] = PATH.exec(ask.path) ?? [];
    const records = all[record];
    if (records === undefined) return failed(404, 'NOT_FOUND', `no such address ${ask.path}`);
    if (ask.method === 'POST') return post(ask, record, records, what, actor);
    if (ask.method === 'GET' && what === '') return listing(store, record, ask.query, false);
    if (ask.method === 'GET' && what === 'changes') return listing(store, record, ask.query, true);
    if (ask.method !== 'DELETE' || !/^\d+$/.test(what)) return failed(404, 'NOT_FOUND', `no such address ${ask.path}`);
    return records.remove(what, actor, ask.number) ? { status: 204 } : failed(404, 'NOT_FOUND', `no ${record} ${what}`);
  };
  return {
    problem,
    actor: (ask) => ACTORS.get(ask.headers.authorization ?? ''),
    refuse: () => ({
      ...failed(401, 'UNAUTHORIZED', 'unknown user or wrong password'),
      headers: { 'www-authenticate': 'Basic realm="erp"' },
    }),
    writes: (method, path) => method !== 'GET' && !READ.test(path) && !ENQUIRY.test(path),
    answer: (ask, actor) => turnedAnswer(ask, answer(ask, actor), wordsOf(PATH.exec(ask.path)?.[1] ?? 'partner')),
  };
};
