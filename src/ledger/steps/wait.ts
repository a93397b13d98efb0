import type { ErrorCode } from '../../domain/errors.ts';
import type { Database } from '../database.ts';

/** A link that must be looked at again later, and why. */
export interface Wait {
  readonly link: string;
  readonly reason: ErrorCode;
  readonly detail: string;
  /** At the earliest after this, ms; doubled with each try up to five minutes. */
  readonly afterMs: number;
  /** Due at this instant (ISO) and no earlier: not a try that failed but a day that comes. */
  readonly until?: string;
}

/** Rule 13: every wait is a row with a due time and a reason. Rows that something newer raised are due as they are. */
export const wait = async (db: Database, segment: string, waits: readonly Wait[]): Promise<void> => {
  if (waits.length === 0) return;
  await db.query(
    `with given as (select * from unnest($2::uuid[],$3::text[],$4::text[],$5::float8[],$6::timestamptz[]) as t(link,reason,detail,ms,until)),
     held as materialized (
       select p.mapping, p.slot, p.id, g.reason, g.detail, g.ms, g.until from pending p join record r on r.slot = p.slot and r.id = p.id join given g on g.link = r.link
       where p.segment = $1 order by p.mapping, p.slot, p.id for update of p
     )
     update pending p set state = case when p.seq = p.claimed_seq then 'waiting' else 'due' end, reason = h.reason, detail = h.detail,
       due = case when p.seq = p.claimed_seq then coalesce(h.until, ledger_now() + least(300000, h.ms * 2 ^ least(p.tries, 12)) * interval '1 ms') else ledger_now() end,
       -- Until that day nothing is late.
       since = case when p.seq = p.claimed_seq then coalesce(h.until, p.since) else p.since end,
       -- Read afresh already: once more would move the moment it was seen past the feed it waits for, each time.
       cause = case when h.reason = 'WAITING_FOR_FEED' and p.seq = p.claimed_seq then 'change' else p.cause end,
       -- Its people were told at once, and are told of its end.
       told = case when h.reason = 'APPROVAL' then coalesce(p.told, ledger_now()) else p.told end,
       tries = case when h.until is null then p.tries + 1 else 0 end, segment = null, claimed_seq = null
     from held h where p.mapping = h.mapping and p.slot = h.slot and p.id = h.id`,
    [
      segment,
      waits.map((w) => w.link),
      waits.map((w) => w.reason),
      waits.map((w) => w.detail),
      waits.map((w) => w.afterMs),
      waits.map((w) => w.until ?? null),
    ],
  );
};
