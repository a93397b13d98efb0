/** The parts of a group, as data: what each needs, how it is started, how one sees that it is ready. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findEngine } from '../../../scripts/engine.mjs';
import type { Say } from '../../../scripts/say.mjs';
import { ledgerFolder } from './account.ts';
import { keptPassword, type PortOf } from './places.ts';
import { type Cluster, databaseUrl, preparePostgres } from './postgres.ts';
import { engineReady, ledgerReady } from './probe.ts';
import type { Environment, Launch } from './process.ts';

/** What the table's rows are told. */
export interface Place {
  readonly home: string;
  readonly env: Environment;
  readonly port: PortOf;
  readonly say: Say;
  /** For the sandbox: how many customers it is seeded with, and by which number. */
  readonly customers: number;
  readonly seed: number;
}

/** A part made concrete: its ports are known, so the others can be told of it before it runs. */
export interface Plan {
  /** What everyone else is told, as environment variables. */
  readonly env: Readonly<Record<string, string>>;
  readonly launch: (everyone: Environment) => Promise<Launch>;
  readonly probe?: () => Promise<boolean>;
}

/** One line of the table. */
export interface PartRow {
  readonly name: string;
  /** Parts that must be ready before it starts. */
  readonly after: readonly string[];
  /** A variable that, when set, names one that somebody else runs. */
  readonly given?: string;
  /** Whether one that somebody else runs answers. */
  readonly answers?: (address: string) => Promise<boolean>;
  readonly plan: (place: Place) => Promise<Plan>;
}

const NAMESPACE = 'default';
const root = fileURLToPath(new URL('../../../', import.meta.url));
const local = (port: number): string => `127.0.0.1:${port}`;

const ledger: PartRow = {
  name: 'ledger',
  after: [],
  given: 'DATABASE_URL',
  answers: ledgerReady,
  plan: async ({ home, port }) => {
    const password = keptPassword(home);
    const cluster: Cluster = {
      folder: ledgerFolder(home, password),
      port: await port('ledger'),
      password,
      durability: 'durable',
    };
    const url = databaseUrl(cluster);
    return { env: { DATABASE_URL: url }, launch: () => preparePostgres(cluster), probe: () => ledgerReady(url) };
  },
};

// Unthrottled pollers: by default every step waits up to 50 ms for its turn.
const ENGINE_SETTINGS = [
  'history.transferProcessorMaxPollRPS=1000',
  'history.timerProcessorMaxPollRPS=1000',
  'system.enableActivityEagerExecution=true',
  // Timers are looked at this often; by default a poll of 500 ms takes a second.
  'history.timerProcessorMaxTimeShift="50ms"',
];
const ENGINE_STORE = ['journal_mode=wal', 'synchronous=2'];

const engineArgs = (home: string, port: number): string[] => [
  ...['server', 'start-dev', '--headless', '--ip', '127.0.0.1', '--port', String(port), '--log-level', 'warn'],
  ...['--namespace', NAMESPACE, '--db-filename', join(home, 'engine', 'temporal.sqlite')],
  ...ENGINE_SETTINGS.flatMap((setting) => ['--dynamic-config-value', setting]),
  ...ENGINE_STORE.flatMap((pragma) => ['--sqlite-pragma', pragma]),
];

const engine: PartRow = {
  name: 'engine',
  after: [],
  given: 'TEMPORAL_ADDRESS',
  answers: (address) => engineReady(address, NAMESPACE),
  plan: async ({ home, env, port, say }) => {
    // Before anything is started: bringing it may take minutes.
    const program = (await findEngine({ say, env })) ?? '';
    const own = await port('engine');
    const args = engineArgs(home, own);
    const seen = { PATH: env['PATH'], HOME: env['HOME'], TMPDIR: env['TMPDIR'] };
    const launch = async (): Promise<Launch> => {
      mkdirSync(join(home, 'engine'), { recursive: true });
      return { program, args, env: seen, stops: [{ signal: 'SIGTERM', ms: 5_000 }] };
    };
    return { env: { TEMPORAL_ADDRESS: local(own) }, launch, probe: () => engineReady(local(own), NAMESPACE) };
  },
};

const sandbox = (side: 'crm' | 'erp'): PartRow => {
  const name = `SANDBOX_${side.toUpperCase()}`;
  return {
    name: side,
    after: [],
    given: `${name}_URL`,
    plan: async ({ home, port, customers, seed }) => {
      const own = await port(side);
      const control = await port(`${side} control`);
      const data = join(home, 'sandbox', side);
      const flags = { data, port: own, 'control-port': control, customers, seed };
      const args = Object.entries(flags).flatMap(([flag, value]) => [`--${flag}`, String(value)]);
      return {
        env: { [`${name}_URL`]: `http://${local(own)}`, [`${name}_CONTROL_URL`]: `http://${local(control)}` },
        launch: async (env) => {
          mkdirSync(join(home, 'sandbox'), { recursive: true });
          return { file: join(root, 'sandbox', side, 'main.ts'), args, env };
        },
      };
    },
  };
};

const worker: PartRow = {
  name: 'worker',
  after: ['ledger', 'engine'],
  plan: async () => ({
    env: {},
    launch: async (env) => ({ file: join(root, 'src', 'worker', 'main.ts'), args: [], env }),
  }),
};

const server: PartRow = {
  name: 'server',
  after: ['ledger', 'engine'],
  plan: async ({ env, port }) => {
    const asked = Number(env['TALLY_API_PORT']);
    const own = await port('server', asked > 0 ? asked : undefined);
    const file = join(root, 'src', 'server', 'main.ts');
    return {
      env: { TALLY_API_URL: `http://${local(own)}` },
      launch: async (everyone) => ({ file, args: [], env: { ...everyone, TALLY_API_PORT: String(own) } }),
    };
  },
};

/** Every part of the single-machine group, in the order they are shown. */
export const PARTS: readonly PartRow[] = [ledger, engine, sandbox('crm'), sandbox('erp'), worker, server];
