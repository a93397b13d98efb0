/**
 * ERPNext, or any Frappe site, as the preset meets it: one document per request, times in the site's own zone with microseconds,
 * a version that is echoed, lists of 20 with only the name unless asked for more, refusals by the name of an exception.
 */
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { answer, bodyOf, createRecords, type Records, startFake } from './system.ts';

/** The credentials that the fake takes, and the zone of its site: half an hour apart from whole hours. */
export const ERPNEXT = {
  api_key: 'a-key-of-nobody',
  api_secret: 'an-api-secret-of-nobody',
  time_zone: 'Asia/Kolkata',
} as const;
const ZONE_MS = 330 * 60_000;

interface Kind {
  readonly required: readonly string[];
  readonly fields: readonly string[];
  readonly series: string;
}
const KINDS: Readonly<Record<string, Kind>> = {
  Customer: {
    required: ['customer_name'],
    fields: ['customer_name', 'customer_type', 'customer_group', 'territory', 'tax_id', 'website', 'custom_credit'],
    series: 'CUST-2026-',
  },
  Item: {
    required: ['item_code', 'item_group'],
    fields: ['item_code', 'item_name', 'item_group', 'stock_uom'],
    series: '',
  },
};
const KEY = 'custom_tally_key';
const OWN = ['name', 'owner', 'creation', 'modified', 'modified_by', 'docstatus', 'idx'];
const GROUPS = new Set(['All Customer Groups', 'Commercial', 'All Item Groups', 'Products']);

class Refused extends Error {
  readonly status: number;
  readonly kind: string;
  constructor(status: number, kind: string, message: string) {
    super(message);
    this.status = status;
    this.kind = kind;
  }
}
const problem = (status: number, kind: string, message: string): string =>
  text({
    exception: `frappe.exceptions.${kind}: ${message}`,
    exc_type: kind,
    exc: text(['Traceback (most recent call last): …']),
    _server_messages: text([text({ message, indicator: 'red', raise_exception: 1 })]),
    ...(status === 429 ? { message } : {}),
  });

/** The site's local time; Frappe writes microseconds. */
const stampOf = (ms: number, count: number): string =>
  `${new Date(ms + ZONE_MS).toISOString().slice(0, 23).replace('T', ' ')}${String(count % 1000).padStart(3, '0')}`;

const kept = (name: string, value: Value): Value => {
  if (name !== 'custom_credit') return value;
  if (value === null || value === '') return 0;
  if (!/^-?[\d.]+$/.test(String(value))) throw new Refused(417, 'ValidationError', `${name} must be a number`);
  return Number(String(value));
};

const writer = (store: Store, records: Records, type: string) => {
  const { required, fields, series } = KINDS[type] as Kind;
  let last = records.changed().length;
  const checked = (doc: Doc, name: string): void => {
    const missing = required.filter((field) => !doc[field]);
    if (missing.length > 0) throw new Refused(417, 'MandatoryError', `[${type}, ${name}]: ${missing.join(', ')}`);
    const long = fields.find((field) => String(doc[field] ?? '').length > 140);
    if (long !== undefined)
      throw new Refused(
        417,
        'CharacterLengthExceededError',
        `'${long}' will get truncated, as max characters allowed is 140`,
      );
    const group = doc['customer_group'] ?? doc['item_group'];
    if (typeof group === 'string' && group !== '' && !GROUPS.has(group))
      throw new Refused(417, 'LinkValidationError', `Could not find group: ${group}`);
  };
  /** Saved as a whole: a document that says an older `modified` is refused, and `modified` moves though nothing changed. */
  return (row: Row | undefined, wanted: Doc, ask: Ask): Row => {
    const old: Doc = row === undefined ? {} : records.doc(row);
    if (row !== undefined && wanted['modified'] !== undefined && wanted['modified'] !== old['modified'])
      throw new Refused(417, 'TimestampMismatchError', 'Document has been modified after you have opened it');
    const stamp = stampOf(store.now(), store.nextSeq());
    const known = Object.entries(wanted).filter(([name]) => fields.includes(name) || name === KEY);
    const doc: Doc = { ...old, ...Object.fromEntries(known.map(([name, value]) => [name, kept(name, value)])) };
    if (row === undefined) last += 1;
    const name = row?.id ?? (series === '' ? String(doc['item_code']) : `${series}${String(last).padStart(5, '0')}`);
    checked(doc, name);
    if (row === undefined && records.find(name) !== undefined)
      throw new Refused(409, 'DuplicateEntryError', `${type} ${name} already exists`);
    const key = typeof doc[KEY] === 'string' ? doc[KEY] : null;
    const owner = key === null ? undefined : records.findRef(key);
    if (owner !== undefined && owner.id !== name)
      throw new Refused(417, 'UniqueValidationError', `${KEY} must be unique: ${owner.id}`);
    const made = { owner: 'tally@example.com', creation: old['creation'] ?? stamp, docstatus: 0, idx: 0 };
    return records.save(name, stamp, key, { name, doctype: type, ...made, ...doc, modified: stamp }, ask);
  };
};

