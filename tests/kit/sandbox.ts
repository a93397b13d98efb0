/** Trouble on demand in a sandbox system, for tests. */
import type { ConformanceWorld } from './conformance.ts';

const KINDS = { 'cut before': 'reset-before', 'cut after': 'reset-after', 'too many': '429', broken: '500' } as const;

/** Posts to a system's control address; throws when it refuses. */
export const control = async (controlUrl: string, path: string, body: unknown): Promise<void> => {
  const reply = await fetch(`${controlUrl}/control/${path}`, { method: 'POST', body: JSON.stringify(body) });
  if (!reply.ok) throw new Error(`the control address answered ${reply.status}: ${await reply.text()}`);
};

/** Makes the next request below `path` meet a fate, once. */
export const striker =
  (controlUrl: string, path: string): ConformanceWorld['strike'] =>
  (fate, on) =>
    control(controlUrl, 'faults', [{ kind: KINDS[fate], nth: 1, path, only_writes: on === 'write', retry_after_s: 7 }]);
