/** The open connections to one database: as many as it may have, dialled through the door, limited in time and size. */
import type { Socket } from 'node:net';
import { SyncError } from '../../src/domain/errors.ts';
import { dial } from '../sdk/dial.ts';
import { createGate } from '../sdk/gate.ts';
import { type Intent, retryDropped } from '../sdk/retry.ts';
import type { Call } from '../sdk/seam.ts';
import type { Place } from './address.ts';
import type { Answer, Bound, Dialect, Session, Tls } from './dialect.ts';
import type { Refusal } from './failure.ts';

/** One use of a connection. A refused statement throws a Refusal; a lost connection a SyncError. */
export interface Talk {
  run(text: string, values: readonly Bound[]): Promise<Answer>;
  say(text: string): Promise<Answer>;
  inFlight(): Promise<readonly string[] | undefined>;
}

/** What every session of a connection has in common. */
export interface SessionSettings {
  readonly dialect: Dialect;
  readonly place: Place;
  readonly database: string;
  readonly user: string;
  readonly password: string;
  readonly tls: Tls | undefined;
  readonly allow: readonly string[];
  readonly mode: Parameters<typeof dial>[0]['mode'];
  readonly resolve?: Parameters<typeof dial>[0]['resolve'];
  readonly concurrency: number;
  readonly statementMs: number;
  readonly replyBytes: number;
  readonly refusalOf: (error: unknown) => Refusal | undefined;
}

