/** Rows of a feed or list that could not be decoded. */
import type { Change } from '../../../connectors/sdk/seam.ts';
import { toBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Context, mappingsOf, newId } from './context.ts';
import { type Due, enqueue } from './queue.ts';

/** A row that cannot be decoded is kept raw and parked, one of people without what it holds; its page commits. */
export const parkUndecodable = async (
  context: Context,
  db: Database,
  slot: string,
  from: string,
  changes: readonly Change[],
): Promise<void> => {
  // Of people only what mappings read is kept: nobody can say what else stands in such a row.
  const people = mappingsOf(context, slot).some(({ mapping }) => mapping.people !== undefined);
  for (const change of changes) {
    if (change.op !== 'undecodable') continue;
    const id = change.id ?? `undecodable-${newId()}`;
    const [known] = await db.query<{ link: string }>(`select link from record where slot = $1 and id = $2`, [slot, id]);
    const link = known?.link ?? newId();
    if (known === undefined) {
      await db.query(`insert into link (id, created_at) values ($1, ledger_now())`, [link]);
      await db.query(
        `insert into record (slot, id, link, seen_from, first_seen, hash, body, label, stale) values ($1,$2,$3,$4,$4,$5,$6,$2,true)`,
        [slot, id, link, from, Buffer.alloc(1), toBytes({})],
      );
    } else await db.query(`update record set stale = true where slot = $1 and id = $2`, [slot, id]); // never planned unread
    for (const { mapping } of mappingsOf(context, slot)) {
      await db.query(
        `insert into parked (id, mapping, link, field, code, cause, message, detail, since, updated_at) values ($1,$2,$3,'','UNDECODABLE',$4,$5,$6,ledger_now(),ledger_now())
         on conflict (mapping, link, field) do update set code = excluded.code, message = excluded.message, detail = excluded.detail, updated_at = excluded.updated_at
           where parked.code <> 'AMBIGUOUS'`,
        [
          newId(),
          mapping.name,
          link,
          `UNDECODABLE ${slot}`,
          change.problem,
          toBytes({ crm: null, erp: null, base: null, raw: people ? null : change.raw }),
        ],
      );
    }
  }
};

/** What could not be decoded and now can be is looked at, also when it shows nothing new. */
export const decodedAgain = async (
  context: Context,
  db: Database,
  slot: string,
  changes: readonly Change[],
): Promise<void> => {
  const ids = changes.flatMap((change) => (change.op === 'upsert' ? [change.record.id] : []));
  if (ids.length === 0) return;
  const rows = await db.query<Due>(
    `select p.mapping, r.slot, r.id from parked p join record r on r.link = p.link and r.slot = $2 and r.id = any($3) and not r.stale
     where p.mapping = any($1) and p.code = 'UNDECODABLE' and p.field = ''`,
    [mappingsOf(context, slot).map(({ mapping }) => mapping.name), slot, ids],
  );
  await enqueue(db, rows, 'change');
};
