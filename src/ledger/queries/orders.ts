/** Documents with a life, as people ask about them: where each is, since when, for whom it waits, and what happened. */
import type { JsonObject } from '../../domain/json.ts';
import { asText, objectFrom, type Stored } from '../codec.ts';
import type { Database } from '../database.ts';
import { type MemberSummary, membersOf } from './members.ts';
import { iso, isUuid, type Stamp } from './values.ts';

/** Which levels an approver decides: by mapping, the highest. He sees what is put to these, and what he decided. */
export interface Seer {
  readonly name: string;
  readonly highest: ReadonlyMap<string, number>;
}

/** Which documents are asked for. */
export interface OrdersFilter {
  readonly mapping?: string | undefined;
  readonly step?: string | undefined;
  readonly state: 'open' | 'ended' | 'all';
  /** The caller's own mappings; null: all. */
  readonly mappings: readonly string[] | null;
  readonly seer?: Seer | undefined;
}

/** Where a document is. */
export interface OrderSummary {
  readonly id: string;
  readonly mapping: string;
  readonly crm: string;
  readonly origin: 'crm' | 'erp';
  readonly step: string;
  readonly since: string | null;
  readonly waitsFor: string;
  readonly due: string | null;
  readonly late: boolean;
  readonly said: string;
  readonly content: string;
  readonly raisedAt: string | null;
  readonly endedAt: string | null;
  readonly members: readonly MemberSummary[];
}

interface Row {
  readonly link: string;
  readonly mapping: string;
  readonly record: string;
  readonly origin: 'crm' | 'erp';
  readonly step: string;
  readonly since: Date;
  readonly waits_for: string;
  readonly due: Stamp;
  readonly late: boolean;
  readonly said: string;
  readonly content: string;
  readonly raised_at: Date;
  readonly ended_at: Stamp;
  readonly raised_text: string;
}

const COLUMNS = `o.link, o.mapping, o.record, o.origin, o.step, o.since, o.waits_for, o.due, o.said, o.content, o.raised_at, o.ended_at,
  to_char(o.raised_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as raised_text,
  o.ended_at is null and (coalesce(o.due <= ledger_now(), false) or exists (select from order_event e where e.mapping = o.mapping and e.record = o.record and e.event = 'overdue' and e.step = o.step and e.at >= o.since)) as late`;
const SEEN = (names: number): string =>
  `($${names}::text is null or (o.step = 'approval' and exists (select from unnest($${names + 1}::text[],$${names + 2}::int[]) as s(m,l) where s.m = o.mapping and s.l >= o.from_level))
    or exists (select from order_approval a where a.mapping = o.mapping and a.record = o.record and a.approver = $${names}))`;

const seen = (seer: Seer | undefined): readonly unknown[] => [
  seer?.name ?? null,
  [...(seer?.highest.keys() ?? [])],
  [...(seer?.highest.values() ?? [])],
];

/** Where a page of the list begins. */
export interface OrdersAfter {
  readonly raised: string;
  readonly mapping: string;
  readonly record: string;
}

/** A page of documents, the newest first. */
export const ordersPage = async (
  db: Database,
  { mapping, step, state, mappings, seer }: OrdersFilter,
  page: { readonly limit: number; readonly after?: OrdersAfter | undefined },
): Promise<{ readonly orders: readonly OrderSummary[]; readonly next: OrdersAfter | null }> => {
  const { limit, after } = page;
  const rows = await db.query<Row>(
    `select ${COLUMNS} from order_process o
     where ($1::text is null or o.mapping = $1) and ($2::text is null or o.step = $2) and ($3 = 'all' or (o.ended_at is null) = ($3 = 'open')) and ($4::text[] is null or o.mapping = any($4))
       and ($5::timestamptz is null or o.raised_at < $5 or (o.raised_at = $5 and (o.mapping, o.record) > ($6, $7))) and ${SEEN(9)}
     order by o.raised_at desc, o.mapping, o.record limit $8`,
    [
      mapping ?? null,
      step ?? null,
      state,
      mappings,
      after?.raised ?? null,
      after?.mapping ?? '',
      after?.record ?? '',
      limit + 1,
      ...seen(seer),
    ],
  );
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  const next = last === undefined ? null : { raised: last.raised_text, mapping: last.mapping, record: last.record };
  return { orders: await summaries(db, shown), next };
};

const summaries = async (db: Database, rows: readonly Row[]): Promise<readonly OrderSummary[]> => {
  const members = await membersOf(
    db,
    rows.map(({ link }) => link),
  );
  return rows.map((row) => ({
    id: row.link,
    mapping: row.mapping,
    crm: row.record,
    origin: row.origin,
    step: row.step,
    since: iso(row.since),
    waitsFor: row.waits_for,
    due: iso(row.due),
    late: row.late,
    said: row.said,
    content: row.content,
    raisedAt: iso(row.raised_at),
    endedAt: iso(row.ended_at),
    members: members.get(row.link) ?? [],
  }));
};

