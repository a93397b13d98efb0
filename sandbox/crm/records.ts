/** One record type of the CRM: create, change, remove, each as one commit or as none when nothing changes. */
import { type Doc, isDoc, parse, text, type Value } from '../kit/json.ts';
import { mix } from '../kit/random.ts';
import type { Row, Store } from '../kit/store.ts';
import { KINDS } from './kinds.ts';
import { blank, changed, idOf, type Refusal, refusal } from './shape.ts';

/** What became of one write. */
export type Outcome = { readonly status: 200 | 201; readonly row: Row } | Refusal;

/** The writes and reads of one record type. Every write runs inside a transaction of the caller. */
export interface Records {
  readonly find: (id: string) => Row | undefined;
  readonly findExternal: (externalId: string) => Row | undefined;
  readonly create: (fields: Doc, actor: string, request: number) => Outcome;
  readonly patch: (id: string, guard: string | undefined, fields: Doc, actor: string, request: number) => Outcome;
  readonly upsert: (item: Doc, actor: string, request: number) => Outcome;
  readonly remove: (id: string, guard: string | undefined, actor: string, request: number) => Outcome;
  /** A change without a new date. */
  readonly quiet: (id: string, fields: Doc) => string | undefined;
}

const refuse = (status: number, code: string, message: string, field?: string): Refusal =>
  field === undefined ? { status, code, message } : { status, code, message, field };

// Opaque on purpose: nobody can compare two and say which is newer.
const etagOf = (seq: number): string => `${mix(seq, 77).toString(36)}${seq.toString(36)}`;
const bare = (tag: string): string => tag.replace(/^W\//, '').replace(/^"|"$/g, '');
const stampOf = (at: number): string => `${new Date(at).toISOString().slice(0, 19)}Z`;

/** Records of one type over the store. */
export const createRecords = (store: Store, record: string): Records => {
  let latest: number | undefined;
  const nextId = (): string => {
    latest ??= Number(
      store.database
        .prepare(`select max(cast(substr(id, instr(id, '-') + 1) as integer)) as n from "${record}"`)
        .get()?.['n'] ?? 0,
    );
    latest += 1;
    return idOf(record, latest);
  };
  const find = (id: string): Row | undefined => {
    const row = store.get(record, id);
    return row === undefined || row.gone === 1 ? undefined : row;
  };
  const findExternal = (externalId: string): Row | undefined => store.byRef(record, externalId)[0];

  const follow = (next: Doc | undefined, old: Row | undefined, actor: string, request: number): void =>
    KINDS.get(record)?.followed?.(
      next,
      old === undefined ? undefined : (parse(old.body) as Doc),
      (other) => createRecords(store, other),
      { actor, request },
    );
  const write = (body: Doc, old: Row | undefined, stamp: string, actor: string, request: number): Row => {
    const id = String(body['id']);
    const seq = store.nextSeq();
    const { modified_at: _stamp, etag: _tag, ...rest } = body;
    // The etag stays the last key: it is read from the text without parsing it.
    const made = { ...rest, modified_at: stamp, etag: etagOf(seq) };
    const ref = typeof body['external_id'] === 'string' ? body['external_id'] : null;
    const op = old === undefined ? 'create' : 'update';
    const row = { id, stamp, ref, seq, gone: 0, body: text(made) };
    store.apply({ actor, op, record, id, stamp, ref, body: row.body, previous: old?.seq ?? null }, request);
    follow(made, old, actor, request);
    return row;
  };
  const taken = (externalId: Value | undefined, id: string | undefined): Refusal | undefined => {
    if (typeof externalId !== 'string') return undefined;
    const owner = findExternal(externalId);
    if (owner === undefined || owner.id === id) return undefined;
    return refuse(409, 'DUPLICATE', `external_id belongs to ${owner.id}`, 'external_id');
  };
  const broken = (next: Doc, old: Doc | undefined): Refusal | undefined =>
    KINDS.get(record)?.broken?.(next, old, store);
  const create = (fields: Doc, actor: string, request: number): Outcome => {
    const wanted = refusal(record, fields) ?? taken(fields['external_id'], undefined);
    if (wanted !== undefined) return wanted;
    const whole = changed(blank(record), fields);
    const problem = broken(whole, undefined);
    if (problem !== undefined) return problem;
    const stamp = stampOf(store.now());
    const body = { ...whole, id: nextId(), created_at: stamp };
    return { status: 201, row: write(body, undefined, stamp, actor, request) };
  };
  const guarded = (row: Row, guard: string | undefined): Refusal | undefined => {
    if (guard === undefined || guard === '*') return undefined;
    const current = (parse(row.body) as Doc)['etag'];
    return bare(guard) === current ? undefined : refuse(412, 'CHANGED', `${row.id} was changed meanwhile`);
  };
  const update = (row: Row, guard: string | undefined, fields: Doc, actor: string, request: number): Outcome => {
    const problem = refusal(record, fields) ?? guarded(row, guard) ?? taken(fields['external_id'], row.id);
    if (problem !== undefined) return problem;
    const old = parse(row.body) as Doc;
    const next = changed(old, fields);
    if (next === old) return { status: 200, row };
    const unfit = broken(next, old);
    if (unfit !== undefined) return unfit;
    return { status: 200, row: write(next, row, stampOf(store.now()), actor, request) };
  };
  const missing = (id: string): Refusal => refuse(404, 'NOT_FOUND', `no record ${id}`);
  const patch: Records['patch'] = (id, guard, fields, actor, request) => {
    const row = find(id);
    return row === undefined ? missing(id) : update(row, guard, fields, actor, request);
  };
  const upsert: Records['upsert'] = (item, actor, request) => {
    const { id, external_id: externalId, if_match: guard, fields } = item;
    if (!isDoc(fields)) return refuse(400, 'INVALID_VALUE', 'fields must be an object', 'fields');
    const ifMatch = typeof guard === 'string' ? guard : undefined;
    const named = typeof externalId === 'string' ? { ...fields, external_id: externalId } : fields;
    if (typeof id === 'string') return patch(id, ifMatch, named, actor, request);
    const row = typeof externalId === 'string' ? findExternal(externalId) : undefined;
    if (row !== undefined) return update(row, ifMatch, fields, actor, request);
    return ifMatch === undefined
      ? create(named, actor, request)
      : refuse(412, 'CHANGED', 'there is no such record yet');
  };
  const remove: Records['remove'] = (id, guard, actor, request) => {
    const row = find(id);
    if (row === undefined) return missing(id);
    const problem = guarded(row, guard);
    if (problem !== undefined) return problem;
    const stamp = stampOf(store.now());
    store.apply({ actor, op: 'delete', record, id, stamp, ref: null, body: null, previous: row.seq }, request);
    follow(undefined, row, actor, request);
    return { status: 200, row };
  };
  const quiet: Records['quiet'] = (id, fields) => {
    const row = find(id);
    if (row === undefined) return undefined;
    const problem = refusal(record, fields);
    if (problem !== undefined) throw new Error(problem.message);
    const old = parse(row.body) as Doc;
    const next = changed(old, fields);
    return next === old ? row.body : write(next, row, row.stamp, 'people', 0).body;
  };
  return { find, findExternal, create, patch, upsert, remove, quiet };
};
