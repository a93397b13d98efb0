/** What a document's workflow does in the ledger when it wakes: pass over a level that is overdue, note a missed target. */
import type { Database } from '../database.ts';
import type { OrderLook, OrderName } from '../port.ts';
import type { Context } from './context.ts';
import { type Due, enqueue, nudge } from './queue.ts';

/** Nobody needs to look sooner where nothing is due: whoever makes something due tells the workflow. */
const LONGEST_MS = 86_400_000;

interface Row {
  readonly step: string;
  readonly level: number | null;
  readonly ended: boolean;
  /** Does it stand in the ERP? */
  readonly crossed: boolean;
  /** Until it is due, ms; null: nothing is. */
  readonly rest: number | null;
}

/** May be repeated: what was overdue is not any more. */
export const lookAtOrder = async (context: Context, { mapping, record }: OrderName): Promise<OrderLook> => {
  const { look, told } = await context.db.transaction(async (db) => {
    const row = await rowOf(db, mapping, record);
    if (row === undefined || row.ended) return { look: { ended: true, waitMs: 0 }, told: false };
    if (row.rest !== null && row.rest > 0) return { look: goesOn(row.rest), told: false };
    if (row.rest === null) return { look: goesOn(LONGEST_MS), told: false };
    const levels = context.mappings().get(mapping)?.process?.levels ?? [];
    const at = row.level ?? levels.length;
    // Nobody in the ERP can be asked about what is not there.
    const higher = levels.findIndex(({ where }, i) => i > at && (where !== 'erp' || row.crossed));
    const next = levels[higher];
    if (row.step === 'approval' && levels[at]?.escalates === true && next !== undefined) {
      await escalate(db, { mapping, record }, higher, next);
      return { look: goesOn(next.dueMs), told: true };
    }
    await overdue(db, { mapping, record });
    return { look: goesOn(LONGEST_MS), told: false };
  });
  return { ...look, nudge: told ? await nudge(context.db, [mapping]) : [] };
};

const goesOn = (ms: number): Omit<OrderLook, 'nudge'> => ({
  ended: false,
  waitMs: Math.min(LONGEST_MS, Math.ceil(ms)),
});

const rowOf = async (db: Database, mapping: string, record: string): Promise<Row | undefined> => {
  const [row] = await db.query<Row>(
    `select o.step, o.level, o.ended_at is not null as ended, (extract(epoch from o.due - ledger_now()) * 1000)::float8 as rest,
       exists (select from record r where r.link = o.link and r.slot = m.erp_slot and r.active) as crossed
     from order_process o join mapping m on m.name = o.mapping where o.mapping = $1 and o.record = $2`,
    [mapping, record],
  );
  return row;
};

/** The next level is asked, too; its people are told by a plan. */
const escalate = async (
  db: Database,
  { mapping, record }: OrderName,
  level: number,
  { name, dueMs }: { readonly name: string; readonly dueMs: number },
): Promise<void> => {
  await enqueue(db, await membersOf(db, { mapping, record }), 'escalated');
  await db.query(
    `with raised as (
       update order_process set level = $3, waits_for = $4, due = ledger_now() + $5 * interval '1 ms' where mapping = $1 and record = $2 and step = 'approval' and due <= ledger_now() returning step)
     insert into order_event (mapping, record, at, event, step, said) select $1, $2, ledger_now(), 'escalated', step, 'waits for ' || $4 from raised`,
    [mapping, record, level, name, dueMs],
  );
};

const overdue = (db: Database, { mapping, record }: OrderName): Promise<unknown> =>
  db.query(
    `with passed as (update order_process set due = null where mapping = $1 and record = $2 and due <= ledger_now() returning step)
     insert into order_event (mapping, record, at, event, step) select $1, $2, ledger_now(), 'overdue', step from passed`,
    [mapping, record],
  );

/** Both records of a document, as rows of the queue. */
export const membersOf = (db: Database, { mapping, record }: OrderName): Promise<Due[]> =>
  db.query<Due>(
    `select m.name as mapping, r.slot, r.id from mapping m join record own on own.slot = m.crm_slot and own.id = $2
     join record r on r.link = own.link and r.active and r.slot in (m.crm_slot, m.erp_slot) where m.name = $1`,
    [mapping, record],
  );

/** Documents whose workflow was not seen to for so long, or (null) never. Each is named to one who asks. */
export const ordersToStart = (db: Database, limit: number, ms: number | null): Promise<readonly OrderName[]> =>
  db.query<OrderName>(
    `with old as materialized (
       select mapping, record from order_process where ended_at is null and origin = 'crm' and case when $2::float8 is null then ensured_at is null else ensured_at < ledger_now() - $2 * interval '1 ms' end
       order by ensured_at nulls first limit $1 for update skip locked
     ) update order_process o set ensured_at = ledger_now() from old where o.mapping = old.mapping and o.record = old.record returning o.mapping, o.record`,
    [limit, ms],
  );
