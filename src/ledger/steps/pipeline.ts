import type { PipelinePort } from '../port.ts';
import { claim } from './claim.ts';
import { pauseConnection, recordFailure, recordSuccess } from './connection.ts';
import type { Context } from './context.ts';
import { raise } from './fence.ts';
import { lookAtOrder } from './order-look.ts';
import { planSegment } from './plan.ts';
import { readings, storeReading } from './readings.ts';
import { release } from './release.ts';
import { remember } from './remember.ts';
import { beginSend, doubtUnanswered, withdraw } from './send.ts';
import { createStatedBodies } from './stated-bodies.ts';

/** What claim, observe, plan, write and remember ask of the ledger. */
export const createPipeline = (context: Context): PipelinePort => {
  const bodies = createStatedBodies();
  return {
    claim: (request) => claim(context, request),
    fence: (segment, part) => raise(context.db, segment, part),
    readings: (segment, connection, epoch) => readings(context, segment, connection, epoch),
    storeReading: (segment, connection, epoch, result) => storeReading(context, segment, connection, epoch, result),
    plan: (segment, piece) => planSegment(context, segment, bodies, piece),
    order: (name) => lookAtOrder(context, name),
    doubtUnanswered: (segment, connection, epoch) => doubtUnanswered(context, segment, connection, epoch),
    beginSend: (segment, connection, epoch, limit) => beginSend(context, bodies, { segment, connection, epoch, limit }),
    remember: (sending, outcomes, from) => remember(context, sending, outcomes, from),
    withdraw: (segment, connection, reason, retryAfterMs) =>
      withdraw(context, segment, connection, reason, retryAfterMs),
    release: (segment) => release(context, segment),
    pauseConnection: (connection, code, reason) => pauseConnection(context.db, connection, code, reason),
    recordFailure: (connection, code, reason, retryAfterMs) =>
      recordFailure(context.db, connection, code, reason, retryAfterMs),
    recordSuccess: (connection) => recordSuccess(context.db, connection),
  };
};