/** Uses connections for reading, or for writing. Reading ones cannot write, whatever a statement says. */
export interface Sessions {
  use<T>(intent: Intent, call: Call, work: (talk: Talk) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/** Servers and what stands between may drop what is idle; a fresh connection costs less than finding that out. */
const IDLE_MS = 60_000;
/** After its own limit the server has so long to say so. */
const GRACE_MS = 2_000;

interface Held {
  readonly session: Session;
  /** Ends the connection and says why to whoever waits. */
  readonly kill: (why: SyncError) => void;
  arrived: number;
  why: SyncError | undefined;
  used: boolean;
  /** True once the connection is gone; whoever waits on it is told by the driver. */
  ended: boolean;
  idle: NodeJS.Timeout | undefined;
}

const open = async (settings: SessionSettings, intent: Intent, call: Call): Promise<Held> => {
  const { dialect, place, mode, allow, resolve, replyBytes } = settings;
  const route = { ...place, allow, mode, ...(resolve === undefined ? {} : { resolve }) };
  let dialled: Socket | undefined;
  const socket = async (): Promise<Socket> => {
    dialled = await dial(route, call.signal);
    return dialled;
  };
  const address = async (): Promise<string> => {
    const probe = await socket();
    probe.destroy();
    return probe.remoteAddress ?? place.host;
  };
  const stop = (): void => void dialled?.destroy();
  const timer = setTimeout(stop, settings.statementMs + GRACE_MS);
  call.signal.addEventListener('abort', stop, { once: true });
  try {
    const { database, user, password, tls, statementMs } = settings;
    const ways = { ...place, database, user, password, tls, statementMs, readOnly: intent === 'read' };
    const session = await dialect.open({ ...ways, socket, address });
    const held: Held = {
      session,
      arrived: 0,
      why: undefined,
      used: false,
      ended: false,
      idle: undefined,
      kill: (why) => {
        held.why ??= why;
        session.destroy();
      },
    };
    const heavy = new SyncError(
      'REPLY_TOO_LARGE',
      `${place.host}: an answer is larger than ${replyBytes} bytes; ask for fewer rows, or raise limits.reply_bytes`,
    );
    session.watch((bytes) => {
      held.arrived += bytes;
      if (held.arrived > replyBytes) held.kill(heavy);
    });
    return held;
  } catch (error) {
    call.signal.throwIfAborted();
    throw settings.refusalOf(error) ?? lostError(error, place.host, true);
  } finally {
    clearTimeout(timer);
    call.signal.removeEventListener('abort', stop);
  }
};

const lostError = (error: unknown, host: string, unsent: boolean): SyncError => {
  if (error instanceof SyncError) return error;
  const code = String((error as { code?: unknown } | null)?.code ?? '');
  const tls = /CERT|TLS|SSL|ISSUER|SIGNATURE/.test(code);
  const why = tls
    ? `its certificate is not accepted (${code}); name its authority under tls.ca`
    : code || 'connection lost';
  return new SyncError(
    tls ? 'EGRESS_DENIED' : 'UNREACHABLE',
    `${host} cannot be reached: ${why}`,
    unsent ? { unsent } : {},
  );
};

const createTalk = (held: Held, settings: SessionSettings, call: Call): Talk => {
  const { dialect, place, statementMs } = settings;
  const late = new SyncError('TIMED_OUT', `${place.host}: no answer within ${statementMs + GRACE_MS} ms`);
  let asked = 0;
  const timed = async (work: () => Promise<Answer>): Promise<Answer> => {
    call.signal.throwIfAborted();
    held.arrived = 0;
    asked += 1;
    const timer = setTimeout(() => held.kill(late), statementMs + GRACE_MS);
    const stop = (): void => held.session.destroy();
    call.signal.addEventListener('abort', stop, { once: true });
    try {
      const answer = await work();
      // The driver may have taken in the whole of what was too much.
      if (held.why !== undefined) throw held.why;
      return answer;
    } catch (error) {
      call.signal.throwIfAborted();
      if (held.why !== undefined) throw held.why;
      const refusal = settings.refusalOf(error);
      // One that was idle and is found gone by the first words took none of them, whether it says so or not.
      const gone = held.used && asked === 1;
      if (refusal !== undefined && !(gone && refusal.about === 'leaves')) throw refusal;
      held.why = lostError(refusal === undefined ? error : refusal, place.host, gone);
      throw held.why;
    } finally {
      clearTimeout(timer);
      call.signal.removeEventListener('abort', stop);
    }
  };
  const run: Talk['run'] = (text, values) => timed(() => held.session.run(text, values));
  const say: Talk['say'] = (text) => timed(() => held.session.say(text));
  const through = { ...held.session, run, say };
  return { run, say, inFlight: async () => dialect.inFlight?.(through) };
};

/** Opens none before the first use. */
export const createSessions = (settings: SessionSettings): Sessions => {
  const gate = createGate(settings.concurrency);
  const idle: Record<Intent, Held[]> = { read: [], write: [] };
  let closed = false;
  const forget = (held: Held, intent: Intent): void => {
    clearTimeout(held.idle);
    idle[intent] = idle[intent].filter((each) => each !== held);
  };
  const discard = (held: Held): void => {
    clearTimeout(held.idle);
    held.session.destroy();
  };
  const take = async (intent: Intent, call: Call): Promise<Held> => {
    const held = idle[intent].pop();
    if (held !== undefined) {
      clearTimeout(held.idle);
      held.used = true;
      return held;
    }
    const made = await open(settings, intent, call);
    made.session.lost(() => {
      made.ended = true;
      forget(made, intent);
    });
    return made;
  };
  const giveBack = (held: Held, intent: Intent): void => {
    if (closed || held.ended || held.why !== undefined) {
      held.session.destroy();
      return;
    }
    held.idle = setTimeout(() => {
      forget(held, intent);
      held.session.end().catch(() => held.session.destroy());
    }, IDLE_MS);
    held.idle.unref();
    idle[intent].push(held);
  };
  const once = async <T>(intent: Intent, call: Call, work: (talk: Talk) => Promise<T>): Promise<T> => {
    const held = await take(intent, call);
    try {
      const result = await work(createTalk(held, settings, call));
      giveBack(held, intent);
      return result;
    } catch (error) {
      // What state it is in is not worth asking: whatever was begun on it ends with it.
      held.session.destroy();
      if (held.why?.code === 'UNREACHABLE') for (const other of idle[intent].splice(0)) discard(other);
      throw error;
    }
  };
  return {
    use: async (intent, call, work) => {
      await gate.enter(call.signal);
      try {
        await call.beforeRequest?.();
        call.signal.throwIfAborted();
        return await retryDropped(() => once(intent, call, work), intent, call.signal);
      } finally {
        gate.leave();
      }
    },
    close: async () => {
      closed = true;
      const all = [...idle.read, ...idle.write];
      for (const held of all) clearTimeout(held.idle);
      await Promise.all(all.map(({ session }) => session.end().catch(() => session.destroy())));
    },
  };
};
