/** Histories written by hand: what a workflow was seen to command, and what then happened. */

/** A command that the workflow gave in one of its tasks. */
export type Command =
  | { readonly step: string; readonly on?: string }
  | { readonly timer: number }
  | { readonly cancel: number }
  | { readonly again: object }
  | { readonly end: unknown };

/** What happened afterwards, and woke it. Activities and timers are counted from 1. */
export type Happening =
  | { readonly done: number; readonly result?: unknown }
  | { readonly failed: number; readonly code: string; readonly retryAfterMs?: number }
  | { readonly silent: number }
  | { readonly fired: number }
  | { readonly signal: string };

export interface Turn {
  readonly commands: readonly Command[];
  readonly after?: readonly Happening[];
}

type Event = Readonly<Record<string, unknown>>;

const QUEUE = 'tallystick';
const RUN = '00000000-0000-4000-8000-000000000001';
const encoded = (text: string): string => Buffer.from(text).toString('base64');
const payloads = (value: unknown) => ({
  payloads: [
    value === undefined
      ? { metadata: { encoding: encoded('binary/null') } }
      : { metadata: { encoding: encoded('json/plain') }, data: encoded(JSON.stringify(value)) },
  ],
});
const queue = (name: string) => ({ name, kind: 'TASK_QUEUE_KIND_NORMAL' });
const camel = (type: string): string =>
  type.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** A history under way: its events, and which event began the n-th activity and timer. */
interface Draft {
  readonly workflow: string;
  readonly events: Event[];
  readonly activities: number[];
  readonly timers: number[];
}

/** Adds an event and answers its number. */
const add = ({ events }: Draft, type: string, attributes: object): number => {
  const id = events.length + 1;
  events.push({
    eventId: String(id),
    eventTime: new Date(Date.UTC(2026, 10, 1) + id * 10).toISOString(),
    eventType: `EVENT_TYPE_${type}`,
    [`${camel(type)}EventAttributes`]: attributes,
  });
  return id;
};

const command = (draft: Draft, given: Command, task: number): void => {
  const decided = { workflowTaskCompletedEventId: String(task) };
  const { activities, timers, workflow } = draft;
  if ('step' in given) {
    const taskQueue = queue(given.on === undefined ? QUEUE : `${QUEUE}-${given.on}`);
    const activityId = String(activities.length + 1);
    const activityType = { name: given.step };
    activities.push(add(draft, 'ACTIVITY_TASK_SCHEDULED', { ...decided, activityId, activityType, taskQueue }));
  } else if ('timer' in given) {
    const timerId = String(timers.length + 1);
    const startToFireTimeout = `${given.timer / 1_000}s`;
    timers.push(add(draft, 'TIMER_STARTED', { ...decided, timerId, startToFireTimeout }));
  } else if ('cancel' in given) {
    add(draft, 'TIMER_CANCELED', {
      ...decided,
      timerId: String(given.cancel),
      startedEventId: String(timers[given.cancel - 1]),
    });
  } else if ('again' in given) {
    const next = {
      newExecutionRunId: RUN.replace(/1$/, '2'),
      workflowType: { name: workflow },
      taskQueue: queue(QUEUE),
    };
    add(draft, 'WORKFLOW_EXECUTION_CONTINUED_AS_NEW', { ...decided, ...next, input: payloads(given.again) });
  } else add(draft, 'WORKFLOW_EXECUTION_COMPLETED', { ...decided, result: payloads(given.end) });
};

const refusal = (code: string, retryAfterMs: number) => ({
  retryState: 'RETRY_STATE_NON_RETRYABLE_FAILURE',
  failure: {
    message: 'failed',
    source: 'TypeScriptSDK',
    applicationFailureInfo: { type: code, nonRetryable: true, details: payloads({ retryAfterMs }) },
  },
});
const SILENCE = {
  retryState: 'RETRY_STATE_MAXIMUM_ATTEMPTS_REACHED',
  failure: { message: 'activity timeout', timeoutFailureInfo: { timeoutType: 'TIMEOUT_TYPE_HEARTBEAT' } },
};

const happening = (draft: Draft, happened: Happening): void => {
  if ('signal' in happened) {
    add(draft, 'WORKFLOW_EXECUTION_SIGNALED', { signalName: happened.signal, input: {} });
  } else if ('fired' in happened) {
    const startedEventId = String(draft.timers[happened.fired - 1]);
    add(draft, 'TIMER_FIRED', { timerId: String(happened.fired), startedEventId });
  } else {
    const no = 'done' in happened ? happened.done : 'failed' in happened ? happened.failed : happened.silent;
    const scheduledEventId = String(draft.activities[no - 1]);
    const startedEventId = String(add(draft, 'ACTIVITY_TASK_STARTED', { scheduledEventId, attempt: 1 }));
    const of = { scheduledEventId, startedEventId };
    if ('done' in happened) add(draft, 'ACTIVITY_TASK_COMPLETED', { ...of, result: payloads(happened.result) });
    else if ('silent' in happened) add(draft, 'ACTIVITY_TASK_TIMED_OUT', { ...of, ...SILENCE });
    else add(draft, 'ACTIVITY_TASK_FAILED', { ...of, ...refusal(happened.code, happened.retryAfterMs ?? 0) });
  }
};

/** One workflow task, the commands it gave, and what happened after. */
const turned = (draft: Draft, { commands, after = [] }: Turn): void => {
  const taskQueue = queue(QUEUE);
  const asked = String(add(draft, 'WORKFLOW_TASK_SCHEDULED', { taskQueue, startToCloseTimeout: '4s', attempt: 1 }));
  const started = String(add(draft, 'WORKFLOW_TASK_STARTED', { scheduledEventId: asked, historySizeBytes: '1000' }));
  const task = add(draft, 'WORKFLOW_TASK_COMPLETED', {
    scheduledEventId: asked,
    startedEventId: started,
    // Without these flags the names of activities go unchecked.
    sdkMetadata: { coreUsedFlags: [1, 2, 3], sdkName: 'temporal-typescript', sdkVersion: '1.24.0' },
  });
  for (const given of commands) command(draft, given, task);
  for (const happened of after) happening(draft, happened);
};

/** A history as the engine's own JSON. */
export const historyOf = (
  workflow: string,
  input: object,
  turns: readonly Turn[],
): { readonly events: readonly Event[] } => {
  const draft: Draft = { workflow, events: [], activities: [], timers: [] };
  add(draft, 'WORKFLOW_EXECUTION_STARTED', {
    workflowType: { name: workflow },
    taskQueue: queue(QUEUE),
    input: payloads(input),
    workflowTaskTimeout: '4s',
    originalExecutionRunId: RUN,
    firstExecutionRunId: RUN,
    attempt: 1,
  });
  for (const turn of turns) turned(draft, turn);
  return { events: draft.events };
};
