/** A round's word on documents that have a life, written down: rows, decisions seen in columns, and the events of what changed. */
import type { Answer, Approval } from '../../mapping/process-port.ts';
import type { Database } from '../database.ts';
import { journal } from './journal.ts';

/** What a round says of a document: its row is to become this. */
export interface OrderNote {
  readonly record: string;
  readonly link: string;
  readonly origin: 'crm' | 'erp';
  readonly step: string;
  readonly waitsFor: string;
  readonly content: string;
  readonly level: number | null;
  readonly from: number | null;
  /** How long the step, or the level, has, ms. */
  readonly dueMs: number | undefined;
  readonly said: string;
  readonly ended: boolean;
  /** Decisions that stand in columns of the systems. */
  readonly decided: readonly Approval[];
  /** What happened besides a new step. */
  readonly event?: string;
  /** What the ERP has just answered to what the CRM asked for. */
  readonly answer?: Answer;
}

/** Write what a round says of documents: rows, decisions, and the events of what changed. Returns those whose workflow should look. */
export const noteOrders = async (
  db: Database,
  mapping: string,
  notes: readonly OrderNote[],
): Promise<readonly string[]> => {
  if (notes.length === 0) return [];
  const sorted = notes.toSorted((a, b) => (a.record < b.record ? -1 : 1));
  const decided = sorted.flatMap(({ record, decided: all }) => all.map((each) => ({ ...each, record })));
  await db.query(
    `with made as (
       insert into order_approval (mapping, record, content, level, decision, approver, at)
       select $1, r, c, l, d, a, ledger_now() from unnest($2::text[],$3::text[],$4::int[],$5::text[],$6::text[]) as t(r,c,l,d,a) order by r, c, l
       on conflict do nothing returning record, decision, approver, at)
     insert into order_event (mapping, record, at, event, step, actor) select $1, record, at, decision, 'approval', approver from made order by record`,
    [
      mapping,
      ...columns(decided, [
        (each) => each.record,
        (each) => each.content,
        (each) => each.level,
        (each) => each.decision,
        (each) => each.approver,
      ]),
    ],
  );
  await journal(
    db,
    sorted.flatMap(({ link, answer }) =>
      answer === undefined
        ? []
        : [
            {
              ...{ actor: 'tallystick', action: 'answer', mapping, link },
              ...{ reason: `${answer.to} ${answer.answer}`, values: { said: answer.say } },
            },
          ],
    ),
  );
  const rows = await db.query<{ record: string; look: boolean }>(
    `with given as materialized (
       select * from unnest($2::text[],$3::uuid[],$4::text[],$5::text[],$6::text[],$7::text[],$8::int[],$9::int[],$10::float8[],$11::text[],$12::boolean[],$13::text[])
         as t(record,link,origin,step,waits_for,content,level,from_level,due,said,ended,event)
     ), before as materialized (
       select o.* from order_process o join given g on o.mapping = $1 and o.record = g.record
     ), stored as (
       insert into order_process as o (mapping, record, link, origin, step, since, waits_for, content, level, from_level, due, said, raised_at, ended_at)
       select $1, record, link, origin, step, ledger_now(), waits_for, content, level, from_level, ledger_now() + due * interval '1 ms', said, ledger_now(), case when ended then ledger_now() end
       from given order by record
       on conflict (mapping, record) do update set link = excluded.link, step = excluded.step, waits_for = excluded.waits_for, content = excluded.content,
         level = excluded.level, from_level = excluded.from_level, said = excluded.said,
         since = case when o.step = excluded.step then o.since else excluded.since end,
         due = case when o.step = excluded.step and o.content = excluded.content and o.level is not distinct from excluded.level then o.due else excluded.due end,
         ended_at = case when excluded.ended_at is null then null else coalesce(o.ended_at, excluded.ended_at) end
       where (o.link, o.step, o.waits_for, o.content, o.level, o.from_level, o.said, o.ended_at is null)
         is distinct from (excluded.link, excluded.step, excluded.waits_for, excluded.content, excluded.level, excluded.from_level, excluded.said, excluded.ended_at is null)
       returning o.record
     ), told as (
       insert into order_event (mapping, record, at, event, step, said)
       select $1, g.record, ledger_now(), coalesce(g.event, case when b.record is null and g.origin = 'crm' then 'raised' else 'step' end), g.step,
              case when g.said <> '' then g.said when g.waits_for <> '' then 'waits for ' || g.waits_for else '' end
       from given g join stored s on s.record = g.record left join before b on b.record = g.record
       where b.record is null or b.step <> g.step or (b.content <> g.content and g.step in ('approval', 'gate')) or (b.said <> g.said and g.said <> '') or g.event is not null
       order by g.record
     )
     select g.record, b.record is not null and g.origin = 'crm' and (g.step = 'approval' or g.ended or g.due is not null) as look from given g join stored s on s.record = g.record left join before b on b.record = g.record`,
    [
      mapping,
      ...columns(sorted, [
        (each) => each.record,
        (each) => each.link,
        (each) => each.origin,
        (each) => each.step,
        (each) => each.waitsFor,
        (each) => each.content,
        (each) => each.level,
        (each) => each.from,
        (each) => each.dueMs ?? null,
        (each) => each.said,
        (each) => each.ended,
        (each) => each.event ?? null,
      ]),
    ],
  );
  return rows.filter(({ look }) => look).map(({ record }) => record);
};

const columns = <Row>(rows: readonly Row[], picks: readonly ((row: Row) => unknown)[]): readonly unknown[] =>
  picks.map((pick) => rows.map(pick));
