/** Webhooks of the CRM, by Standard Webhooks 1.0.0: who hears of a change, and telling them until they say that they heard. */
import { createHmac, randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { type Fault, type FaultPlan, struckBy } from '../kit/faults.ts';
import { isDoc, parse, text } from '../kit/json.ts';
import type { Effect, Store } from '../kit/store.ts';

/** Who is told. */
export interface Subscription {
  readonly id: string;
  readonly url: string;
  /** `whsec_` and 24 to 64 bytes in Base64. */
  readonly secret: string;
}

/** One change that subscribers are told of. */
interface Message {
  readonly id: string;
  readonly body: string;
}

/** The subscriptions, and the sending. */
export interface Webhooks {
  readonly list: () => readonly Subscription[];
  /** The subscription, or a sentence when it is refused. */
  readonly subscribe: (url: string, secret: string | undefined) => Subscription | string;
  readonly unsubscribe: (id: string) => boolean;
  /** The store, with every commit to an account or order told once it is durable. */
  readonly watching: (store: Store) => Store;
  readonly close: () => Promise<void>;
}

const RECORDS: ReadonlySet<string> = new Set(['account', 'order']);
const PAST = { create: 'created', update: 'updated', delete: 'deleted' } as const;
// A receiver that is away for a moment loses nothing; what is tried six times in vain is given up.
const AGAIN_MS = [250, 500, 1_000, 2_000, 4_000] as const;
const PATIENCE_MS = 5_000;
const AT_ONCE = 16;
const DELAY_MS = 2_000;
const REPLAY_MS = 1_000;
// A message held back goes out behind the next one, or by itself.
const HELD_MS = 500;

/** The bytes of a secret as it is written, or undefined. */
const keyOf = (secret: string): Buffer | undefined => {
  const [, written] = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret) ?? [];
  const key = written === undefined ? undefined : Buffer.from(written, 'base64');
  return key !== undefined && key.length >= 24 && key.length <= 64 ? key : undefined;
};

const signed = ({ id, body }: Message, key: Buffer, at: number): Record<string, string> => ({
  'content-type': 'application/json',
  'webhook-id': id,
  'webhook-timestamp': String(at),
  'webhook-signature': `v1,${createHmac('sha256', key).update(`${id}.${at}.${body}`).digest('base64')}`,
});

const messageOf = ({ op, record, id, stamp }: Effect): Message => ({
  id: `msg_${randomBytes(16).toString('base64url')}`,
  body: text({ type: `${record}.${PAST[op]}`, timestamp: new Date().toISOString(), data: { id, modified_at: stamp } }),
});

/** Calls a limited number at once; the others wait their turn. */
const lanes = (most: number) => {
  let free = most;
  const waiting: (() => void)[] = [];
  return async (work: () => Promise<void>): Promise<void> => {
    if (free > 0) free -= 1;
    else await new Promise<void>((turn) => waiting.push(turn));
    try {
      await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
};

const kept = (store: Store): readonly Subscription[] => {
  const value = parse(store.setting('webhooks') ?? '[]');
  return Array.isArray(value)
    ? value.filter(isDoc).map(({ id, url, secret }) => ({ id: String(id), url: String(url), secret: String(secret) }))
    : [];
};

/** Who is told, kept across restarts. */
const subscriptionsIn = (store: Store): Pick<Webhooks, 'list' | 'subscribe' | 'unsubscribe'> => {
  let all = kept(store);
  const keep = (next: readonly Subscription[]): void => {
    all = next;
    store.keep('webhooks', text(next));
  };
  return {
    list: () => all,
    subscribe: (url, given) => {
      const secret = given ?? `whsec_${randomBytes(32).toString('base64')}`;
      if (keyOf(secret) === undefined) return 'secret must be whsec_ and 24 to 64 bytes in Base64';
      if (!/^https?:$/.test(URL.parse(url)?.protocol ?? '')) return 'url must be an address that starts with http';
      const made = { id: `hook_${randomBytes(8).toString('hex')}`, url, secret };
      keep([...all, made]);
      return made;
    },
    unsubscribe: (id) => {
      const rest = all.filter((each) => each.id !== id);
      const known = rest.length < all.length;
      if (known) keep(rest);
      return known;
    },
  };
};

/** How a message is wrong the first time it is sent: by a strange key, another body than was signed, or a time long past. */
type Wrong = 'webhook-forged' | 'webhook-changed' | 'webhook-stale';
const WRONG: readonly Fault['kind'][] = ['webhook-forged', 'webhook-changed', 'webhook-stale'] satisfies Wrong[];
const STALE_S = 600;

/** What is sent: the headers and the body, as it should be or wrong. */
const letterOf = (message: Message, key: Buffer, wrong: Wrong | undefined) => {
  const at = Math.floor(Date.now() / 1000) - (wrong === 'webhook-stale' ? STALE_S : 0);
  const headers = signed(message, wrong === 'webhook-forged' ? randomBytes(32) : key, at);
  return { headers, body: wrong === 'webhook-changed' ? `${message.body} ` : message.body };
};
type Letter = ReturnType<typeof letterOf>;

/** Tells one subscriber until it heard or the tries are used up. What is wrong is right from the second try on. */
const createDelivery = (stop: AbortSignal, gone: (id: string) => void) => {
  const inLane = lanes(AT_ONCE);
  /** One try: true when nothing is left to do. */
  const told = async ({ id, url }: Subscription, { headers, body }: Letter): Promise<boolean> => {
    const signal = AbortSignal.any([stop, AbortSignal.timeout(PATIENCE_MS)]);
    try {
      const reply = await fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal });
      await reply.body?.cancel();
      if (reply.status === 410) gone(id);
      return reply.ok || reply.status === 410;
    } catch {
      return false;
    }
  };
  return async (to: Subscription, message: Message, struck: readonly Fault[]): Promise<void> => {
    const key = keyOf(to.secret) ?? Buffer.alloc(0);
    const wrong = struckBy(struck, ...WRONG)?.kind as Wrong | undefined;
    const replayed = struckBy(struck, 'webhook-replayed');
    for (const [tries, wait] of [0, ...AGAIN_MS].entries()) {
      if (wait > 0) await pause(wait, undefined, { signal: stop });
      const letter = letterOf(message, key, tries === 0 ? wrong : undefined);
      let done = false;
      await inLane(async () => {
        done = await told(to, letter);
      });
      if (!done) continue;
      if (replayed === undefined) return;
      // Word for word, as somebody would send it who has listened.
      await pause(replayed.delay_ms ?? REPLAY_MS, undefined, { signal: stop });
      return inLane(async () => void (await told(to, letter)));
    }
  };
};

