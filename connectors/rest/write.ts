/** Writes: in batches or one by one. One outcome per item, in order; never a throw once something may have been sent. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import type { Sorted } from '../engine/errors.ts';
import { notSent, outcomeOfLostCall, outcomeOfRefusedCall, refusedByUs, stops, unanswered } from '../engine/outcome.ts';
import { each, pieces } from '../engine/pool.ts';
import { bodyTemplate, type Values } from '../engine/template.ts';
import type { Http, HttpReply } from '../sdk/http.ts';
import type { Call, Outcome, WriteItem } from '../sdk/seam.ts';
import { compileRequest, createSignal, type Prepared, type World, wentWell } from './request.ts';
import { createResults, createSingleResult } from './results.ts';
import type { Rows } from './rows.ts';
import type { RecordType, Writing } from './schema.ts';

type Op = WriteItem['op'];
/** Sends items of one operation. */
type Send = (items: readonly WriteItem[], call: Call) => Promise<readonly Outcome[]>;

const valuesOf = (item: WriteItem, guarded: boolean): Values => ({
  id: item.id,
  key: item.idempotencyKey,
  version: guarded ? item.expectVersion : undefined,
  data: item.data,
});

/** The reply to a write, or what its loss means for the items. */
const attempt = async (http: Http, request: Prepared, call: Call): Promise<HttpReply | Outcome> => {
  let sent = false;
  const onSend = (): void => {
    sent = true;
  };
  try {
    return await http.request({ ...request, intent: 'write', onSend }, call);
  } catch (error) {
    return outcomeOfLostCall(error, sent);
  }
};

/** Sends pieces one after the other until one shows that the connection is not usable now. */
const inTurn = async (
  batches: readonly (readonly WriteItem[])[],
  send: Send,
  call: Call,
): Promise<readonly Outcome[]> => {
  const outcomes: Outcome[] = [];
  let stop: Outcome | undefined;
  for (const batch of batches) {
    const rest = stop;
    const answered = rest === undefined ? await send(batch, call) : batch.map(() => notSent(rest));
    outcomes.push(...answered);
    stop ??= answered.find(stops);
  }
  return outcomes;
};

const halves = (items: readonly WriteItem[]): readonly (readonly WriteItem[])[] =>
  pieces(items, Math.ceil(items.length / 2));
const SPLIT_ON = new Set([400, 413, 422]);

/** What cannot be rendered is refused before anything is sent; the others keep their places. */
const renderedItems = (items: readonly WriteItem[], render: (item: WriteItem, place: number) => unknown) => {
  const refused = new Map<number, Outcome>();
  const ready: { readonly item: WriteItem; readonly rendered: unknown }[] = [];
  items.forEach((item, index) => {
    try {
      ready.push({ item, rendered: render(item, index) });
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      refused.set(index, refusedByUs('validation', error.message));
    }
  });
  return { ready, refused };
};

const inPlace = (
  count: number,
  refused: ReadonlyMap<number, Outcome>,
  answered: readonly Outcome[],
): readonly Outcome[] => {
  const rest = answered.values();
  return Array.from(
    { length: count },
    (_, index) => refused.get(index) ?? rest.next().value ?? unanswered('the item was passed over'),
  );
};

type Ready = ReturnType<typeof renderedItems>['ready'];
type SendReady = (ready: Ready, call: Call) => Promise<readonly Outcome[]>;

/** Sends both halves, the second only when the first leaves the connection usable. */
const inHalves = (ready: Ready, send: SendReady, call: Call): Promise<readonly Outcome[]> => {
  const byItem = new Map(ready.map((one) => [one.item, one]));
  const sendHalf: Send = (half, way) =>
    send(
      half.flatMap((item) => byItem.get(item) ?? []),
      way,
    );
  return inTurn(halves(ready.map(({ item }) => item)), sendHalf, call);
};

/** What a refusal of the whole batch says of each item; of a single one it is the item’s own. */
const refusedWhole = (sorted: Sorted, count: number): Outcome =>
  outcomeOfRefusedCall(
    count === 1 && sorted.error.scope === 'batch' ? { ...sorted, error: { ...sorted.error, scope: 'item' } } : sorted,
  );

const weightOf = ({ body }: Prepared): number =>
  body !== undefined && 'text' in body ? Buffer.byteLength(body.text) : 0;

