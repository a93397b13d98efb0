import { SyncError } from '../../domain/errors.ts';
import type { Database } from '../database.ts';
import type { Context } from './context.ts';

/** Rule 5: every attempt raises its part's epoch; from then on older attempts are refused. */
export const raise = async (db: Database, segment: string, part: string): Promise<number> => {
  const [row] = await db.query<{ epoch: number }>(
    `insert into fence (segment, part, epoch) select id, $2, 1 from segment where id = $1 and finished_at is null
     on conflict (segment, part) do update set epoch = fence.epoch + 1 returning epoch`,
    [segment, part],
  );
  if (row === undefined) throw fenced(segment);
  return row.epoch;
};

/** Refuses an attempt that is not the newest of its part. Holds the epoch until the transaction ends. */
export const hold = async (
  context: Context,
  db: Database,
  segment: string,
  part: string,
  epoch: number,
): Promise<void> => {
  if (context.mutation === 'no-epoch') return;
  const [row] = await db.query<{ epoch: number }>(
    `select f.epoch from fence f join segment s on s.id = f.segment and s.finished_at is null where f.segment = $1 and f.part = $2 for share of f`,
    [segment, part],
  );
  if (row?.epoch !== epoch) throw fenced(segment);
};

/** Refuses work on a segment that was finished meanwhile; one step at a time holds it. False when it is finished. */
export const holdSegment = async (db: Database, segment: string): Promise<boolean> =>
  (await db.query(`select id from segment where id = $1 and finished_at is null for update`, [segment])).length > 0;

const fenced = (segment: string): SyncError =>
  new SyncError('FENCED', `a newer attempt has taken over segment ${segment}`);
