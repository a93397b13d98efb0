import type { Database } from '../database.ts';
import { count, iso, type Stamp } from './values.ts';

/** How far one mapping is, in numbers. */
export interface MappingStatus {
  readonly name: string;
  readonly revision: number;
  /** Shut until both sides were read once from end to end. */
  readonly gate: 'open' | 'shut';
  readonly paused: string | null;
  /** Links whose two sides agree, with nothing due and nothing parked. */
  readonly agreement: number;
  readonly pending: number;
  readonly doubt: number;
  readonly waiting: Readonly<Record<string, number>>;
  readonly parked: Readonly<Record<string, number>>;
  /** Age of the oldest change that is not synced yet, ms. */
  readonly lagMs: number | null;
  readonly oldestChange: string | null;
  /** End of the last full pass at each side. */
  readonly lastPass: { readonly crm: string | null; readonly erp: string | null };
}

/** What one connection is doing and how far its systems were read. */
export interface ConnectionStatus {
  readonly name: string;
  readonly paused: {
    readonly code: string;
    readonly reason: string;
    readonly by: string;
    readonly at: string | null;
  } | null;
  /** Closed by the breaker until then. */
  readonly closedUntil: string | null;
  readonly failures: number;
  readonly lastOk: string | null;
  readonly lastError: { readonly code: string; readonly message: string } | null;
  /** What its system said by webhook; null when it never did. */
  readonly webhooks: WebhookStatus | null;
  readonly slots: readonly SlotStatus[];
}
export interface WebhookStatus {
  readonly last: string | null;
  readonly received: number;
  /** Heard before. */
  readonly repeated: number;
  /** Events about nothing of ours. */
  readonly ignored: number;
  /** Records named and not read yet. */
  readonly waiting: number;
}
export interface SlotStatus {
  readonly slot: string;
  readonly feedReadUpTo: string | null;
  readonly passes: number;
  readonly passUnderWay: boolean;
  readonly passWanted: boolean;
  readonly passedAt: string | null;
}

export interface Status {
  readonly at: string;
  readonly mappings: readonly MappingStatus[];
  readonly connections: readonly ConnectionStatus[];
}

interface MappingRow {
  readonly name: string;
  readonly revision: number;
  readonly gate_open: boolean;
  readonly paused_reason: string | null;
  readonly crm_pass: Stamp;
  readonly erp_pass: Stamp;
  readonly agreement: string;
}
interface QueueRow {
  readonly mapping: string;
  readonly state: string;
  readonly reason: string | null;
  readonly rows: string;
  readonly oldest: Stamp;
}
interface ParkedRow {
  readonly mapping: string;
  readonly code: string;
  readonly rows: string;
}

/** Everything `tally status` shows, in one look at the ledger. */
export const status = (db: Database): Promise<Status> =>
  db.transaction(async (tx) => {
    await tx.query('set transaction isolation level repeatable read, read only');
    const [clock] = await tx.query<{ now: Date }>('select ledger_now() as now');
    const at = clock?.now ?? new Date(0);
    return { at: at.toISOString(), mappings: await mappingStatus(tx, at), connections: await connectionStatus(tx) };
  });

/** All mappings, in numbers as of `at`. */
export const mappingStatus = async (db: Database, at: Date): Promise<readonly MappingStatus[]> => {
  const mappings = await db.query<MappingRow>(
    `select m.name, m.revision, m.gate_open, m.paused_reason, c.passed_at as crm_pass, e.passed_at as erp_pass, coalesce(a.links, 0) as agreement
     from mapping m join slot c on c.name = m.crm_slot join slot e on e.name = m.erp_slot
     left join (
       select b.mapping, count(*) as links from baseline b
       where not exists (select from parked p where p.mapping = b.mapping and p.link = b.link)
         and not exists (select from pending q join record r on r.slot = q.slot and r.id = q.id where q.mapping = b.mapping and r.link = b.link and q.reason is distinct from 'NOT_YET_EFFECTIVE')
       group by b.mapping) a on a.mapping = m.name
     order by m.name`,
  );
  const queue = await db.query<QueueRow>(
    `select mapping, state, reason, count(*) as rows, min(since) as oldest from pending group by mapping, state, reason`,
  );
  const parked = await db.query<ParkedRow>(`select mapping, code, count(*) as rows from parked group by mapping, code`);
  return mappings.map((row) => mappingFrom(row, queue, parked, at));
};

