/**
 * Dolibarr's REST API (19), as the preset meets it: an empty list is a 404, a create answers with a bare number, times are
 * seconds while filters are SQL on the database's own clock, ids are texts, refusals of business rules are 500s with a code
 * beside the message, an update that failed may be a 200 with the record as it was, and what it does not know it drops.
 */
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { answer, bodyOf, createRecords, type Records, startFake } from './system.ts';

/** The key that the fake takes, and the zone of its database. */
export const DOLIBARR = { key: 'a-key-of-nobody-at-dolibarr', zone: 'Europe/Paris' } as const;

interface Kind {
  readonly noun: string;
  readonly required: readonly string[];
  readonly fields: readonly string[];
  /** Amounts are doubles with eight decimals, given as text. */
  readonly amounts: readonly string[];
  readonly unique: readonly [field: string, code: string];
}
const KINDS: Readonly<Record<string, Kind>> = {
  thirdparties: {
    noun: 'Thirdparty',
    required: ['name'],
    fields: [
      ...['name', 'name_alias', 'address', 'zip', 'town', 'country_code', 'phone', 'email', 'url', 'tva_intra'],
      ...['code_client', 'client', 'note_public', 'status', 'ref_ext', 'outstanding_limit'],
    ],
    amounts: ['outstanding_limit'],
    unique: ['code_client', 'ErrorCustomerCodeAlreadyUsed'],
  },
  products: {
    noun: 'Product',
    required: ['ref', 'label'],
    fields: ['ref', 'label', 'description', 'type', 'price', 'tva_tx', 'barcode', 'status', 'ref_ext'],
    amounts: ['price', 'tva_tx'],
    unique: ['ref', 'ErrorProductAlreadyExists'],
  },
};

const WORDS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  404: 'Not Found',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
};

class Refused extends Error {
  readonly status: number;
  readonly codes: readonly string[];
  constructor(status: number, message: string, codes: readonly string[] = []) {
    super(message);
    this.status = status;
    this.codes = codes;
  }
}
const problem = (status: number, message: string, codes: readonly string[] = []): string =>
  text({ error: { code: status, message: `${WORDS[status] ?? ''}: ${message}`, ...codes } });

/** A moment as the database's own clock shows it. */
const wall = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString('sv-SE', { timeZone: DOLIBARR.zone, hourCycle: 'h23' });

const COLUMNS: Readonly<Record<string, (doc: Doc) => Value | undefined>> = {
  't.rowid': (doc) => Number(doc['id']),
  't.tms': (doc) => wall(Number(doc['date_modification'])),
  't.nom': (doc) => doc['name'],
  't.ref': (doc) => doc['ref'],
  't.ref_ext': (doc) => doc['ref_ext'],
};
const columnOf = (doc: Doc, name: string): string | number => {
  const read = COLUMNS[name];
  if (read === undefined) throw new Refused(503, `Error when retrieve list : Unknown column '${name}'`);
  const value = read(doc) ?? null;
  return typeof value === 'number' ? value : String(value ?? '');
};

const compared = (own: string | number, operator: string, asked: string): boolean => {
  const values = asked.split(',').map((each) => each.replace(/^'(.*)'$/, '$1'));
  const [first = ''] = values;
  // What the database cannot read as a time is before and after none.
  if (/^\d{4}-\d\d-\d\d /.test(String(own)) && !/^\d{4}-\d\d-\d\d /.test(first)) return false;
  const order = typeof own === 'number' ? own - Number(first) : own < first ? -1 : Number(own > first);
  switch (operator) {
    case 'in':
      return values.includes(String(own));
    case '=':
      return order === 0;
    case '>':
      return order > 0;
    case '>=':
      return order >= 0;
    default:
      throw new Refused(503, `Error when validating parameter sqlfilters -> Bad operator ${operator}`);
  }
};

/** `((t.tms:>=:'…') and (t.rowid:>:5)) or (…)`, reduced step by step to 1 or 0. */
const fits = (doc: Doc, filters: string): boolean => {
  let at = filters.replace(
    /\(([^:'()]+):([^:'()]+):([^()]+)\)/g,
    (_all, field: string, operator: string, value: string) =>
      String(Number(compared(columnOf(doc, field), operator, value))),
  );
  for (let before = ''; before !== at; ) {
    before = at;
    at = at.replace(/([01])\s+and\s+([01])/i, (_all, a: string, b: string) => String(Number(a) * Number(b)));
    if (at !== before) continue;
    at = at.replace(
      /(^|\()\s*[01](?:\s+or\s+[01])+\s*(?=\)|$)/i,
      (all, open: string) => `${open}${Number(/1/.test(all))}`,
    );
    if (at === before) at = at.replace(/\(\s*([01])\s*\)/, '$1');
  }
  if (!/^\s*[01]\s*$/.test(at)) throw new Refused(503, 'Error when validating parameter sqlfilters -> Bad syntax');
  return at.trim() === '1';
};

