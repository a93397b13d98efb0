/** A running system seen through its API: asked, told, and waited for. */
import { SyncError } from '../../domain/errors.ts';
import type { Role } from '../../ledger/queries/keys.ts';
import type { ParkedItem } from '../../ledger/queries/parked.ts';
import type { MappingStatus, Status } from '../../ledger/queries/status.ts';
import type { RouteId } from '../../server/access.ts';
import { createClient, type Request } from '../client.ts';
import { terminal } from '../io.ts';
import type { Pair } from './pairs.ts';

export type { MappingStatus, ParkedItem };

/** Where a system runs and how it is ended. */
export interface Running {
  readonly urls: Readonly<Record<string, string>>;
  readonly home: string;
  /** Folder with the configuration in force; saving a file there applies it. */
  readonly config: string;
  readonly pair: Pair;
  stop(): Promise<void>;
}

export interface World extends Running {
  call<T>(route: RouteId, request?: Request, role?: Role): Promise<T>;
  status(): Promise<MappingStatus>;
  parked(code?: string): Promise<readonly ParkedItem[]>;
  /** Until nothing is due, in doubt or waiting. `seen` is told how far it is. */
  quiet(withinMs: number, seen?: (status: MappingStatus) => void): Promise<void>;
  /** Compare all keys and hashes of both sides, and settle what that shows. */
  sweep(withinMs: number): Promise<void>;
}

const LOOK_EVERY_MS = 100;
const NOTHING = {
  revision: 0,
  gate: 'shut',
  paused: null,
  agreement: 0,
  pending: 0,
  doubt: 0,
  waiting: {},
  parked: {},
  lagMs: null,
  oldestChange: null,
  lastPass: { crm: null, erp: null },
} as const;
// What an API answers, or does not, while one of its parts is down.
const DOWN = new Set(['API_DOWN', 'LEDGER_DOWN', 'ENGINE_DOWN']);

/** Looks until it is so, or time is up. */
export const until = async (withinMs: number, so: () => Promise<boolean>): Promise<boolean> => {
  const end = performance.now() + withinMs;
  for (;;) {
    if (await so()) return true;
    if (performance.now() > end) return false;
    await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY_MS));
  }
};

/** The system, asked with the keys that its own machine keeps. */
export const worldOf = (running: Running): World => {
  const { pair, home, urls } = running;
  const io = { ...terminal(), env: { TALLY_API_URL: urls['TALLY_API_URL'] } };
  const call: World['call'] = async <T>(route: RouteId, request: Request = {}, role?: Role) =>
    (await createClient(io, home, role).call<T>(route, request)).reply;
  const whole = (): Promise<Status> => call<Status>('GET /status');
  const names = [pair.mapping, ...(pair.beside ?? [])];
  const all = async (): Promise<readonly MappingStatus[]> => {
    const { mappings } = await whole();
    return names.map((name) => mappings.find((mapping) => mapping.name === name) ?? { name, ...NOTHING });
  };
  const status = async (): Promise<MappingStatus> => (await all())[0] ?? { name: pair.mapping, ...NOTHING };
  const quiet: World['quiet'] = async (withinMs, seen) => {
    const still = await until(withinMs, async () => {
      const [now, ...beside] = await all().catch(downAs([] as const));
      if (now === undefined) return false;
      seen?.(now);
      return [now, ...beside].every(atRest);
    });
    if (!still)
      throw new SyncError(
        'INTERNAL',
        `not everything was settled within ${withinMs / 1000} s: ${JSON.stringify(await all())}`,
      );
  };
  const passes = async (): Promise<readonly number[]> =>
    (await whole()).connections.flatMap((each) => each.slots.map((slot) => slot.passes));
  const sweep = async (withinMs: number): Promise<void> => {
    const before = await passes();
    // All of them: what is waited for is a pass over every slot.
    for (const { name } of (await whole()).mappings) await call('POST /mappings/:name/sync', { params: { name } });
    const done = await until(withinMs, async () => (await passes()).every((count, i) => count > (before[i] ?? 0)));
    if (!done)
      throw new SyncError('INTERNAL', `the comparison of all records was not finished within ${withinMs / 1000} s`);
    await quiet(withinMs);
  };
  const parked: World['parked'] = async (code) => {
    const items: ParkedItem[] = [];
    for (let cursor: string | undefined; ; ) {
      const query = { limit: 200, code, cursor };
      const page: { readonly items: readonly ParkedItem[]; readonly next: string | null } = await call(
        'GET /parked',
        { query },
        'steward',
      );
      items.push(...page.items);
      if (page.next === null) return items;
      cursor = page.next;
    }
  };
  return { ...running, call, status, parked, quiet, sweep };
};

const atRest = ({ gate, pending, doubt, waiting }: MappingStatus): boolean =>
  gate === 'open' &&
  pending === 0 &&
  doubt === 0 &&
  // What waits for its day is at rest until then.
  Object.keys(waiting).every((reason) => reason === 'NOT_YET_EFFECTIVE');

const downAs =
  <T>(instead: T) =>
  (error: unknown): T => {
    if (error instanceof SyncError && DOWN.has(error.code)) return instead;
    throw error;
  };