const mappingFrom = (
  row: MappingRow,
  queue: readonly QueueRow[],
  parked: readonly ParkedRow[],
  at: Date,
): MappingStatus => {
  const mine = queue.filter((each) => each.mapping === row.name);
  const inState = (...states: readonly string[]) => mine.filter((each) => states.includes(each.state));
  // What waits for its day, or for people who have until a time of their own, is not late.
  const oldest = mine.flatMap(({ oldest, reason }) =>
    oldest === null || reason === 'NOT_YET_EFFECTIVE' || reason === 'APPROVAL' ? [] : [oldest.getTime()],
  );
  const first = oldest.length === 0 ? null : Math.min(...oldest);
  return {
    name: row.name,
    revision: row.revision,
    gate: row.gate_open ? 'open' : 'shut',
    paused: row.paused_reason,
    agreement: count(row.agreement),
    pending: sum(inState('due', 'claimed')),
    doubt: sum(inState('doubt')),
    waiting: Object.fromEntries(inState('waiting').map((each) => [each.reason ?? 'unnamed', count(each.rows)])),
    parked: Object.fromEntries(
      parked.flatMap((each) => (each.mapping === row.name ? [[each.code, count(each.rows)]] : [])),
    ),
    lagMs: first === null ? null : Math.max(0, at.getTime() - first),
    oldestChange: first === null ? null : new Date(first).toISOString(),
    lastPass: { crm: iso(row.crm_pass), erp: iso(row.erp_pass) },
  };
};
const sum = (rows: readonly QueueRow[]): number => rows.reduce((total, row) => total + count(row.rows), 0);

interface ConnectionRow {
  readonly name: string;
  readonly paused_code: string | null;
  readonly paused_reason: string | null;
  readonly paused_by: string | null;
  readonly paused_at: Stamp;
  readonly failures: number;
  readonly closed_until: Stamp;
  readonly last_ok_at: Stamp;
  readonly last_error: string | null;
  readonly last_error_code: string | null;
}
interface SlotRow {
  readonly name: string;
  readonly connection: string;
  readonly feed_at: Stamp;
  readonly passes: number;
  readonly pass_open: boolean;
  readonly pass_wanted: boolean;
  readonly passed_at: Stamp;
}

/** All connections, or the one named. */
export const connectionStatus = async (db: Database, name?: string): Promise<readonly ConnectionStatus[]> => {
  const rows = await db.query<ConnectionRow>(
    `select name, paused_code, paused_reason, paused_by, paused_at, failures, last_ok_at, last_error, last_error_code,
            case when closed_until > ledger_now() then closed_until end as closed_until
     from connection where $1::text is null or name = $1 order by name`,
    [name ?? null],
  );
  const webhooks = await webhookStatus(db);
  const slots = await db.query<SlotRow>(
    `select name, connection, feed_at, passes, pass_open, pass_wanted, passed_at from slot order by name`,
  );
  return rows.map((row) => ({
    name: row.name,
    paused:
      row.paused_code === null
        ? null
        : { code: row.paused_code, reason: row.paused_reason ?? '', by: row.paused_by ?? '', at: iso(row.paused_at) },
    closedUntil: iso(row.closed_until),
    failures: row.failures,
    lastOk: iso(row.last_ok_at),
    lastError: row.last_error_code === null ? null : { code: row.last_error_code, message: row.last_error ?? '' },
    webhooks: webhooks.get(row.name) ?? null,
    slots: slots.filter((slot) => slot.connection === row.name).map(slotFrom),
  }));
};

interface WebhookRow {
  readonly connection: string;
  readonly last_at: Stamp;
  readonly received: string;
  readonly repeated: string;
  readonly ignored: string;
  readonly waiting: string;
}

const webhookStatus = async (db: Database): Promise<ReadonlyMap<string, WebhookStatus>> => {
  const rows = await db.query<WebhookRow>(
    `select w.*, coalesce(h.hints, 0) as waiting from webhook_count w
     left join (select split_part(slot, '/', 1) as connection, count(*) as hints from hint group by 1) h on h.connection = w.connection`,
  );
  return new Map(
    rows.map((row) => [
      row.connection,
      {
        last: iso(row.last_at),
        received: count(row.received),
        repeated: count(row.repeated),
        ignored: count(row.ignored),
        waiting: count(row.waiting),
      },
    ]),
  );
};

const slotFrom = (row: SlotRow): SlotStatus => ({
  slot: row.name,
  feedReadUpTo: iso(row.feed_at),
  passes: row.passes,
  passUnderWay: row.pass_open,
  passWanted: row.pass_wanted,
  passedAt: iso(row.passed_at),
});
