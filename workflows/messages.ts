/** The names by which workflows are known and spoken to. Plain words, so that whoever starts or signals one imports no engine. */

/** Wakes a `sync` or `capture` workflow: something may be due. Carries nothing; the ledger knows what. */
export const NUDGE = 'nudge';

export const syncId = (mapping: string): string => `sync-${mapping}`;
export const captureId = (slot: string): string => `capture-${slot}`;

/** One per document that is raised in the CRM: by its mapping and its id there. */
export const orderId = (mapping: string, record: string): string => `order-${mapping}-${record}`;

/** Answers what views ask of a connection. */
export const lookId = (connection: string): string => `look-${connection}`;

/** The queue of a connection's outbound steps, behind the queue of the workflows. */
export const queueOf = (taskQueue: string, connection: string): string => `${taskQueue}-${connection}`;

export interface SyncInput {
  readonly mapping: string;
  /** Absent in what an earlier version began: it replays as it was, until it begins anew. */
  readonly turns?: true;
}
export interface CaptureInput {
  readonly slot: string;
  readonly connection: string;
}
export interface OrderInput {
  readonly mapping: string;
  readonly record: string;
}
export interface LookInput {
  readonly connection: string;
}
export type { ProbeInput, ProbeResult } from '../activities/probe.ts';

/**
 * How long the engine waits for a worker to decide a workflow's next step before it asks another. Short, so that a
 * killed worker costs seconds; each decision takes milliseconds. Given when a workflow is started.
 */
export const WORKFLOW_TASK_TIMEOUT_MS = 4_000;
