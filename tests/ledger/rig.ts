import { randomUUID } from 'node:crypto';
import type { Call, Change, Connector } from '../../connectors/sdk/seam.ts';
import { SIDES, type Side, slotName } from '../../src/domain/record.ts';
import { type Database, openDatabase } from '../../src/ledger/database.ts';
import type { Sending } from '../../src/ledger/port.ts';
import { createCapture } from '../../src/ledger/steps/capture.ts';
import type { Context, SlotTraits } from '../../src/ledger/steps/context.ts';
import { createPipeline } from '../../src/ledger/steps/pipeline.ts';
import { register } from '../../src/ledger/steps/register.ts';
import type { Mapping } from '../../src/mapping/port.ts';
import { mappingsOf } from '../simulation/mappings.ts';
import { createSystem, type FakeSystem, type Manners } from '../simulation/system.ts';

/** Two fake systems, the real ledger and its steps, driven by hand: one mapping, or two on the same slots. */
export interface Rig {
  readonly db: Database;
  readonly context: Context;
  readonly systems: Readonly<Record<Side, FakeSystem>>;
  /** The records `Contact` and `Person`, which belong to those of `systems`. */
  readonly contacts: Readonly<Record<Side, FakeSystem>>;
  readonly pipeline: ReturnType<typeof createPipeline>;
  readonly capture: ReturnType<typeof createCapture>;
  /** Read all feeds to their ends, or those of some slots, and a full pass where one is wanted. */
  observe(some?: readonly string[]): Promise<void>;
  /** One round of a mapping: claim, observe, plan, write, release. False when nothing was due. */
  round(mapping?: string, send?: (sending: Sending) => Promise<void>): Promise<boolean>;
  /** Send a batch and remember what came of it, as a round does. */
  deliver(sending: Sending): Promise<void>;
  /** Rounds and readings until nothing is due. */
  settle(): Promise<void>;
  /** Time passes in the ledger and the systems. */
  pass(ms: number): void;
  count(sql: string, params?: readonly unknown[]): Promise<number>;
  close(): Promise<void>;
}

export interface RigOptions {
  readonly manners?: Partial<Record<Side, Partial<Manners>>>;
  readonly mappings?: readonly string[];
  /** Other mappings than the usual ones. */
  readonly compiled?: ReadonlyMap<string, Mapping>;
  readonly traits?: Partial<SlotTraits>;
  readonly onDeleteToErp?: 'block' | 'report' | 'delete';
  /** As in the simulation's mappings. */
  readonly retired?: 'block' | 'report';
  /** People in the CRM see the record's state. */
  readonly feedback?: true;
}

const CALL: Call = { signal: new AbortController().signal };
const SETTLE_MS = 2_000;
const BEGIN = Date.parse('2026-01-01T00:00:00Z');

const manners = (side: Side, more: Partial<Manners> = {}): Manners => ({
  side,
  record: side === 'crm' ? 'Account' : 'Partner',
  idempotency: side === 'crm' ? 'unique' : 'searchable',
  guard: 'version',
  deletes: side === 'crm' ? 'in-feed' : 'absence',
  returnsRecord: true,
  repeat: 'answers',
  normalise: (body) => body,
  refuses: () => undefined,
  ...more,
});

