import type { Database } from '../database.ts';
import { wakeKeys } from './identity-keys.ts';

interface Key {
  readonly fields: string;
  readonly key: string;
}

/** Link, refusal or withdrawal frees the keys a create reserved. */
export const freeKeys = async (
  db: Database,
  creates: readonly { readonly link: string; readonly slot: string }[],
): Promise<void> => {
  if (creates.length === 0) return;
  await wake(
    db,
    await db.query<Key>(
      `delete from link_key k using unnest($1::uuid[],$2::text[]) as t(link,slot) where k.link = t.link and k.slot = t.slot returning k.fields, k.key`,
      [creates.map((c) => c.link), creates.map((c) => c.slot)],
    ),
  );
};

/** The question whether a create took effect is answered: its keys are free, unless a new create of the link holds them. */
export const answerKeys = async (db: Database, links: readonly string[]): Promise<void> => {
  if (links.length === 0) return;
  const keys = await db.query<Key>(`select distinct fields, key from link_key where link = any($1::uuid[])`, [links]);
  await db.query(
    `delete from link_key k where k.link = any($1::uuid[]) and not exists (
       select from intent i where i.link = k.link and i.slot = k.slot and i.op = 'create' and i.ended_at is null)`,
    [links],
  );
  await wake(db, keys);
};

/** Whoever waits for such a key, or is held back over it, may look again. */
const wake = async (db: Database, keys: readonly Key[]): Promise<void> => {
  if (keys.length === 0) return;
  const woken = db.query(
    `with woken as materialized (
       select p.mapping, p.slot, p.id from unnest($1::text[],$2::text[]) as t(fields,key) join record_key k on k.fields = t.fields and k.key = t.key
       join pending p on p.slot = k.slot and p.id = k.id where p.state = 'waiting' and p.reason = 'KEY_RESERVED' order by 1, 2, 3 for update of p
     )
     update pending p set due = ledger_now() from woken w where p.mapping = w.mapping and p.slot = w.slot and p.id = w.id`,
    [keys.map((k) => k.fields), keys.map((k) => k.key)],
  );
  await Promise.all([woken, wakeKeys(db, keys)]);
};
