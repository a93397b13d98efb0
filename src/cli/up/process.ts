/** Processes that cannot outlive us: how they are started so that even our kill -9 takes them along. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export type Environment = Readonly<Record<string, string | undefined>>;

/** An account of the operating system. */
export interface Account {
  readonly uid: number;
  readonly gid: number;
}

/** A signal to end a program by, and how long it has before the next one is tried. */
export interface Stop {
  readonly signal: NodeJS.Signals;
  readonly ms: number;
}

/** A program that knows nothing of us; it runs under a guard. */
export interface Binary {
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Environment;
  readonly account?: Account;
  readonly stops: readonly Stop[];
}

/** A part of our own: a TypeScript file that says when it is ready and ends when we do. */
export interface NodePart {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Environment;
}

export type Launch = Binary | NodePart;

let supported: boolean | undefined;

// Linux alone can tie a process's life to its parent's; elsewhere the closing channel does it a moment later.
const canTie = (): boolean => {
  supported ??= process.platform === 'linux' && spawnSync('setpriv', ['--pdeathsig', 'KILL', 'true']).status === 0;
  return supported;
};

/** The command that runs a program until it ends or the process that starts it does. */
export const tied = (signal: string, program: string, args: readonly string[]): readonly [string, string[]] =>
  canTie() ? ['setpriv', ['--pdeathsig', signal.replace('SIG', ''), '--', program, ...args]] : [program, [...args]];

const TETHER = new URL('../../../scripts/tether.mjs', import.meta.url).href;
const GUARD = new URL('./guard.ts', import.meta.url).pathname;
const QUIET = '--disable-warning=ExperimentalWarning';

/** Starts it in a process group of its own: Ctrl-C at the terminal reaches us only, and we stop the parts in order. */
export const launch = (what: Launch): ChildProcess => {
  const stdio = ['ignore', 'pipe', 'pipe', 'ipc'] as const;
  if ('program' in what) {
    const guard = spawn(process.execPath, [QUIET, GUARD], { stdio: [...stdio], detached: true });
    guard.send(what);
    return guard;
  }
  const [program, args] = tied('SIGKILL', process.execPath, [QUIET, `--import=${TETHER}`, what.file, ...what.args]);
  return spawn(program, args, { stdio: [...stdio], detached: true, env: { ...what.env } });
};

/** What a process was started as; empty where it is gone or the system does not tell. */
export const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch {
    const ps = spawnSync('ps', ['-o', 'args=', '-p', String(pid)], { encoding: 'utf8' });
    return (ps.stdout ?? '').trim();
  }
};

/** Sends a signal; false when there is no such process any more. */
export const signalled = (pid: number, signal: NodeJS.Signals | 0): boolean => {
  try {
    process.kill(pid, signal);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
};

export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** Waits until a condition holds; false when the time is over. */
export const until = async (condition: () => boolean | Promise<boolean>, ms: number): Promise<boolean> => {
  const end = Date.now() + ms;
  while (!(await condition())) {
    if (Date.now() >= end) return false;
    await pause(25);
  }
  return true;
};

/** Ends a process that is not our child, by one signal after the other. */
export const end = async (pid: number, stops: readonly Stop[]): Promise<void> => {
  for (const { signal, ms } of [...stops, { signal: 'SIGKILL', ms: 5_000 } as const]) {
    if (!signalled(pid, signal)) return;
    if (await until(() => !signalled(pid, 0), ms)) return;
  }
};
