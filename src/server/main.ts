/** The API as a process of its own: `node src/server/main.ts`, against DATABASE_URL and the Temporal server. */
import type { AddressInfo } from 'node:net';
import { serve } from '@hono/node-server';
import { type Logger, pino } from 'pino';
import { readEngineSettings } from '../config/engine.ts';
import { demanded, readSettings, type Settings } from '../config/settings.ts';
import { SyncError } from '../domain/errors.ts';
import { openLedger } from '../ledger/open.ts';
import { createApp } from './app.ts';
import { followCompilation } from './compilation.ts';
import { createEngine } from './engine.ts';
import { apiFile, keepFirstKeys, writePrivately } from './first-keys.ts';
import { followInbound } from './inbound.ts';

// To PostgreSQL at once.
const CONNECTIONS = 8;
// A sender that takes longer than this to say what it wants is cut off, and so is one that only holds a connection.
const PATIENCE = {
  requestTimeout: 10_000,
  headersTimeout: 10_000,
  maxHeaderSize: 16_384,
  connectionsCheckingInterval: 2_000,
};

const createLog = (level: string): Logger =>
  pino({ level, base: { part: 'server' }, timestamp: pino.stdTimeFunctions.isoTime });

/** What keeps us from running, as one line; then the process ends. */
const unable = (error: unknown): void => {
  const { code, message } =
    error instanceof SyncError ? error : { code: 'INTERNAL', message: (error as Error).stack ?? String(error) };
  createLog('info').fatal({ code }, message);
  process.exit(1);
};

const main = async (settings: Settings): Promise<void> => {
  const local = settings.TALLY_MODE === 'local';
  const log = createLog(settings.TALLY_LOG);
  const db = await openLedger(demanded(settings, 'DATABASE_URL'), CONNECTIONS);
  if (local) await keepFirstKeys(db, settings.TALLY_HOME);
  const temporal = createEngine(await readEngineSettings(settings));
  const compilation = await followCompilation(db, log);
  const app = createApp({
    db,
    compilation: compilation.current,
    inbound: followInbound(compilation.current, settings.TALLY_MODE, process.env),
    temporal,
    now: () => performance.now(),
    wall: Date.now,
    log,
    local,
  });
  // On one machine nobody else is let in. It speaks plain HTTP: elsewhere a proxy that ends TLS stands before it.
  const place = { port: settings.TALLY_API_PORT, hostname: local ? '127.0.0.1' : settings.TALLY_API_HOST };
  const server = serve({ fetch: app.fetch, ...place, serverOptions: PATIENCE });
  server.on('error', ({ code }: NodeJS.ErrnoException) =>
    unable(new SyncError('PORT_TAKEN', `the API cannot listen at ${place.hostname}:${place.port} (${code})`)),
  );
  server.on('listening', () => {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    if (local) writePrivately(apiFile(settings.TALLY_HOME), { url });
    log.info({ url }, 'the API is ready');
    process.send?.({ ready: { url } });
  });
  const stop = (): void => {
    compilation.stop();
    server.close(() => {
      void Promise.allSettled([temporal.close(), db.close()]).then(() => process.exit(0));
    });
    if ('closeIdleConnections' in server) server.closeIdleConnections();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, stop);
};

// Whoever started us is gone: nothing of ours survives it.
if (process.send !== undefined) process.once('disconnect', () => process.exit(1));
await Promise.resolve(process.env).then(readSettings).then(main).catch(unable);
