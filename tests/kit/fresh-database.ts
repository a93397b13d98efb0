import { randomUUID } from 'node:crypto';
import pg from 'pg';

/** A database of a test's own. */
export interface FreshDatabase {
  readonly name: string;
  readonly url: string;
  drop(): Promise<void>;
}

const alone = async (server: string, sql: string): Promise<void> => {
  const client = new pg.Client({ connectionString: server });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
};

/** Makes one on a PostgreSQL, empty or as a copy of another one that nobody is connected to. */
export const freshDatabase = async (server: string, copied?: string): Promise<FreshDatabase> => {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await alone(server, `create database ${name}${copied === undefined ? '' : ` template ${copied}`}`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  return { name, url: url.href, drop: () => alone(server, `drop database if exists ${name} with (force)`) };
};
