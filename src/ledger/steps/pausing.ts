import { SyncError } from '../../domain/errors.ts';
import type { Database } from '../database.ts';
import { type Acted, type Actor, retry } from './acts.ts';
import { journal } from './journal.ts';
import { nudge } from './queue.ts';

/** A person stops the use of a connection. A pause that stands already keeps its cause. */
export const pauseByPerson = (db: Database, actor: Actor, connection: string, reason: string): Promise<void> =>
  db.transaction(async (tx) => {
    await assertKnown(tx, connection);
    const rows = await tx.query(
      `update connection set paused_code = 'CONNECTION_PAUSED', paused_reason = $2, paused_by = $3, paused_at = ledger_now() where name = $1 and paused_code is null returning name`,
      [connection, reason, actor.name],
    );
    if (rows.length > 0)
      await journal(tx, [
        { actor: actor.name, action: 'pause', slot: connection, code: 'CONNECTION_PAUSED', reason, values: null },
      ]);
  });

/** What a person says a connection has again. One request with one record in it does not tell whose right was missing: the record's, or ours. */
const RIGHT = 'NO_PERMISSION';

/** A connection is used again: its breaker opens, what waited is due now, and what was refused for want of a right is tried again. */
export const resumeConnection = async (db: Database, actor: Actor, connection: string): Promise<Acted> => {
  const mappings = await db.transaction(async (tx) => {
    await assertKnown(tx, connection);
    const names = await tx.query<{ name: string }>(
      `select distinct m.name from mapping m join slot s on s.name in (m.crm_slot, m.erp_slot) where s.connection = $1 order by m.name`,
      [connection],
    );
    const waiting = names.map((row) => row.name);
    await tx.query(
      `update pending set due = ledger_now() where (mapping, slot, id) in
         (select mapping, slot, id from pending where mapping = any($1) and state = 'waiting' and due > ledger_now() order by mapping, slot, id for update)`,
      [waiting],
    );
    const [was] = await tx.query<{ paused_code: string | null }>(
      `select paused_code from connection where name = $1 for update`,
      [connection],
    );
    await tx.query(
      // Resuming after the brake is the confirmation it asked for.
      `update connection set brake_from = case when paused_code = 'BRAKE' then ledger_now() else brake_from end, paused_code = null, paused_reason = null, paused_by = null, paused_at = null, failures = 0, closed_until = null, resumed_at = ledger_now() where name = $1`,
      [connection],
    );
    if (was?.paused_code != null)
      await journal(tx, [
        { actor: actor.name, action: 'resume', slot: connection, code: was.paused_code, values: null },
      ]);
    return waiting;
  });
  const due = await nudge(db, mappings);
  const again = await retry(db, { name: actor.name, mappings }, { code: RIGHT });
  return { records: again.records, nudge: [...due, ...again.nudge] };
};

/** What was refused for want of a right by a request older than the last word that the right is there: no later resuming would find it. */
export const retryOvertaken = async (
  db: Database,
  slot: string,
  from: string,
  mappings: readonly string[],
): Promise<readonly string[]> => {
  if (mappings.length === 0) return [];
  const [resumed] = await db.query(
    `select from connection c join slot s on s.connection = c.name where s.name = $1 and c.resumed_at > $2::timestamptz`,
    [slot, from],
  );
  return resumed === undefined ? [] : (await retry(db, { name: 'tallystick', mappings }, { code: RIGHT })).nudge;
};

const assertKnown = async (tx: Database, connection: string): Promise<void> => {
  const rows = await tx.query(`select name from connection where name = $1`, [connection]);
  if (rows.length === 0) throw new SyncError('NOT_FOUND', `no connection "${connection}"`);
};
