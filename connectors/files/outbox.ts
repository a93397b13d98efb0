/**
 * Writing to a system that only reads files. The same key is never handed over twice: it is looked up among what was
 * handed over, under a number that nobody else can have, before a file is made.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { outcomeOfLostCall, refusedByUs, unanswered } from '../engine/outcome.ts';
import { pieces } from '../engine/pool.ts';
import { textOf } from '../rest/request.ts';
import type { Call, Outcome, WriteItem } from '../sdk/seam.ts';
import { createEncoder, type Row, valuesOf } from './encode.ts';
import type { Place } from './place.ts';
import type { Format, Outbound, RecordType } from './schema.ts';
import type { Sent, SentItem } from './sent.ts';
import { nameOf } from './table.ts';

/** What is known of the records that were written, from what was handed over and what was said to it. */
export interface Known {
  /** The record as it is there. */
  body(id: string): JsonObject | undefined;
  /** What became of a key; undefined when it was never handed over. */
  outcome(key: string): Outcome | undefined;
}

/** Values laid over a body, level by level. */
export const merged = (body: JsonObject, data: JsonObject): JsonObject => {
  const draft: Record<string, Json> = { ...body };
  for (const [key, value] of Object.entries(data)) {
    const before = draft[key];
    draft[key] = isObject(value) && before !== undefined && isObject(before) ? merged(before, value) : value;
  }
  return draft;
};

interface Drafted {
  readonly row: Row;
  readonly item: SentItem;
}

type Writable = Exclude<Format, { kind: 'xlsx' }>;

/** Compiles how items become rows. */
const createDrafts = (type: RecordType, out: Outbound) => {
  const encoder = createEncoder(type.format as Writable, type.columns, out.formulas);
  const refused = (
    code: 'validation' | 'duplicate' | 'not-found' | 'unsupported',
    message: string,
    field?: string,
  ): Outcome => {
    const outcome = refusedByUs(code, message);
    return field === undefined || outcome.status !== 'failed'
      ? outcome
      : { status: 'failed', error: { ...outcome.error, fields: [field] } };
  };
  const stray = (data: JsonObject, above = ''): string | undefined => {
    for (const [key, value] of Object.entries(data)) {
      const field = `${above}${key}`;
      if (Object.hasOwn(type.columns, field)) continue;
      if (!isObject(value)) return field;
      const inside = stray(value, `${field}.`);
      if (inside !== undefined) return inside;
    }
    return undefined;
  };
  const rowOf = (item: WriteItem, id: string, body: JsonObject): Row | Outcome => {
    const values = valuesOf(out.rows === 'whole' || item.op === 'create' ? body : item.data, type.columns);
    values.set(out.key, item.idempotencyKey);
    if (id !== '') values.set(type.id, id);
    if (out.operation !== undefined) values.set(out.operation.column, out.operation[item.op] ?? '');
    const row = encoder.row(values);
    if (typeof row === 'string') return row;
    return refused('validation', `column "${nameOf(row.field, type.columns[row.field])}" ${row.reason}`, row.field);
  };
  const drafted = (item: WriteItem, id: string, body: JsonObject): Drafted | Outcome => {
    const row = rowOf(item, id, body);
    return typeof row === 'string' ? { row, item: { key: item.idempotencyKey, op: item.op, id, body } } : row;
  };
  const create = (item: WriteItem, known: Known): Drafted | Outcome => {
    const given = textOf(valuesOf(item.data, type.columns).get(type.id));
    // Where the system gives the id, its answer says it; else ours has to do.
    const id = given ?? (out.acknowledged?.id === undefined ? item.idempotencyKey : '');
    if (given !== undefined && known.body(given) !== undefined)
      return refused('duplicate', `${type.id} is taken by another record`, type.id);
    return drafted(item, id, given === undefined && id !== '' ? merged(item.data, nested(type.id, id)) : item.data);
  };
  const change = (item: WriteItem, known: Known): Drafted | Outcome => {
    const id = item.id ?? '';
    const before = known.body(id);
    if (before === undefined) return refused('not-found', 'no such record was handed over');
    if (item.op === 'delete')
      return out.operation?.delete === undefined
        ? refused('unsupported', 'the preset has no word for a deleted record')
        : drafted(item, id, before);
    return drafted(item, id, merged(before, item.data));
  };
  const draft = (item: WriteItem, known: Known): Drafted | Outcome => {
    const odd = stray(item.data);
    if (odd !== undefined) return refused('validation', `${odd} is no column of the file`, odd);
    return item.op === 'create' ? create(item, known) : change(item, known);
  };
  return { draft, file: encoder.file };
};

