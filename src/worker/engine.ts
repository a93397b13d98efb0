/** The worker's side of the engine: its queues, and the workflows that must always be there. */
import { Client, WorkflowNotFoundError } from '@temporalio/client';
import { NativeConnection, Worker, type WorkerOptions } from '@temporalio/worker';
import type { Logger } from 'pino';
import { captureId, NUDGE, orderId, queueOf, syncId, WORKFLOW_TASK_TIMEOUT_MS } from '../../workflows/messages.ts';
import type { Compiled } from '../config/compiled.ts';
import { type EngineSettings, engineAddress } from '../config/engine.ts';
import { SyncError } from '../domain/errors.ts';
import { SIDES, type Side, slotName } from '../domain/record.ts';
import type { OrderName } from '../ledger/port.ts';
import type { Composition } from './compose.ts';
import { createComplaint, pause } from './patience.ts';

// A call to the engine that takes longer has met one that is down.
const CALL_MS = 3_000;
// How long steps under way may take to end when the worker stops.
const GRACE_MS = 4_000;

/** Connects, or throws ENGINE_DOWN. */
export const connectEngine = async (engine: EngineSettings): Promise<NativeConnection> => {
  try {
    return await NativeConnection.connect(engineAddress(engine));
  } catch (error) {
    throw new SyncError('ENGINE_DOWN', `the Temporal server at ${engine.address} cannot be reached`, {}, error);
  }
};

/** Starts and wakes workflows. */
export const createStarter = (connection: NativeConnection, { namespace, taskQueue }: EngineSettings) => {
  const client = new Client({ connection, namespace });
  const soon = <T>(call: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + CALL_MS, call);
  const options = (workflowId: string) =>
    ({
      workflowId,
      taskQueue,
      workflowIdConflictPolicy: 'USE_EXISTING',
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    }) as const;
  return {
    /** Rule 13: whatever is missing is started, from the configuration, under fixed names. */
    ensure: async ({ mappings }: Compiled): Promise<void> => {
      for (const [mapping, { between }] of mappings) {
        await soon(() =>
          client.workflow.start('sync', { ...options(syncId(mapping)), args: [{ mapping, turns: true }] }),
        );
        for (const side of SIDES) {
          const { connection: name } = between[side];
          const slot = slotName(between[side]);
          await soon(() =>
            client.workflow.start('capture', { ...options(captureId(slot)), args: [{ slot, connection: name }] }),
          );
        }
      }
    },
    nudge: async (mappings: readonly string[]): Promise<void> => {
      for (const mapping of mappings)
        await soon(() =>
          client.workflow.signalWithStart('sync', {
            ...options(syncId(mapping)),
            args: [{ mapping, turns: true }],
            signal: NUDGE,
          }),
        );
    },
    /** One workflow for each document; one that runs goes on. */
    startOrders: async (orders: readonly OrderName[]): Promise<void> => {
      for (const order of orders)
        await soon(() =>
          client.workflow.start('order', { ...options(orderId(order.mapping, order.record)), args: [order] }),
        );
    },
    /** Whoever runs no more has nothing to look at. */
    nudgeOrders: async (orders: readonly OrderName[]): Promise<void> => {
      for (const { mapping, record } of orders)
        await soon(() => client.workflow.getHandle(orderId(mapping, record)).signal(NUDGE)).catch((error) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        });
    },
    /** End what the configuration no longer has. */
    retire: async (before: Compiled, now: Compiled): Promise<void> => {
      const names = idsOf(now);
      for (const id of idsOf(before)) {
        if (names.has(id)) continue;
        // Another worker may have ended it already.
        await soon(() => client.workflow.getHandle(id).terminate('no longer in the configuration')).catch((error) => {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        });
      }
    },
  };
};
export type Starter = ReturnType<typeof createStarter>;

const idsOf = ({ mappings }: Compiled): ReadonlySet<string> =>
  new Set(
    [...mappings].flatMap(([name, { between }]) => [
      syncId(name),
      ...SIDES.map((side: Side) => captureId(slotName(between[side]))),
    ]),
  );

/** A worker on one queue, made again whenever it ends by itself. */
interface Kept {
  stop(): Promise<void>;
}

const keep = (log: Logger, what: string, make: () => Promise<Worker>): Kept => {
  const stopping = new AbortController();
  const complaint = createComplaint(log, what);
  let worker: Worker | undefined;
  const life = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      try {
        worker = await make();
        if (stopping.signal.aborted) worker.shutdown();
        complaint.over();
        await worker.run();
      } catch (error) {
        complaint.trouble(error);
      }
      worker = undefined;
      await pause(1_000, stopping.signal);
    }
  };
  const lived = life();
  return {
    stop: async () => {
      stopping.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      await lived;
    },
  };
};

const COMMON = { maxHeartbeatThrottleInterval: 1_000, shutdownGraceTime: GRACE_MS } as const;

/** All queues this process serves: the workflows' own, and one per connection, as the configuration has them. */
export const createQueues = (parts: {
  readonly connection: NativeConnection;
  readonly engine: EngineSettings;
  readonly bundle: string;
  readonly composition: Composition;
  readonly log: Logger;
}) => {
  const { connection, engine, bundle, composition, log } = parts;
  const { namespace, taskQueue } = engine;
  const made = (options: Omit<WorkerOptions, 'connection'>) => () =>
    Worker.create({ connection, namespace, ...COMMON, ...options });
  const main = keep(
    log,
    `queue ${taskQueue}`,
    made({
      taskQueue,
      workflowBundle: { codePath: bundle },
      activities: composition.ledgerSteps,
      // A killed worker's cached workflows are taken over after a second.
      stickyQueueScheduleToStartTimeout: 1_000,
      // One workflow per mapping and slot: small numbers keep memory small.
      maxCachedWorkflows: 100,
      maxConcurrentWorkflowTaskExecutions: 8,
      maxConcurrentWorkflowTaskPolls: 4,
      maxConcurrentActivityTaskExecutions: 16,
      maxConcurrentActivityTaskPolls: 2,
    }),
  );
  const outbound = new Map<string, Kept>();
  const serve = (name: string): Kept =>
    keep(
      log,
      `queue ${queueOf(taskQueue, name)}`,
      made({
        taskQueue: queueOf(taskQueue, name),
        activities: composition.outboundSteps,
        // Two lanes of each mapping at most work at once; the others are captures that rest between their looks.
        maxConcurrentActivityTaskExecutions: 200,
        maxConcurrentActivityTaskPolls: 2,
      }),
    );
  return {
    /** Serve exactly these connections from now on; those left out are drained. */
    serve: async (names: readonly string[]): Promise<void> => {
      for (const name of names) if (!outbound.has(name)) outbound.set(name, serve(name));
      const gone = [...outbound].filter(([name]) => !names.includes(name));
      for (const [name] of gone) outbound.delete(name);
      await Promise.all(gone.map(([, kept]) => kept.stop()));
    },
    stop: async (): Promise<void> => {
      await Promise.all([main, ...outbound.values()].map((kept) => kept.stop()));
    },
  };
};
export type Queues = ReturnType<typeof createQueues>;
