/** What a system that cannot be called pulls: everything that waits for it, in order, again and again until it acknowledges. */
import type { JsonObject } from '../../domain/json.ts';
import { asText, objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { SOURCES } from './outbox.ts';
import { nudge } from './queue.ts';

/** One write as it is pulled. */
export interface Pulled {
  /** The same at every delivery: who has carried it out must not do it again. */
  readonly id: string;
  readonly no: string;
  readonly record: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly recordId: string | null;
  readonly expectVersion: string | null;
  readonly fields: JsonObject;
  /** How often it was delivered, this time included. */
  readonly delivery: number;
}

/** A page of them. */
export interface PulledPage {
  readonly writes: readonly Pulled[];
  readonly next: string;
  readonly more: boolean;
  /** So many changed at their source before they were delivered: they are planned anew, and come with a later pull. */
  readonly withdrawn: number;
  /** Mappings that this caller, and nobody else, must wake. */
  readonly nudge: readonly string[];
}

interface Row {
  readonly key: string;
  readonly no: string;
  readonly record: string;
  readonly op: Pulled['op'];
  readonly record_id: string | null;
  readonly expect_version: string | null;
  readonly body: string;
  readonly deliveries: number;
  readonly stale: boolean;
}

/**
 * The next page behind `after` ('' is the beginning). Only what the ledger holds open as unanswered is handed out: what is
 * just being put down comes with the next pull. Once handed out a write is never taken back.
 */
export const pullOutbox = async (
  db: Database,
  connection: string,
  { after, limit }: { readonly after: string; readonly limit: number },
): Promise<PulledPage> => {
  const { woken, ...page } = await db.transaction(async (tx) => {
    // The sources are read before the row is marked: a change that commits later than this is one that came after the pull.
    const rows = await tx.query<Row>(
      `select w.key, w.no::text as no, w.record, w.op, w.record_id, w.expect_version, ${asText('w.body')} as body, w.deliveries,
         w.deliveries = 0 and w.sources is distinct from ${SOURCES} as stale
       from outbox_write w join intent i on i.key = w.key and i.connection = w.connection and (i.no = w.intent_no or w.deliveries > 0) and i.state = 'doubt' and i.ended_at is null
       where w.connection = $1 and w.state = 'waiting' and w.no > $2::bigint order by w.no limit $3 for update of w`,
      [connection, after === '' ? '0' : after, limit],
    );
    const stale = rows.filter((row) => row.stale).map(({ key }) => key);
    const out = rows.filter((row) => !row.stale);
    await tx.query(`update outbox_write set state = 'withdrawn' where connection = $1 and key = any($2)`, [
      connection,
      stale,
    ]);
    await tx.query(
      `update outbox_write set deliveries = deliveries + 1, first_at = coalesce(first_at, ledger_now()), last_at = ledger_now()
       where connection = $1 and key = any($2)`,
      [connection, out.map(({ key }) => key)],
    );
    return {
      writes: out.map(pulledOf),
      next: rows.at(-1)?.no ?? after,
      more: rows.length === limit,
      withdrawn: stale.length,
      woken: await lookNow(tx, connection, stale),
    };
  });
  return { ...page, nudge: await nudge(db, woken) };
};

const pulledOf = (row: Row): Pulled => ({
  id: row.key,
  no: row.no,
  record: row.record,
  op: row.op,
  recordId: row.record_id,
  expectVersion: row.expect_version,
  fields: objectFrom(row.body),
  delivery: row.deliveries + 1,
});

/** Writes of which something is known now are looked at at once: queue rows before intents, each in key order. Answers their mappings. */
export const lookNow = async (
  tx: Database,
  connection: string,
  keys: readonly string[],
): Promise<readonly string[]> => {
  if (keys.length === 0) return [];
  await tx.query(
    `with held as materialized (
       select p.mapping, p.slot, p.id from pending p where p.state = 'doubt' and (p.mapping, p.slot, p.id) in (
         select i.mapping, r.slot, r.id from intent i join record r on r.link = i.link where i.key = any($1) and i.connection = $2 and i.ended_at is null)
       order by p.mapping, p.slot, p.id for update)
     update pending p set due = ledger_now() from held h where p.mapping = h.mapping and p.slot = h.slot and p.id = h.id and p.state = 'doubt'`,
    [[...keys], connection],
  );
  const rows = await tx.query<{ mapping: string }>(
    `with held as materialized (
       select link, slot, no from intent where key = any($1) and connection = $2 and state = 'doubt' and ended_at is null order by link, slot, no for update)
     update intent i set doubt_until = ledger_now() from held h where i.link = h.link and i.slot = h.slot and i.no = h.no returning i.mapping`,
    [[...keys], connection],
  );
  return [...new Set(rows.map(({ mapping }) => mapping))].sort();
};
