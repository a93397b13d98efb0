import { proxyActivities, workflowInfo } from '@temporalio/workflow';
import type { LedgerSteps, OutboundSteps } from '../activities/index.ts';
import { queueOf } from './messages.ts';
import { ANSWER, LEDGER, OUTBOUND, PROBE } from './timeouts.ts';

/** Steps in the ledger, on this workflow's own queue. */
export const ledger = proxyActivities<LedgerSteps>(LEDGER);

/** Steps that go out to a connection, on its queue. */
export const stepsOn = (connection: string) =>
  proxyActivities<Omit<OutboundSteps, 'probe' | 'answer'>>({
    ...OUTBOUND,
    taskQueue: queueOf(workflowInfo().taskQueue, connection),
  });

/** The one step that somebody waits for. */
export const probeOn = (connection: string) =>
  proxyActivities<Pick<OutboundSteps, 'probe'>>({ ...PROBE, taskQueue: queueOf(workflowInfo().taskQueue, connection) });

/** The step that answers views: people wait for it too. */
export const answerOn = (connection: string) =>
  proxyActivities<Pick<OutboundSteps, 'answer'>>({
    ...ANSWER,
    taskQueue: queueOf(workflowInfo().taskQueue, connection),
  });