/** Sends items that are ready as one request; in halves when it is too heavy, or refused as a whole. */
const createSendReady = (writing: Writing, rows: Rows, world: World): SendReady => {
  const prepare = compileRequest(writing.request, world);
  const results = createResults(writing, rows, world);
  const signalOf = createSignal(world, writing.refusal);
  const send: SendReady = async (ready, call) => {
    const items = ready.map(({ item }) => item);
    const request = prepare({ items: ready.map(({ rendered }) => rendered) });
    if (weightOf(request) > world.requestBytes) {
      if (items.length > 1) return inHalves(ready, send, call);
      return [refusedByUs('too-large', `the record is larger than the ${world.requestBytes} bytes of one request`)];
    }
    const reply = await attempt(world.http, request, call);
    if (!('headers' in reply)) return items.map(() => reply);
    if (wentWell(world, reply)) return readOr(items, () => results(items, reply.json()));
    const sorted = world.sort(signalOf(reply), 'batch');
    const splits = writing.split_refused && sorted.nothingDone && sorted.error.scope === 'batch';
    if (splits && items.length > 1 && SPLIT_ON.has(reply.status)) return inHalves(ready, send, call);
    return items.map(() => refusedWhole(sorted, items.length));
  };
  return send;
};

/** The outcomes that a reply states; none can be read from one that nobody described, so all are unknown. */
const readOr = (items: readonly WriteItem[], read: () => readonly Outcome[]): readonly Outcome[] => {
  try {
    return read();
  } catch (error) {
    return items.map(() => outcomeOfLostCall(error, true));
  }
};

const createBatch = (writing: Writing, template: Json, rows: Rows, world: World, guarded: boolean): Send => {
  const makeItem = bodyTemplate(template);
  const send = createSendReady(writing, rows, world);
  // Where a protocol has types of its own, an item may be one that no message can hold: it alone is refused.
  const alone = world.compile?.(writing.request);
  const render = (item: WriteItem, place: number): unknown => {
    const rendered = makeItem({ ...world.values, ...valuesOf(item, guarded), place });
    alone?.({ items: [rendered] });
    return rendered;
  };
  return async (items, call) => {
    const { ready, refused } = renderedItems(items, render);
    return inPlace(items.length, refused, ready.length === 0 ? [] : await send(ready, call));
  };
};

const createSingle = (writing: Writing, rows: Rows, world: World, guarded: boolean): Send => {
  const prepare = compileRequest(writing.request, world);
  const result = createSingleResult(writing, rows, world);
  const sendOne = async (item: WriteItem, call: Call): Promise<Outcome> => {
    let request: Prepared;
    try {
      request = prepare(valuesOf(item, guarded));
    } catch (error) {
      if (!(error instanceof SyncError)) throw error;
      return refusedByUs('validation', error.message);
    }
    const reply = await attempt(world.http, request, call);
    if (!('headers' in reply)) return reply;
    return readOr([item], () => [result(item, reply)])[0] ?? unanswered('the reply says nothing about this item');
  };
  return async (items, call) => {
    let stop: Outcome | undefined;
    return each(items, world.concurrency, async (item) => {
      if (stop !== undefined) return notSent(stop);
      const outcome = await sendOne(item, call);
      if (stops(outcome)) stop ??= outcome;
      return outcome;
    });
  };
};

const UNSUPPORTED = 'the preset does not say how to';

/** Compiles the writes of a record type. */
export const createWrites = (type: RecordType, rows: Rows, world: World): Send => {
  const guarded = type.capabilities.guard === 'version';
  const compiled = (writing: Writing | undefined): Send | undefined => {
    if (writing === undefined) return undefined;
    const { item } = writing;
    return item === undefined
      ? createSingle(writing, rows, world, guarded)
      : createBatch(writing, item as Json, rows, world, guarded);
  };
  const { create, update, delete: remove, max } = type.write;
  const sends: Readonly<Record<Op, Send | undefined>> = {
    create: compiled(create),
    update: compiled(update),
    delete: compiled(remove),
  };
  const ofOp = (op: Op): Send => {
    const send = sends[op];
    if (send === undefined)
      return async (items) => items.map(() => refusedByUs('unsupported', `${UNSUPPORTED} ${op} this record`));
    const { item, max: own = max } = type.write[op] ?? {};
    return item === undefined ? send : (items, call) => inTurn(pieces(items, Math.min(own, max)), send, call);
  };
  return async (items, call) => {
    const outcomes = new Map<WriteItem, Outcome>();
    let stop: Outcome | undefined;
    for (const op of ['create', 'update', 'delete'] as const) {
      const own = items.filter((item) => item.op === op);
      if (own.length === 0) continue;
      const rest = stop;
      const answered = rest === undefined ? await ofOp(op)(own, call) : own.map(() => notSent(rest));
      own.forEach((item, index) => {
        outcomes.set(item, answered[index] ?? unanswered('the item was passed over'));
      });
      stop ??= answered.find(stops);
    }
    return items.map((item) => outcomes.get(item) ?? unanswered('the item was passed over'));
  };
};
