/**
 * Writes. A batch is one transaction at the system: refused, it is sent again in halves until the refused items stand
 * alone. What an update expects is compared with the record as it is, right before it is sent, and stated in the
 * request besides. One outcome per item, in order; never a throw once something may have been sent.
 */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import { outcomeOfLostCall, outcomeOfRefusedCall, refusedByUs, unanswered } from '../engine/outcome.ts';
import { pieces } from '../engine/pool.ts';
import { bodyTemplate, type Values } from '../engine/template.ts';
import type { Call, NativeRecord, Outcome, WriteItem } from '../sdk/seam.ts';
import type { References } from './references.ts';
import { type Rows, stampsOf } from './rows.ts';
import { type CompiledCall, compileCall, type Rpc } from './rpc.ts';
import type { RecordType, Writing } from './schema.ts';
import { nativeId, type Search } from './search.ts';
import type { Writer } from './values.ts';

/** An item on its way, with the values it writes. */
interface Ready {
  readonly item: WriteItem;
  readonly values: Readonly<Record<string, Json>>;
}
type Outcomes = Map<WriteItem, Outcome>;

export interface WriteParts {
  readonly name: string;
  readonly type: RecordType;
  readonly rows: Rows;
  readonly search: Search;
  readonly writer: Writer;
  readonly references: References;
  readonly rpc: Rpc;
}

const absent = (name: string): Outcome => ({
  status: 'failed',
  error: { class: 'not-found', message: `there is no such ${name}`, scope: 'item' },
});
const moved = (name: string): Outcome => ({
  status: 'failed',
  error: { class: 'conflict', message: `the ${name} was changed meanwhile`, scope: 'item' },
});
const done = (status: 'created' | 'updated' | 'unchanged', id: string, record: NativeRecord | undefined): Outcome => ({
  status,
  id,
  ...(record?.version === undefined ? {} : { version: record.version }),
  ...(record === undefined ? {} : { record }),
});

/** Waits in whole, or rejects when the caller stops. */
const pause = (ms: number, signal: AbortSignal): Promise<void> =>
  new Promise((over, stopped) => {
    signal.throwIfAborted();
    const stop = (): void => {
      clearTimeout(timer);
      stopped(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', stop);
      over();
    }, ms);
    signal.addEventListener('abort', stop, { once: true });
  });

/** Sends batches of one kind of write. */
const createSend = ({ type, rpc }: WriteParts, writing: Writing) => {
  const shape: CompiledCall = compileCall(writing);
  const makeItem = writing.item === undefined ? undefined : bodyTemplate(writing.item as Json);
  const guardContext = type.guard === undefined ? undefined : bodyTemplate(type.guard.context as Json);

  const valuesOf = (batch: readonly Ready[]): Values => {
    const items = batch.map(({ item, values }) => {
      const id = item.id === undefined ? undefined : nativeId(type.id, item.id);
      return makeItem === undefined ? id : makeItem({ id, values, model: type.model });
    });
    return writing.spread ? { model: type.model, lead: items.flat() } : { model: type.model, items };
  };
  const contextOf = (batch: readonly Ready[]) => {
    const stamps = Object.assign(
      {},
      ...batch.map(({ item }) => (item.expectVersion === undefined ? {} : stampsOf(item.expectVersion))),
    );
    return guardContext === undefined || Object.keys(stamps).length === 0
      ? {}
      : { context: guardContext({ stamps }) as Record<string, Json> };
  };
  /** Puts each item's outcome, or gives the result of the batch that went well to `settle`. */
  const send = async (
    batch: readonly Ready[],
    call: Call,
    outcomes: Outcomes,
    settle: (batch: readonly Ready[], result: Json) => void,
  ): Promise<void> => {
    let sent = false;
    const onSend = (): void => {
      sent = true;
    };
    const all = (outcome: Outcome): void => batch.forEach(({ item }) => void outcomes.set(item, outcome));
    try {
      const answer = await rpc.call(shape, valuesOf(batch), 'write', call, { ...contextOf(batch), sent: onSend });
      if ('result' in answer) return settle(batch, answer.result);
      const { error, nothingDone } = answer.refused;
      const splits = nothingDone && error.scope !== 'connection' && error.class !== 'permission';
      if (!splits || batch.length === 1) {
        all(
          outcomeOfRefusedCall(
            error.scope === 'batch' ? { nothingDone, error: { ...error, scope: 'item' } } : answer.refused,
          ),
        );
        return undefined;
      }
      for (const half of pieces(batch, Math.ceil(batch.length / 2))) await send(half, call, outcomes, settle);
    } catch (error) {
      all(outcomeOfLostCall(error, sent));
    }
  };
  return send;
};

