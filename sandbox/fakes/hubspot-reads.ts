/** What HubSpot's fake answers to reading: lists, batches by id or key, a search that lags and ends, and its properties. */
import { type Doc, isDoc, type Value } from '../kit/json.ts';
import type { Answer } from '../kit/server.ts';
import type { Row } from '../kit/store.ts';
import { answer, docsIn, type Records, textsIn } from './system.ts';

const SEARCHED_AT_MOST = 10_000;
/** The largest batch. */
export const BATCH = 100;
/** Properties that nobody may write. */
export const READ_ONLY = new Set(['hs_object_id', 'createdate', 'hs_lastmodifieddate', 'lastmodifieddate']);
/** The property with the time of the last change, by type. */
export const STAMPS: Readonly<Record<string, string>> = {
  companies: 'hs_lastmodifieddate',
  contacts: 'lastmodifieddate',
};
/** Properties that there are. */
export const KNOWN = new Set([
  ...[
    'tally_key',
    'name',
    'domain',
    'website',
    'phone',
    'address',
    'city',
    'zip',
    'country',
    'industry',
    'annualrevenue',
  ],
  ...['email', 'firstname', 'lastname', 'jobtitle', ...READ_ONLY],
]);

/** What HubSpot says is wrong. */
export type Problem = Readonly<{ category: string; message: string; context?: Doc }>;
/** A refusal as HubSpot words it. */
export const refused = (status: number, problem: Problem): Answer =>
  answer(status, { status: 'error', correlationId: 'c0ffee00-0000-4000-8000-000000000000', ...problem });
/** A request that is not valid. */
export const invalid = (message: string): Answer => refused(400, { category: 'VALIDATION_ERROR', message });

/** A record with the properties that were asked for. */
export const shown = (records: Records, row: Row, properties: readonly string[]): Doc => {
  const { properties: all, ...rest } = records.doc(row);
  const own = isDoc(all) ? all : {};
  const names = ['hs_object_id', 'createdate', 'hs_lastmodifieddate', ...properties];
  return { ...rest, properties: Object.fromEntries(names.map((name) => [name, own[name] ?? null])) };
};

const OPERATORS: Readonly<Record<string, (own: number, asked: number) => boolean>> = {
  EQ: (own, asked) => own === asked,
  GT: (own, asked) => own > asked,
  GTE: (own, asked) => own >= asked,
};
const comparable = (value: Value | undefined): number => {
  const written = String(value ?? '');
  return /^\d+$/.test(written) ? Number(written) : Date.parse(written);
};

/** The search: one order, 10,000 rows. */
export const search = (records: Records, body: Doc, unknownId: string): Answer => {
  const limit = Number(body['limit'] ?? 10);
  const after = Number(body['after'] ?? 0);
  const [sort] = docsIn(body['sorts']);
  const order = String(sort?.['propertyName'] ?? 'createdate');
  if (limit > 200) return invalid('limit: at most 200');
  if (after + limit > SEARCHED_AT_MOST) return invalid('paging past 10,000 results is not supported');
  const filters = docsIn(body['filterGroups']).map((group) => docsIn(group['filters']));
  if (filters.flat().some((filter) => filter['value'] === undefined)) return invalid('a filter has no value');
  const fits = (own: Doc) =>
    filters.some((group) =>
      group.every(({ propertyName, operator, value }) =>
        OPERATORS[String(operator)]?.(comparable(own[String(propertyName)]), comparable(value)),
      ),
    );
  const found = records
    .all()
    .filter(({ id }) => id !== unknownId)
    .map((row) => ({ row, own: records.doc(row)['properties'] as Doc }))
    .filter(({ own }) => fits(own))
    .sort((a, b) => comparable(a.own[order]) - comparable(b.own[order]));
  const page = found.slice(after, after + limit);
  const more = found.length > after + limit ? { paging: { next: { after: String(after + limit) } } } : {};
  const results = page.map(({ row }) => shown(records, row, textsIn(body['properties'])));
  return answer(200, { total: found.length, results, ...more });
};

/** The list by ids. */
export const list = (records: Records, query: URLSearchParams): Answer => {
  const limit = Number(query.get('limit') ?? 10);
  if (limit > 100) return invalid('limit: at most 100');
  const after = query.get('after') ?? '';
  const rows = records.all().filter(({ id }) => id > after);
  const page = rows.slice(0, limit);
  const more = rows.length > limit ? { paging: { next: { after: page.at(-1)?.id ?? '' } } } : {};
  const properties = (query.get('properties') ?? '').split(',').filter((name) => name !== '');
  return answer(200, { results: page.map((row) => shown(records, row, properties)), ...more });
};

/** Many records by id or key. */
export const batchRead = (records: Records, body: Doc): Answer => {
  const ids = docsIn(body['inputs']).map(({ id }) => String(id));
  if (ids.length > BATCH) return invalid(`at most ${BATCH} inputs`);
  const byKey = body['idProperty'] !== undefined;
  const rows = ids.map((id) => (byKey ? records.findRef(id) : records.find(id)));
  const missing = ids.filter((_id, index) => rows[index] === undefined);
  const results = rows.flatMap((row) => (row === undefined ? [] : [shown(records, row, textsIn(body['properties']))]));
  if (missing.length === 0) return answer(200, { status: 'COMPLETE', results });
  const none = {
    status: 'error',
    category: 'OBJECT_NOT_FOUND',
    message: 'Could not get some objects',
    context: { ids: missing },
  };
  return answer(207, { status: 'COMPLETE', results, numErrors: 1, errors: [none] });
};

/** The properties of a type. */
export const described = (): Answer => {
  const property = (name: string) => ({
    name,
    type: { annualrevenue: 'number', industry: 'enumeration' }[name] ?? (READ_ONLY.has(name) ? 'datetime' : 'string'),
    options: name === 'industry' ? [{ label: 'Farming', value: 'FARMING' }] : [],
    modificationMetadata: { readOnlyValue: READ_ONLY.has(name) },
  });
  return answer(200, { results: [...KNOWN].map(property) });
};
