/** The product's activities as the simulation runs them: between two steps anything may happen. */
import type { Connector, ReadAnswer } from '../../connectors/sdk/seam.ts';
import type { Side } from '../../src/domain/record.ts';
import type { Reading, ReadResult, Sending } from '../../src/ledger/port.ts';
import { createCapture } from '../../src/ledger/steps/capture.ts';
import { enqueue } from '../../src/ledger/steps/queue.ts';
import { Crash } from './crash.ts';
import { RECORDS, slotAt } from './setup.ts';
import type { Fate } from './system.ts';
import type { World } from './world.ts';

/** An attempt at an activity: it pauses before each step and is told the fate of what it is about to send. */
export type Attempt = AsyncGenerator<'step' | 'send', unknown, Fate | undefined>;

/** A call limit plus the settle time: the time within which a request has taken effect or never will. */
export const SETTLE_MS = 10_000;
const BATCH = 3;
const NEVER = { signal: new AbortController().signal };

/** Read one page of a full pass, if one is under way, and of the feed to its end. */
export async function* capture(world: World, side: Side): AsyncGenerator<'step' | 'send', void, Fate | undefined> {
  const slot = slotAt(side);
  const { connector } = world.systems[side];
  await world.capture.beginPass(slot, true);
  yield 'step';
  for (let more = true; more; ) {
    const position = await world.capture.position(slot);
    if (position.closed !== undefined) return;
    const kind = position.pass === undefined ? 'feed' : 'pass';
    yield 'step';
    const from = await world.capture.now();
    const request = { cursor: position.pass?.cursor ?? position.feedCursor, limit: world.setup.page };
    const page =
      kind === 'feed'
        ? await connector.changes(RECORDS[side], request, NEVER)
        : await connector.list(RECORDS[side], request, NEVER);
    yield 'step';
    await storePage(world, slot, { slot, kind, changes: page.changes, next: page.next, done: !page.more, from });
    yield 'step';
    more = page.more || kind === 'pass';
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
export async function* observe(
  world: World,
  segment: string,
  connection: Side,
): AsyncGenerator<'step' | 'send', void, Fate | undefined> {
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
export async function* write(
  world: World,
  segment: string,
  connection: Side,
): AsyncGenerator<'step' | 'send', void, Fate | undefined> {
  const system = world.systems[connection];
  const epoch = await world.pipeline.fence(segment, connection);
  yield 'step';
  await world.pipeline.doubtUnanswered(segment, connection, epoch);
  for (;;) {
    yield 'step';
    const deadline = world.time.now + SETTLE_MS;
    const sending = await world.pipeline.beginSend(segment, connection, epoch, BATCH);
    if (sending === null) return;
    const fate = yield 'send';
    if (world.time.now >= deadline && !world.setup.late) throw new Crash('frozen for longer than the promise allows');
    await world.judgeSending(connection, sending);
    const from = await world.capture.now();
    system.network = { fate: fate ?? 'ok', deadline };
    const outcomes = await system.connector.write(sending.record, sending.items, NEVER);
    yield 'step';
    await world.pipeline.remember(sending, outcomes, from);
  }
}

/** What the ledger gives up once a connection's attempts are used up. */
export async function* withdraw(
  world: World,
  segment: string,
  connection: Side,
): AsyncGenerator<'step' | 'send', void, Fate | undefined> {
  yield 'step';
  await world.pipeline.withdraw(segment, connection, 'UNREACHABLE', 1_000);
}

/** A ledger step is one step. */
export async function* once<T>(work: () => Promise<T>): AsyncGenerator<'step' | 'send', T, Fate | undefined> {
  return await work();
}
export type { Sending };
