import type { Database } from '../database.ts';

/**
 * Draw requests from a connection's budget, which all workers share: `budget_at` is the time up to which requests are
 * given out. Returns how long to wait, ms, before the first of them may be sent. A closed breaker closes the budget too.
 */
export const drawBudget = async (
  db: Database,
  connection: string,
  perSecond: number,
  requests: number,
): Promise<number> => {
  const [row] = await db.query<{ wait: number }>(
    `insert into connection as c (name, budget_at, budget_used) values ($1, ledger_now() + $2::float8 * interval '1 s', $3)
     on conflict (name) do update set
       budget_at = greatest(c.budget_at, c.closed_until, ledger_now()) + $2::float8 * interval '1 s', budget_used = c.budget_used + $3
     returning (extract(epoch from c.budget_at - ledger_now()) - $2::float8)::float8 * 1000 as wait`,
    [connection, requests / perSecond, requests],
  );
  return Math.max(0, row?.wait ?? 0);
};

/** Give back requests that were drawn and not sent. */
export const returnBudget = async (
  db: Database,
  connection: string,
  perSecond: number,
  requests: number,
): Promise<void> => {
  await db.query(
    `update connection set budget_at = budget_at - $2::float8 * interval '1 s', budget_used = greatest(0, budget_used - $3) where name = $1`,
    [connection, requests / perSecond, requests],
  );
};
