/**
 * Runs one program that knows nothing of us, and ends it when the supervisor is gone, however it went. Its first
 * message says what to run; it answers with the program's process and ends as the program ends.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { type Binary, tied } from './process.ts';

const start = ({ program, args, env, account, stops }: Binary): ChildProcess => {
  // If the guard itself is killed, the system ends the program by its first signal.
  const [command, rest] = tied(stops[0]?.signal ?? 'SIGTERM', program, args);
  const child = spawn(command, rest, {
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...env },
    cwd: '/',
    ...account,
  });
  child.on('error', (error) => {
    process.stderr.write(`${error.message}\n`);
    process.exit(127);
  });
  // Whoever watches the guard sees how the program ended.
  child.on('exit', (code, signal) =>
    signal === 'SIGKILL' ? process.kill(process.pid, signal) : process.exit(code ?? 1),
  );
  if (child.pid !== undefined && process.connected) process.send?.({ pid: child.pid });
  return child;
};

const stop = (child: ChildProcess, { stops }: Binary): void => {
  let wait = 0;
  for (const { signal, ms } of stops) {
    setTimeout(() => child.kill(signal), wait);
    wait += ms;
  }
  setTimeout(() => child.kill('SIGKILL'), wait);
};

process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0)); // before there is anything to guard
process.once('message', (binary: Binary) => {
  const child = start(binary);
  let stopping = false;
  const once = (): void => {
    if (!stopping) stop(child, binary);
    stopping = true;
  };
  process.removeAllListeners('disconnect');
  process.on('disconnect', once);
  process.on('SIGTERM', once);
  if (!process.connected) once();
});
