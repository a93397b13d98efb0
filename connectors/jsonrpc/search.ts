/** Finding rows: by id, by our key, all, and those changed since. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import { pieces } from '../engine/pool.ts';
import { bodyTemplate, type Values } from '../engine/template.ts';
import type { Call, ReadAnswer } from '../sdk/seam.ts';
import { numberOf } from './codec.ts';
import type { Native } from './native.ts';
import type { Rows } from './rows.ts';
import { compileCall, type Rpc } from './rpc.ts';
import type { RecordType } from './schema.ts';

export interface Found {
  readonly rows: readonly Json[];
  /** The system's clock when it answered. */
  readonly serverMs: number | undefined;
}

/** An id as the system wants to be told it; undefined for a text that can be no id of its. */
export const nativeId = (type: RecordType['id'], id: string): Json | undefined => {
  if (type.type === 'text') return id;
  return /^[1-9]\d{0,17}$/.test(id) ? numberOf(id) : undefined;
};

export type Purpose = keyof RecordType['where'];
export interface Search {
  find(what: string, purpose: Purpose, values: Values, limit: number, call: Call): Promise<Found>;
  byIds(ids: readonly string[], call: Call): Promise<Found>;
  read(
    by: { readonly ids: readonly string[] } | { readonly keys: readonly string[] },
    call: Call,
  ): Promise<readonly ReadAnswer[]>;
}

/** Compiles a record type's search. */
export const createSearch = (name: string, type: RecordType, rows: Rows, rpc: Rpc, native: Native): Search => {
  const shape = compileCall(type.search);
  const domains = Object.fromEntries(
    Object.entries(type.where).map(([purpose, domain]) => [purpose, bodyTemplate(domain as Json)]),
  );
  const find: Search['find'] = async (what, purpose, values, limit, call) => {
    const domain = domains[purpose]?.(values);
    const wanted = { model: type.model, domain, fields: rows.fields, limit };
    const { result, ...rest } = await rpc.ask(what, shape, wanted, call);
    if (!Array.isArray(result)) throw new SyncError('PROTOCOL_ERROR', `${what} was not answered with a list`);
    return {
      rows: await native(result as readonly Json[], call),
      serverMs: 'serverMs' in rest ? rest.serverMs : undefined,
    };
  };
  const byIds: Search['byIds'] = async (ids, call) => {
    const known = ids.map((id) => nativeId(type.id, id)).filter((id) => id !== undefined);
    if (known.length === 0) return { rows: [], serverMs: undefined };
    return find(`a read of ${name}`, 'ids', { ids: known }, known.length, call);
  };
  /** Page by page: a key may be carried by several records. */
  const byKeys = async (keys: readonly string[], call: Call): Promise<readonly Json[]> => {
    const prefixed = keys.map((key) => `${type.key?.prefix ?? ''}${key}`);
    const found = await find(`a read of ${name} by key`, 'keys', { keys: prefixed }, type.page, call);
    if (found.rows.length < type.page) return found.rows;
    if (keys.length === 1) return found.rows;
    const halves = pieces(keys, Math.ceil(keys.length / 2));
    return (await Promise.all(halves.map((half) => byKeys(half, call)))).flat();
  };
  const answered = (list: readonly Json[]): ReadAnswer => {
    const records = list.map(rows.record);
    const broken = records.find((record) => typeof record === 'string');
    if (broken !== undefined) return { error: { class: 'permanent', message: broken, scope: 'item' } };
    const found = records.filter((record) => typeof record !== 'string');
    return found.length === 0 ? { absent: true } : { found };
  };
  return {
    find,
    byIds,
    read: async (by, call) => {
      const names = 'ids' in by ? by.ids : by.keys;
      const byName = new Map<string, Json[]>();
      for (const piece of pieces([...new Set(names)], Math.min(type.page, 100))) {
        const found = 'ids' in by ? (await byIds(piece, call)).rows : await byKeys(piece, call);
        for (const row of found) {
          const own = rows.id(row);
          for (const each of 'ids' in by ? [own ?? ''] : rows.references(row)) {
            const known = byName.get(each) ?? [];
            if (!known.some((other) => rows.id(other) === own)) byName.set(each, [...known, row]);
          }
        }
      }
      return names.map((each) => answered(byName.get(each) ?? []));
    },
  };
};
