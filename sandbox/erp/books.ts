/** The ERP's records as its own postings see and change them, all within one transaction. */
import { type Doc, parse, same, text } from '../kit/json.ts';
import type { Row, Store } from '../kit/store.ts';
import { numberOf } from './shape.ts';

/** Who writes, when, and by which request. */
export interface Hand {
  readonly actor: string;
  readonly stamp: string;
  readonly request: number;
}

/** Put a record down as one commit; its version goes up by one. */
export const writeRow = (
  store: Store,
  record: string,
  body: Doc,
  old: Row | undefined,
  { actor, stamp, request }: Hand,
): Row => {
  const { row_version: version, changed_at: _stamp, ...rest } = body;
  const made = { ...rest, row_version: Number(version ?? 0) + 1, changed_at: stamp };
  const id = String(body['number']);
  const ref = typeof body['reference'] === 'string' ? body['reference'] : null;
  const row = { id, stamp, ref, seq: store.nextSeq(), gone: 0, body: text(made) };
  const op = old === undefined ? 'create' : 'update';
  store.apply({ actor, op, record, id, stamp, ref, body: row.body, previous: old?.seq ?? null }, request);
  return row;
};

/** The number that the next record of a kind gets, within the transaction that makes it. */
export const nextNumber = (store: Store, { record, first }: { readonly record: string; readonly first: number }) =>
  numberOf(Number(store.database.prepare(`select max(id) as n from "${record}"`).get()?.['n'] ?? first) + 1);

/** A record by its number, as a document. */
export const recordIn = (store: Store, record: string, number: unknown): Doc | undefined => {
  const row = typeof number === 'string' ? store.get(record, number) : undefined;
  return row === undefined || row.gone === 1 ? undefined : (parse(row.body) as Doc);
};

/** All records of a partner. */
export const recordsOf = (store: Store, record: string, partner: string): readonly Doc[] =>
  store.database
    .prepare(
      `select c.body from "${record}" t join commits c on c.seq = t.seq
       where t.gone = 0 and json_extract(c.body, '$.partner') = ? order by t.id`,
    )
    .all(partner)
    .map(({ body }) => parse(String(body)) as Doc);

/** Change a record that is there; nothing is committed when nothing changes. */
export const amend = (store: Store, record: string, next: Doc, hand: Hand): void => {
  const row = store.get(record, String(next['number']));
  if (row !== undefined && !same(parse(row.body) as Doc, next)) writeRow(store, record, next, row, hand);
};
