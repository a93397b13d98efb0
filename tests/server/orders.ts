import { createFirstKeys, createKey } from '../../src/ledger/steps/keys.ts';
import { createApp } from '../../src/server/app.ts';
import type { ServerDeps } from '../../src/server/deps.ts';
import type { Rig } from '../ledger/rig.ts';

/** The API over the rig's ledger. */
export const ordersApi = async ({ db, context }: Rig) => {
  const nudged: string[] = [];
  const deps: ServerDeps = {
    db,
    compilation: () => ({ mappings: context.mappings(), problems: [] }),
    temporal: {
      nudge: async (mappings) => void nudged.push(...mappings),
      look: async () => undefined,
      probe: async () => ({ ok: false, code: 'TIMED_OUT', message: '' }),
      answer: async () => undefined,
      reachable: async () => true,
    },
    now: () => performance.now(),
    wall: () => Date.parse('2026-01-02T00:00:00Z'),
    inbound: () => undefined,
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    local: true,
  };
  const app = createApp(deps);
  const keys = new Map((await createFirstKeys(db)).map(({ role, key }) => [String(role), key]));
  const approver = async (name: string, levels: readonly string[]) => {
    const { key } = await createKey(db, 'test', {
      name,
      role: 'approver',
      days: 1,
      scopes: [],
      mappings: null,
      levels,
    });
    keys.set(name, key);
  };
  const service = async (name: string, mappings: readonly string[]) => {
    const scopes = ['orders.read', 'values.read'];
    const { key } = await createKey(db, 'test', { name, role: 'service', days: 1, scopes, mappings });
    keys.set(name, key);
  };
  const ask = async (who: string, method: string, path: string, body?: unknown) => {
    const reply = await app.request(path, {
      method,
      headers: { authorization: `Bearer ${keys.get(who)}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    // biome-ignore lint/suspicious/noExplicitAny: a test looks into replies of every shape
    return { status: reply.status, json: (await reply.json()) as any };
  };
  const fetch = (async (url: URL | string | Request, init?: RequestInit) =>
    app.request(String(url).replace('http://127.0.0.1:4000', ''), init)) as typeof globalThis.fetch;
  return { ask, approver, service, nudged, fetch, keyOf: (who: string) => keys.get(who) ?? '' };
};
