/** All parts on one machine as one group: started in order, kept running, stopped in order, never left behind. */
import { EventEmitter } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { ownerOf, tryLock } from '../../../scripts/lock.mjs';
import { type Say, say as terminal } from '../../../scripts/say.mjs';
import { SyncError } from '../../domain/errors.ts';
import { openLog } from './log.ts';
import { type Part, type PartEvents, startPart } from './part.ts';
import { PARTS, type PartRow, type Place, type Plan } from './parts.ts';
import { endLeftovers, keptPorts, keptProcesses } from './places.ts';
import { type Environment, signalled, until } from './process.ts';

export interface GroupOptions {
  /** Folder of everything the group keeps. */
  readonly home: string;
  /** Which parts, by name; all by default. One whose address is given in `env` is not started. */
  readonly parts?: readonly string[];
  readonly env?: Environment;
  readonly customers?: number;
  readonly seed?: number;
  /** Work between the ledger's start and that of worker and server: migrate, apply the configuration, build the workflow bundle. Gets what the parts get. */
  readonly prepare?: (env: Readonly<Record<string, string>>) => Promise<void>;
  readonly say?: Say;
  /** Another table of parts, for tests. */
  readonly table?: readonly PartRow[];
}

/** A running group. */
export interface Group {
  /** Addresses by variable: DATABASE_URL, TEMPORAL_ADDRESS, TALLY_API_URL, SANDBOX_CRM_URL, … They stay the same across restarts. */
  readonly urls: Readonly<Record<string, string>>;
  /** The whole environment the parts got; another process that is given it belongs to the group's world. */
  readonly env: Readonly<Record<string, string>>;
  readonly events: EventEmitter<PartEvents>;
  /** What a part said when it was last ready. */
  facts(part: string): unknown;
  pids(): Readonly<Record<string, number>>;
  /** Sends a signal to a part's own process; false if it is not running. */
  kill(part: string, signal: NodeJS.Signals): boolean;
  /** Resolves when the part is ready (again). */
  ready(part: string): Promise<void>;
  stop(): Promise<void>;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));

const plain = (env: Environment): Record<string, string> =>
  Object.fromEntries(
    Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== ''),
  );

/** The Temporal server that temporal.yaml names, beside the configuration file: then none is started here. */
const configuredEngine = (env: Environment): string | undefined => {
  const path = join(dirname(resolve(env['TALLY_CONFIG'] ?? 'tallystick.yaml')), 'temporal.yaml');
  if (!existsSync(path)) return undefined;
  const settings: unknown = parse(readFileSync(path, 'utf8'));
  const address = (settings as { readonly address?: unknown } | null)?.address;
  return typeof address === 'string' ? address : undefined;
};

const baseEnvironment = (options: GroupOptions, home: string): Record<string, string> => {
  const given = plain({ ...process.env, ...options.env });
  const address = given['TEMPORAL_ADDRESS'] ?? configuredEngine(given);
  const PATH = [join(root, 'node_modules', '.bin'), given['PATH'] ?? ''].join(delimiter);
  return { TALLY_MODE: 'local', ...given, PATH, TALLY_HOME: home, ...(address && { TEMPORAL_ADDRESS: address }) };
};

const lockHome = (home: string): (() => void) => {
  const folder = join(home, 'lock');
  const release = tryLock(folder);
  if (release !== undefined) return release;
  throw new SyncError(
    'HOME_IN_USE',
    `${home} belongs to a group that is running (process ${ownerOf(folder) ?? '?'}): end that one first, or set TALLY_HOME to another folder`,
  );
};

/** One that somebody else runs must answer before anything of ours is started. */
const checkGiven = async (row: PartRow, address: string): Promise<void> => {
  if (row.answers === undefined || (await until(() => row.answers?.(address) ?? true, 5_000))) return;
  const code = row.name === 'ledger' ? 'LEDGER_DOWN' : 'ENGINE_DOWN';
  throw new SyncError(
    code,
    `nothing answers at ${row.given}: start it, correct the variable, or unset it to have one run here`,
  );
};

interface Planned {
  readonly row: PartRow;
  readonly plan: Plan;
}

