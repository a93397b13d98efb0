/** Groups of parts that do nothing, and a supervisor as a process of its own that can be killed. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { PartRow } from '../../src/cli/up/parts.ts';
import { until } from '../../src/cli/up/process.ts';

const FILE = fileURLToPath(new URL('./fake-part.mjs', import.meta.url));

/** How a fake part behaves: `guarded` is a program that knows nothing of us. */
export type Manner = 'plain' | 'busy' | 'broken' | 'stubborn' | 'guarded';

/** A row of the table for a fake part. */
export const fake = (
  notes: string,
  name: string,
  manner: Manner = 'plain',
  after: readonly string[] = [],
): PartRow => ({
  name,
  after,
  plan: async ({ port }) => ({
    env: { [`${name.toUpperCase()}_URL`]: `http://127.0.0.1:${await port(name)}` },
    launch: async (env) =>
      manner === 'guarded'
        ? { program: process.execPath, args: [FILE, notes, name], env, stops: [{ signal: 'SIGTERM', ms: 2_000 }] }
        : { file: FILE, args: [notes, name, manner], env },
    ...(manner === 'guarded' && { probe: async () => true }),
  }),
});

/** Says nothing. */
export const silent = {
  step: <T>(_title: string, _seconds: number, work: (update: () => void) => Promise<T>): Promise<T> =>
    work(() => undefined),
  note: (): void => undefined,
};

const running = new Set<ChildProcess>();

/** A group in a process of its own: its addresses and processes, and the process to kill. */
export const aSupervisor = async (home: string, kind: 'fake' | 'real') => {
  const file = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
  const child = spawn(process.execPath, [file, home, kind], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  running.add(child);
  child.once('exit', () => running.delete(child));
  const ready = once(child, 'message');
  const failed = once(child, 'exit').then(() => Promise.reject(new Error('the supervisor ended before it was ready')));
  failed.catch(() => undefined);
  const [message] = await Promise.race([ready, failed]);
  const { urls, pids } = message as { urls: Record<string, string>; pids: Record<string, number> };
  const kill = async (signal: NodeJS.Signals): Promise<number | null> => {
    const exit = once(child, 'exit');
    child.kill(signal);
    return (await exit)[0] as number | null;
  };
  return { urls, pids, kill };
};

/** For the end of a test file: no supervisor outlives it. */
export const endSupervisors = (): void => {
  for (const child of running) child.kill('SIGKILL');
};

const gone = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return false;
  } catch {
    return true;
  }
};

/** True once none of the processes lives any more. */
export const allGone = (pids: readonly number[], withinMs = 10_000): Promise<boolean> =>
  until(() => pids.every(gone), withinMs);