const listed = (records: Records, type: string, query: URLSearchParams): Answer => {
  const limit = Number(query.get('limit') ?? 100);
  const filters = query.get('sqlfilters') ?? '';
  const fields = (query.get('sortfield') ?? 't.rowid').split(',');
  const docs = records
    .all()
    .map((row) => records.doc(row))
    .filter((doc) => filters === '' || fits(doc, filters))
    .sort((a, b) => {
      for (const field of fields) {
        const [left, right] = [columnOf(a, field), columnOf(b, field)];
        if (left !== right) return left < right ? -1 : 1;
      }
      return 0;
    });
  const from = limit * Number(query.get('page') ?? 0);
  const page = limit === 0 ? docs : docs.slice(from, from + limit);
  if (page.length === 0) throw new Refused(404, `No ${type} found`);
  return answer(200, page);
};

const kept = ({ amounts }: Kind, name: string, value: Value): Value => {
  if (value === null || value === '') return null;
  return amounts.includes(name) ? Number(String(value)).toFixed(8) : String(value);
};

const writer = (store: Store, records: Records, kind: Kind) => {
  let last = records.changed().length;
  const rule = (doc: Doc, id: string): string | undefined => {
    if (doc['email'] && !/^\S+@\S+$/.test(String(doc['email']))) return 'ErrorBadEMail';
    const [field, code] = kind.unique;
    const taken = records.all().some((row) => row.id !== id && records.doc(row)[field] === doc[field]);
    return doc[field] && taken ? code : undefined;
  };
  const known = (wanted: Doc): Doc =>
    Object.fromEntries(
      Object.entries(wanted).flatMap(([name, value]) =>
        kind.fields.includes(name) ? [[name, kept(kind, name, value)]] : [],
      ),
    );
  const save = (id: string, doc: Doc, ask: Ask): Row => {
    const seconds = Math.floor(store.now() / 1000);
    const body: Doc = { ...doc, id, date_creation: doc['date_creation'] ?? seconds, date_modification: seconds };
    const ref = doc['ref_ext'];
    return records.save(id, new Date(store.now()).toISOString(), typeof ref === 'string' ? ref : null, body, ask);
  };
  const create = (wanted: Doc, ask: Ask): Answer => {
    const missing = kind.required.find((field) => (wanted[field] ?? null) === null);
    if (missing !== undefined) throw new Refused(400, `${missing} field missing`);
    const empty = Object.fromEntries(kind.fields.map((name) => [name, null]));
    const doc: Doc = { module: kind.noun, entity: '1', array_options: [], ...empty, ...known(wanted) };
    const id = String(last + 1);
    const code = rule(doc, id);
    if (code !== undefined) throw new Refused(500, `Error creating ${kind.noun.toLowerCase()}`, [code]);
    last += 1;
    save(id, doc, ask);
    return answer(200, last);
  };
  /** A rule that is broken, and a change that changes nothing, leave the record as it is: both are a 200. */
  const update = (row: Row, wanted: Doc, ask: Ask): Answer => {
    const old = records.doc(row);
    const doc: Doc = { ...old, ...known(wanted) };
    const same = rule(doc, row.id) !== undefined || text(doc) === text(old);
    return { status: 200, body: same ? row.body : save(row.id, doc, ask).body };
  };
  return { create, update };
};

const PATH = /^\/api\/index\.php\/(\w+)(?:\/(\d+))?$/;

const service = (store: Store, setting: (name: string) => number): Service => {
  const types = new Map(
    Object.entries(KINDS).map(([type, kind]) => {
      const records = createRecords(store, type);
      return [type, { kind, records, ...writer(store, records, kind) }] as const;
    }),
  );
  const answered = (ask: Ask): Answer => {
    const [, type = '', id] = PATH.exec(ask.path) ?? [];
    if (type === 'status')
      return answer(200, { success: { code: 200, dolibarr_version: '19.0.2', access_locked: '0' } });
    const found = types.get(type);
    if (found === undefined) throw new Refused(404, 'API not found');
    const { kind, records, create, update } = found;
    if (id === undefined) return ask.method === 'GET' ? listed(records, type, ask.query) : create(bodyOf(ask), ask);
    if (id === '0') return answer(200, { id: 0, name: `${kind.noun.toUpperCase()} SPECIMEN`, ref_ext: 'Ref ext' });
    const row = records.find(id);
    if (row === undefined) throw new Refused(404, `${kind.noun} not found`);
    if (ask.method === 'DELETE') {
      records.remove(row, new Date(store.now()).toISOString(), ask);
      return answer(200, { success: { code: 200, message: 'Object deleted' } });
    }
    if (ask.method === 'PUT') return setting('says_false') === 1 ? answer(200, false) : update(row, bodyOf(ask), ask);
    const data = parse(row.body);
    return answer(200, isDoc(data) ? data : null);
  };
  return {
    actor: ({ headers }) => (headers['dolapikey'] === DOLIBARR.key ? 'tally' : undefined),
    refuse: () => ({ status: 401, body: problem(401, 'Error user not valid (not found with api key)') }),
    writes: (method) => method !== 'GET',
    problem: (status, _code, message) => problem(status, message),
    answer: (ask) => {
      try {
        return answered(ask);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { status: error.status, body: problem(error.status, error.message, error.codes) };
      }
    },
  };
};

/** Start Dolibarr's fake. `says_false` 1: an update does nothing and is answered with `false`. */
export const startDolibarr = (options?: StartOptions): Promise<Running> =>
  startFake({ name: 'dolibarr', records: Object.keys(KINDS), settings: { says_false: 0 }, service }, options);
