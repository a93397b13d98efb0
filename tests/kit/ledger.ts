import { inject } from 'vitest';
import { type FreshDatabase, freshDatabase } from './fresh-database.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    databaseUrl: string;
    migratedDatabase: string;
  }
}

/** A fresh, empty database on the run's PostgreSQL. */
export const aDatabase = (): Promise<FreshDatabase> => freshDatabase(inject('databaseUrl'));

/** A fresh ledger there: its schema is up to date, and nothing stands in it. */
export const aLedger = (): Promise<FreshDatabase> => freshDatabase(inject('databaseUrl'), inject('migratedDatabase'));
