/** One supervised part: started, watched, started again when it dies, stopped when asked. */
import type { ChildProcess } from 'node:child_process';
import { birthOf } from '../../../scripts/lock.mjs';
import { SyncError } from '../../domain/errors.ts';
import { type Log, lastLine } from './log.ts';
import { type Launch, launch, pause, until } from './process.ts';

/** What happens to parts, for those who watch. */
export interface PartEvents {
  started: [part: string, pid: number];
  ready: [part: string, facts: unknown];
  died: [part: string, how: string];
}

export interface PartSettings {
  readonly name: string;
  /** Made anew for each start: it prepares what the start needs. */
  readonly command: () => Promise<Launch>;
  /** Without one, the part says itself when it is ready. */
  readonly probe?: () => Promise<boolean>;
  /** What must be ready before each start. */
  readonly after: () => Promise<unknown>;
  readonly log: Log;
  readonly tell: <Name extends keyof PartEvents>(name: Name, ...facts: PartEvents[Name]) => void;
  readonly started: (pid: number) => void;
  readonly ended: (pid: number) => void;
}

export interface Part {
  readonly name: string;
  /** Its own process: of a guarded program the program's, not the guard's. */
  pid(): number | undefined;
  /** Resolves while it is ready, or when it is next; rejects if it never came up at all. */
  ready(): Promise<void>;
  stop(): Promise<void>;
}

const BACK_OFF_MS = [0, 100, 300, 1_000, 3_000] as const;
const STABLE_MS = 10_000;
const START_MS = 60_000;
const STOP_MS = 10_000;
const FIRST_TRIES = 3;

