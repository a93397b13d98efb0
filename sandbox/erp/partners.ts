/** The ERP's partners and contacts: create, update, remove, each as one commit or as none when nothing changes. */
import { createHash } from 'node:crypto';
import { type Doc, isDoc, parse, same, text } from '../kit/json.ts';
import type { Row, Store } from '../kit/store.ts';
import { nextNumber, writeRow } from './books.ts';
import { isRefusal, type Kind, PARTNERS, type Refusal } from './shape.ts';

/** What became of one item. */
export type Outcome = { readonly row: Row } | Refusal;

/** How references are treated: found but not unique, unique, or not to be found. */
export type ReferenceRule = 'searchable' | 'unique' | 'unsearchable';

/** Writes and reads of one kind of record. Every write runs inside a transaction of the caller. */
export interface Partners {
  readonly find: (number: string) => Row | undefined;
  readonly findReference: (reference: string) => readonly Row[];
  readonly create: (item: Doc, actor: string, request: number) => Outcome;
  readonly update: (item: Doc, actor: string, request: number) => Outcome;
  readonly remove: (number: string, actor: string, request: number) => boolean;
  /** A change without a new date. */
  readonly quiet: (number: string, values: Doc) => string | undefined;
}

const refuse = (code: Refusal['code'], message: string, field?: string): Refusal =>
  field === undefined ? { code, message } : { code, message, field };

/** The row version, which stands last but one in a partner's text. */
export const versionIn = (body: string): number => Number(/"row_version":(\d+),"changed_at"/.exec(body)?.[1] ?? 0);

// What a create asked for, so that a repeat of it can be told from another with the same reference.
const printOf = (partner: Doc): string => createHash('sha256').update(text(partner)).digest('base64url');

/** Partners over the store. */
export const createPartners = (
  store: Store,
  rules: { readonly reference: () => ReferenceRule; readonly guard: () => boolean },
  kind: Kind = PARTNERS,
): Partners => {
  const { record } = kind;
  const find = (number: string): Row | undefined => {
    const row = store.get(record, number);
    return row === undefined || row.gone === 1 ? undefined : row;
  };
  const findReference = (reference: string): readonly Row[] => store.byRef(record, reference);
  const write = (body: Doc, old: Row | undefined, at: string, actor: string, request: number): Row => {
    const hand = { actor, stamp: at, request };
    const row = writeRow(store, record, body, old, hand);
    if (old === undefined) kind.posted?.(parse(row.body) as Doc, store, hand);
    kind.followed?.(parse(row.body) as Doc, old === undefined ? undefined : (parse(old.body) as Doc), store, hand);
    return row;
  };
  const stamp = (): string => new Date(store.now()).toISOString();

  const completed = (next: Doc, old: Doc | undefined): Doc | Refusal => {
    const worked = kind.complete?.(next, old, store) ?? next;
    return isRefusal(worked) ? worked : (kind.broken(worked, old, store) ?? worked);
  };
  const repeated = (reference: string, partner: Doc): Outcome | undefined => {
    if (rules.reference() !== 'unique') return undefined;
    const row = findReference(reference)[0];
    if (row === undefined) return undefined;
    const print = store.setting(`print ${row.id}`);
    if (print === printOf(partner)) return { row };
    return refuse('DUPLICATE_REFERENCE', `reference belongs to ${record} ${row.id}`, 'reference');
  };
  const create: Partners['create'] = (item, actor, request) => {
    const { reference = null, [record]: partner } = item;
    if (!isDoc(partner)) return refuse('BAD_VALUE', `${record} must be an object`, record);
    if (reference !== null && (typeof reference !== 'string' || reference === '' || reference.length > 100)) {
      return refuse('BAD_VALUE', 'reference is text of at most 100 characters', 'reference');
    }
    const known = reference === null ? undefined : repeated(reference, partner);
    if (known !== undefined) return known;
    const shapeless = kind.misshapen(partner);
    if (shapeless !== undefined) return shapeless;
    const wanted = completed(kind.changed(kind.blank, partner), undefined);
    if (isRefusal(wanted)) return wanted;
    const row = write({ ...wanted, number: nextNumber(store, kind), reference }, undefined, stamp(), actor, request);
    if (rules.reference() === 'unique' && reference !== null) store.keep(`print ${row.id}`, printOf(partner));
    return { row };
  };
  const edit = (row: Row, values: Doc, at: string, actor: string, request: number): Outcome => {
    const problem = kind.misshapen(values);
    if (problem !== undefined) return problem;
    const old = parse(row.body) as Doc;
    const told = kind.changed(old, values);
    if (told === old) return { row };
    const next = completed(told, old);
    if (isRefusal(next)) return next;
    const moved = Object.keys(next).filter((field) => !same(next[field], old[field]));
    if (moved.length === 0) return { row };
    const dated = moved.some((field) => kind.undated?.has(field) !== true);
    return { row: write(next, row, dated ? at : row.stamp, actor, request) };
  };
  const update: Partners['update'] = (item, actor, request) => {
    const { number, row_version: version, [record]: partner } = item;
    if (!isDoc(partner)) return refuse('BAD_VALUE', `${record} must be an object`, record);
    const row = typeof number === 'string' ? find(number) : undefined;
    if (row === undefined) return refuse('NOT_FOUND', `no ${record} ${text(number ?? null)}`);
    const stale = rules.guard() && version !== undefined && version !== null && Number(version) !== versionIn(row.body);
    if (stale) return refuse('STALE', `${record} ${row.id} was changed meanwhile`);
    return edit(row, partner, stamp(), actor, request);
  };
  const remove: Partners['remove'] = (number, actor, request) => {
    const row = find(number);
    if (row === undefined) return false;
    store.apply(
      { actor, op: 'delete', record, id: row.id, stamp: stamp(), ref: null, body: null, previous: row.seq },
      request,
    );
    return true;
  };
  const quiet: Partners['quiet'] = (number, values) => {
    const row = find(number);
    if (row === undefined) return undefined;
    const outcome = edit(row, values, row.stamp, 'people', 0);
    if ('row' in outcome) return outcome.row.body;
    throw new Error(outcome.message);
  };
  return { find, findReference, create, update, remove, quiet };
};
