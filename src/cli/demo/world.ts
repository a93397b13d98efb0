/** A whole system on this machine for a demonstration or a torture: fresh data, a copy of the configuration that may be edited, and the API. */
import { cp, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Say } from '../../../scripts/say.mjs';
import { SyncError } from '../../domain/errors.ts';
import { keysFile } from '../../server/first-keys.ts';
import { type Group, startGroup } from '../up/group.ts';
import type { Pair } from './pairs.ts';

/** Where things are of which a demonstration edits its own copy. */
const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** The parts of a status reply that are waited for. */
export interface MappingStatus {
  readonly name: string;
  readonly gate: 'open' | 'shut';
  readonly agreement: number;
  readonly pending: number;
  readonly doubt: number;
  readonly waiting: Readonly<Record<string, number>>;
  readonly parked: Readonly<Record<string, number>>;
  readonly lagMs: number | null;
}
interface Status {
  readonly mappings: readonly MappingStatus[];
  readonly connections: readonly {
    readonly name: string;
    readonly slots: readonly {
      readonly slot: string;
      readonly passes: number;
      readonly passUnderWay: boolean;
      readonly passWanted: boolean;
    }[];
  }[];
}
export interface ParkedItem {
  readonly id: string;
  readonly link: string;
  readonly field: string;
  readonly code: string;
  readonly message: string;
  readonly crm: unknown;
  readonly erp: unknown;
  readonly members: readonly { readonly slot: string; readonly id: string; readonly label: string }[];
}

export interface World {
  readonly group: Group;
  readonly pair: Pair;
  /** Folder with the configuration in force; saving a file there applies it. */
  readonly config: string;
  get<T>(path: string, role?: string): Promise<T>;
  post<T>(path: string, body?: unknown, role?: string): Promise<T>;
  status(): Promise<MappingStatus>;
  parked(code?: string): Promise<readonly ParkedItem[]>;
  /** Until nothing is due, in doubt or waiting. `seen` is told how far it is. */
  quiet(withinMs: number, seen?: (status: MappingStatus) => void): Promise<void>;
  /** Compare all keys and hashes of both sides, and settle what that shows. */
  sweep(withinMs: number): Promise<void>;
  stop(): Promise<void>;
}

export interface WorldOptions {
  readonly home: string;
  readonly customers: number;
  readonly seed: number;
  readonly pair: Pair;
  readonly say: Say;
}

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const LOOK_EVERY_MS = 100;

const copyConfig = async (home: string, pair: Pair): Promise<string> => {
  const folder = join(home, 'config');
  await mkdir(folder, { recursive: true });
  await cp(join(ROOT, pair.config), join(folder, 'tallystick.yaml'));
  await cp(join(ROOT, 'mappings'), join(folder, 'mappings'), { recursive: true });
  return folder;
};

/** Starts everything on fresh data below `home`. */
export const startWorld = async ({ home, customers, seed, pair, say }: WorldOptions): Promise<World> => {
  await rm(home, { recursive: true, force: true });
  const config = await copyConfig(home, pair);
  const group = await startGroup({
    home,
    customers,
    seed,
    say,
    table: pair.parts,
    env: {
      TALLY_CONFIG: join(config, 'tallystick.yaml'),
      DATABASE_URL: '',
      TEMPORAL_ADDRESS: process.env['TEMPORAL_ADDRESS'],
      TALLY_MODE: 'local',
    },
  });
  return worldOf(group, config, pair, home);
};

const worldOf = (group: Group, config: string, pair: Pair, home: string): World => {
  const { get, post } = apiOf(group, home);
  const whole = (): Promise<Status> => get<Status>('/status');
  const status = async (): Promise<MappingStatus> => {
    const found = (await whole()).mappings.find((mapping) => mapping.name === pair.mapping);
    return (
      found ?? {
        name: pair.mapping,
        gate: 'shut',
        agreement: 0,
        pending: 0,
        doubt: 0,
        waiting: {},
        parked: {},
        lagMs: null,
      }
    );
  };
  const quiet = async (withinMs: number, seen?: (status: MappingStatus) => void): Promise<void> => {
    const still = await until(withinMs, async () => {
      const now = await status();
      seen?.(now);
      return now.gate === 'open' && now.pending === 0 && now.doubt === 0 && Object.keys(now.waiting).length === 0;
    });
    if (!still)
      throw new SyncError(
        'INTERNAL',
        `not everything was settled within ${withinMs / 1000} s: ${JSON.stringify(await status())}`,
      );
  };
  const passes = async (): Promise<readonly number[]> =>
    (await whole()).connections.flatMap((each) => each.slots.map((slot) => slot.passes));
  const sweep = async (withinMs: number): Promise<void> => {
    const before = await passes();
    await post(`/mappings/${pair.mapping}/sync`, undefined, 'operator');
    const done = await until(withinMs, async () => (await passes()).every((count, i) => count > (before[i] ?? 0)));
    if (!done)
      throw new SyncError('INTERNAL', `the comparison of all records was not finished within ${withinMs / 1000} s`);
    await quiet(withinMs);
  };
  const parked = async (code?: string): Promise<readonly ParkedItem[]> => {
    const items: ParkedItem[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query = new URLSearchParams({
        limit: '200',
        ...(code === undefined ? {} : { code }),
        ...(cursor === '' ? {} : { cursor }),
      });
      const page: { readonly items: readonly ParkedItem[]; readonly next: string | null } = await get(
        `/parked?${query}`,
        'steward',
      );
      items.push(...page.items);
      cursor = page.next;
    }
    return items;
  };
  return { group, pair, config, get, post, status, parked, quiet, sweep, stop: () => group.stop() };
};

/** Looks until it is so, or time is up. */
export const until = async (withinMs: number, so: () => Promise<boolean>): Promise<boolean> => {
  const end = performance.now() + withinMs;
  for (;;) {
    if (await so()) return true;
    if (performance.now() > end) return false;
    await pause(LOOK_EVERY_MS);
  }
};

const apiOf = (group: Group, home: string) => {
  const call = async (method: string, path: string, body: unknown, role: string): Promise<unknown> => {
    const keys = JSON.parse(await readFile(keysFile(home), 'utf8')) as Record<string, string>;
    const reply = await fetch(`${group.urls['TALLY_API_URL']}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${keys[role]}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer: unknown = await reply.json();
    if (reply.ok) return answer;
    throw new SyncError('INTERNAL', `${method} ${path} was answered ${reply.status}: ${JSON.stringify(answer)}`);
  };
  return {
    get: <T>(path: string, role = 'it-admin') => call('GET', path, undefined, role) as Promise<T>,
    post: <T>(path: string, body?: unknown, role = 'operator') => call('POST', path, body, role) as Promise<T>,
  };
};
