import type { Database } from '../../src/ledger/database.ts';

/** A worker dies inside a ledger step: what it had not committed is undone. */
export class Crash extends Error {
  override readonly name = 'Crash';
}

/** A database whose n-th transaction from now ends with the death of who runs it. */
export interface Fragile extends Database {
  /** Zero: not at all. */
  crashIn: number;
}

/** Counts transactions; a statement outside of one is one of its own. */
export const fragile = (db: Database): Fragile => {
  const guarded = async <T>(work: (db: Database) => Promise<T>): Promise<T> => {
    const dies = outer.crashIn === 1;
    if (outer.crashIn > 0) outer.crashIn -= 1;
    return db.transaction(async (tx) => {
      const result = await work(tx);
      if (dies) throw new Crash('killed before its commit');
      return result;
    });
  };
  const outer: Fragile = {
    crashIn: 0,
    query: (sql, params) => guarded((tx) => tx.query(sql, params)),
    execute: (sql, params) => guarded((tx) => tx.execute(sql, params)),
    transaction: guarded,
    close: () => db.close(),
  };
  return outer;
};
