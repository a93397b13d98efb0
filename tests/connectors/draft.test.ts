/** What one reply shows of a system: shapes as well-known interfaces document them. */
import { describe, expect, test } from 'vitest';
import { draftRest, type RestAnswers } from '../../connectors/draft/rest.ts';
import { RestPreset } from '../../connectors/rest/schema.ts';
import type { Json } from '../../src/domain/json.ts';

const drafted = (body: Json, change: Partial<RestAnswers> = {}, query: Record<string, string> = {}) => {
  const draft = draftRest(
    {
      system: 'Acme',
      record: 'Contact',
      auth: { kind: 'bearer' },
      list: { method: 'GET', path: '/contacts', query },
      places: {},
      zone: 'UTC',
      since: {},
      ifMatch: false,
      ...change,
    },
    { body, headers: {} },
  );
  const type = RestPreset.parse(draft.preset).records['Contact'];
  if (type === undefined) throw new Error('there is no record');
  return { ...draft, type };
};

const row = { id: 'c1', name: 'Acme' };

describe('how a list goes on', () => {
  test.each([
    [
      'an address in next_page',
      { users: [row], next_page: 'https://a.example/users?page=2', count: 9 },
      { kind: 'link', next: 'next_page' },
      {},
    ],
    [
      'links.next of JSON:API',
      { data: [row], links: { self: '/c', next: '/c?page=2' } },
      { kind: 'link', next: 'links.next' },
      {},
    ],
    [
      'a token without a flag',
      { contacts: [row], nextPageToken: 'abc' },
      { kind: 'cursor', next: 'nextPageToken' },
      { pageToken: '{cursor}' },
    ],
    [
      'a cursor with a flag',
      { items: [row], cursor: 'abc', has_more: true },
      { kind: 'cursor', next: 'cursor', more: 'has_more' },
      { cursor: '{cursor}' },
    ],
    [
      'numbered pages',
      { data: [row], meta: { current_page: 1, last_page: 7 } },
      { kind: 'page', first: 1 },
      { page: '{page}' },
    ],
    [
      'pages counted from nothing',
      { content: [row], page: { number: 0, pageNumber: 0 } },
      { kind: 'page', first: 0 },
      { pageNumber: '{page}' },
    ],
    [
      'an address in a name with a dot',
      { value: [row], '@odata.nextLink': 'https://a.example/Contacts?$skiptoken=20' },
      { kind: 'link', next: '"@odata.nextLink"' },
      {},
    ],
    [
      'rows counted by skip in OData',
      { value: [row], 'odata.nextLink': 'Contacts?$skip=20' },
      { kind: 'offset' },
      { $skip: '{offset}' },
    ],
    ['nothing at all', { data: [row] }, { kind: 'none' }, {}],
  ] as const)('%s', (_what, body, paging, query) => {
    const { list } = drafted(body).type;
    expect([list.paging, list.request.query ?? {}]).toEqual([paging, query]);
  });

  test.each([
    ['after', { kind: 'keyset' }],
    ['offset', { kind: 'offset' }],
    ['page', { kind: 'page', first: 1 }],
  ])('{%s} in the request says it, and the check is asked without it', (name, paging) => {
    const { type, preset } = drafted({ data: [row], has_more: true }, {}, { limit: '100', from: `{${name}}` });
    expect(type.list.paging).toEqual(paging);
    expect(type.list.request.query).toEqual({ limit: '100', from: `{${name}}` });
    expect(preset['check']).toEqual({ request: { path: '/contacts', query: { limit: '100' } } });
  });

  test('a flag that more follows, without saying where, is said', () => {
    const { missing } = drafted({ object: 'list', data: [row], has_more: true, url: '/v1/contacts' });
    expect(missing.join()).toContain(
      '"has_more" tells whether more follows, but not where; write {after}, {page} or {offset} into --list',
    );
  });

  test('a feed is never read by numbered pages', () => {
    const { type, missing } = drafted(
      { data: [{ ...row, updated_at: '2026-01-01T00:00:00Z' }], meta: { page: 1 } },
      { since: { since: '{since}' } },
    );
    expect(type.changes).toBeUndefined();
    expect(missing.join()).toContain('numbered pages lose rows that move while they are read');
  });
});

describe('where a row has what', () => {
  test.each([
    [
      'ticks, and an id named after the record',
      { ContactID: 'a', UpdatedDateUTC: '/Date(1769860800000+0000)/' },
      { id: 'ContactID', modified_at: 'UpdatedDateUTC' },
    ],
    [
      'an id whose name ends so',
      { CardCode: 'C1', UpdateDate: '2026-01-01' },
      { id: 'CardCode', modified_at: 'UpdateDate' },
    ],
    [
      'groups',
      { id: '1', attributes: { updated_at: '2026-01-01T00:00:00Z' } },
      { id: 'id', modified_at: 'attributes.updated_at' },
    ],
    ['seconds', { id: 1, modified: 1769860800, etag: 'x' }, { id: 'id', modified_at: 'modified', version: 'etag' }],
    ['a time that cannot be read', { id: 1, updated: 'yesterday' }, { id: 'id', modified_at: undefined }],
    [
      'the creation, which is no change',
      { id: 1, created_at: '2026-01-01T00:00:00Z' },
      { id: 'id', modified_at: undefined },
    ],
  ])('%s', (_what, body, places) => {
    const { id, modified_at, version } = drafted({ data: [body] }).type;
    expect({ id, modified_at, ...('version' in places ? { version } : {}) }).toEqual(places);
  });
});

test('a field that is of two kinds in two rows is said to be either, and what is never filled is unknown', () => {
  const { fields } = drafted({
    data: [
      { id: 1, n: 1, t: 'x', nothing: null, rows: [{ a: 1 }], address: { city: 'Ulm' } },
      { id: 2, n: 1.5, t: '2026-01-01', nothing: null, rows: [], address: null },
    ],
  });
  expect(Object.fromEntries(fields.map(({ path, type }) => [path, type]))).toEqual({
    id: 'integer',
    n: 'decimal',
    t: 'text',
    nothing: 'unknown',
    rows: 'list',
    address: 'object',
    'address.city': 'text',
  });
});
