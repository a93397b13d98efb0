import type { Call, Outcome } from '../connectors/sdk/seam.ts';
import { CODE_OF_CLASS, type ErrorClass, SyncError } from '../src/domain/errors.ts';
import type { Sending } from '../src/ledger/port.ts';
import type { Deps, LiveConnection } from './deps.ts';
import type { PartInput } from './observe.ts';
import { asOutbound, inLanes, turns } from './outbound.ts';

export interface WriteCounts {
  readonly created: number;
  readonly updated: number;
  readonly failed: number;
  /** In doubt now: found out later by reading. */
  readonly unknown: number;
}

// Rows of one transaction of the ledger, and of one request.
const BATCH = 200;
// The same while a load yields to changes.
const SMALL_BATCH = 50;

/** Send a segment's stated writes to one connection, batch by batch. Safe to repeat: what may have been sent goes in doubt first. */
export const createWriteSegment = (deps: Deps) =>
  asOutbound(
    deps,
    'write',
    ({ segment, connection }: PartInput, { signal, heard }): Promise<WriteCounts> =>
      deps.connections.use(connection, async (live) => {
        const epoch = await deps.pipeline.fence(segment, connection);
        await deps.pipeline.doubtUnanswered(segment, connection, epoch);
        const counts = { created: 0, updated: 0, failed: 0, unknown: 0 };
        const limit = batchOf(live);
        const call: Call = { signal, beforeRequest: live.leave };
        // Lanes that asked at once could be told "nothing left" of one slot while another still has some.
        const inTurn = turns();
        try {
          await inLanes(live.settings.concurrency, async () => {
            signal.throwIfAborted();
            const began = deps.elapsed();
            const most = deps.precedence.yields(segment) ? Math.min(limit, SMALL_BATCH) : limit;
            const sending = await inTurn(() => deps.pipeline.beginSend(segment, connection, epoch, most));
            if (sending === null) return false;
            const from = await deps.capture.now();
            const { outcomes, stop } = await sent(live, sending, call);
            if (stop === undefined && outcomes.some(({ status }) => status !== 'unknown')) heard();
            const batch = await deps.pipeline.remember(sending, outcomes, from);
            for (const name of ['created', 'updated', 'failed', 'unknown'] as const) counts[name] += batch[name];
            if (batch.nudge.length > 0) await deps.nudge(batch.nudge);
            if (stop !== undefined) throw stop;
            await deps.precedence.rest(segment, deps.elapsed() - began);
            return true;
          });
        } finally {
          deps.log.info({ segment, connection, ...counts }, 'written');
        }
        return counts;
      }),
  );

/** What is only read says nothing about how much may be written at once. */
const batchOf = ({ connector }: LiveConnection): number => {
  const written = Object.values(connector.capabilities).filter(
    ({ write }) => write.create || write.update || write.delete,
  );
  return Math.max(1, Math.min(BATCH, ...written.map(({ write }) => write.maxBatch)));
};

interface Sent {
  readonly outcomes: readonly Outcome[];
  /** The connection as a whole does not take more now. */
  readonly stop?: SyncError;
}

/** A connector throws only while no byte was sent; then every item failed in the same way, and nothing is in doubt. */
const sent = async ({ connector, settings }: LiveConnection, sending: Sending, call: Call): Promise<Sent> => {
  try {
    const outcomes = await connector.write(sending.record, sending.items, call);
    const stop = stopOf(settings.name, outcomes);
    return { outcomes, ...(stop === undefined ? {} : { stop }) };
  } catch (error) {
    if (error instanceof SyncError) return { outcomes: sending.items.map(() => unsent(error)), stop: error };
    // A fault of ours may come after the request left.
    const stop = new SyncError('INTERNAL', 'the connector failed', { connection: settings.name }, error);
    return { outcomes: sending.items.map(() => FAULT), stop };
  }
};

const stopOf = (connection: string, outcomes: readonly Outcome[]): SyncError | undefined => {
  for (const outcome of outcomes) {
    if (outcome.status !== 'failed' || outcome.error.scope !== 'connection') continue;
    const { class: kind, message, retryAfterMs } = outcome.error;
    return new SyncError(CODE_OF_CLASS[kind], message, {
      connection,
      class: kind,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  }
  return undefined;
};

const unsent = (error: SyncError): Outcome => {
  const { retryAfterMs } = error.facts;
  return {
    status: 'failed',
    error: {
      class: classOf(error),
      message: error.message,
      scope: 'connection',
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    },
  };
};

const FAULT: Outcome = {
  status: 'unknown',
  error: { class: 'transient', message: 'the connector failed while it was sending', scope: 'batch' },
};

/** A refusal of the whole call must not look like a refusal of each record in it. */
const classOf = ({ code, recovery, facts }: SyncError): ErrorClass => {
  if (recovery === 'pause') return 'auth';
  if (code === 'RATE_LIMITED') return 'rate-limited';
  return recovery === 'park' ? (facts.class ?? 'permission') : 'transient';
};
