/** The control address: settings, faults, both ledgers, state and counts, for those who test. Never for the integration. */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { areFaults, type FaultPlan } from './faults.ts';
import { type Doc, isDoc, parse, text } from './json.ts';
import { type Answer, type Listening, listen, readBody } from './server.ts';
import { send } from './spoil.ts';
import type { Store } from './store.ts';

/** What a system lets its control address do. */
export interface Controlled {
  readonly store: Store;
  readonly faults: FaultPlan;
  readonly records: readonly string[];
  readonly settings: () => Doc;
  /** Take these settings; the answer is a sentence when one is not acceptable. */
  readonly change: (settings: Doc) => string | undefined;
  /** Change a record without a new date; undefined when there is none. */
  readonly quietEdit: (record: string, id: string, fields: Doc) => string | undefined;
  /** Let its people work for a day; answers what they did. Where there is no such work it is not there. */
  readonly day?: (wanted: Doc) => Doc;
}

const bad = (message: string): Answer => ({ status: 400, body: text({ error: message }) });
const ok = (body: string): Answer => ({ status: 200, body });
const PAGE = 5000;
const limitOf = (query: URLSearchParams): number =>
  Math.min(Math.max(Number(query.get('limit') ?? 1000) || 1000, 1), PAGE);

const commitsAfter = `select c.seq, c.at, c.actor, c.op, c.record, c.id, c.request, p.body as before, c.body as after
  from commits c left join commits p on p.seq = c.previous where c.seq > ? order by c.seq limit ?`;
const requestsAfter =
  'select seq, at, actor, method, path, status, items, fault from requests where seq > ? order by seq limit ?';

interface CommitRow {
  readonly before: string | null;
  readonly after: string | null;
  readonly [column: string]: unknown;
}
const commitText = ({ before, after, ...rest }: CommitRow): string =>
  `${text(rest).slice(0, -1)},"before":${before ?? 'null'},"after":${after ?? 'null'}}`;

const ledger = ({ store }: Controlled, query: URLSearchParams): Answer => {
  store.flush();
  const after = Number(query.get('after') ?? 0) || 0;
  const limit = limitOf(query);
  const commits = query.get('kind') !== 'requests';
  const rows = store.database
    .prepare(commits ? commitsAfter : requestsAfter)
    .all(after, limit) as unknown as CommitRow[];
  const entries = rows.map((row) => (commits ? commitText(row) : text(row)));
  const next = rows.length < limit ? 'null' : String(rows.at(-1)?.['seq']);
  return ok(`{"entries":[${entries.join(',')}],"after":${next}}`);
};

const state = ({ store, records }: Controlled, query: URLSearchParams): Answer => {
  const record = query.get('record') ?? records[0] ?? '';
  if (!records.includes(record)) return bad(`record is one of ${records.join(', ')}`);
  const limit = limitOf(query);
  const rows = store.page(record, query.get('after') ?? '', limit);
  const next = rows.length < limit ? 'null' : text(rows.at(-1)?.id);
  return ok(`{"records":[${rows.map((row) => row.body).join(',')}],"after":${next}}`);
};

const truth = ({ store }: Controlled, query: URLSearchParams): Answer => {
  const limit = limitOf(query);
  const [record = '', id = ''] = (query.get('after') ?? '').split('|');
  const rows = store.database
    .prepare('select record, id, business from truth where (record, id) > (?, ?) order by record, id limit ?')
    .all(record, id, limit);
  const last = rows.at(-1);
  const next = rows.length < limit || last === undefined ? null : `${String(last['record'])}|${String(last['id'])}`;
  return ok(text({ truth: rows, after: next }));
};

const counts = ({ store, records }: Controlled): Answer => {
  store.flush();
  const by = (sql: string): Record<string, number> =>
    Object.fromEntries(
      store.database
        .prepare(sql)
        .all()
        .map((row) => [String(row['name']), Number(row['n'])]),
    );
  return ok(
    text({
      records: Object.fromEntries(records.map((record) => [record, store.count(record)])),
      commits: by('select actor as name, count(*) as n from commits where request > 0 group by actor'),
      requests: by('select actor as name, count(*) as n from requests group by actor'),
      last_commit: store.nextSeq() - 1,
    }),
  );
};

const setSettings = (system: Controlled, body: string): Answer => {
  const wanted = parse(body);
  if (!isDoc(wanted)) return bad('settings are an object');
  const problem = system.change(wanted);
  return problem === undefined ? ok(text(system.settings())) : bad(problem);
};
const setFaults = ({ faults }: Controlled, body: string): Answer => {
  const wanted: unknown = JSON.parse(body);
  if (!areFaults(wanted)) return bad('faults are a list of {kind, rate or nth, …}');
  faults.replace(wanted);
  return ok(text(faults.list()));
};
const quietEdit = (system: Controlled, body: string): Answer => {
  const wanted = parse(body);
  if (!isDoc(wanted)) return bad('wanted: {record, id, fields}');
  const { record, id, fields } = wanted;
  if (typeof record !== 'string' || typeof id !== 'string' || !isDoc(fields))
    return bad('wanted: {record, id, fields}');
  if (!system.records.includes(record)) return bad(`record is one of ${system.records.join(', ')}`);
  const edited = system.store.transaction(() => system.quietEdit(record, id, fields));
  return edited === undefined ? { status: 404, body: text({ error: 'no such record' }) } : ok(edited);
};

const passDay = (system: Controlled, body: string): Answer => {
  const wanted = parse(body === '' ? '{}' : body);
  const { day } = system;
  if (day === undefined || !isDoc(wanted)) return bad('wanted: {seed, finish}, of a system whose people work');
  return ok(text(system.store.transaction(() => day(wanted))));
};

const route = (system: Controlled, method: string, url: URL, body: string): Answer => {
  switch (`${method} ${url.pathname}`) {
    case 'GET /control/settings':
      return ok(text(system.settings()));
    case 'POST /control/settings':
      return setSettings(system, body);
    case 'GET /control/faults':
      return ok(text(system.faults.list()));
    case 'POST /control/faults':
      return setFaults(system, body);
    case 'GET /control/ledger':
      return ledger(system, url.searchParams);
    case 'GET /control/state':
      return state(system, url.searchParams);
    case 'GET /control/truth':
      return truth(system, url.searchParams);
    case 'GET /control/counts':
      return counts(system);
    case 'POST /control/business-day':
      return passDay(system, body);
    case 'POST /control/quiet-edit':
      return quietEdit(system, body);
    default:
      return { status: 404, body: text({ error: 'no such control' }) };
  }
};

/** Serve the control address. */
export const serveControl = (system: Controlled, port: number): Promise<Listening> => {
  const respond = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await readBody(request)) ?? '';
    const url = new URL(request.url ?? '/', 'http://control');
    try {
      send(response, route(system, request.method ?? 'GET', url, body));
    } catch (error) {
      send(response, bad(error instanceof Error ? error.message : String(error)));
    }
  };
  return listen(
    createServer((request, response) => void respond(request, response).catch(() => response.destroy())),
    port,
  );
};
