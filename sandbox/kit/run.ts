/** How each of the two servers is started: in this process for tests, or as a process of its own. */
import { parseArgs } from 'node:util';
import { type Controlled, serveControl } from './control.ts';
import { type Served, serve } from './server.ts';

/** How to start a sandbox system. Without `data` everything stays in memory; port 0 takes a free one. */
export interface StartOptions {
  readonly data?: string;
  readonly port?: number;
  readonly controlPort?: number;
  readonly customers?: number;
  /** Employees in the ERP, and the users of the CRM among them; none unless said otherwise. */
  readonly employees?: number;
  /** Products of both systems, of which some are one; none unless said otherwise. */
  readonly products?: number;
  /** How many of the ERP's employees have sales targets; none unless said otherwise. */
  readonly targets?: number;
  readonly seed?: number;
}

/** A running sandbox system. */
export interface Running {
  readonly url: string;
  readonly controlUrl: string;
  readonly close: () => Promise<void>;
}

/** Serve a system and its control address. */
export const run = async (system: Controlled & Omit<Served, 'port'>, options: StartOptions): Promise<Running> => {
  const main = await serve({ ...system, port: options.port ?? 0 });
  const control = await serveControl(system, options.controlPort ?? 0);
  return {
    url: main.url,
    controlUrl: control.url,
    close: async () => {
      await Promise.all([main.close(), control.close()]);
      system.store.close();
    },
  };
};

const number = (value: string | undefined, name: string): number | undefined => {
  if (value === undefined) return undefined;
  if (/^\d+$/.test(value)) return Number(value);
  process.stderr.write(`--${name} wants a whole number, not "${value}"\n`);
  process.exit(2);
};

const readFlags = (): StartOptions => {
  const string = { type: 'string' } as const;
  const { values } = parseArgs({
    options: {
      data: string,
      port: string,
      'control-port': string,
      customers: string,
      employees: string,
      products: string,
      targets: string,
      seed: string,
    },
  });
  const facts = {
    data: values.data,
    port: number(values.port, 'port'),
    controlPort: number(values['control-port'], 'control-port'),
    customers: number(values.customers, 'customers'),
    employees: number(values.employees, 'employees'),
    products: number(values.products, 'products'),
    targets: number(values.targets, 'targets'),
    seed: number(values.seed, 'seed'),
  };
  return Object.fromEntries(Object.entries(facts).filter(([, value]) => value !== undefined));
};

/** Run as a process: flags in, one ready message out, a clean end on a signal, an end at once when the parent is gone. */
export const runAsProcess = async (start: (options: StartOptions) => Promise<Running>): Promise<void> => {
  if (process.send !== undefined) process.on('disconnect', () => process.exit(0));
  const running = await start(readFlags());
  const { url, controlUrl } = running;
  const stop = (): void => void running.close().then(() => process.exit(0));
  process.once('SIGTERM', stop);
  process.once('SIGINT', stop);
  if (process.send !== undefined) process.send({ ready: { url, controlUrl } });
  else process.stdout.write(`${url} (control ${controlUrl})\n`);
};