type Condition = readonly [string, string, Value];
const holds = (doc: Doc, [field, operator, value]: Condition): boolean => {
  const own = doc[field] ?? null;
  if (operator === 'in') return Array.isArray(value) && (value as readonly Value[]).includes(own);
  const [left, right] = [String(own ?? ''), String(value)];
  if (operator === '>=') return left >= right;
  return operator === '>' ? left > right : left === right;
};

const listed = (records: Records, type: string, query: URLSearchParams): Answer => {
  const read = (name: string, otherwise: string): Value => parse(query.get(name) ?? otherwise);
  const filters = read('filters', '[]') as unknown as readonly Condition[];
  const fields = read('fields', '["name"]') as readonly string[];
  const known = [...OWN, KEY, ...(KINDS[type]?.fields ?? [])];
  const unknown = [...fields.filter((field) => field !== '*'), ...filters.map(([field]) => field)].find(
    (field) => !known.includes(field),
  );
  if (unknown !== undefined) throw new Refused(417, 'DataError', `Unknown column '${unknown}' in 'SELECT'`);
  const [order = 'modified', direction = 'desc'] = (query.get('order_by') ?? '')
    .split(' ')
    .filter((word) => word !== '');
  const start = Number(query.get('limit_start') ?? 0);
  const sign = direction === 'asc' ? 1 : -1;
  const rows = records
    .all()
    .map((row) => records.doc(row))
    .filter((doc) => filters.every((condition) => holds(doc, condition)))
    .sort((a, b) => (String(a[order]) < String(b[order]) ? -sign : sign))
    .slice(start, start + Number(query.get('limit_page_length') ?? 20));
  const names = fields.includes('*') ? known : fields;
  return answer(200, { data: rows.map((doc) => Object.fromEntries(names.map((name) => [name, doc[name] ?? null]))) });
};

const TYPES: Readonly<Record<string, string>> = {
  custom_credit: 'Currency',
  customer_group: 'Link',
  item_group: 'Link',
  customer_type: 'Select',
};
const described = (type: string): Answer => {
  const { fields, required } = KINDS[type] as Kind;
  const field = (fieldname: string) => ({
    fieldname,
    fieldtype: TYPES[fieldname] ?? 'Data',
    length: 0,
    reqd: required.includes(fieldname) ? 1 : 0,
    read_only: 0,
  });
  return answer(200, { docs: [{ name: type, fields: [...fields, KEY].map(field) }] });
};

const PATH = /^\/api\/resource\/(\w+)(?:\/(.+))?$/;

const service = (store: Store): Service => {
  const types = new Map(
    Object.keys(KINDS).map((type) => {
      const records = createRecords(store, type.toLowerCase());
      return [type, { records, write: writer(store, records, type) }] as const;
    }),
  );
  const answered = (ask: Ask): Answer => {
    if (ask.path === '/api/method/frappe.auth.get_logged_user') return answer(200, { message: 'tally@example.com' });
    if (ask.path === '/api/method/frappe.desk.form.load.getdoctype') return described(ask.query.get('doctype') ?? '');
    const [, type = '', name] = PATH.exec(ask.path) ?? [];
    const found = types.get(type);
    if (found === undefined) throw new Refused(404, 'DoesNotExistError', `DocType ${type} not found`);
    const { records, write } = found;
    if (name === undefined && ask.method === 'GET') return listed(records, type, ask.query);
    const row = name === undefined ? undefined : records.find(decodeURIComponent(name));
    if (name !== undefined && row === undefined)
      throw new Refused(404, 'DoesNotExistError', `${type} ${name} not found`);
    if (ask.method === 'DELETE' && row !== undefined) {
      records.remove(row, stampOf(store.now(), store.nextSeq()), ask);
      return answer(202, { message: 'ok' });
    }
    const saved = ask.method === 'GET' && row !== undefined ? row : write(row, bodyOf(ask), ask);
    const data: Value = parse(saved.body);
    return answer(200, { data: isDoc(data) ? data : null });
  };
  return {
    actor: ({ headers }) =>
      headers.authorization === `token ${ERPNEXT.api_key}:${ERPNEXT.api_secret}` ? 'tally' : undefined,
    refuse: () => ({ status: 401, body: problem(401, 'AuthenticationError', 'Authentication required') }),
    writes: (method) => method !== 'GET',
    problem: (status, code, message) => problem(status, status === 429 ? 'RateLimitExceededError' : code, message),
    answer: (ask) => {
      try {
        return answered(ask);
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        return { status: error.status, body: problem(error.status, error.kind, error.message) };
      }
    },
  };
};

/** Start ERPNext's fake. */
export const startErpnext = (options?: StartOptions): Promise<Running> =>
  startFake({ name: 'erpnext', records: ['customer', 'item'], settings: {}, service }, options);
