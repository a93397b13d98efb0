/**
 * Batches on their way. A batch is one transaction at the system: refused, it is sent again in halves until the refused
 * items stand alone. Never a throw once something may have been sent.
 */
import type { Json } from '../../src/domain/json.ts';
import { notSent, outcomeOfLostCall, outcomeOfRefusedCall, refusedByUs, stops } from '../engine/outcome.ts';
import { pieces } from '../engine/pool.ts';
import { bodyTemplate, type Values } from '../engine/template.ts';
import type { Call, NativeRecord, Outcome, WriteItem } from '../sdk/seam.ts';
import { type Complete, isOwn } from './asks.ts';
import type { Moves } from './moves.ts';
import type { References } from './references.ts';
import type { Rows } from './rows.ts';
import { type CompiledCall, compileCall, type Rpc } from './rpc.ts';
import type { RecordType, Writing } from './schema.ts';
import { nativeId, type Search } from './search.ts';
import { stampsOf } from './stamps.ts';
import type { Writer } from './values.ts';

/** An item on its way, with the values it writes. */
export interface Ready {
  readonly item: WriteItem;
  readonly values: Readonly<Record<string, Json>>;
}
/** What became of each item so far. */
export type Outcomes = Map<WriteItem, Outcome>;

/** What the writing of one record type works with. */
export interface WriteParts {
  readonly name: string;
  readonly type: RecordType;
  readonly rows: Rows;
  readonly search: Search;
  readonly writer: Writer;
  readonly references: References;
  readonly rpc: Rpc;
  readonly complete: Complete;
  readonly moves: Moves;
}

/** The outcome of an item whose record is not there. */
export const absent = (name: string): Outcome => ({
  status: 'failed',
  error: { class: 'not-found', message: `there is no such ${name}`, scope: 'item' },
});
/** An outcome of an item that went well. */
export const done = (
  status: 'created' | 'updated' | 'unchanged',
  id: string,
  record: NativeRecord | undefined,
): Outcome => ({
  status,
  id,
  ...(record?.version === undefined ? {} : { version: record.version }),
  ...(record === undefined ? {} : { record }),
});

/** One after the other, until one shows that the connection is not usable now: what follows has not been sent. */
export const sendInTurn = async <T extends { readonly item: WriteItem }>(
  batches: readonly (readonly T[])[],
  outcomes: Outcomes,
  send: (batch: readonly T[]) => Promise<void>,
): Promise<void> => {
  let stop: Outcome | undefined;
  for (const batch of batches) {
    const rest = stop;
    if (rest === undefined) await send(batch);
    else for (const { item } of batch) outcomes.set(item, notSent(rest));
    stop ??= batch.map(({ item }) => outcomes.get(item)).find((outcome) => outcome !== undefined && stops(outcome));
  }
};

/** Sends batches of one kind of write. */
export const createSend = ({ type, rpc }: WriteParts, writing: Writing) => {
  const shape: CompiledCall = compileCall(writing);
  const makeItem = writing.item === undefined ? undefined : bodyTemplate(writing.item as Json);
  const guardContext = type.guard === undefined ? undefined : bodyTemplate(type.guard.context as Json);

  const valuesOf = (batch: readonly Ready[]): Values => {
    const items = batch.map(({ item, values }) => {
      const id = item.id === undefined ? undefined : nativeId(type.id, item.id);
      return makeItem === undefined ? id : makeItem({ id, values, model: type.model });
    });
    const [only, more] = batch;
    const alone =
      only === undefined || more !== undefined || only.item.id === undefined
        ? {}
        : { id: nativeId(type.id, only.item.id), values: only.values };
    return writing.spread ? { model: type.model, lead: items.flat() } : { ...alone, model: type.model, items };
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
      await sendInTurn(pieces(batch, Math.ceil(batch.length / 2)), outcomes, (half) =>
        send(half, call, outcomes, settle),
      );
    } catch (error) {
      all(outcomeOfLostCall(error, sent));
    }
  };
  return send;
};

type Made = Readonly<Record<string, Json>> | undefined | Outcome;

/** Codes first, then each item's values; what cannot be written is refused before anything is sent. */
export const createPrepare = ({ writer, references, name }: WriteParts) => {
  const prepare = async (
    items: readonly WriteItem[],
    outcomes: Outcomes,
    values: (item: WriteItem) => Made | Promise<Made>,
    call: Call,
  ): Promise<readonly Ready[]> => {
    await references.learn(
      items.flatMap(({ data }) => writer.codes(data)),
      call,
    );
    const ready: Ready[] = [];
    for (const item of items) {
      try {
        const made = await values(item);
        if (made !== undefined && !isOutcome(made)) ready.push({ item, values: made });
        else outcomes.set(item, made ?? done('unchanged', item.id ?? '', undefined));
      } catch (error) {
        if (!isOwn(error)) throw error;
        outcomes.set(item, refusedByUs('validation', `${name}: ${error.message}`));
      }
    }
    return ready;
  };
  return prepare;
};
const isOutcome = (value: object): value is Outcome => 'status' in value && typeof value.status === 'string';

/** What was written, read again: the system answers a write with nothing that tells how the record now is. */
export const readBack = async (
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
