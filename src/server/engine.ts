import { randomUUID } from 'node:crypto';
import { Client, Connection, WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import {
  captureId,
  type LookInput,
  lookId,
  NUDGE,
  type ProbeResult,
  syncId,
  WORKFLOW_TASK_TIMEOUT_MS,
} from '../../workflows/messages.ts';
import { type EngineSettings, engineAddress } from '../config/engine.ts';
import { SyncError } from '../domain/errors.ts';
import type { Json } from '../domain/json.ts';
import type { Engine, ProbeAnswer, ProbeRequest } from './deps.ts';

// Somebody waits at a terminal: longer than a system's own limit on one call, and no longer.
const PROBE_MS = 60_000;
const SIGNAL_MS = 3_000;

/** The engine as the API uses it, connected when it is first needed and again whenever it comes back. */
export const createEngine = (settings: EngineSettings): Engine & { close(): Promise<void> } => {
  const channel = Connection.lazy(engineAddress(settings));
  const { workflow } = new Client({ connection: channel, namespace: settings.namespace });
  const tell = async (ids: readonly string[]): Promise<void> => {
    await channel.withDeadline(Date.now() + SIGNAL_MS, async () => {
      for (const id of ids) await workflow.getHandle(id).signal(NUDGE).catch(unlessAbsent);
    });
  };
  const reachable = async (): Promise<boolean> => {
    try {
      await channel.withDeadline(Date.now() + SIGNAL_MS, () => channel.workflowService.getSystemInfo({}));
      return true;
    } catch {
      return false;
    }
  };
  return {
    nudge: (mappings) => tell(mappings.map(syncId)),
    look: (slots) => tell(slots.map(captureId)),
    probe: async (request) => {
      // The client would try again for half a minute, and somebody waits at a terminal.
      if (!(await reachable())) throw new SyncError('ENGINE_DOWN', 'the Temporal server does not answer');
      return probed(workflow, settings.taskQueue, request);
    },
    answer: async (connection) => {
      await channel.withDeadline(Date.now() + SIGNAL_MS, () =>
        workflow.signalWithStart('look', {
          workflowId: lookId(connection),
          taskQueue: settings.taskQueue,
          args: [{ connection } satisfies LookInput],
          signal: NUDGE,
          workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
        }),
      );
    },
    reachable,
    close: () => channel.close(),
  };
};

/** A workflow that is not there needs no nudge: the worker starts it, and it looks by itself. */
const unlessAbsent = (error: unknown): void => {
  if (!(error instanceof WorkflowNotFoundError)) throw error;
};

const probed = async (
  workflow: Client['workflow'],
  taskQueue: string,
  { connection, what, record }: ProbeRequest,
): Promise<ProbeAnswer> => {
  try {
    const result: ProbeResult = await workflow.execute('probe', {
      workflowId: `probe-${randomUUID()}`,
      taskQueue,
      args: [{ connection, ...(what === 'describe' && record !== undefined ? { record } : {}) }],
      workflowExecutionTimeout: PROBE_MS,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT_MS,
    });
    if (!result.ok) return result;
    const { ok: _, ...said } = result;
    return { ok: true, result: said as unknown as Json };
  } catch (error) {
    if (error instanceof WorkflowFailedError)
      return { ok: false, code: 'TIMED_OUT', message: 'no worker, or the system behind it, answered in time' };
    throw new SyncError('ENGINE_DOWN', 'the Temporal server does not answer', {}, error);
  }
};
