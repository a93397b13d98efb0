/**
 * Pipedrive's API v2, as the preset meets it: `success` in every reply, also of a 200 that is a refusal, opaque cursors,
 * custom fields under hashes, values of the right kind or none, a search that lags, knows no field of its own from another
 * and names ids only, and deleted records that reading by id still gives.
 */
import { Digits, type Doc, isDoc, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { answer, bodyOf, createRecords, type Records, startFake } from './system.ts';

/** The token that the fake takes, and the hashes of two custom fields: our key, and a number. */
export const PIPEDRIVE = {
  token: 'a-token-of-nobody-at-pipedrive',
  key: '5c1de54f3a0f0b6ad5c29bb1b0b2c0e2f4a9d6c1',
  credit: '9f2b7c90d41a6a7b3be8d5cbb6f7a1a0c3d4e5f6',
} as const;
const CUSTOM: readonly string[] = [PIPEDRIVE.key, PIPEDRIVE.credit];

type Check = (value: Value) => boolean;
const isNumber: Check = (value) => typeof value === 'number' || value instanceof Digits;
const isText: Check = (value) => typeof value === 'string';
const isList: Check = (value) => Array.isArray(value);
interface Kind {
  readonly noun: string;
  readonly fields: Readonly<Record<string, Check>>;
}
const SHARED = { name: isText, owner_id: isNumber, visible_to: isNumber, label_ids: isList, custom_fields: isDoc };
const KINDS: Readonly<Record<string, Kind>> = {
  organizations: {
    noun: 'Organization',
    fields: { ...SHARED, address: (value) => isDoc(value) && isText(value['value'] ?? '') },
  },
  persons: { noun: 'Person', fields: { ...SHARED, org_id: isNumber, emails: isList, phones: isList } },
};

class Refused extends Error {
  readonly status: number;
  readonly code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}
const problem = (code: string, error: string): string =>
  text({ success: false, error, code, error_info: 'Please check developers.pipedrive.com' });
const invalid = (message: string): Refused => new Refused(400, 'ERR_SCHEMA_VALIDATION_FAILED', message);

const stampOf = (ms: number): string => `${new Date(ms).toISOString().slice(0, 19)}Z`;

/** Strict: a name that is unknown and a value of another kind are refused. null empties. */
const assertValid = ({ fields }: Kind, wanted: Doc): void => {
  for (const [name, value] of Object.entries(wanted)) {
    const check = Object.hasOwn(fields, name) ? fields[name] : undefined;
    if (check === undefined) throw invalid(`Parameter '${name}' is not allowed`);
    if (value !== null && !check(value)) throw invalid(`Parameter '${name}' has an invalid value`);
  }
  const custom = wanted['custom_fields'];
  for (const [hash, value] of Object.entries(isDoc(custom) ? custom : {})) {
    if (!CUSTOM.includes(hash)) throw invalid(`Custom field '${hash}' does not exist`);
    if (value !== null && !(hash === PIPEDRIVE.credit ? isNumber : isText)(value))
      throw invalid(`Custom field '${hash}' has an invalid value`);
  }
};

const writer = (store: Store, records: Records, kind: Kind) => {
  let last = records.changed().length;
  return (row: Row | undefined, wanted: Doc, ask: Ask): Row => {
    assertValid(kind, wanted);
    const old: Doc = row === undefined ? {} : records.doc(row);
    if (row === undefined && !wanted['name']) throw invalid("Parameter 'name' is required");
    const stamp = stampOf(store.now());
    const custom = { ...(old['custom_fields'] as Doc | undefined), ...(wanted['custom_fields'] as Doc | undefined) };
    const filled = Object.fromEntries(
      CUSTOM.map((hash) => [
        hash,
        hash === PIPEDRIVE.credit && custom[hash] ? Number(custom[hash]) : (custom[hash] ?? null),
      ]),
    );
    const empty = Object.fromEntries(Object.keys(kind.fields).map((name) => [name, null]));
    const before: Doc = row === undefined ? { ...empty, add_time: stamp } : old;
    const doc: Doc = { ...before, ...wanted, custom_fields: filled };
    if (row !== undefined && text(doc) === text(old)) return row;
    if (row === undefined) last += 1;
    const id = row?.id ?? String(last);
    const key = filled[PIPEDRIVE.key];
    const body = { ...doc, id: Number(id), update_time: stamp, is_deleted: false };
    return records.save(id, stamp, typeof key === 'string' ? key : null, body, ask);
  };
};

const written = (place: readonly (string | number)[]): string => Buffer.from(text(place)).toString('base64url');
const placeIn = (cursor: string): readonly [string | number, number] => {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString()) as [string | number, number];
  } catch {
    throw new Refused(400, 'ERR_INVALID_CURSOR', 'Provided cursor is not valid');
  }
};

const limitIn = (query: URLSearchParams): number => {
  const limit = Number(query.get('limit') ?? 100);
  if (!(limit >= 1 && limit <= 500)) throw invalid('limit must be between 1 and 500');
  return limit;
};