/** Codes first, then each item's values; what cannot be written is refused before anything is sent. */
const createPrepare = ({ writer, references, name }: WriteParts) => {
  const prepare = async (
    items: readonly WriteItem[],
    outcomes: Outcomes,
    values: (item: WriteItem) => Readonly<Record<string, Json>> | undefined | Outcome,
    call: Call,
  ): Promise<readonly Ready[]> => {
    await references.learn(
      items.flatMap(({ data }) => writer.codes(data)),
      call,
    );
    return items.flatMap((item) => {
      try {
        const made = values(item);
        if (made !== undefined && !isOutcome(made)) return [{ item, values: made }];
        outcomes.set(item, made ?? done('unchanged', item.id ?? '', undefined));
      } catch (error) {
        if (!(error instanceof SyncError)) throw error;
        outcomes.set(item, refusedByUs('validation', `${name}: ${error.message}`));
      }
      return [];
    });
  };
  return prepare;
};
const isOutcome = (value: object): value is Outcome => 'status' in value && typeof value.status === 'string';

/** What was written, read again: the system answers a write with nothing that tells how the record now is. */
const readBack = async (
  { rows, search }: WriteParts,
  ids: readonly string[],
  call: Call,
): Promise<ReadonlyMap<string, NativeRecord>> => {
  try {
    const { rows: found } = await search.byIds(ids, call);
    const records = found.map(rows.record).filter((record) => typeof record !== 'string');
    return new Map(records.map((record) => [record.id, record]));
  } catch {
    // The writes stand whatever became of this read; whoever needs the records reads them once more.
    return new Map();
  }
};

const createCreates = (parts: WriteParts, writing: Writing) => {
  const { type, rows, search, writer } = parts;
  const send = createSend(parts, writing);
  const prepare = createPrepare(parts);
  return async (items: readonly WriteItem[], call: Call, outcomes: Outcomes): Promise<void> => {
    const made = new Map<WriteItem, string>();
    // A create that was done before under this key is not done again.
    const answers =
      type.where.keys === undefined
        ? []
        : await search.read({ keys: items.map(({ idempotencyKey }) => idempotencyKey) }, call);
    items.forEach((item, index) => {
      const answer = answers[index];
      if (answer !== undefined && 'found' in answer && answer.found[0] !== undefined)
        made.set(item, answer.found[0].id);
    });
    const fresh = items.filter((item) => !made.has(item));
    const ready = await prepare(fresh, outcomes, (item) => writer.fresh(item.data, item.idempotencyKey), call);
    if (ready.length > 0)
      await send(ready, call, outcomes, (batch, result) => {
        const ids = Array.isArray(result) ? (result as readonly Json[]) : [];
        batch.forEach(({ item }, index) => {
          const id = rows.id({ [type.id.field]: ids[index] ?? null });
          if (id === undefined) outcomes.set(item, unanswered('the reply does not name the new record'));
          else made.set(item, id);
        });
      });
    const records = await readBack(parts, [...made.values()], call);
    for (const [item, id] of made) outcomes.set(item, done('created', id, records.get(id)));
  };
};