/** Makes one on a ledger whose schema is up to date. */
export const aRig = async (url: string, options: RigOptions = {}): Promise<Rig> => {
  let now = BEGIN;
  let seq = 0;
  const db = openDatabase(url, { now: () => new Date(now).toISOString() });
  const clock = { now: () => now, seq: () => (seq += 1) };
  const systems = {
    crm: createSystem(manners('crm', options.manners?.crm), clock),
    erp: createSystem(manners('erp', options.manners?.erp), clock),
  };
  const contacts = {
    crm: createSystem(manners('crm', { record: 'Contact', ...options.manners?.crm }), clock),
    erp: createSystem(manners('erp', { record: 'Person', ...options.manners?.erp }), clock),
  };
  const all = mappingsOf({
    ...(options.feedback === undefined ? {} : { feedback: options.feedback }),
    onDeleteToErp: options.onDeleteToErp ?? 'block',
    rareTerms: 0,
    ...(options.retired === undefined ? {} : { retired: options.retired }),
  });
  const mappings: ReadonlyMap<string, Mapping> =
    options.compiled ?? new Map([...all].filter(([name]) => (options.mappings ?? ['customer']).includes(name)));
  const connectorOf = (slot: string): Connector =>
    (/Contact$|Person$/.test(slot) ? contacts : systems)[slot.startsWith('crm/') ? 'crm' : 'erp'].connector;
  const recordOf = (slot: string): string => slot.split('/')[1] ?? '';
  const traits = (slot: string): SlotTraits => {
    const { idempotency, guard, versionCoversAll, version } = connectorOf(slot).capabilities[recordOf(slot)] ?? {
      idempotency: 'none',
      guard: 'none',
      versionCoversAll: false,
      version: undefined,
    };
    return {
      idempotency,
      counts: version === 'counter',
      fresh: !(guard === 'version' && versionCoversAll),
      settleMs: SETTLE_MS,
      sweepMs: 0,
      ...options.traits,
    };
  };
  const context: Context = { db, mappings: () => mappings, traits, uuid: randomUUID };
  await register(db, { config: 1, connections: ['crm', 'erp'], mappings: [...mappings.values()] });
  const capture = createCapture(context);
  const pipeline = createPipeline(context);
  const tick = (ms = 1): void => {
    now += ms;
  };

  const feed = async (slot: string): Promise<void> => {
    for (;;) {
      await capture.beginPass(slot, true);
      const { feedCursor, pass } = await capture.position(slot);
      const kind = pass === undefined ? 'feed' : 'pass';
      const from = await capture.now();
      tick();
      const page =
        pass === undefined
          ? await connectorOf(slot).changes(recordOf(slot), { cursor: feedCursor, limit: 100 }, CALL)
          : await connectorOf(slot).list(recordOf(slot), { cursor: pass.cursor, limit: 100 }, CALL);
      await capture.storePage({
        slot,
        kind,
        changes: page.changes as readonly Change[],
        next: page.next,
        done: !page.more,
        from,
      });
      if (kind === 'feed' && !page.more) return;
    }
  };
  const slots = new Set([...mappings.values()].flatMap(({ between }) => SIDES.map((side) => slotName(between[side]))));
  const observe: Rig['observe'] = async (some = [...slots]) => {
    for (const slot of some) await feed(slot);
  };

  const readAll = async (segment: string, connection: string): Promise<void> => {
    const epoch = await pipeline.fence(segment, connection);
    for (const reading of await pipeline.readings(segment, connection, epoch)) {
      const from = await capture.now();
      tick();
      const connector = connectorOf(reading.slot);
      const ids = await connector.read(reading.record, { ids: reading.ids }, CALL);
      const keys = await connector.read(reading.record, { keys: reading.keys }, CALL);
      const control =
        reading.control === null ? null : await connector.read(reading.record, { ids: [reading.control] }, CALL);
      await pipeline.storeReading(segment, connection, epoch, {
        slot: reading.slot,
        from,
        ids: reading.ids.map((id, i) => ({ id, answer: ids[i] ?? { absent: true } })),
        keys: reading.keys.map((key, i) => ({ key, answer: keys[i] ?? { absent: true } })),
        controlPresent: control === null ? null : 'found' in (control[0] ?? {}),
      });
    }
  };
  const deliver = async (sending: Sending): Promise<void> => {
    const from = await capture.now();
    tick();
    const outcomes = await connectorOf(sending.slot).write(sending.record, sending.items, CALL);
    await pipeline.remember(sending, outcomes, from);
  };
  const round: Rig['round'] = async (mapping = 'customer', send = deliver) => {
    const claimed = await pipeline.claim({ mapping, fresh: randomUUID(), workflow: `sync-${mapping}` });
    if (claimed.segment === null) return false;
    tick();
    for (const connection of claimed.sources) await readAll(claimed.segment, connection);
    const { targets } = await pipeline.plan(claimed.segment);
    for (const connection of targets) {
      const epoch = await pipeline.fence(claimed.segment, connection);
      await pipeline.doubtUnanswered(claimed.segment, connection, epoch);
      for (
        let sending = await pipeline.beginSend(claimed.segment, connection, epoch, 3);
        sending !== null;
        sending = await pipeline.beginSend(claimed.segment, connection, epoch, 3)
      )
        await send(sending);
    }
    await pipeline.release(claimed.segment);
    return true;
  };
  const settle = async (): Promise<void> => {
    for (let quiet = 0, rounds = 0; quiet < 3 && rounds < 60; rounds += 1) {
      tick(1_500);
      await observe();
      let worked = false;
      for (const name of mappings.keys()) worked = (await round(name)) || worked;
      quiet = worked ? 0 : quiet + 1;
    }
  };
  return {
    db,
    context,
    systems,
    contacts,
    pipeline,
    capture,
    observe,
    round,
    deliver,
    settle,
    pass: tick,
    count: async (sql, params) =>
      Number((await db.query<{ n: string }>(`select count(*) as n from ${sql}`, params))[0]?.n ?? 0),
    close: () => db.close(),
  };
};
