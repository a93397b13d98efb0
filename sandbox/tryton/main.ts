/**
 * Starts a real Tryton with made-up data on loopback: node main.ts --data DIR [--port N] [--customers N] [--seed N] [--trade].
 * `--customers` counts distinct businesses in both systems together; Tryton holds its share of them (businesses.ts).
 * `--trade` adds what a company that makes and sells goods needs: products, bills of material, sales, invoices, employees.
 * `--postgresql` keeps the data on the PostgreSQL of DATABASE_URL, where its user may make databases, and not in an
 * SQLite file below DIR. `--prepare` only fills the cache.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { cacheFolder, place, prepare, prepareServer, USERS } from './parts.ts';
import { surroundings, Unable } from './python.ts';

const say = (line: string): void => void process.stderr.write(`tryton: ${line}\n`);

const USAGE = '--data DIR or --postgresql, --port N, --customers N, --seed N, --trade and --prepare';

const number = (flag: string, given: string): number => {
  const read = Number(given);
  if (!Number.isSafeInteger(read) || read < 0) throw new Unable(`--${flag} must be a whole number, not "${given}".`);
  return read;
};

const flags = () => {
  try {
    const { values } = parseArgs({
      options: {
        data: { type: 'string' },
        port: { type: 'string', default: '0' },
        customers: { type: 'string', default: '2000' },
        seed: { type: 'string', default: '1' },
        prepare: { type: 'boolean', default: false },
        postgresql: { type: 'boolean', default: false },
        trade: { type: 'boolean', default: false },
      },
    });
    const { data, postgresql } = values;
    if (data === undefined && !values.prepare && !postgresql)
      throw new Unable('say where to keep the database: --data DIR, or --postgresql.');
    if (postgresql && !process.env['DATABASE_URL'])
      throw new Unable('--postgresql needs DATABASE_URL: the address of a PostgreSQL whose user may make databases.');
    return {
      data,
      postgresql,
      only: values.prepare,
      port: number('port', values.port),
      stock: {
        customers: number('customers', values.customers),
        seed: number('seed', values.seed),
        trade: values.trade,
      },
    };
  } catch (error) {
    throw error instanceof Unable ? error : new Unable(`${(error as Error).message}; it takes ${USAGE}.`);
  }
};

/** Resolves with the port when Tryton listens; rejects with its last words when it ends before that. */
const listening = (child: ChildProcess): Promise<{ readonly port: number; readonly database: string }> =>
  new Promise((done, fail) => {
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      words = `${words}${text}`.slice(-2_000);
    });
    if (child.stdout) createInterface(child.stdout).once('line', (line) => done(JSON.parse(line)));
    child.once('error', (error) => fail(new Unable(`Tryton cannot be started: ${error.message}.`)));
    child.once('exit', () => fail(new Unable(`Tryton ended at its start: ${words.trim().split('\n').at(-1) ?? ''}`)));
  });

const serve = async (): Promise<void> => {
  let leave = (): void => process.exit(0);
  const stop = (): void => leave();
  process.once('SIGTERM', stop).once('SIGINT', stop).once('disconnect', stop);
  const { data, postgresql, only, port, stock } = flags();
  const workshop = { cache: cacheFolder(), say };
  const laidOut = async (): Promise<{ readonly python: string; readonly own: string }> => {
    if (postgresql) {
      const { python, place: own } = await prepareServer(workshop, stock);
      return { python, own };
    }
    const { python, database } = await prepare(workshop, stock);
    return { python, own: only || data === undefined ? database : place(database, data) };
  };
  const { python, own } = await laidOut();
  if (only) process.exit(0);
  // Its standard input is a pipe from us: when we are gone, however that came, it ends too.
  const child = spawn(python, [join(import.meta.dirname, 'serve.py'), own, String(port)], {
    env: surroundings(),
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stopping = false;
  leave = () => {
    stopping = true;
    child.kill('SIGTERM');
  };
  child.once('exit', (code) => {
    if (stopping) process.exit(0);
    say(`ended (code ${code ?? 'none'})`);
  });
  const { port: taken, database: name } = await listening(child);
  child.once('exit', () => process.exit(1));
  const people = { user: 'people', password: USERS.people };
  const url = `http://127.0.0.1:${taken}`;
  const ready = { url, database: name, user: 'tally', password: USERS.tally, people };
  if (process.send) process.send({ ready });
  else say(`ready: ${JSON.stringify(ready)}`);
};

serve().catch((error: unknown) => {
  say(error instanceof Unable ? error.message : String((error as Error).stack ?? error));
  process.exit(1);
});
