/** What a run of Tryton is made of, each part made once and kept in the cache: packages, empty database, filled database. */
import { createHash, randomUUID } from 'node:crypto';
import {
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { business, former, shares } from './businesses.ts';
import { findPython, lastWords, run, Unable } from './python.ts';

const HERE = import.meta.dirname;

/** The sandbox's users of ordinary rights. They are good for nothing but a loopback sandbox, so their passwords are no secret. */
export const USERS = { tally: 'sandbox-tally-7', people: 'sandbox-people-7' } as const;

/** What a run's Tryton holds. */
export interface Stock {
  /** Distinct businesses in both systems together. */
  readonly customers: number;
  readonly seed: number;
  /** Products, bills of material, employees, accounts, and the modules for sales and invoices besides. */
  readonly trade: boolean;
}

/** Where Tryton's parts are and how to say what takes long. */
export interface Workshop {
  readonly cache: string;
  readonly say: (line: string) => void;
}

/** The cache folder that all checkouts share. */
export const cacheFolder = (): string => process.env['TALLY_CACHE'] ?? join(homedir(), '.cache', 'tallystick');

const text = (file: string): string => readFileSync(join(HERE, file), 'utf8');
const short = (...texts: readonly string[]): string => {
  const hash = createHash('sha256');
  for (const one of texts) hash.update(one).update('\0');
  return hash.digest('hex').slice(0, 10);
};

/**
 * Makes `place` by `make(temporary)` unless it is there. It appears whole or not at all: of two that start together
 * both build, one renames first, and the other takes that one's.
 */
export const once = async (place: string, make: (temporary: string) => Promise<void>): Promise<string> => {
  if (existsSync(place)) return place;
  mkdirSync(dirname(place), { recursive: true });
  const temporary = `${place.replace(/\.sqlite$/, '')}-${randomUUID().slice(0, 8)}${place.endsWith('.sqlite') ? '.sqlite' : ''}`;
  const leave = (): void => rmSync(temporary, { recursive: true, force: true });
  process.once('exit', leave);
  try {
    await make(temporary);
    if (!existsSync(place)) renameSync(temporary, place);
  } catch (error) {
    if (!existsSync(place)) throw error;
  } finally {
    leave();
    process.off('exit', leave);
  }
  return place;
};

const packages = async ({ cache, say }: Workshop): Promise<{ folder: string; python: string }> => {
  const { program, version } = await findPython();
  const wanted = text('requirements.txt');
  const tryton = /^trytond==(.+)$/m.exec(wanted)?.[1] ?? '';
  const folder = join(cache, `tryton-${tryton}-${short(wanted, version)}`);
  const venv = await once(join(folder, 'venv'), async (temporary) => {
    say(`fetching Tryton ${tryton} and its packages with pip (about 15 seconds, once)`);
    const made = await run(program, [join(HERE, 'tether.py'), 'venv', temporary]);
    if (made.code !== 0)
      throw new Unable(
        `Python ${version} cannot make a virtual environment here (${lastWords(made)}); install its venv package (Debian: apt install python3-venv), then try again.`,
      );
    const pip = [
      join(HERE, 'tether.py'),
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--no-input',
      '-r',
      join(HERE, 'requirements.txt'),
    ];
    const installed = await run(join(temporary, 'bin', 'python'), pip);
    if (installed.code !== 0)
      throw new Unable(
        `Tryton's packages could not be installed (${lastWords(installed)}); check the network and the disk, then try again.`,
      );
  });
  return { folder, python: join(venv, 'bin', 'python') };
};

/** Copying a file that shares its blocks where the disk can. */
const copy = (from: string, to: string): void => copyFileSync(from, to, constants.COPYFILE_FICLONE);

const build = async (python: string, args: readonly string[], each?: (line: string) => void): Promise<void> => {
  const built = await run(python, [join(HERE, 'build.py'), ...args], each);
  if (built.code !== 0) throw new Unable(`Tryton's database could not be built: ${lastWords(built)}.`);
};

/** What Tryton is filled with: its own share of the businesses that are made of a seed, and some former customers. */
export const documentOf = ({ customers, seed, trade }: Stock): string =>
  JSON.stringify({
    users: USERS,
    ...(trade ? { trade } : {}),
    parties: [
      ...Array.from({ length: shares(customers).tryton }, (_, index) => business(seed, index)),
      ...former(seed),
    ],
  });

/** What a run's data is made of: a Python that has Tryton, and names under which its parts are kept. */
const ingredients = async (workshop: Workshop, stock: Stock) => {
  const { folder, python } = await packages(workshop);
  const document = documentOf(stock);
  const what = stock.trade ? 'trade' : 'base';
  const bare = `${what}-${short(text('build.py'), text('database.py'))}`;
  const made = short(folder, bare, text('fill.py'), stock.trade ? text('trade.py') : '', document);
  return { folder, python, document, what, bare, filled: `${stock.customers}-${stock.seed}-${made}` };
};
const BUILDING = "building Tryton's empty database (about 15 seconds, once)";
const filling = (total: number): string =>
  `filling it with ${shares(total).tryton} customers (a few seconds, once for this size and seed)`;

/** Fills an empty database with what the document lists. */
const fill = async (python: string, at: string, document: string, folder: string, say: Workshop['say']) => {
  const list = join(folder, `${randomUUID()}.json`);
  writeFileSync(list, document);
  try {
    await build(python, ['fill', at, list], (line) => say(`  ${line} parties`));
  } finally {
    rmSync(list, { force: true });
  }
};

/** A Python that has Tryton, and a filled SQLite file to copy. */
export const prepare = async (
  workshop: Workshop,
  stock: Stock,
): Promise<{ readonly python: string; readonly database: string }> => {
  const { folder, python, document, what, bare, filled } = await ingredients(workshop, stock);
  const { say } = workshop;
  const base = await once(join(folder, `${bare}.sqlite`), async (temporary) => {
    say(BUILDING);
    await build(python, [what, temporary]);
  });
  const database = await once(join(folder, `filled-${filled}.sqlite`), async (temporary) => {
    say(filling(stock.customers));
    copy(base, temporary);
    await fill(python, temporary, document, folder, say);
  });
  return { python, database };
};

/** A database for one run, in its own folder; one that is already there is kept, with all that happened in it. */
export const place = (database: string, folder: string): string => {
  mkdirSync(folder, { recursive: true });
  const own = join(folder, 'tryton.sqlite');
  if (existsSync(own)) return own;
  const fresh = `${own}.new`;
  copy(database, fresh);
  renameSync(fresh, own);
  return own;
};

/**
 * The same on the PostgreSQL of DATABASE_URL: its parts are databases there, and the run's own is named `tryton`;
 * one that is already there is kept, with all that happened in it.
 */
export const prepareServer = async (
  workshop: Workshop,
  stock: Stock,
): Promise<{ readonly python: string; readonly place: string }> => {
  const { folder, python, document, what, bare, filled } = await ingredients(workshop, stock);
  const { say } = workshop;
  const server = (...args: readonly string[]) => run(python, [join(HERE, 'database.py'), ...args]);
  const done = async (...args: readonly string[]): Promise<void> => {
    const finished = await server(...args);
    if (finished.code !== 0)
      throw new Unable(
        `PostgreSQL does not do as it is told (${lastWords(finished)}); check DATABASE_URL and its right to make databases, then try again.`,
      );
  };
  const made = async (name: string, template: string, make: (at: string) => Promise<void>): Promise<string> => {
    if ((await server('has', name)).code === 0) return name;
    const temporary = `${name}_${randomUUID().slice(0, 8)}`;
    await done('copy', template, temporary);
    await make(`postgresql:${temporary}`);
    await done('rename', temporary, name);
    return name;
  };
  await made(
    'tryton',
    await made(
      `tryton_${filled}`,
      await made(`tryton_${bare.replace('-', '_')}`, '-', async (at) => {
        say(BUILDING);
        await build(python, [what, at]);
      }),
      async (at) => {
        say(filling(stock.customers));
        await fill(python, at, document, folder, say);
      },
    ),
    async () => undefined,
  );
  return { python, place: 'postgresql:tryton' };
};