const listed = (docs: readonly Doc[], query: URLSearchParams): Answer => {
  const limit = limitIn(query);
  const since = query.get('updated_since');
  if (since !== null && !/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(since))
    throw invalid('updated_since must be RFC3339');
  const ids = query.get('ids')?.split(',');
  if ((ids?.length ?? 0) > 100) throw invalid('at most 100 ids');
  const field = query.get('sort_by') ?? 'id';
  const place = (doc: Doc): readonly [string | number, number] => [
    field === 'id' ? Number(doc['id']) : String(doc[field]),
    Number(doc['id']),
  ];
  const later = ([a, b]: readonly [string | number, number], [c, d]: readonly [string | number, number]): boolean =>
    a === c ? b > d : a > c;
  const cursor = query.get('cursor');
  const after = cursor === null || cursor === '' ? undefined : placeIn(cursor);
  const found = docs
    .filter((doc) => ids === undefined || ids.includes(String(doc['id'])))
    .filter((doc) => since === null || String(doc['update_time']) >= since)
    .sort((a, b) => (later(place(a), place(b)) ? 1 : -1))
    .filter((doc) => after === undefined || later(place(doc), after));
  const page = found.slice(0, limit);
  const [final] = page.slice(-1);
  const next = final !== undefined && found.length > limit ? written(place(final)) : null;
  return answer(200, { success: true, data: page, additional_data: { next_cursor: next } });
};

/** Every custom field is looked through, in any case, and of what is found there is little more than the id. */
const searched = (docs: readonly Doc[], type: string, query: URLSearchParams): Answer => {
  const term = (query.get('term') ?? '').toLowerCase();
  if (term.length < 1) throw invalid('term is too short');
  if (query.get('fields') !== 'custom_fields' || query.get('exact_match') !== 'true')
    throw invalid('this fake only searches custom fields for whole values');
  const values = (doc: Doc) => Object.values(doc['custom_fields'] as Doc).filter((value) => value !== null);
  const items = docs
    .filter((doc) => values(doc).some((value) => String(value).toLowerCase() === term))
    .map((doc) => ({
      result_score: 1.2,
      item: { id: doc['id'], type: type.slice(0, -1), name: doc['name'], custom_fields: values(doc).map(String) },
    }));
  return answer(200, { success: true, data: { items }, additional_data: { next_cursor: null } });
};

const PATH = /^\/api\/v2\/(organizations|persons)(?:\/(\w+))?$/;

const service = (store: Store, setting: (name: string) => number): Service => {
  const types = new Map(
    Object.entries(KINDS).map(([type, kind]) => {
      const records = createRecords(store, type);
      // What is deleted keeps its place for thirty days; the store itself has no such state.
      return [type, { kind, records, deleted: new Map<string, Doc>(), write: writer(store, records, kind) }] as const;
    }),
  );
  const answered = (ask: Ask): Answer => {
    const [, type = '', rest] = PATH.exec(ask.path) ?? [];
    const found = types.get(type);
    if (found === undefined) throw new Refused(404, 'ERR_NOT_FOUND', 'Unknown method.');
    if (setting('refuses_quietly') === 1) return { status: 200, body: problem('ERR_UNAVAILABLE', 'Something is off') };
    const { kind, records, deleted, write } = found;
    const docs = (): readonly Doc[] => records.all().map((row) => records.doc(row));
    const whole = (row: Row): Answer => answer(200, { success: true, data: records.doc(row) });
    if (ask.method === 'POST') return whole(write(undefined, bodyOf(ask), ask));
    if (rest === undefined) return listed(docs(), ask.query);
    const known = docs().filter(({ id }) => Number(id) !== setting('unknown_id'));
    if (rest === 'search') return searched(known, type, ask.query);
    const row = records.find(rest);
    const gone = deleted.get(rest);
    if (row === undefined && gone !== undefined && ask.method === 'GET')
      return answer(200, { success: true, data: gone });
    if (row === undefined) throw new Refused(404, 'ERR_NOT_FOUND', `${kind.noun} not found`);
    if (ask.method === 'GET') return whole(row);
    if (ask.method === 'PATCH') return whole(write(row, bodyOf(ask), ask));
    deleted.set(rest, { ...records.doc(row), is_deleted: true });
    records.remove(row, stampOf(store.now()), ask);
    return answer(200, { success: true, data: { id: Number(rest) } });
  };
  return {
    actor: ({ headers }) => (headers['x-api-token'] === PIPEDRIVE.token ? 'tally' : undefined),
    refuse: () => ({ status: 401, body: problem('ERR_UNAUTHORIZED', 'unauthorized access') }),
    writes: (method) => method !== 'GET',
    problem: (_status, code, message) => problem(code, message),
    answer: (ask) => {
      try {
        return answered(ask);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { status: error.status, body: problem(error.code, error.message) };
      }
    },
  };
};

/** Start Pipedrive's fake. `unknown_id`: a record that the search does not know of yet; `refuses_quietly` 1: every answer is a 200 that says no. */
export const startPipedrive = (options?: StartOptions): Promise<Running> =>
  startFake(
    { name: 'pipedrive', records: Object.keys(KINDS), settings: { unknown_id: 0, refuses_quietly: 0 }, service },
    options,
  );
