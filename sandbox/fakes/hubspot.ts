/**
 * HubSpot's CRM objects, as the preset meets them: batches with 207, a search that lags and ends at 10,000 rows, every value
 * a text, an emptied property null, bearer tokens, policies in a 429.
 */
import { type Doc, isDoc, text } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import {
  BATCH,
  batchRead,
  described,
  invalid,
  KNOWN,
  list,
  type Problem,
  READ_ONLY,
  refused,
  STAMPS,
  search,
  shown,
} from './hubspot-reads.ts';
import { answer, bodyOf, createRecords, docsIn, type Records, startFake } from './system.ts';

/** The token that the fake takes. */
export const HUBSPOT_TOKEN = 'pat-na1-a-token-of-nobody';

/** Properties as they are kept: texts, or null for what was emptied. */
const kept = (wanted: Doc): Doc =>
  Object.fromEntries(
    Object.entries(wanted).map(([name, value]) => [name, value === '' || value === null ? null : String(value)]),
  );

/** What makes HubSpot refuse the whole batch, and what it says of one item alone. */
const wholeProblem = (inputs: readonly Doc[]): string | undefined => {
  if (inputs.length > BATCH) return `at most ${BATCH} inputs`;
  const ids = inputs.map((input) => text(input['id']));
  if (new Set(ids).size !== ids.length) return 'Duplicate IDs found in batch input';
  for (const { properties } of inputs)
    for (const name of Object.keys(isDoc(properties) ? properties : {})) {
      if (!KNOWN.has(name)) return `Property "${name}" does not exist`;
      if (READ_ONLY.has(name)) return `"${name}" is a read only property`;
    }
  return undefined;
};
const itemProblem = (properties: Doc): Problem | undefined => {
  const long = Object.entries(properties).find(([, value]) => String(value ?? '').length > 65_536);
  if (long !== undefined) return { category: 'VALIDATION_ERROR', message: `${long[0]} is too long` };
  const revenue = properties['annualrevenue'] ?? null;
  if (revenue === null || revenue === '' || /^-?\d+(\.\d+)?$/.test(String(revenue))) return undefined;
  return { category: 'VALIDATION_ERROR', message: `${String(revenue)} was not a valid number` };
};

const writer = (store: Store, records: Records, type: string) => {
  let last = 10_000_000_000 + records.all().length;
  const save = (row: Row | undefined, properties: Doc, ask: Ask): Row => {
    const at = new Date(store.now()).toISOString();
    const id = row?.id ?? String(last + 1);
    const old = row === undefined ? {} : records.doc(row);
    const before = isDoc(old['properties']) ? old['properties'] : {};
    const stamps = { hs_object_id: id, createdate: before['createdate'] ?? at, [STAMPS[type] ?? '']: at };
    const wanted = kept(properties);
    if (row !== undefined && Object.entries(wanted).every(([name, value]) => (before[name] ?? null) === value))
      return row;
    const all: Doc = { ...before, ...wanted, ...stamps };
    if (row === undefined) last += 1;
    const ref = typeof all['tally_key'] === 'string' ? all['tally_key'] : null;
    const body = { id, properties: all, createdAt: stamps.createdate, updatedAt: at, archived: false };
    return records.save(id, at, ref, body, ask);
  };
  const one = (ask: Ask): Answer => {
    const { properties } = bodyOf(ask);
    const wanted = isDoc(properties) ? properties : {};
    const wrong = wholeProblem([bodyOf(ask)]) ?? itemProblem(wanted)?.message;
    return wrong === undefined
      ? answer(201, shown(records, save(undefined, wanted, ask), Object.keys(wanted)))
      : invalid(wrong);
  };
  /** Each input is one of results or errors: the reply tells them apart by the trace ids, in no promised order. */
  const batch = (ask: Ask, find: (input: Doc) => Row | 'new' | Problem): Answer => {
    const inputs = docsIn(bodyOf(ask)['inputs']);
    const problem = wholeProblem(inputs);
    if (problem !== undefined) return invalid(problem);
    const [results, errors]: [Doc[], Doc[]] = [[], []];
    for (const input of inputs) {
      const wanted = isDoc(input['properties']) ? input['properties'] : {};
      const found = find(input);
      const wrong = found !== 'new' && 'category' in found ? found : itemProblem(wanted);
      const trace = input['objectWriteTraceId'] ?? null;
      if (wrong !== undefined) {
        const context = wrong.context ?? { objectWriteTraceId: [trace] };
        errors.push({ status: 'error', ...wrong, context });
        continue;
      }
      const row = found === 'new' ? undefined : (found as Row);
      const key = row === undefined ? { [String(input['idProperty'])]: input['id'] ?? null } : {};
      const saved = save(row, { ...wanted, ...key }, ask);
      const seen = shown(records, saved, Object.keys(wanted));
      results.unshift({
        ...seen,
        objectWriteTraceId: trace,
        ...(input['idProperty'] ? { new: row === undefined } : {}),
      });
    }
    const failed = errors.length === 0 ? {} : { numErrors: errors.length, errors };
    return answer(errors.length === 0 ? 200 : 207, { status: 'COMPLETE', results, ...failed });
  };
  return { one, batch };
};

