/**
 * Two systems with orders and their lines, each with its own way of taking a list: the CRM is told only the lines that
 * change, and that one shall go; the ERP replaces the whole list by what it is sent. For tests only.
 */
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import type { Running, StartOptions } from '../kit/run.ts';
import type { Answer, Ask, Service } from '../kit/server.ts';
import type { Row, Store } from '../kit/store.ts';
import { answer, bodyOf, createRecords, docsIn, startFake, textsIn } from './system.ts';

/** The token that both take. */
export const ORDERS_TOKEN = 'a-token-of-nobody';

type Lay = (standing: readonly Doc[], told: readonly Doc[]) => readonly Doc[];

/** Lines by their number; one that says `_delete` goes. What a line does not say stays. */
const byLine: Lay = (standing, told) => {
  const left = new Map(told.map((line) => [String(line['no']), line]));
  const kept = standing.flatMap((line) => {
    const change = left.get(String(line['no']));
    left.delete(String(line['no']));
    if (change?.['_delete'] === true) return [];
    return [{ ...line, ...change }];
  });
  return [...kept, ...[...left.values()].filter((line) => line['_delete'] !== true)];
};

const service =
  (lay: Lay, colour: string) =>
  (store: Store): Service => {
    const records = createRecords(store, 'deal');
    const shown = (row: Row): Doc => records.doc(row);
    const save = (row: Row | undefined, told: Doc, ref: string | null, ask: Ask): Row => {
      const old = row === undefined ? {} : shown(row);
      const id = row?.id ?? String(records.changed().length + 1);
      const stamp = `${new Date(store.now()).toISOString()}#${String(store.nextSeq()).padStart(9, '0')}`;
      // What people of this system alone know of a line: no mapping names it, and no sync may lose it.
      const lines = lay(docsIn(old['lines']), docsIn(told['lines'])).map((line) => ({ note: colour, ...line }));
      const { lines: _lines, ...rest } = told;
      const version = Number(old['version'] ?? 0) + 1;
      const body: Doc = {
        ...old,
        ...rest,
        ...('lines' in told || row === undefined ? { lines } : {}),
        id,
        version,
        ref,
      };
      return records.save(id, stamp, ref, { ...body, changed: stamp.slice(0, 24) }, ask);
    };
    const listed = ({ query }: Ask): Answer => {
      const since = query.get('since') ?? '';
      const rows = records.all().filter((row) => row.stamp.slice(0, 24) >= since);
      return answer(200, { orders: rows.map(shown) });
    };
    const found = (rows: readonly (Row | undefined)[]): Answer =>
      answer(200, {
        results: rows.map((row) => (row === undefined ? { ok: false } : { ok: true, order: shown(row) })),
      });
    const changed = (row: Row, ask: Ask): Answer => {
      const expected = ask.headers['if-match'];
      if (expected !== undefined && expected !== String(shown(row)['version']))
        return answer(412, { code: 'STALE', message: 'the order was changed meanwhile' });
      return answer(200, shown(save(row, bodyOf(ask), row.ref, ask)));
    };
    const created = (ask: Ask): Answer => {
      const { ref, order } = bodyOf(ask);
      const key = typeof ref === 'string' ? ref : null;
      const known = key === null ? undefined : records.findRef(key);
      return answer(known === undefined ? 201 : 200, shown(known ?? save(undefined, docOf(order), key, ask)));
    };
    return {
      actor: ({ headers }) => (headers.authorization === `Bearer ${ORDERS_TOKEN}` ? 'tally' : undefined),
      refuse: () => answer(401, { code: 'LOGIN', message: 'who are you?' }),
      writes: (method, path) => method !== 'GET' && path !== '/read',
      problem: (_status, code, message) => text({ code, message }),
      answer: (ask) => {
        if (ask.path === '/read') {
          const { ids, refs } = bodyOf(ask);
          return found(ids === undefined ? textsIn(refs).map(records.findRef) : textsIn(ids).map(records.find));
        }
        const row = records.find(ask.path.split('/')[2] ?? '');
        if (row !== undefined && ask.method === 'PATCH') return changed(row, ask);
        if (ask.path !== '/orders') return answer(404, { code: 'NOT_FOUND', message: 'there is no such order' });
        return ask.method === 'POST' ? created(ask) : listed(ask);
      },
    };
  };

const docOf = (value: Value | undefined): Doc => (value !== undefined && isDoc(value) ? value : {});

const start =
  (name: string, lay: Lay) =>
  (options?: StartOptions): Promise<Running> =>
    startFake({ name, records: ['deal'], settings: {}, service: service(lay, name) }, options);

/** A CRM that is told line by line. */
export const startOrdersCrm = start('orders-crm', byLine);
/** An ERP that replaces all lines. */
export const startOrdersErp = start('orders-erp', (_standing, told) => told);

/** Orders as a control address shows them. */
export const ordersAt = async ({ controlUrl }: Running): Promise<readonly Doc[]> => {
  const reply = await fetch(`${controlUrl}/control/state?record=deal&limit=1000`);
  return docsIn(docOf(parse(await reply.text()))['records']);
};