const createUpdates = (parts: WriteParts, writing: Writing) => {
  const { name, type, rows, search, writer } = parts;
  const send = createSend(parts, writing);
  const prepare = createPrepare(parts);
  const byId = (found: readonly Json[]) => new Map(found.map((row) => [rows.id(row) ?? '', row]));

  /** When the record was last written, if that matters to a guarded item. */
  const hot = ({ expectVersion }: WriteItem, row: Json | undefined): number => {
    const record = row === undefined ? undefined : rows.record(row);
    const guarded = typeof record === 'object' && expectVersion !== undefined && record.version === expectVersion;
    return guarded && row !== undefined ? (rows.time(row) ?? 0) : 0;
  };
  /**
   * The records as they are. One written within the system's present second has a stamp that a second write could
   * have too, so no guard would see it: such a record is read again when that second is over.
   */
  const current = async (items: readonly WriteItem[], call: Call): Promise<ReadonlyMap<string, Json>> => {
    const ids = items.map(({ id }) => id ?? '');
    const grain = type.guard?.grain_ms ?? 0;
    for (let left = 3; ; left -= 1) {
      const { rows: found, serverMs } = await search.byIds(ids, call);
      const now = byId(found);
      const newest = Math.max(0, ...items.map((item) => hot(item, now.get(item.id ?? ''))));
      const settled =
        serverMs === undefined || grain === 0 || Math.floor(newest / grain) < Math.floor(serverMs / grain);
      if (settled || left === 0) return now;
      await pause(grain, call.signal);
    }
  };
  const valuesFor = (item: WriteItem, row: Json | undefined): Readonly<Record<string, Json>> | Outcome => {
    const record = row === undefined ? undefined : rows.record(row);
    if (row === undefined || record === undefined || typeof record === 'string') return absent(name);
    if (item.expectVersion !== undefined && item.expectVersion !== record.version) return moved(name);
    return writer.values(item.data, row) ?? done('unchanged', record.id, record);
  };
  /** A refusal of a record that moved under our hands says nothing about what we wrote. */
  const recheck = async (ready: readonly Ready[], outcomes: Outcomes, call: Call): Promise<void> => {
    const refused = ready.filter(({ item }) => {
      const outcome = outcomes.get(item);
      return item.expectVersion !== undefined && outcome?.status === 'failed' && outcome.error.class === 'validation';
    });
    if (refused.length === 0) return;
    const records = await readBack(
      parts,
      refused.map(({ item }) => item.id ?? ''),
      call,
    );
    for (const { item } of refused) {
      const record = records.get(item.id ?? '');
      if (record !== undefined && record.version !== item.expectVersion) outcomes.set(item, moved(name));
    }
  };
  return async (items: readonly WriteItem[], call: Call, outcomes: Outcomes): Promise<void> => {
    const now = await current(items, call);
    const ready = await prepare(items, outcomes, (item) => valuesFor(item, now.get(item.id ?? '')), call);
    if (ready.length === 0) return;
    const written: WriteItem[] = [];
    await send(ready, call, outcomes, (batch) => written.push(...batch.map(({ item }) => item)));
    await recheck(ready, outcomes, call);
    const records = await readBack(
      parts,
      written.map(({ id }) => id ?? ''),
      call,
    );
    for (const item of written) outcomes.set(item, done('updated', item.id ?? '', records.get(item.id ?? '')));
  };
};

const createDeletes = (parts: WriteParts, writing: Writing) => {
  const send = createSend(parts, writing);
  return async (items: readonly WriteItem[], call: Call, outcomes: Outcomes): Promise<void> => {
    const { rows: found } = await parts.search.byIds(
      items.map(({ id }) => id ?? ''),
      call,
    );
    const there = new Set(found.map((row) => parts.rows.id(row)));
    for (const item of items) if (!there.has(item.id)) outcomes.set(item, absent(parts.name));
    const ready = items.filter((item) => there.has(item.id)).map((item) => ({ item, values: {} }));
    if (ready.length === 0) return;
    await send(ready, call, outcomes, (batch) =>
      batch.forEach(({ item }) => void outcomes.set(item, { status: 'deleted', id: item.id ?? '' })),
    );
  };
};

/** The seam's `write` for one record type. */
export const createWrite = (parts: WriteParts) => {
  const { create, update, delete: remove, max } = parts.type.write;
  const kinds = {
    create: create === undefined ? undefined : createCreates(parts, create),
    update: update === undefined ? undefined : createUpdates(parts, update),
    delete: remove === undefined ? undefined : createDeletes(parts, remove),
  };
  return async (items: readonly WriteItem[], call: Call): Promise<readonly Outcome[]> => {
    const outcomes: Outcomes = new Map();
    for (const op of ['create', 'update', 'delete'] as const) {
      const work = kinds[op];
      for (const batch of pieces(
        items.filter((item) => item.op === op),
        max,
      )) {
        if (work === undefined) {
          for (const item of batch)
            outcomes.set(item, refusedByUs('unsupported', `${parts.name} cannot be written so (${op})`));
          continue;
        }
        try {
          await work(batch, call, outcomes);
        } catch (error) {
          // Reading before the write failed: nothing of this batch was sent.
          for (const item of batch) if (!outcomes.has(item)) outcomes.set(item, outcomeOfLostCall(error, false));
        }
      }
    }
    return items.map((item) => outcomes.get(item) ?? unanswered('the item was passed over'));
  };
};
