/** The API as a process of its own: `node src/server/main.ts`, against DATABASE_URL and the Temporal server. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { pino } from 'pino';
import { readEngineSettings } from '../config/engine.ts';
import { demanded, readSettings } from '../config/settings.ts';
import { SyncError } from '../domain/errors.ts';
import { openLedger } from '../ledger/open.ts';
import { createApp } from './app.ts';
import { followCompilation } from './compilation.ts';
import { createEngine } from './engine.ts';
import { apiFile, keepFirstKeys, writePrivately } from './first-keys.ts';

// To PostgreSQL at once.
const CONNECTIONS = 8;

const settings = readSettings(process.env);
const local = settings.TALLY_MODE === 'local';
const log = pino({
  level: settings.TALLY_LOG,
  base: { part: 'server' },
  timestamp: pino.stdTimeFunctions.isoTime,
});
/** What a person must do before this process can run, as one line; then it ends. */
const unable = (error: unknown): never => {
  const { code, message } =
    error instanceof SyncError ? error : { code: 'INTERNAL', message: (error as Error).stack ?? String(error) };
  log.fatal({ code }, message);
  process.exit(1);
};
const begun = async () => {
  const db = await openLedger(demanded(settings, 'DATABASE_URL'), CONNECTIONS);
  if (local) await keepFirstKeys(db, settings.TALLY_HOME);
  return {
    db,
    engine: createEngine(await readEngineSettings(settings)),
    compilation: await followCompilation(db, log),
  };
};
const { db, engine, compilation } = await begun().catch(unable);

const app = createApp({ db, compilation: compilation.current, temporal: engine, now: () => performance.now(), log });
const server = serve({
  fetch: app.fetch,
  port: settings.TALLY_API_PORT,
  // On one machine nobody else is let in.
  ...(local ? { hostname: '127.0.0.1' } : {}),
  // A sender that takes longer than this to say what it wants is cut off, and so is one that only holds a connection.
  serverOptions: {
    requestTimeout: 10_000,
    headersTimeout: 10_000,
    maxHeaderSize: 16_384,
    connectionsCheckingInterval: 2_000,
  },
});
server.on('error', (error: NodeJS.ErrnoException) => {
  log.fatal({ code: error.code }, `the API cannot listen on port ${settings.TALLY_API_PORT}`);
  process.exit(1);
});
server.on('listening', () => {
  const { port } = server.address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  if (local) writePrivately(apiFile(settings.TALLY_HOME), { url });
  log.info({ port }, 'the API is ready');
  process.send?.({ ready: { url } });
});

let stopping = false;
const stop = (): void => {
  if (stopping) return;
  stopping = true;
  compilation.stop();
  server.close(() => {
    void Promise.allSettled([engine.close(), db.close()]).then(() => process.exit(0));
  });
  if ('closeIdleConnections' in server) server.closeIdleConnections();
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);
// Whoever started us is gone: nothing of ours survives it.
process.on('disconnect', () => process.exit(0));