const PATH = /^\/crm\/v3\/objects\/(companies|contacts)(?:\/(.+))?$/;

const service = (store: Store, setting: (name: string) => number): Service => {
  const types = new Map(
    Object.keys(STAMPS).map((type) => {
      const records = createRecords(store, type);
      return [type, { records, ...writer(store, records, type) }] as const;
    }),
  );
  const byId =
    (records: Records) =>
    ({ id }: Doc): Row | Problem =>
      records.find(String(id)) ?? {
        category: 'OBJECT_NOT_FOUND',
        message: 'Could not get some objects, they may be deleted or not exist',
        context: { ids: [String(id)] },
      };
  const answered = (ask: Ask): Answer => {
    if (ask.path.startsWith('/crm/v3/properties/')) return described();
    const [, type = '', rest = ''] = PATH.exec(ask.path) ?? [];
    const found = types.get(type);
    if (found === undefined) return refused(404, { category: 'OBJECT_NOT_FOUND', message: 'no such object type' });
    const { records, one, batch } = found;
    if (ask.method === 'DELETE') {
      const row = records.find(rest);
      if (row !== undefined) records.remove(row, new Date(store.now()).toISOString(), ask);
      return { status: 204 };
    }
    switch (`${ask.method} ${rest}`) {
      case 'GET ':
        return list(records, ask.query);
      case 'POST ':
        return one(ask);
      case 'POST search':
        return search(records, bodyOf(ask), String(setting('unknown_id')));
      case 'POST batch/read':
        return batchRead(records, bodyOf(ask));
      case 'POST batch/upsert':
        return batch(ask, ({ id }) => records.findRef(String(id)) ?? 'new');
      case 'POST batch/update':
        return batch(ask, byId(records));
      default:
        return { status: 405, body: text({ status: 'error', message: 'http 405' }) };
    }
  };
  return {
    actor: ({ headers }) => (headers.authorization === `Bearer ${HUBSPOT_TOKEN}` ? 'tally' : undefined),
    refuse: () => refused(401, { category: 'INVALID_AUTHENTICATION', message: 'Authentication credentials not found' }),
    writes: (method, path) => method === 'DELETE' || (method === 'POST' && !/(read|search)$/.test(path)),
    problem: (status, code, message) =>
      text({
        status: 'error',
        message,
        ...(status === 429 ? { errorType: 'RATE_LIMIT', policyName: 'TEN_SECONDLY_ROLLING' } : { category: code }),
      }),
    answer: answered,
  };
};

/** Start HubSpot's fake. `unknown_id`: a record that the search does not know of yet, though of later ones. */
export const startHubspot = (options?: StartOptions): Promise<Running> =>
  startFake({ name: 'hubspot', records: ['companies', 'contacts'], settings: { unknown_id: 0 }, service }, options);
