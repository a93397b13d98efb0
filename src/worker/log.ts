import { DefaultLogger, type Logger as EngineLogger, type LogLevel } from '@temporalio/worker';
import { type Logger, pino } from 'pino';

/** One JSON line per outcome, on standard output, where whoever started us can collect it. */
export const createLog = (level: string): Logger =>
  pino({ level, base: { part: 'worker' }, timestamp: pino.stdTimeFunctions.isoTime });

const LEVELS: Readonly<Record<LogLevel, 'debug' | 'info' | 'warn' | 'error'>> = {
  TRACE: 'debug',
  DEBUG: 'debug',
  INFO: 'debug',
  WARN: 'warn',
  ERROR: 'error',
};

/** The engine's own lines in ours. Its metadata is left out: it may carry what a workflow was given. */
export const engineLog = (log: Logger): EngineLogger =>
  new DefaultLogger('INFO', ({ level, message, meta }) => {
    const fault = meta?.error instanceof Error ? { fault: meta.error.message } : {};
    // What the worker part warns of is a failed activity, which has a line of its own, or a queue without workflows.
    const own = meta?.sdkComponent === 'worker' && level === 'WARN';
    log[own ? 'debug' : LEVELS[level]]({ engine: true, ...fault }, message);
  });
