/** Every kind of database, by the word that a connector.yaml chooses it with. */
import type { Dialect } from './dialect.ts';
import { mysqlDialect } from './mysql.ts';
import { postgresql } from './postgresql.ts';
import type { SqlPreset } from './schema.ts';

/** The dialects. */
export const DIALECTS = { postgresql, mysql: mysqlDialect } as unknown as Readonly<
  Record<SqlPreset['dialect'], Dialect>
>;
