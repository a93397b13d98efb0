/** The sandbox CRM and a table of a real database, kept in agreement by the whole system with the shipped mapping. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { chmod, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { startCrm } from '../../sandbox/crm/server.ts';
import { bearer, call, docOf } from '../../sandbox/kit/calls.ts';
import { say } from '../../scripts/say.mjs';
import { PAIRS } from '../../src/cli/demo/pairs.ts';
import { freshConfig, groupOptions } from '../../src/cli/demo/start.ts';
import { type World, worldOf } from '../../src/cli/demo/world.ts';
import { eraseHome } from '../../src/cli/up/account.ts';
import { startCluster } from '../../src/cli/up/cluster.ts';
import { startGroup } from '../../src/cli/up/group.ts';
import { hasMariaDb } from '../kit/mariadb.ts';
import { mariaDbDatabase, postgresqlDatabase, type TestDatabase } from '../kit/sql.ts';
import { MYSQL, POSTGRESQL, serveSqlProxy } from '../kit/sql-proxy.ts';
import { eventually, WITHIN_MS } from './kit.ts';

const CUSTOMERS = 120;
const SEED = 47;
const ROOT = join(import.meta.dirname, '../..');

type Row = Readonly<Record<string, unknown>>;
interface Shop {
  readonly world: World;
  readonly database: TestDatabase;
  /** Breaks the next COMMIT after the database has done it. */
  readonly loseAnswer: () => Promise<void>;
  accounts(): Promise<readonly Row[]>;
  patch(account: string, fields: object): Promise<void>;
  create(fields: object): Promise<string>;
  stop(): Promise<void>;
}