const planAll = async (rows: readonly PartRow[], place: Place): Promise<readonly Planned[]> => {
  const planned: Planned[] = [];
  for (const row of rows) {
    const address = row.given === undefined ? undefined : place.env[row.given];
    if (address === undefined) planned.push({ row, plan: await row.plan(place) });
    else await checkGiven(row, address);
  }
  return planned;
};

/** Later parts first, those they need last; what does not hang on each other together. */
const stopInOrder = async (planned: readonly Planned[], parts: ReadonlyMap<string, Part>): Promise<void> => {
  const left = new Set(planned.map(({ row }) => row));
  while (left.size > 0) {
    const last = [...left].filter((row) => ![...left].some(({ after }) => after.includes(row.name)));
    await Promise.all(last.map(({ name }) => parts.get(name)?.stop()));
    for (const row of last) left.delete(row);
  }
};

/** Where the group's own preparation stands among the parts: after the ledger, before whoever needs the ledger. */
const PREPARED_AFTER = 'ledger';

const startAll = (
  planned: readonly Planned[],
  env: Readonly<Record<string, string>>,
  options: GroupOptions,
  home: string,
  events: EventEmitter<PartEvents>,
): ReadonlyMap<string, Part> => {
  const parts = new Map<string, Part>();
  const processes = keptProcesses(home);
  let prepared: Promise<void> | undefined;
  const prepare = async (): Promise<void> => {
    prepared ??= options.prepare?.(env) ?? Promise.resolve();
    await prepared;
  };
  for (const { row, plan } of planned) {
    const after = async (): Promise<void> => {
      await Promise.all(row.after.map((name) => parts.get(name)?.ready()));
      if (row.after.includes(PREPARED_AFTER)) await prepare();
    };
    const part = startPart({
      name: row.name,
      command: () => plan.launch(env),
      ...(plan.probe && { probe: plan.probe }),
      after,
      log: openLog(join(home, 'logs', `${row.name}.log`)),
      tell: (name, ...facts) => events.emit(name, ...(facts as never)),
      started: (pid) => processes.started(row.name, pid),
      ended: (pid) => processes.ended(pid),
    });
    parts.set(row.name, part);
  }
  return parts;
};

const startLocked = async (options: GroupOptions, home: string, release: () => void): Promise<Group> => {
  await endLeftovers(home);
  const base = baseEnvironment(options, home);
  const { say = terminal, customers = 2_000, seed = 1, table = PARTS } = options;
  const place: Place = { home, env: base, port: keptPorts(home), say, customers, seed };
  const planned = await planAll(
    table.filter(({ name }) => options.parts?.includes(name) ?? true),
    place,
  );
  const urls = Object.assign({}, ...planned.map(({ plan }) => plan.env)) as Record<string, string>;
  const env = { ...base, ...urls };
  const facts = new Map<string, unknown>();
  const events = new EventEmitter<PartEvents>();
  events.on('ready', (part, said) => facts.set(part, said));
  const parts = startAll(planned, env, options, home, events);
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => {
    stopped ??= stopInOrder(planned, parts).finally(release);
    return stopped;
  };
  await Promise.all([...parts.values()].map((part) => part.ready())).catch(async (error: unknown) => {
    await stop();
    throw error;
  });
  return groupOf(urls, env, events, facts, parts, stop);
};

/** Starts the group and resolves when every part is ready; if one does not come up, all are stopped and the reason is thrown. */
export const startGroup = async (options: GroupOptions): Promise<Group> => {
  const home = resolve(options.home);
  mkdirSync(home, { recursive: true });
  const release = lockHome(home);
  try {
    return await startLocked(options, home, release);
  } catch (error) {
    release();
    throw error;
  }
};

const groupOf = (
  urls: Group['urls'],
  env: Group['env'],
  events: Group['events'],
  facts: ReadonlyMap<string, unknown>,
  parts: ReadonlyMap<string, Part>,
  stop: () => Promise<void>,
): Group => ({
  urls,
  env,
  events,
  facts: (part) => facts.get(part),
  pids: () => {
    const pids: Record<string, number> = {};
    for (const [name, part] of parts) {
      const pid = part.pid();
      if (pid !== undefined) pids[name] = pid;
    }
    return pids;
  },
  kill: (part, signal) => {
    const pid = parts.get(part)?.pid();
    return pid !== undefined && signalled(pid, signal);
  },
  ready: async (part) => parts.get(part)?.ready(),
  stop,
});
