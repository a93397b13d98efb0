/** The product's activities as the simulation runs them: between two steps anything may happen. */
import type { Connector, Outcome, ReadAnswer } from '../../connectors/sdk/seam.ts';
import { SyncError } from '../../src/domain/errors.ts';
import type { Side } from '../../src/domain/record.ts';
import type { Reading, ReadResult, Sending } from '../../src/ledger/port.ts';
import { createCapture } from '../../src/ledger/steps/capture.ts';
import { enqueue } from '../../src/ledger/steps/queue.ts';
import { Crash } from './crash.ts';
import { RECORDS, slotAt } from './setup.ts';
import type { Fate } from './wire.ts';
import type { World } from './world.ts';

/** An attempt at an activity: it pauses before each step and is told the fate of what it is about to send. */
type Step = AsyncGenerator<'step' | 'send', void, Fate | undefined>;
export interface Attempt {
  next(fate?: Fate): Promise<IteratorResult<'step' | 'send', unknown>>;
}

/** A call limit plus the settle time: the time within which a request has taken effect or never will. */
export const SETTLE_MS = 10_000;
const BATCH = 3;
const NEVER = { signal: new AbortController().signal };

/** Read the feed to its end, then a full pass if one is under way. */
export async function* capture(world: World, side: Side): Step {
  const slot = slotAt(side);
  if ((await world.capture.position(slot)).closed !== undefined) return;
  await world.capture.beginPass(slot, true);
  const { feedCursor, pass } = await world.capture.position(slot);
  yield* pages(world, side, 'feed', feedCursor);
  if (pass !== undefined) yield* pages(world, side, 'pass', pass.cursor);
}

async function* pages(world: World, side: Side, kind: 'feed' | 'pass', begin: string): Step {
  const { connector } = world.systems[side];
  const slot = slotAt(side);
  for (let cursor = begin, more = true; more; ) {
    yield 'step';
    const from = await world.capture.now();
    const request = { cursor, limit: world.setup.page };
    const page = await (kind === 'feed'
      ? connector.changes(RECORDS[side], request, NEVER)
      : connector.list(RECORDS[side], request, NEVER));
    yield 'step';
    await storePage(world, slot, { slot, kind, changes: page.changes, next: page.next, done: !page.more, from });
    ({ next: cursor, more } = page);
  }
}

type Page = Parameters<World['capture']['storePage']>[0];

/** One of the two captures: it enqueues every row of a page, equal or not. */
const storePage = async (world: World, slot: string, page: Page): Promise<void> => {
  if (!world.enqueueAll) {
    await world.capture.storePage(page);
    return;
  }
  if (world.context.mutation === 'cursor-before-commit') await world.capture.storePage(page);
  else
    await world.context.db.transaction(async (db) => {
      await createCapture({ ...world.context, db }).storePage(page);
      const ids = page.changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : []));
      await enqueue(
        db,
        [...world.context.mappings().keys()].flatMap((mapping) => ids.map((id) => ({ mapping, slot, id }))),
        'change',
      );
    });
};

const answered = async (connector: Connector, reading: Reading, from: string): Promise<ReadResult> => {
  const ids = reading.control === null ? reading.ids : [...new Set([...reading.ids, reading.control])];
  const byId = ids.length === 0 ? [] : await connector.read(reading.record, { ids }, NEVER);
  const byKey = reading.keys.length === 0 ? [] : await connector.read(reading.record, { keys: reading.keys }, NEVER);
  const answer = (list: readonly ReadAnswer[], at: number): ReadAnswer => list[at] ?? { absent: true };
  const control = reading.control === null ? undefined : answer(byId, ids.indexOf(reading.control));
  return {
    slot: reading.slot,
    from,
    ids: reading.ids.map((id, at) => ({ id, answer: answer(byId, at) })),
    keys: reading.keys.map((key, at) => ({ key, answer: answer(byKey, at) })),
    controlPresent: control === undefined ? null : 'found' in control,
  };
};

/** Read afresh what the segment needs at one connection. */
export async function* observe(world: World, segment: string, connection: Side): Step {
  const epoch = await world.pipeline.fence(segment, connection);
  yield 'step';
  for (const reading of await world.pipeline.readings(segment, connection, epoch)) {
    yield 'step';
    const from = await world.capture.now();
    const result = await answered(world.systems[connection].connector, reading, from);
    yield 'step';
    await world.pipeline.storeReading(segment, connection, epoch, result);
  }
}

/** Send a segment's stated writes to one connection, batch by batch. */
export async function* write(world: World, segment: string, connection: Side): Step {
  const system = world.systems[connection];
  const epoch = await world.pipeline.fence(segment, connection);
  yield 'step';
  await world.pipeline.doubtUnanswered(segment, connection, epoch);
  for (;;) {
    yield 'step';
    const deadline = world.time.now + SETTLE_MS;
    const sending = await world.pipeline.beginSend(segment, connection, epoch, BATCH);
    if (sending === null) return;
    // Judged here: what becomes known between the mark and the first byte no system can know in time.
    await world.judgeSending(connection, epoch, sending);
    const fate = yield 'send';
    if (world.time.now >= deadline && !world.setup.late) throw new Crash('frozen for longer than the promise allows');
    const from = await world.capture.now();
    system.network = { fate: fate ?? 'ok', deadline };
    const { outcomes, stop } = await sent(system.connector, sending);
    yield 'step';
    await world.pipeline.remember(sending, outcomes, from);
    if (stop !== undefined) throw stop;
  }
}

interface Sent {
  readonly outcomes: readonly Outcome[];
  /** The connection as a whole takes no more now. */
  readonly stop?: SyncError;
}

/** A connector throws only while no byte was sent: then every item failed alike, and nothing is in doubt. */
const sent = async (connector: Connector, sending: Sending): Promise<Sent> => {
  try {
    const outcomes = await connector.write(sending.record, sending.items, NEVER);
    const closed = outcomes.some((outcome) => outcome.status === 'failed' && outcome.error.scope === 'connection');
    return { outcomes, ...(closed ? { stop: new SyncError('RATE_LIMITED', 'slow down') } : {}) };
  } catch (error) {
    if (!(error instanceof SyncError)) throw error;
    const outcome: Outcome = {
      status: 'failed',
      error: { class: 'transient', message: error.message, scope: 'connection' },
    };
    return { outcomes: sending.items.map(() => outcome), stop: error };
  }
};

/** What the ledger gives up once a connection's attempts are used up. */
export async function* withdraw(world: World, segment: string, connection: Side): Step {
  yield 'step';
  await world.pipeline.withdraw(segment, connection, 'UNREACHABLE', 1_000);
}

/** A ledger step is one step. */
export const once = (work: () => Promise<unknown>): Attempt => ({
  next: async () => ({ done: true, value: await work() }),
});
