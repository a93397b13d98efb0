import { SyncError } from '../domain/errors.ts';

/** What one process lets through. */
export interface Limits {
  /** Counts a request of a key; TOO_MANY_REQUESTS when it is over its rate. */
  request(key: string): void;
  /** The same for questions that a system puts for its many users. */
  view(key: string): void;
  /** Counts a refused key from an address; TOO_MANY_REQUESTS instead of the refusal when there were many. */
  refusal(address: string): void;
  /** Counts a webhook of a connection; TOO_MANY_REQUESTS when it is over its rate, and its sender tries again. */
  webhook(connection: string): void;
  /** Runs work unless the same is under way. */
  alone<T>(name: string, work: () => Promise<T>): Promise<T>;
}

const PER_SECOND = 50;
const BURST = 200;
// Hundreds of people who look at a page each second, all by the key of their one system.
const VIEWS_PER_SECOND = 1_000;
const VIEWS_BURST = 4_000;
const REFUSALS_PER_MINUTE = 30;
// Addresses and keys remembered at once: an attacker who has more than these only resets the oldest.
const REMEMBERED = 10_000;

interface Bucket {
  tokens: number;
  at: number;
}

/** Buckets that fill with time. `now` is in ms and only moves forward. */
export const createLimits = (now: () => number): Limits => {
  const take = (buckets: Map<string, Bucket>, name: string, perSecond: number, burst: number): void => {
    const at = now();
    const bucket = buckets.get(name) ?? { tokens: burst, at };
    bucket.tokens = Math.min(burst, bucket.tokens + ((at - bucket.at) / 1000) * perSecond);
    bucket.at = at;
    if (!buckets.has(name) && buckets.size >= REMEMBERED) buckets.delete(buckets.keys().next().value ?? '');
    buckets.set(name, bucket);
    if (bucket.tokens < 1) throw tooMany(((1 - bucket.tokens) / perSecond) * 1000);
    bucket.tokens -= 1;
  };
  const keys = new Map<string, Bucket>();
  const askers = new Map<string, Bucket>();
  const connections = new Map<string, Bucket>();
  const addresses = new Map<string, Bucket>();
  const running = new Set<string>();
  return {
    request: (key) => take(keys, key, PER_SECOND, BURST),
    view: (key) => take(askers, key, VIEWS_PER_SECOND, VIEWS_BURST),
    refusal: (address) => take(addresses, address, REFUSALS_PER_MINUTE / 60, REFUSALS_PER_MINUTE),
    webhook: (connection) => take(connections, connection, PER_SECOND, BURST),
    alone: async (name, work) => {
      if (running.has(name)) throw tooMany(1_000);
      running.add(name);
      try {
        return await work();
      } finally {
        running.delete(name);
      }
    },
  };
};

const tooMany = (waitMs: number): SyncError =>
  new SyncError('TOO_MANY_REQUESTS', 'too many requests at once', { retryAfterMs: Math.max(1_000, Math.ceil(waitMs)) });