const openPostgresql = async () => {
  const folder = mkdtempSync(join(tmpdir(), 'tally-shop-'));
  await chmod(folder, 0o755);
  const cluster = await startCluster(folder, 'none');
  const database = await postgresqlDatabase(cluster.url('postgres'));
  const close = async (): Promise<void> => {
    await database.close();
    await cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  return { ...database, close };
};

/** The configuration of the demonstration, with a table where its ERP stands. */
const configure = async (home: string, dialect: string, url: string, database: TestDatabase): Promise<string> => {
  const config = await freshConfig(home, PAIRS.sandbox);
  const preset = await readFile(join(ROOT, 'connectors/sandbox-sql/connector.yaml'), 'utf8');
  mkdirSync(join(config, 'shop'));
  await writeFile(join(config, 'shop', 'connector.yaml'), preset.replace('dialect: postgresql', `dialect: ${dialect}`));
  const password = join(config, 'password');
  await writeFile(password, database.password, { mode: 0o600 });
  const main = join(config, 'tallystick.yaml');
  const text = await readFile(main, 'utf8');
  const erp = `  erp:
    connector: ./shop
    url: ${url}
    settings: { user: ${database.user}, password: "file:${password}", tls: plain }
    poll_ms: 500
    settle_ms: 2000

`;
  await writeFile(main, text.replace(/ {2}erp:\n[\s\S]*?(?=mappings:)/, erp));
  const mapping = join(config, 'mappings', 'customer.yaml');
  await writeFile(mapping, (await readFile(mapping, 'utf8')).replace('record: Partner', 'record: Customer'));
  return config;
};

const start = async (dialect: 'postgresql' | 'mysql'): Promise<Shop> => {
  const home = mkdtempSync(join(tmpdir(), 'tally-sql-'));
  const endings: (() => unknown)[] = [() => eraseHome(home)];
  const stop = async (): Promise<void> => {
    for (const end of endings.reverse().splice(0)) await end();
  };
  try {
    const database = dialect === 'mysql' ? (await mariaDbDatabase()).database : await openPostgresql();
    endings.push(database.close);
    const at = new URL(database.url);
    const proxy = await serveSqlProxy(Number(at.port), dialect === 'mysql' ? MYSQL : POSTGRESQL);
    endings.push(proxy.close);
    at.port = String(proxy.port);
    const config = await configure(home, dialect, at.href, database);
    const crm = await startCrm({ customers: CUSTOMERS, seed: SEED });
    endings.push(crm.close);
    const systems = {
      SANDBOX_CRM_URL: crm.url,
      SANDBOX_CRM_CONTROL_URL: crm.controlUrl,
      SANDBOX_ERP_URL: 'http://127.0.0.1:9',
    };
    const quietly = { ...say, note: () => undefined };
    const options = groupOptions({ home, customers: CUSTOMERS, seed: SEED, pair: PAIRS.sandbox, say: quietly }, config);
    const env = { ...options.env, ...systems, TEMPORAL_ADDRESS: '', TALLY_API_KEY: '', TALLY_API_PORT: '' };
    const group = await startGroup({ ...options, env });
    endings.push(() => group.stop());
    const world = worldOf({ urls: { ...systems, ...group.urls }, home, config, pair: PAIRS.sandbox, stop });
    const people = await bearer(crm.url, 'people', 'people-secret');
    const accounts = async (): Promise<readonly Row[]> => {
      const reply = await fetch(`${crm.controlUrl}/control/state?record=account&limit=1000`);
      return ((await reply.json()) as { records: readonly Row[] }).records;
    };
    return {
      ...{ world, database, accounts, stop, loseAnswer: () => proxy.strike('cut after', 'write') },
      patch: async (account, fields) => {
        const { status } = await call('PATCH', `${crm.url}/v1/accounts/${account}`, { headers: people, body: fields });
        expect(status).toBe(200);
      },
      create: async (fields) =>
        String(docOf(await call('POST', `${crm.url}/v1/accounts`, { headers: people, body: fields }))['id']),
    };
  } catch (error) {
    await stop();
    throw error;
  }
};

/** What both sides must say of one customer: CRM's word, table's word. */
const PAIRED = [
  ['name', 'name'],
  ['billing.city', 'city'],
  ['billing.street', 'street'],
  ['vat_number', 'tax_number'],
  ['phone', 'phone'],
  ['email', 'email'],
] as const;

const at = (row: Row, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (value as Record<string, unknown> | null)?.[key], row);
const bare = (value: unknown): string =>
  String(value ?? '')
    .replace(/[\s.-]/g, '')
    .toLowerCase();

/** Pairs of which one side says something else, and rows or accounts that stand alone although they are linked. */
const differences = async ({ accounts, database }: Shop): Promise<readonly string[]> => {
  const rows = new Map(
    (await database.query('select * from customer')).map((row) => [String(row['customer_no']), row]),
  );
  return (await accounts()).flatMap((account) => {
    const number = account['erp_number'];
    if (typeof number !== 'string' || account['sync_state'] !== 'in agreement') return [];
    const row = rows.get(number);
    if (row === undefined) return [`${String(account['id'])}: no row ${number}`];
    return PAIRED.flatMap(([crm, column]) =>
      bare(at(account, crm)) === bare(row[column])
        ? []
        : [`${number} ${column}: ${String(at(account, crm))} / ${String(row[column])}`],
    );
  });
};

const kinds = ['postgresql', 'mysql'] as const;
for (const dialect of kinds)
  describe.skipIf(dialect === 'mysql' && !hasMariaDb())(
    `a CRM and a table of ${dialect === 'mysql' ? 'MariaDB' : 'PostgreSQL'}`,
    () => {
      let shop: Shop;
      afterAll(() => shop?.stop());
      const one = async (sql: string): Promise<Row> => (await shop.database.query(sql))[0] ?? {};
      const accountOf = async (number: string): Promise<Row | undefined> =>
        (await shop.accounts()).find((account) => account['erp_number'] === number);

      test('the first load writes every customer into the table once, and both sides agree', async () => {
        shop = await start(dialect);
        await shop.world.quiet(WITHIN_MS);
        const linked = (await shop.accounts()).filter(({ erp_number }) => erp_number !== null);
        expect(linked.length).toBeGreaterThan(40);
        const { n } = await one('select count(*) as n from customer');
        expect(Number(n)).toBe(linked.length);
        expect(await differences(shop)).toEqual([]);
      });

      test('an edit on either side reaches the other', async () => {
        const row = await one(
          'select customer_no, row_version from customer where tax_number is not null order by customer_no limit 1',
        );
        const number = String(row['customer_no']);
        const account = await accountOf(number);
        await shop.database.run(
          `update customer set city = 'Köln-Süd', credit_limit = 1234567890123.45 where customer_no = '${number}'`,
        );
        await eventually(
          'the CRM has the new city',
          async () => at((await accountOf(number)) ?? {}, 'billing.city') === 'Köln-Süd',
        );
        await shop.patch(String(account?.['id']), { email: 'sales@new.example' });
        await eventually('the table has the new address', async () => {
          return (
            (await one(`select email from customer where customer_no = '${number}'`))['email'] === 'sales@new.example'
          );
        });
        await shop.world.quiet(WITHIN_MS);
        expect(String((await accountOf(number))?.['credit_limit'])).toMatch(/^1234567890123\.45/);
        expect(await differences(shop)).toEqual([]);
      });

      test('a row that somebody inserts becomes an account, with its number', async () => {
        const quoted = dialect === 'mysql' ? '`grouping`' : 'grouping';
        await shop.database.run(
          `insert into customer (name, ${quoted}, tax_number, language, payment_terms, country) values ('Neu GmbH', 'Z001', 'DE0815000', 'DE', 'ZB30', 'DE')`,
        );
        const { customer_no } = await one("select customer_no from customer where name = 'Neu GmbH'");
        await eventually(
          'it is an account',
          async () => (await accountOf(String(customer_no)))?.['name'] === 'Neu GmbH',
        );
      });

      test('a create whose answer is lost after its commit makes one row', async () => {
        await shop.world.quiet(WITHIN_MS);
        await shop.loseAnswer();
        const id = await shop.create({
          name: 'Einmal AG',
          kind: 'Customer',
          vat_number: 'DE0815001',
          billing: { country: 'DE', city: 'Bonn' },
        });
        await eventually('it is linked', async () =>
          (await shop.accounts()).some((each) => each['id'] === id && each['erp_number'] !== null),
        );
        await shop.world.quiet(WITHIN_MS);
        expect(Number((await one("select count(*) as n from customer where name = 'Einmal AG'"))['n'])).toBe(1);
        await shop.world.sweep(WITHIN_MS);
        expect(await differences(shop)).toEqual([]);
      });
    },
  );