/** A value below its field, level by level. */
export const nested = (field: string, value: Json): JsonObject =>
  field.split('.').reduceRight<Json>((inner, key) => ({ [key]: inner }), value) as JsonObject;

/** Knowledge that grows with the items of one file. */
const growing = (known: Known) => {
  const bodies = new Map<string, JsonObject | undefined>();
  return {
    known: { ...known, body: (id: string) => (bodies.has(id) ? bodies.get(id) : known.body(id)) },
    add: ({ id, op, body }: SentItem) => {
      if (id !== '') bodies.set(id, op === 'delete' ? undefined : body);
    },
  };
};

/** What the outbox is made of. */
export interface OutboxParts {
  readonly type: RecordType;
  readonly out: Outbound;
  readonly sent: Sent;
  readonly learn: (place: Place) => Promise<Known>;
  /** The outcomes of keys just handed over; waits for an answer where there is one. */
  readonly await: (place: Place, keys: readonly string[], call: Call) => Promise<Known>;
}

/** The sentence of an outcome that the system has not stated yet. */
export const NO_ANSWER = 'it was handed over, and the system has not answered yet';

const NOT_HANDED_OVER = new SyncError(
  'TARGET_UNAVAILABLE',
  'a later write has closed this file before it was handed over',
  {
    class: 'transient',
    unsent: true,
  },
);

/** The seam's `write`. One file at a time. */
export const createOutbox = ({ type, out, sent, learn, await: answered }: OutboxParts) => {
  const drafts = createDrafts(type, out);
  const nameFor = (no: number): string => out.name.replace('{no}', String(no).padStart(10, '0'));

  /** Rows for what was not handed over yet; the outcome at once for everything else. */
  const split = (items: readonly WriteItem[], before: Known) => {
    const { known, add } = growing(before);
    const outcomes = new Map<WriteItem, Outcome>();
    const fresh: Drafted[] = [];
    for (const item of items) {
      const made = before.outcome(item.idempotencyKey) ?? drafts.draft(item, known);
      if ('row' in made) {
        fresh.push(made);
        add(made.item);
      } else outcomes.set(item, made);
    }
    return { outcomes, fresh };
  };

  const send = async (place: Place, items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    let handing = false;
    let decided: ReadonlyMap<WriteItem, Outcome> = new Map();
    try {
      const own = await sent.begin(place);
      const { outcomes, fresh } = split(items, await learn(place));
      decided = outcomes;
      if (fresh.length === 0) await sent.drop(place, own);
      else {
        const name = nameFor(own.no);
        const bytes = drafts.file(fresh.map(({ row }) => row));
        await sent.prepare(
          place,
          own,
          name,
          bytes,
          fresh.map(({ item }) => item),
        );
        handing = true;
        if (!(await sent.handOver(place, own, name))) throw NOT_HANDED_OVER;
        await sent.close(place, own);
      }
      const after = await answered(
        place,
        fresh.map(({ item }) => item.key),
        call,
      );
      return items.map((item) => decided.get(item) ?? after.outcome(item.idempotencyKey) ?? unanswered(NO_ANSWER));
    } catch (error) {
      return items.map((item) => decided.get(item) ?? outcomeOfLostCall(error, handing));
    }
  };

  // Within a process files are made one after the other; between processes the numbers see to it.
  let last: Promise<unknown> = Promise.resolve();
  return (place: Place, items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    const mine = last.then(async () => {
      const outcomes: Outcome[] = [];
      for (const piece of pieces(items, out.max)) outcomes.push(...(await send(place, piece, call)));
      return outcomes;
    });
    last = mine.catch(() => undefined);
    return mine;
  };
};
