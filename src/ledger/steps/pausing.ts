import { SyncError } from '../../domain/errors.ts';
import type { Database } from '../database.ts';
import type { Acted, Actor } from './acts.ts';
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

/** A connection is used again: its breaker opens, and what waited is due now. */
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
      `update connection set brake_from = case when paused_code = 'BRAKE' then ledger_now() else brake_from end, paused_code = null, paused_reason = null, paused_by = null, paused_at = null, failures = 0, closed_until = null where name = $1`,
      [connection],
    );
    if (was?.paused_code != null)
      await journal(tx, [
        { actor: actor.name, action: 'resume', slot: connection, code: was.paused_code, values: null },
      ]);
    return waiting;
  });
  return { records: 0, nudge: await nudge(db, mappings) };
};

const assertKnown = async (tx: Database, connection: string): Promise<void> => {
  const rows = await tx.query(`select name from connection where name = $1`, [connection]);
  if (rows.length === 0) throw new SyncError('NOT_FOUND', `no connection "${connection}"`);
};
