/** The sockets of one connection: kept alive, as many as it may use at once, dialled only to tested addresses. */
import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import { type Mode, pinnedLookup, type Resolve, readAllowList } from './address.ts';

interface AgentSettings {
  readonly allow: readonly string[];
  readonly mode: Mode;
  readonly concurrency?: number;
  readonly resolve?: Resolve;
}

/** An idle socket is given up before most systems do so themselves: a write must not meet one that is just being closed. */
const IDLE_MS = 10_000;
/** Stated here, so that no environment variable can turn it off. */
const TLS = { rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const;

/** An agent whose sockets give up after `connectMs` with the code CONNECT_TIMEOUT, before a byte was sent. */
export const createAgent = (protocol: string, settings: AgentSettings, connectMs: number): HttpAgent | HttpsAgent => {
  const { cidrs } = readAllowList(settings.allow);
  const options: AgentOptions & { lookup: unknown } = {
    keepAlive: true,
    maxSockets: settings.concurrency ?? 4,
    scheduling: 'lifo',
    timeout: IDLE_MS,
    lookup: pinnedLookup(settings.mode, cidrs, settings.resolve),
  };
  const secure = protocol === 'https:';
  const agent = secure ? new HttpsAgent({ ...options, ...TLS }) : new HttpAgent(options);
  const dial = agent.createConnection.bind(agent);
  agent.createConnection = (...args: Parameters<typeof dial>) => {
    const socket = dial(...args) as Socket;
    const timer = setTimeout(
      () => socket.destroy(Object.assign(new Error('connect timed out'), { code: 'CONNECT_TIMEOUT' })),
      connectMs,
    );
    const ready = (): void => clearTimeout(timer);
    socket.once(secure ? 'secureConnect' : 'connect', ready);
    socket.once('close', ready);
    return socket;
  };
  return agent;
};
