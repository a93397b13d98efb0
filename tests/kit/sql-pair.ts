/** Both kinds of database that the engine `sql` is tried on, opened once for a test file. */

import pg from 'pg';
import { afterAll, beforeAll, describe, inject } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { hasMariaDb } from './mariadb.ts';
import { mariaDbDatabase, postgresqlDatabase, type TestDatabase } from './sql.ts';

/** A session of somebody else, who keeps transactions open. */
export interface Stranger {
  run(text: string): Promise<void>;
  end(): Promise<void>;
}

/** One kind of database under test. */
export interface Kind {
  readonly dialect: 'postgresql' | 'mysql';
  readonly database: () => TestDatabase;
  /** Another session, with the owner's rights. */
  stranger(): Promise<Stranger>;
  /** What this dialect must state of its feeds. */
  readonly overlap: JsonObject;
}

const openStranger = async (
  dialect: Kind['dialect'],
  database: TestDatabase,
  databaseUrl: string,
): Promise<Stranger> => {
  if (dialect === 'postgresql') {
    const at = new URL(databaseUrl);
    at.pathname = new URL(database.url).pathname;
    const client = new pg.Client({ connectionString: at.href });
    await client.connect();
    return { run: async (text) => void (await client.query(text)), end: () => client.end() };
  }
  const { default: mysql } = await import('mysql2/promise');
  const { hostname: host, port, pathname } = new URL(database.url);
  const connection = await mysql.createConnection({
    host,
    port: Number(port),
    user: 'root',
    database: pathname.slice(1),
  });
  return { run: async (text) => void (await connection.query(text)), end: () => connection.end() };
};

/** Runs the same tests on each. MariaDB is left out where it is not installed. */
export const onEach = (tests: (kind: Kind) => void): void => {
  const kinds = [
    { dialect: 'postgresql', overlap: {}, open: () => postgresqlDatabase(inject('databaseUrl')) },
    { dialect: 'mysql', overlap: { overlap_ms: 1_000 }, open: async () => (await mariaDbDatabase()).database },
  ] as const;
  for (const { dialect, overlap, open } of kinds) {
    const left = dialect === 'mysql' && !hasMariaDb();
    describe.skipIf(left)(dialect === 'mysql' ? 'MariaDB' : 'PostgreSQL', () => {
      let opened: TestDatabase | undefined;
      const database = (): TestDatabase => {
        if (opened === undefined) throw new Error('the database is not there');
        return opened;
      };
      beforeAll(async () => {
        opened = await open();
      });
      afterAll(() => opened?.close());
      tests({
        ...{ dialect, overlap, database },
        stranger: () => openStranger(dialect, database(), inject('databaseUrl')),
      });
    });
  }
};
