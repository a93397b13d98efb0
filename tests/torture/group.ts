/** A supervised group in a process of its own, whose members can be killed one by one or with their supervisor. */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Asked, Told } from './supervisor.ts';

/** One kill: who, when, and when they were ready again. */
export interface Kill {
  readonly victim: string;
  readonly at: number;
  readonly again: number;
}

export interface TorturedGroup {
  readonly urls: Readonly<Record<string, string>>;
  /** Kill -9, and wait until the killed part is ready again. */
  kill(victim: string): Promise<Kill>;
  stop(): Promise<void>;
}

const FILE = fileURLToPath(new URL('./supervisor.ts', import.meta.url));
const AGAIN_WITHIN_MS = 60_000;

export const startTortured = async (asked: Asked): Promise<TorturedGroup> => {
  let child: ChildProcess;
  let pids: Readonly<Record<string, number>> = {};
  let urls: Readonly<Record<string, string>> = {};
  const waiting = new Map<string, () => void>();
  const start = async (): Promise<void> => {
    child = fork(FILE, [JSON.stringify(asked)], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    const up = new Promise<void>((done, fail) => {
      child.on('message', (told: Told) => {
        if ('ready' in told) {
          ({ urls, pids } = told.ready);
          done();
        } else {
          pids = told.again.pids;
          waiting.get(told.again.part)?.();
        }
      });
      child.once('exit', (code) => fail(new Error(`the supervisor ended with ${code} before it was ready`)));
    });
    await up;
    child.removeAllListeners('exit');
  };
  await start();
  const readyAgain = (part: string): Promise<void> =>
    new Promise((done, fail) => {
      const timer = setTimeout(
        () => fail(new Error(`${part} was not ready again within ${AGAIN_WITHIN_MS / 1000} s`)),
        AGAIN_WITHIN_MS,
      );
      waiting.set(part, () => {
        clearTimeout(timer);
        waiting.delete(part);
        done();
      });
    });
  const kill = async (victim: string): Promise<Kill> => {
    const at = Date.now();
    if (victim === 'supervisor') {
      const ended = once(child, 'exit');
      child.kill('SIGKILL');
      await ended;
      await start();
    } else {
      const again = readyAgain(victim);
      process.kill(pids[victim] ?? 0, 'SIGKILL');
      await again;
    }
    return { victim, at, again: Date.now() };
  };
  return {
    get urls() {
      return urls;
    },
    kill,
    stop: async () => {
      // One that could not be started again has ended already, and says so only once.
      if (child.exitCode !== null || child.signalCode !== null) return;
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    },
  };
};
