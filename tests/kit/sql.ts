/** Databases with the sandbox's table, and connectors for them. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { createConnector } from '../../connectors/index.ts';
import type { Connector } from '../../connectors/sdk/seam.ts';
import type { ConnectionSettings } from '../../src/config/port.ts';
import { type Json, type JsonObject, parseJson } from '../../src/domain/json.ts';
import type { ConformanceWorld } from './conformance.ts';
import { aConnection } from './fake-http.ts';
import { startMariaDb } from './mariadb.ts';
import { presetOf } from './preset.ts';
import { MYSQL, POSTGRESQL, serveSqlProxy } from './sql-proxy.ts';

const FOLDER = join(import.meta.dirname, '../../connectors/sandbox-sql');
const SECRET = 'a-secret-of-the-database';
const WRONG = 'a-wrong-secret-of-nobody';

/** The tables of a dialect, as a script. */
export const tables = (dialect: 'postgresql' | 'mysql'): string =>
  readFileSync(join(FOLDER, `tables.${dialect}.sql`), 'utf8');

/** A database of a test: a way in for whoever owns it, and an address for a connection. */
export interface TestDatabase {
  readonly url: string;
  readonly user: string;
  readonly password: string;
  /** Statements as its owner. */
  run(script: string): Promise<void>;
  query(text: string): Promise<readonly Record<string, unknown>[]>;
  close(): Promise<void>;
}

let count = 0;
const freshName = (): string => {
  count += 1;
  return `sql_${process.pid}_${Date.now().toString(36)}_${count}`;
};

/** A fresh PostgreSQL database with a user of its own that may do what an integration may. */
export const postgresqlDatabase = async (databaseUrl: string, script = tables('postgresql')): Promise<TestDatabase> => {
  const name = freshName();
  const admin = new pg.Client({ connectionString: databaseUrl });
  await admin.connect();
  await admin.query(`create database ${name}`);
  const at = new URL(databaseUrl);
  at.pathname = `/${name}`;
  const owner = new pg.Client({ connectionString: at.href });
  await owner.connect();
  await owner.query(script);
  await owner.query(`create role ${name} login password '${SECRET}'`);
  const grant = `grant select, insert, update, delete on all tables in schema public to ${name}; grant usage on all sequences in schema public to ${name}`;
  await owner.query(grant);
  return {
    url: `postgresql://${at.host}/${name}`,
    user: name,
    password: SECRET,
    run: async (text) => {
      await owner.query(text);
    },
    query: async (text) => (await owner.query(text)).rows as Record<string, unknown>[],
    close: async () => {
      await owner.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.query(`drop role ${name}`);
      await admin.end();
    },
  };
};

/** A MariaDB of its own, with one database and a user that may do what an integration may. */
export const mariaDbDatabase = async (flags: readonly string[] = []) => {
  const server = await startMariaDb(flags);
  const name = 'shop';
  try {
    await server.run(`create database ${name} character set utf8mb4`);
    await server.run(tables('mysql'), name);
    await server.run(
      `create user tally@'127.0.0.1' identified by '${SECRET}'; grant select, insert, update, delete, execute on ${name}.* to tally@'127.0.0.1'`,
    );
  } catch (error) {
    await server.stop();
    throw error;
  }
  const database: TestDatabase = {
    url: `mysql://127.0.0.1:${server.port}/${name}`,
    user: 'tally',
    password: SECRET,
    run: (text) => server.run(text, name),
    query: (text) => server.query(text, name),
    close: server.stop,
  };
  return { server, database };
};

/** The shipped preset, for one dialect and with changes. */
export const sqlPreset = (
  dialect: 'postgresql' | 'mysql',
  customer: JsonObject = {},
  over: JsonObject = {},
): JsonObject => {
  const preset = presetOf('sandbox-sql') as JsonObject;
  const { Customer } = preset['records'] as { Customer: JsonObject };
  // A query takes the place of the table.
  const { table, ...rest } = Customer;
  const place = 'query' in customer || table === undefined ? {} : { table };
  return { ...preset, dialect, records: { Customer: { ...rest, ...place, ...customer } }, ...over };
};

/** A connector for a database. */
export const connectSql = (
  database: Pick<TestDatabase, 'url' | 'user' | 'password'>,
  preset: Json,
  over: Partial<ConnectionSettings> = {},
): Connector =>
  createConnector({
    settings: aConnection(database.url, {
      connector: 'sandbox-sql',
      settings: { user: database.user, password: database.password, tls: 'plain' },
      ...over,
    }),
    preset,
    mode: 'local',
    secret: (reference) => reference,
  });

/** A customer that the table takes. */
export const aCustomer = (name: string, over: JsonObject = {}): JsonObject => ({
  organization_name: name,
  grouping: 'Z001',
  addresses: [{ use: 'bill-to', city: 'Ulm', country: 'DE' }],
  ...over,
});

/** A world of the laws before a real database. */
export const sqlWorld = async (
  dialect: 'postgresql' | 'mysql',
  database: TestDatabase,
  preset: Json = sqlPreset(dialect),
): Promise<ConformanceWorld> => {
  const at = new URL(database.url);
  const proxy = await serveSqlProxy(Number(at.port), dialect === 'mysql' ? MYSQL : POSTGRESQL);
  at.port = String(proxy.port);
  const through = { ...database, url: at.href };
  return {
    record: 'Customer',
    connect: (who) => connectSql(who === 'impostor' ? { ...through, password: WRONG } : through, preset),
    draft: (name) => aCustomer(name),
    change: (name) => ({ note: name }),
    refused: aCustomer('x'.repeat(81)),
    decimal: (name, digits) =>
      aCustomer(name, digits.includes('.') ? { credit_limit: parseJson(digits) } : { points: parseJson(digits) }),
    readDecimal: (body) => body['credit_limit'] ?? body['points'],
    empties: (name) => aCustomer(name, { note: null, search_term: '' }),
    readEmpties: (body) => [body['note'], body['search_term']],
    strike: proxy.strike,
    secrets: [SECRET, WRONG],
    close: async () => {
      await proxy.close();
      await database.close();
    },
  };
};
