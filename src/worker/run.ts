/** The life of a worker, from nothing to a clean stop. */
import type { Logger } from 'pino';
import type { Compiled } from '../config/compiled.ts';
import type { EngineSettings } from '../config/engine.ts';
import { demanded, type Settings } from '../config/settings.ts';
import type { Database } from '../ledger/database.ts';
import { openLedger } from '../ledger/open.ts';
import { calledSlots } from '../ledger/steps/hints.ts';
import { ordersToStart } from '../ledger/steps/order-look.ts';
import { discard } from '../ledger/steps/views-kept.ts';
import { workflowBundle } from './bundle.ts';
import { type Composition, compose } from './compose.ts';
import { connectEngine, createQueues, createStarter, type Queues, type Starter } from './engine.ts';
import { createFollower, type Next } from './follow.ts';
import { numbering } from './numbering.ts';
import { every, patiently, saidOf } from './patience.ts';

export interface WorkerParts {
  readonly settings: Settings;
  readonly engine: EngineSettings;
  readonly log: Logger;
  /** Told to stop. */
  readonly signal: AbortSignal;
  readonly ready: (facts: object) => void;
}

// Two segments at once, each written by several lanes, captures and claims beside them.
const POOL = 14;
const LOOK_MS = 500;
// So much later at most a webhook wakes a capture that rests here.
const HEAR_MS = 100;
const CHAIN_MS = 1_000;
// A lost engine's store stands still no longer than this: whoever starts what runs already changes nothing.
const ENSURE_MS = 10_000;
// Each look starts so many new documents' workflows, and sees to so many that were not seen to for half a minute.
const ORDERS_AT_ONCE = 50;
const ORDERS_AGAIN = 5;
const ORDERS_MS = 30_000;
// How much longer than promised something that a view keeps may stand.
const DISCARD_MS = 30_000;

/** Runs until the signal says stop. Throws only for what no waiting can mend, such as a setting that is missing. */
export const runWorker = async (parts: WorkerParts): Promise<void> => {
  const { settings, engine, log, signal } = parts;
  const url = demanded(settings, 'DATABASE_URL');
  const db = await patiently(log, 'waiting for the ledger', signal, () => openLedger(url, POOL));
  if (db === undefined) return;
  try {
    const bundle = await workflowBundle(settings.TALLY_CACHE);
    const connection = await patiently(log, 'waiting for the engine', signal, () => connectEngine(engine));
    if (connection === undefined) return;
    const starter = createStarter(connection, engine);
    const lost = new Set<string>();
    const nudge = quietly(starter.nudge, log, (names) => {
      for (const name of names) lost.add(name);
    });
    const composition = compose({
      settings,
      db,
      log,
      nudge,
      nudgeOrders: quietly(starter.nudgeOrders, log, () => undefined),
    });
    const queues = createQueues({ connection, engine, bundle, composition, log });
    log.info({ engine: engine.address }, 'worker ready');
    parts.ready({ queue: engine.taskQueue });
    // Captures look on while the engine is away: what they saw then is told as soon as it is back.
    const nudgeAgain: House['nudgeAgain'] = async (inForce) => {
      // A nudge begins what does not run: what was taken out of the configuration meanwhile is not told.
      const names = [...lost].filter((name) => inForce?.mappings.has(name));
      lost.clear();
      if (names.length > 0) await nudge(names);
    };
    await housekeeping(parts, { db, starter, composition, queues, nudgeAgain });
    const stopped = queues.stop();
    composition.rests.close();
    await stopped;
    composition.close();
    await connection.close();
  } finally {
    await db.close();
  }
};

interface House {
  readonly db: Database;
  readonly starter: Starter;
  readonly composition: Composition;
  readonly queues: Queues;
  readonly nudgeAgain: (inForce: Compiled | undefined) => Promise<void>;
}

/** What goes on beside the queues until the signal says stop: configuration, workflows that are missing, the journal's numbers. */
const housekeeping = async ({ settings, log, signal }: WorkerParts, house: House): Promise<void> => {
  const { db, starter, composition, queues, nudgeAgain } = house;
  const follow = createFollower({ settings, db, log });
  let inForce: Compiled | undefined;
  let ensured = Number.NEGATIVE_INFINITY;
  let forgot = Number.NEGATIVE_INFINITY;
  const apply = async ({ revision, compiled }: Next): Promise<void> => {
    await composition.apply(revision, compiled);
    await queues.serve(compiled.configuration.connections.map(({ name }) => name));
    if (inForce !== undefined) await starter.retire(inForce, compiled);
    inForce = compiled;
    ensured = Number.NEGATIVE_INFINITY;
    forgot = Number.NEGATIVE_INFINITY; // a view may be out of force with it
    log.info({ revision: revision.number }, 'configuration in force');
  };
  const ensure = async (): Promise<void> => {
    if (inForce === undefined || performance.now() - ensured < ENSURE_MS) return;
    await starter.ensure(inForce);
    ensured = performance.now();
  };
  // New ones first and at once; of those that run some at a time, so that a lost engine's store is made up for unaided.
  const orders = async () => [
    ...(await ordersToStart(db, ORDERS_AT_ONCE, null)),
    ...(await ordersToStart(db, ORDERS_AGAIN, ORDERS_MS)),
  ];
  // Before a configuration is known nobody can say what may go.
  const forget = async (): Promise<void> => {
    if (inForce === undefined || performance.now() - forgot < DISCARD_MS) return;
    await discard(db, inForce.views);
    forgot = performance.now();
  };
  const hear = async (): Promise<void> => {
    if (composition.rests.resting() > 0) composition.rests.call(await calledSlots(db));
  };
  await Promise.all([
    every(log, 'telling mappings again', LOOK_MS, signal, () => nudgeAgain(inForce)),
    every(log, 'hearing webhooks', HEAR_MS, signal, hear),
    every(log, 'following the configuration', LOOK_MS, signal, () => follow(apply)),
    every(log, 'starting what is missing', LOOK_MS, signal, ensure),
    every(log, 'starting orders', LOOK_MS, signal, async () => starter.startOrders(await orders())),
    every(log, 'forgetting what views kept', LOOK_MS, signal, forget),
    every(log, 'numbering the journal', CHAIN_MS, signal, numbering(db)),
  ]);
};

/** A nudge that cannot be sent fails nobody's step: the workflow looks by itself within seconds. */
const quietly =
  <Name>(nudge: (names: readonly Name[]) => Promise<void>, log: Logger, lost: (names: readonly Name[]) => void) =>
  async (names: readonly Name[]): Promise<void> => {
    try {
      await nudge(names);
    } catch (error) {
      lost(names);
      log.debug({ code: 'ENGINE_DOWN', names, fault: saidOf(error).message }, 'a nudge was lost');
    }
  };
