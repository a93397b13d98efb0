/** Loaded first into a process we start: when its parent is gone, however it went, this process ends too. */
import { isMainThread } from 'node:worker_threads';

if (isMainThread && process.channel !== undefined) {
  const gentle = process.env.TALLY_TETHER === 'term';
  delete process.env.TALLY_TETHER;
  // Processes that this one forks have a tether only if it gives them one.
  const own = process.execArgv.findIndex(
    (argument) => argument === '--import' || argument === `--import=${import.meta.url}`,
  );
  if (own >= 0) process.execArgv.splice(own, process.execArgv[own] === '--import' ? 2 : 1);
  process.on('disconnect', () => (gentle ? process.kill(process.pid, 'SIGTERM') : process.exit(1)));
  process.channel.unref();
}
