/** The seam's `write` for a system that pulls: a write is put down once, and stays unknown until the system says what became of it. */
import { isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { outcomeOfLostCall, refusedByUs } from '../engine/outcome.ts';
import { createListWrites, type Lists } from '../rest/lists.ts';
import type { Call, NativeRecord, Outcome, ReadAnswer, WriteItem } from '../sdk/seam.ts';
import type { Held, Letter, OutboxStore, Standing } from './store.ts';

/** The sentence of an outcome that the system has not stated yet. */
export const NOT_ACKNOWLEDGED = 'it waits in the outbox, and the system has not acknowledged it yet';
// An acknowledgement wakes whoever waits for it; this is for one that was missed.
const LOOK_AGAIN_MS = 15_000;

/** What is said of a write that waits. */
export const waiting = (): Extract<Outcome, { status: 'unknown' }> => ({
  status: 'unknown',
  error: { class: 'transient', message: NOT_ACKNOWLEDGED, scope: 'item', retryAfterMs: LOOK_AGAIN_MS },
});

const WITHDRAWN: Outcome = {
  status: 'failed',
  error: {
    class: 'transient',
    message: 'its source changed before the system had pulled it: it is planned anew',
    scope: 'item',
    retryAfterMs: 1,
  },
};

const DONE = { create: 'created', update: 'updated', delete: 'deleted' } as const;

/** An object with another's values laid over it, objects inside it too. */
const laidOver = (under: Json | undefined, over: Json): Json => {
  if (!isObject(over) || under === undefined || !isObject(under)) return over;
  const laid: Record<string, Json> = { ...under };
  for (const [name, value] of Object.entries(over))
    laid[name] = laidOver(Object.hasOwn(under, name) ? under[name] : undefined, value);
  return laid;
};

/** Each field that changes, whole: whoever carries it out need not know how we name parts. */
const wholeFields = (data: JsonObject, before: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      laidOver(Object.hasOwn(before, name) ? before[name] : undefined, value),
    ]),
  );

const letterOf = (item: WriteItem, before: JsonObject): Letter => ({
  key: item.idempotencyKey,
  op: item.op,
  fields: item.op === 'delete' ? {} : wholeFields(item.data, before),
  ...(item.id === undefined ? {} : { id: item.id }),
  ...(item.expectVersion === undefined ? {} : { expectVersion: item.expectVersion }),
});

/** What a write needs of the rest. */
export interface Writing {
  readonly store: OutboxStore;
  readonly lists: Lists | undefined;
  readonly recordOf: (held: Held) => NativeRecord;
}

const refusal = ({ reason, code, conflict }: Extract<Standing, { state: 'refused' }>): Outcome => ({
  status: 'failed',
  error: {
    class: conflict ? 'conflict' : 'validation',
    message: reason,
    scope: 'item',
    ...(code === undefined ? {} : { code }),
  },
});

/** Makes the write of one record type. */
export const createWrite = (record: string, { store, lists, recordOf }: Writing) => {
  const outcomeOf = (standing: Standing, held: ReadonlyMap<string, Held>): Outcome => {
    if (standing.state === 'waiting') return waiting();
    if (standing.state === 'withdrawn') return WITHDRAWN;
    if (standing.state === 'refused') return refusal(standing);
    const found = held.get(standing.id);
    const status = DONE[standing.op];
    if (found?.body === undefined) return { status, id: standing.id };
    const native = recordOf(found);
    return {
      status,
      id: standing.id,
      ...(native.version === undefined ? {} : { version: native.version }),
      ...(standing.op === 'delete' ? {} : { record: native }),
    };
  };

  const heldById = async (ids: readonly string[]): Promise<ReadonlyMap<string, Held>> => {
    const wanted = [...new Set(ids)];
    const found = wanted.length === 0 ? [] : await store.byIds(record, wanted);
    return new Map(found.flatMap((each) => (each === undefined ? [] : [[each.id, each] as const])));
  };

  /** Of records that the system has never said it has, there is nothing to change. */
  const put = async (items: readonly WriteItem[]): Promise<readonly Outcome[]> => {
    const targets = await heldById(items.flatMap(({ id }) => (id === undefined ? [] : [id])));
    const absent = items.filter(({ op, id = '' }) => op !== 'create' && targets.get(id)?.body === undefined);
    // What was put down before its record went is not asked for again, and its answer still counts.
    const known =
      absent.length === 0
        ? []
        : await store.byKeys(
            record,
            absent.map(({ idempotencyKey }) => idempotencyKey),
          );
    const strange = new Set(absent.filter((_item, index) => known[index]?.standing === undefined));
    const missing = (item: WriteItem): boolean => strange.has(item);
    const letters = items.filter((item) => !missing(item)).map((item) => letterOf(item, bodyOf(targets, item)));
    const standings = letters.length === 0 ? [] : await store.put(record, letters);
    const done = await heldById(standings.flatMap((each) => (each.state === 'done' ? [each.id] : [])));
    const outcomes = standings.map((standing) => outcomeOf(standing, done)).values();
    return items.map((item) =>
      missing(item)
        ? refusedByUs('not-found', 'the system has not said that it has this record')
        : (outcomes.next().value ?? waiting()),
    );
  };

  /** Lists are merged into the record as it stands, whatever else of it waits. */
  const plain = async (ids: readonly string[]): Promise<readonly ReadAnswer[]> => {
    const held = await heldById(ids);
    return ids.map((id): ReadAnswer => {
      const found = held.get(id);
      return found?.body === undefined ? { absent: true } : { found: [recordOf(found)] };
    });
  };

  const write = createListWrites(lists, false, plain, put);
  return async (items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    try {
      return await write(items, call);
    } catch (error) {
      // Whether the ledger stored it is seen when it is asked by the same keys.
      return items.map(() => outcomeOfLostCall(error, true));
    }
  };
};

const bodyOf = (held: ReadonlyMap<string, Held>, { id = '' }: WriteItem): JsonObject => held.get(id)?.body ?? {};
