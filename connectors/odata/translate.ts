/** A preset's record types in the words of the common machinery, which knows requests and replies but no protocol. */
import type { Json } from '../../src/domain/json.ts';
import type { Assembled } from '../rest/assemble.ts';
import type { Changes, Listing, Paging, Reading, RecordType, RequestShape, Writing } from '../rest/schema.ts';
import type { TimeFormat } from '../rest/time.ts';
import type { ODataPreset, ODataRecordType } from './schema.ts';

/** What a request does; it stands in the path of its shape, `/<record>/<act>`, until it is made. */
export const ACTS = ['list', 'changes', 'one', 'ids', 'keys', 'create', 'update', 'delete'] as const;
/** One of them. */
export type Act = (typeof ACTS)[number];

const shape = (record: string, act: Act, body?: Json): RequestShape => ({
  method: body === undefined ? 'GET' : 'POST',
  path: `/${record}/${act}`,
  ...(body === undefined ? {} : { body: body as RequestShape['body'] }),
});

const pagingOf = ({ paging, page_size }: ODataRecordType): Paging => {
  if (paging === 'link') return { kind: 'link', next: 'next', page_size };
  return paging === 'skip' ? { kind: 'offset', page_size } : { kind: 'keyset', more: 'next', page_size };
};

const listing = (record: string, act: 'list' | 'changes', paging: Paging): Listing => ({
  request: shape(record, act),
  rows: 'rows',
  paging,
  empty_status: [],
  without_rows: 'broken',
});

/** How the lower bound is written: with its zone where the field has one, else by the system's own clocks. */
const formatOf = (type: ODataRecordType): TimeFormat => {
  const { modified_at: at } = type;
  const kind = typeof at === 'string' ? (type.fields[at] ?? type.keys[at]) : undefined;
  return kind === 'instant' ? 'iso' : 'local_t';
};

const changesOf = (record: string, type: ODataRecordType): Changes | undefined => {
  const { changes } = type;
  if (changes === undefined) return undefined;
  const paging = pagingOf(type);
  // Delta links are walked by a feed of their own; of this one only what it promises is used.
  if (changes.strategy === 'delta')
    return {
      ...listing(record, 'changes', paging),
      ...{ strategy: 'timestamp', format: 'iso', grain_ms: 1, overlap_ms: 0, clock: 'rows' },
      from: '1970-01-01T00:00:00Z',
    };
  const { grain_ms, overlap_ms, clock, from, order } = changes;
  return {
    ...listing(record, 'changes', paging.kind === 'keyset' && order === 'key' ? { ...paging, order: 'id' } : paging),
    ...{ strategy: 'timestamp', format: formatOf(type), grain_ms, overlap_ms, clock, from },
  };
};

const readingOf = (record: string, { read, reference }: ODataRecordType): RecordType['read'] => {
  const byAddress: Reading = { request: shape(record, 'one'), max: 1, null_is: 'broken' };
  const filtered = (act: 'ids' | 'keys', match: string): Reading => ({
    ...{ request: shape(record, act), max: read.max, results: 'rows', match, null_is: 'broken' },
  });
  return {
    by_id: read.max === 1 ? byAddress : filtered('ids', '@id'),
    ...(reference === undefined ? {} : { by_key: filtered('keys', reference) }),
  };
};

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;
const ITEM = { id: '{id}', key: '{key}', version: '{version}', data: '{data}' };

const writingOf = (record: string, act: keyof typeof DONE, batched: boolean): Writing => {
  const answered = { record: 'record', id: '@id', version: '@etag', split_refused: false };
  if (!batched) return { request: shape(record, act, ITEM), ...answered };
  return {
    request: shape(record, act, { items: '{items}' }),
    item: ITEM as Writing['item'],
    ...{ results: 'results', status: 'status', done: [{ status: [200, 201, 202, 204], as: DONE[act] }] },
    ...answered,
  };
};

const recordOf = (record: string, type: ODataRecordType, batched: boolean): Assembled['records'][string] => {
  const { etag, modified_at: at, zone, reference, deleted, write, capabilities } = type;
  const changes = changesOf(record, type);
  const writing = (act: keyof typeof DONE) => (write[act] ? { [act]: writingOf(record, act, batched) } : {});
  return {
    id: '@id',
    ...(etag ? { version: '@etag' } : {}),
    ...(at === undefined ? {} : { modified_at: '@modified' }),
    zone,
    ...(reference === undefined ? {} : { reference }),
    ...(deleted === undefined ? {} : { deleted }),
    list: listing(record, 'list', pagingOf(type)),
    ...(changes === undefined ? {} : { changes }),
    read: readingOf(record, type),
    write: { max: write.max, ...writing('create'), ...writing('update'), ...writing('delete') },
    capabilities,
    removes: write.update && write.children !== 'none',
  };
};

/** The part of a preset that is made into a connector. */
export const asAssembled = ({ system, batch, records }: ODataPreset): Assembled => ({
  system,
  check: { request: { method: 'GET', path: '/' } },
  records: Object.fromEntries(
    Object.entries(records).map(([name, type]) => [name, recordOf(name, type, batch !== undefined)]),
  ),
});