/** Lets the faults have their way with what is to be sent: dropped, delayed, behind the next one, or twice. */
const createPost = (
  faults: FaultPlan,
  stop: AbortSignal,
  send: (message: Message, struck: readonly Fault[]) => Promise<unknown>,
) => {
  let held: (() => void) | undefined;
  const release = (): void => {
    const late = held;
    held = undefined;
    late?.();
  };
  const after = (ms: number, work: () => void): void => {
    pause(ms, undefined, { signal: stop }).then(work, () => undefined);
  };
  return (message: Message): void => {
    const struck = faults.strikeWebhook();
    const go = (): void => {
      const sent = send(message, struck);
      if (struckBy(struck, 'webhook-doubled') !== undefined) void send(message, []);
      // Behind it means: when it was heard.
      void sent.then(release);
    };
    const delayed = struckBy(struck, 'webhook-delayed');
    if (struckBy(struck, 'webhook-dropped') !== undefined) return;
    if (delayed !== undefined) {
      after(delayed.delay_ms ?? DELAY_MS, go);
    } else if (struckBy(struck, 'webhook-reordered') !== undefined && held === undefined) {
      held = go;
      after(HELD_MS, release);
    } else go();
  };
};

/** The store, with `tell` called for every commit to an account or order once it is durable. */
const watched = (store: Store, tell: (effect: Effect) => void): Store => {
  let effects: Effect[] = [];
  return {
    ...store,
    apply: (effect, request) => {
      store.apply(effect, request);
      if (RECORDS.has(effect.record)) effects.push(effect);
    },
    transaction: (work) => {
      effects = [];
      const result = store.transaction(work);
      for (const effect of effects) tell(effect);
      return result;
    },
  };
};

/** Sends by this plan of faults. Subscriptions outlive a restart; what was not told by then is lost, as a dropped one is. */
export const createWebhooks = (store: Store, faults: FaultPlan): Webhooks => {
  const stop = new AbortController();
  const subscriptions = subscriptionsIn(store);
  const deliver = createDelivery(stop.signal, subscriptions.unsubscribe);
  const underWay = new Set<Promise<unknown>>();
  const send = (message: Message, struck: readonly Fault[]): Promise<unknown> => {
    const running: Promise<unknown> = Promise.allSettled(
      subscriptions.list().map((to) => deliver(to, message, struck)),
    ).finally(() => underWay.delete(running));
    underWay.add(running);
    return running;
  };
  const post = createPost(faults, stop.signal, send);
  return {
    ...subscriptions,
    watching: (inner) =>
      watched(inner, (effect) => {
        if (subscriptions.list().length > 0) post(messageOf(effect));
      }),
    close: async () => {
      stop.abort();
      await Promise.all(underWay);
    },
  };
};
