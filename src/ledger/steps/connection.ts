import type { Database } from '../database.ts';
import { journal } from './journal.ts';

// Failures in a row before the breaker closes a connection, and how long it stays closed: 2 s doubling, at most 60 s.
const PATIENCE = 3;
const FIRST_MS = 2_000;
const LONGEST_MS = 60_000;

/** Stop using a connection until a person resumes it. Written once: the first cause stands. */
export const pauseConnection = (db: Database, name: string, code: string, reason: string): Promise<void> =>
  db.transaction(async (tx) => {
    const rows = await tx.query(
      `insert into connection (name, paused_code, paused_reason, paused_by, paused_at) values ($1,$2,$3,'tallystick',ledger_now())
       on conflict (name) do update set paused_code = $2, paused_reason = $3, paused_by = 'tallystick', paused_at = ledger_now(), last_error = $3, last_error_code = $2
         where connection.paused_code is null returning name`,
      [name, code, reason],
    );
    if (rows.length > 0)
      await journal(tx, [
        {
          actor: 'tallystick',
          action: 'pause',
          slot: name,
          code,
          // What the system said may name people: it stands where it can be erased.
          reason: `the connection is not used until a person resumes it: ${code}`,
          values: { said: reason },
        },
      ]);
  });

/** Count a failed call; after a few in a row, or when the system names a time, nobody claims work for it until then. */
export const recordFailure = async (
  db: Database,
  name: string,
  code: string,
  reason: string,
  retryAfterMs = 0,
): Promise<void> => {
  await db.query(
    `insert into connection as c (name, failures, last_error, last_error_code, closed_until)
     values ($1, 1, $2, $3, case when $4 > 0 then ledger_now() + $4 * interval '1 ms' end)
     on conflict (name) do update set failures = c.failures + 1, last_error = $2, last_error_code = $3,
       closed_until = greatest(c.closed_until, case
         when $4 > 0 then ledger_now() + $4 * interval '1 ms'
         when c.failures + 1 >= $5 then ledger_now() + least($7, $6 * 2 ^ least(10, c.failures + 1 - $5)) * interval '1 ms' end)`,
    [name, reason.slice(0, 500), code, retryAfterMs, PATIENCE, FIRST_MS, LONGEST_MS],
  );
};

/** A call was answered: the breaker opens again. Where nothing is to change no row is locked: each lock waits for the disk. */
export const recordSuccess = async (db: Database, name: string): Promise<void> => {
  await db.query(
    `insert into connection as c (name, last_ok_at) select $1, ledger_now()
     where not exists (select from connection k where k.name = $1 and k.failures = 0 and k.last_ok_at >= ledger_now() - interval '5 s')
     on conflict (name) do update set failures = 0, last_ok_at = ledger_now(), closed_until = case when c.closed_until > ledger_now() then c.closed_until end
       where c.failures > 0 or c.last_ok_at is null or c.last_ok_at < ledger_now() - interval '5 s'`,
    [name],
  );
};
