import { slotName } from '../../domain/record.ts';
import type { Mapping } from '../../mapping/port.ts';
import type { Database } from '../database.ts';
import { endDoubts } from './doubt.ts';
import { registerFeeds } from './feed.ts';
import { openIntents } from './intents.ts';
import { putBack } from './release.ts';
import { remakeParts } from './rollups.ts';

/** What the ledger must have rows for before anything can sync. */
export interface Registration {
  readonly config: number;
  readonly connections: readonly string[];
  readonly mappings: readonly Mapping[];
}

/** Makes the rows of connections, slots and mappings. Changed identity rules close the gate until keys are rebuilt; changed paths want a new pass. */
export const register = async (db: Database, registration: Registration): Promise<void> => {
  await registerAll(db, registration);
  // By itself: it waits for whoever writes baselines, and must hold nothing that they wait for.
  await registerFeeds(db, registration.mappings);
};

const registerAll = (db: Database, { config, connections, mappings }: Registration): Promise<void> =>
  db.transaction(async (tx) => {
    await tx.query('select pg_advisory_xact_lock(7402004)');
    await tx.query(`insert into connection (name) select unnest($1::text[]) on conflict do nothing`, [
      [...connections].sort(),
    ]);
    for (const mapping of [...mappings].sort((a, b) => (a.name < b.name ? -1 : 1))) {
      for (const side of ['crm', 'erp'] as const) await registerSlot(tx, mapping, side);
      await tx.query(
        `insert into mapping (name, revision, config, crm_slot, erp_slot, identity_hash) values ($1,$2,$3,$4,$5,$6)
         on conflict (name) do update set revision = $2, config = $3, crm_slot = $4, erp_slot = $5, identity_hash = $6,
           gate_open = mapping.gate_open and mapping.identity_hash = $6 and mapping.crm_slot = $4 and mapping.erp_slot = $5,
           rekeyed_hash = case when mapping.crm_slot = $4 and mapping.erp_slot = $5 then mapping.rekeyed_hash end`,
        [
          mapping.name,
          mapping.revision,
          config,
          slotName(mapping.between.crm),
          slotName(mapping.between.erp),
          mapping.identityHash,
        ],
      );
    }
    await remakeParts(tx, mappings);
    await tx.query(
      `update mapping set paused_reason = case when name = any($1) then null else 'no longer in the configuration' end`,
      [mappings.map((m) => m.name)],
    );
    // Nobody claims for these again: what they hold is given up, or other mappings of the same records wait for ever.
    const held = await tx.query<{ id: string }>(
      `select id from segment where finished_at is null and mapping <> all($1) order by id`,
      [mappings.map((m) => m.name)],
    );
    for (const { id } of held) await putBack(tx, id);
    // Nobody asks any more what became of their writes: each is said to be unknown, long after the last answer could come.
    const lost = await openIntents(
      tx,
      `mapping <> all($1) and sends > 0 and sent_at < ledger_now() - interval '1 hour'`,
      [mappings.map((m) => m.name)],
    );
    await endDoubts(
      tx,
      lost.map((intent) => ({ ...intent, outcome: 'mapping gone' })),
    );
  });

const registerSlot = async (tx: Database, mapping: Mapping, side: 'crm' | 'erp'): Promise<void> => {
  const { connection, record, scope } = mapping.between[side];
  const name = slotName(mapping.between[side]);
  await tx.query(`insert into slot (name, connection, record, scope) values ($1,$2,$3,$4) on conflict do nothing`, [
    name,
    connection,
    record,
    scope ?? null,
  ]);
  // Bodies hold the paths that were mapped when they were stored: with other paths they are read again from end to end.
  const changed = await tx.query(
    `insert into projection as p (slot, mapping, hash) values ($1,$2,$3)
     on conflict (slot, mapping) do update set hash = excluded.hash where p.hash <> excluded.hash returning slot`,
    [name, mapping.name, mapping.projectionHash[side]],
  );
  if (changed.length > 0) await tx.query(`update slot set pass_wanted = true where name = $1`, [name]);
};
