/** SOQL of Salesforce's fake, as far as the preset uses it. */
import type { Doc } from '../kit/json.ts';
import type { Answer, Ask } from '../kit/server.ts';
import { DATA, FIELDS, MORE, OWN, stampOf, whole } from './salesforce-objects.ts';
import { answer, type Records } from './system.ts';

const SOQL = /^SELECT (.+?) FROM (\w+)(?: WHERE SystemModstamp >= (\S+))?(?: ORDER BY (.+))?$/;

/** Queries: a locator keeps what was found when the query began. */
export const createQueries = (tables: ReadonlyMap<string, Records>, smallest: () => number) => {
  const open = new Map<string, { readonly rows: readonly Doc[]; readonly size: number }>();
  const page = (name: string, from: number): Answer => {
    const query = open.get(name);
    if (query === undefined)
      return whole({ status: 400, errorCode: 'INVALID_QUERY_LOCATOR', message: 'invalid query locator' });
    const records = query.rows.slice(from, from + query.size);
    const until = from + records.length;
    const done = until >= query.rows.length;
    const next = done ? {} : { nextRecordsUrl: `${DATA}/query/${name}-${until}` };
    return answer(200, { totalSize: query.rows.length, done, ...next, records });
  };
  const start = (ask: Ask, deleted: boolean): Answer => {
    const [, columns = '', type = '', since = '', order = ''] = SOQL.exec(ask.query.get('q') ?? '') ?? [];
    const records = tables.get(type);
    if (records === undefined) return whole({ status: 400, errorCode: 'MALFORMED_QUERY', message: 'unexpected token' });
    const names = columns.split(',').map((name) => name.trim());
    const unknown = names.find((name) => ![...OWN, ...MORE, ...(FIELDS[type] ?? [])].includes(name));
    if (unknown !== undefined)
      return whole({ status: 400, errorCode: 'INVALID_FIELD', message: `No such column '${unknown}'` });
    const from = since === '' ? '' : stampOf(Date.parse(since));
    const rows = (order.startsWith('SystemModstamp') ? records.changed() : records.all())
      .filter((row) => (deleted || row.gone === 0) && row.stamp >= from)
      .map((row) => (row.gone === 0 ? records.doc(row) : { Id: row.id, IsDeleted: true, SystemModstamp: row.stamp }))
      .map((own: Doc) => ({
        attributes: { type, url: `${DATA}/sobjects/${type}/${String(own['Id'])}` },
        ...Object.fromEntries(names.map((name) => [name, own[name] ?? null])),
      }));
    const asked = Number(/batchSize=(\d+)/.exec(String(ask.headers['sforce-query-options'] ?? ''))?.[1] ?? 2000);
    const name = `01g${String(open.size + 1).padStart(12, '0')}AAA`;
    open.set(name, { rows, size: Math.min(Math.max(asked, smallest()), 2000) });
    return page(name, 0);
  };
  return { start, page };
};