interface Waiter {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

interface State {
  stopping: boolean;
  up: boolean;
  failure?: unknown;
  child?: ChildProcess;
  pid?: number;
  /** How long the present child may take to stop. */
  patienceMs: number;
  wake: () => void;
  waiters: Waiter[];
}

const settle = (state: State, with_: 'resolve' | 'reject', error?: unknown): void => {
  const waiters = state.waiters;
  state.waiters = [];
  for (const waiter of waiters) waiter[with_](error);
};

/** The end of a child, however it came; `close` would wait for grandchildren that hold its output. */
const exitOf = (child: ChildProcess): Promise<string> =>
  new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`));
  });

/** Asks a child to end, and ends it when it takes too long. */
const ask = (child: ChildProcess | undefined, patienceMs: number): void => {
  if (child?.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs);
  child.once('exit', () => clearTimeout(timer));
};

const spawned = (
  settings: PartSettings,
  state: State,
  what: Launch,
): { child: ChildProcess; said: Promise<unknown> } => {
  const child = launch(what);
  child.on('error', () => undefined); // its end is what counts; a message that could not be sent is no more than that
  const noted: number[] = [];
  const note = (pid: number): void => {
    noted.push(pid);
    settings.started(pid);
  };
  const identify = (pid: number): void => {
    state.pid = pid;
    settings.tell('started', settings.name, pid);
  };
  state.child = child;
  // A guard first goes through its program's own deadlines.
  state.patienceMs = 'program' in what ? STOP_MS + what.stops.reduce((sum, { ms }) => sum + ms, 0) : STOP_MS;
  for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => settings.log.write(chunk));
  if (child.pid !== undefined) note(child.pid);
  if (child.pid !== undefined && !('program' in what)) identify(child.pid);
  const said = new Promise<unknown>((resolve) => {
    child.on('message', (message: { pid?: number; ready?: unknown }) => {
      if (typeof message.pid === 'number') {
        note(message.pid);
        identify(message.pid);
      }
      if (message.ready !== undefined) resolve(message.ready);
    });
  });
  child.once('exit', () => {
    delete state.pid;
    // The program of a guard that was killed may live a moment longer; it stays noted until it is gone.
    for (const pid of noted) void until(() => birthOf(pid) === '', 20_000).then(() => settings.ended(pid));
  });
  return { child, said };
};

/** Waits for the part to be ready; rejects when that takes too long, or when the probe knows that it will never be. */
const readiness = async (
  { name, probe }: PartSettings,
  state: State,
  said: Promise<unknown>,
  ended: () => boolean,
): Promise<unknown> => {
  let facts: unknown;
  let ready = false;
  if (probe === undefined) {
    void said.then((words) => {
      facts = words;
      ready = true;
    });
  }
  const done = async (): Promise<boolean> =>
    ended() || ready || (probe !== undefined && state.pid !== undefined && (await probe()));
  if (await until(done, START_MS)) return facts;
  throw new SyncError('START_FAILED', `${name} was not ready after ${START_MS / 1000} s`);
};

interface Life {
  readonly how: string;
  readonly wasReady: boolean;
  readonly ms: number;
}

/** One life of the part, from its start to its end. */
const live = async (settings: PartSettings, state: State, what: Launch): Promise<Life> => {
  const began = Date.now();
  const { child, said } = spawned(settings, state, what);
  let ended = false;
  const exit = exitOf(child).finally(() => {
    ended = true;
  });
  const facts = await readiness(settings, state, said, () => ended).catch(async (error: unknown) => {
    ask(child, state.patienceMs);
    await exit;
    throw error;
  });
  const wasReady = !ended;
  if (wasReady) {
    state.up = true;
    settings.tell('ready', settings.name, facts);
    settle(state, 'resolve');
  }
  const how = await exit;
  state.up = false;
  return { how, wasReady, ms: Date.now() - began };
};

const failed = ({ name, log }: PartSettings, how: string): SyncError => {
  const words = lastLine(log.path);
  return new SyncError(
    'START_FAILED',
    `${name} did not start (${how})${words === '' ? '' : `: ${words}`}; its log is ${log.path}`,
  );
};

/** Waits, unless the part is being stopped. */
const unlessStopped = (state: State, wait: Promise<unknown>): Promise<unknown> =>
  Promise.race([
    wait,
    new Promise<void>((resolve) => {
      state.wake = resolve;
      if (state.stopping) resolve();
    }),
  ]);

const supervise = async (settings: PartSettings, state: State): Promise<void> => {
  let failures = 0;
  let everReady = false;
  while (true) {
    await unlessStopped(state, settings.after());
    if (state.stopping) return;
    const life = await lifeOf(settings, state, everReady);
    if (state.stopping) return;
    settings.tell('died', settings.name, life.how);
    everReady ||= life.wasReady;
    failures = life.ms > STABLE_MS ? 0 : failures + 1;
    if (!everReady && failures >= FIRST_TRIES) throw failed(settings, life.how);
    await unlessStopped(state, pause(BACK_OFF_MS[Math.min(failures, BACK_OFF_MS.length - 1)] ?? 0));
  }
};

/** What prevents the very first start is for the person to mend; later the same is a death like another, and tried again. */
const lifeOf = async (settings: PartSettings, state: State, everReady: boolean): Promise<Life> => {
  try {
    const what = await settings.command();
    return state.stopping ? { how: 'stopped', wasReady: false, ms: 0 } : await live(settings, state, what);
  } catch (error) {
    if (!everReady) throw error;
    return { how: error instanceof Error ? error.message : String(error), wasReady: false, ms: 0 };
  }
};

const stopped = (name: string): SyncError => new SyncError('START_FAILED', `${name} was stopped`);

/** Starts the part and keeps it running. */
export const startPart = (settings: PartSettings): Part => {
  const state: State = { stopping: false, up: false, patienceMs: STOP_MS, wake: () => undefined, waiters: [] };
  const over = supervise(settings, state).catch((error: unknown) => {
    state.failure = error;
    settle(state, 'reject', error);
  });
  return {
    name: settings.name,
    pid: () => state.pid,
    ready: () =>
      new Promise((resolve, reject) => {
        if (state.failure !== undefined) reject(state.failure);
        else if (state.stopping) reject(stopped(settings.name));
        else if (state.up) resolve();
        else state.waiters.push({ resolve, reject });
      }),
    stop: async () => {
      state.stopping = true;
      state.wake();
      ask(state.child, state.patienceMs);
      await over;
      settle(state, 'reject', stopped(settings.name));
    },
  };
};