/** The documents that a text names: our id, or the id of either side. */
export const ordersNamed = async (
  db: Database,
  text: string,
  { mappings, seer }: Pick<OrdersFilter, 'mappings' | 'seer'>,
): Promise<readonly OrderSummary[]> =>
  summaries(
    db,
    await db.query<Row>(
      `select ${COLUMNS} from order_process o
       where (o.link = $1::uuid or o.record = $2 or exists (select from record r join mapping m on m.name = o.mapping and r.slot in (m.crm_slot, m.erp_slot) where r.link = o.link and r.id = $2))
         and ($3::text[] is null or o.mapping = any($3)) and ${SEEN(4)} order by o.mapping, o.record limit 5`,
      [isUuid(text) ? text : null, text, mappings, ...seen(seer)],
    ),
  );

/** What happened to a document, each with its clock. */
export interface OrderEvent {
  readonly at: string | null;
  readonly event: string;
  readonly step: string;
  readonly by: string;
  readonly said: string;
}
/** A write of it to one of the systems. */
export interface OrderWrite {
  readonly slot: string;
  readonly op: string;
  readonly key: string;
  readonly statedAt: string | null;
  readonly sentAt: string | null;
  readonly endedAt: string | null;
  readonly outcome: string | null;
}
/** A record that refers to it, straight or over others. */
export interface OrderKin {
  readonly mapping: string;
  readonly link: string;
  readonly members: readonly MemberSummary[];
}
/** Everything about one document but what its mapping says. */
export interface OrderStory {
  readonly events: readonly OrderEvent[];
  readonly writes: readonly OrderWrite[];
  readonly approvals: readonly {
    readonly level: number;
    readonly decision: string;
    readonly by: string;
    readonly reason: string;
    readonly at: string | null;
    readonly current: boolean;
  }[];
  readonly related: readonly OrderKin[];
  /** Its record in the CRM, as last seen. */
  readonly body: JsonObject;
}

// Deliveries of orders, invoices of deliveries, payments of invoices, and one more.
const DEEPEST = 4;
const MOST_KIN = 200;

/** The story of one document. */
export const orderStory = async (db: Database, { id, mapping, crm, content }: OrderSummary): Promise<OrderStory> => {
  const [events, writes, approvals, kin, bodies] = await Promise.all([
    db.query<{ at: Date; event: string; step: string; actor: string; said: string }>(
      `select at, event, step, actor, said from order_event where mapping = $1 and record = $2 order by id`,
      [mapping, crm],
    ),
    db.query<{
      slot: string;
      op: string;
      key: string;
      stated_at: Date;
      sent_at: Stamp;
      ended_at: Stamp;
      outcome: string | null;
    }>(
      `select slot, op, key, stated_at, sent_at, ended_at, outcome from intent where link = $1 and mapping = $2 order by stated_at, slot, no`,
      [id, mapping],
    ),
    db.query<{ level: number; decision: string; approver: string; reason: string; at: Date; content: string }>(
      `select level, decision, approver, reason, at, content from order_approval where mapping = $1 and record = $2 order by at, level`,
      [mapping, crm],
    ),
    db.query<{ child: string; mapping: string }>(
      `with recursive kin as (
         select child, mapping, 1 as depth from related where parent = $1
         union select r.child, r.mapping, k.depth + 1 from related r join kin k on r.parent = k.child where k.depth < ${DEEPEST}
       ) select child, mapping from kin where child <> $1 group by child, mapping order by min(depth), mapping, child limit ${MOST_KIN}`,
      [id],
    ),
    db.query<{ body: Stored }>(
      `select ${asText('r.body')} as body from record r join mapping m on m.name = $1 and r.slot = m.crm_slot where r.id = $2`,
      [mapping, crm],
    ),
  ]);
  const members = await membersOf(
    db,
    kin.map(({ child }) => child),
  );
  const [own] = bodies;
  return {
    events: events.map(({ at, actor, ...rest }) => ({ ...rest, at: iso(at), by: actor })),
    writes: writes.map(({ stated_at, sent_at, ended_at, ...rest }) => ({
      ...rest,
      statedAt: iso(stated_at),
      sentAt: iso(sent_at),
      endedAt: iso(ended_at),
    })),
    approvals: approvals.map(({ at, approver, content: of, ...rest }) => ({
      ...rest,
      by: approver,
      at: iso(at),
      current: of === content,
    })),
    related: kin.map(({ child, mapping: name }) => ({ mapping: name, link: child, members: members.get(child) ?? [] })),
    body: own === undefined ? {} : objectFrom(own.body),
  };
};
