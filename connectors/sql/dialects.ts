/** Every kind of database, by the word that a connector.yaml chooses it with. */
import type { Dialect } from './dialect.ts';
import { mysqlDialect } from './mysql.ts';
import { oracle } from './oracle.ts';
import { postgresql } from './postgresql.ts';
import type { SqlPreset } from './schema.ts';
import { sqlserver } from './sqlserver.ts';

/** The dialects. */
export const DIALECTS: Readonly<Record<SqlPreset['dialect'], Dialect>> = {
  postgresql,
  mysql: mysqlDialect,
  sqlserver,
  oracle,
};
