/**
 * Loaded first into a process we start: when its parent is gone, however it went, this process ends too. What Node makes of
 * the files it loads is kept, so that the next one need not read and compile them again: that is most of its start.
 */
import { enableCompileCache } from 'node:module';
import { join } from 'node:path';
import { isMainThread } from 'node:worker_threads';
import { cacheFolder } from './cache.mjs';

// Where it cannot be written nothing is kept, and nothing is said: each start takes half a second longer.
enableCompileCache(join(cacheFolder(), 'compiled'));

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
