/** What the ledger knows of records that are seen again. */
import type { ReadAnswer } from '../../../connectors/sdk/seam.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';
import type { Seeing } from './observations.ts';
import { type Aged, isOlder } from './older.ts';

export interface Stored extends Aged {
  readonly id: string;
  readonly link: string;
  /** False for a former member of its link: another record stands in its place. */
  readonly active: boolean;
  readonly hash: Buffer;
  readonly state: string;
  readonly stale: boolean;
  readonly late: boolean;
  readonly open: boolean;
  /** It was seen so short a while ago that a copy may still show what stood before. */
  readonly recent: boolean;
}

/** The records of a slot that are stored, by id. */
export const stored = async (
  context: Context,
  db: Database,
  seeing: Pick<Seeing, 'slot' | 'from'>,
  ids: readonly string[],
): Promise<Map<string, Stored>> => {
  const lagMs = context.mutation === 'believe-older' ? 0 : (context.traits(seeing.slot).lagMs ?? 0);
  const rows = await db.query<Stored>(
    `select r.id, r.link, r.active, r.hash, r.version, r.state, r.stale, r.assumed, r.tombstone,
            (extract(epoch from r.modified_at) * 1000)::float8 as modified, r.seen_from + $4 * interval '1 ms' > $3::timestamptz as recent,
            coalesce(r.written_at >= $3::timestamptz, false) or r.seen_from > $3::timestamptz as late, i.link is not null as open
     from record r left join intent i on i.link = r.link and i.slot = r.slot and i.ended_at is null
     where r.slot = $1 and r.id = any($2)`,
    [seeing.slot, ids, seeing.from, lagMs],
  );
  return new Map(rows.map((row) => [row.id, row]));
};

/** Those of the records read that were shown older than they were seen a moment ago: such an answer decides nothing. */
export const shownOlder = async (
  context: Context,
  db: Database,
  seeing: Pick<Seeing, 'slot' | 'from'> & { readonly ids: ReadonlyMap<string, ReadAnswer> },
  ids: readonly string[],
): Promise<ReadonlySet<string>> => {
  if (ids.length === 0) return new Set();
  const known = await stored(context, db, seeing, ids);
  const traits = context.traits(seeing.slot);
  const older = ids.filter((id) => {
    const [before, answer] = [known.get(id), seeing.ids.get(id)];
    const record = answer !== undefined && 'found' in answer ? answer.found[0] : undefined;
    return before?.recent === true && record !== undefined && isOlder(traits, before, record);
  });
  return new Set(older);
};
