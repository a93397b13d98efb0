/** The worker as a process: carries out what is due until it is told to stop, and waits for whatever is down meanwhile. */

import './memory.ts';
import { Runtime } from '@temporalio/worker';
import { readEngineSettings } from '../config/engine.ts';
import { readSettings } from '../config/settings.ts';
import { SyncError } from '../domain/errors.ts';
import { createLog, engineLog } from './log.ts';
import { saidOf } from './patience.ts';
import { runWorker } from './run.ts';

const stopping = new AbortController();
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, () => stopping.abort());
// Whoever started us is gone: nothing may survive it.
if (process.send !== undefined) process.once('disconnect', () => process.exit(1));

const main = async (): Promise<number> => {
  const settings = readSettings(process.env);
  const log = createLog(settings.TALLY_LOG);
  try {
    const engine = await readEngineSettings(settings);
    Runtime.install({
      logger: engineLog(log),
      shutdownSignals: [],
      telemetryOptions: { logging: { forward: {}, filter: { core: 'WARN', other: 'ERROR' } } },
    });
    await runWorker({
      settings,
      engine,
      log,
      signal: stopping.signal,
      ready: (facts) => process.send?.({ ready: facts }),
    });
    return 0;
  } catch (error) {
    const { code, message } = saidOf(error);
    log.fatal({ code, ...(error instanceof SyncError ? {} : { fault: (error as Error).stack }) }, message);
    return 1;
  }
};

process.exit(await main());
