import type { Database } from '../database.ts';
import { iso, type Stamp } from './values.ts';

/** How an outbox stands, for those who watch it. */
export interface OutboxState {
  /** Not pulled yet. */
  readonly waiting: number;
  /** Pulled, and not acknowledged. */
  readonly delivered: number;
  /** Since when the oldest of both waits, ISO. */
  readonly oldest: string | null;
  readonly lastPullAt: string | null;
  readonly lastAnswerAt: string | null;
}

export const outboxState = async (db: Database, connection: string): Promise<OutboxState> => {
  const [row] = await db.query<{ waiting: string; delivered: string; oldest: Stamp; pulled: Stamp; answered: Stamp }>(
    `select count(*) filter (where state = 'waiting' and deliveries = 0) as waiting, count(*) filter (where state = 'waiting' and deliveries > 0) as delivered,
       min(put_at) filter (where state = 'waiting') as oldest, max(last_at) as pulled, max(answered_at) as answered
     from outbox_write where connection = $1`,
    [connection],
  );
  return {
    waiting: Number(row?.waiting ?? 0),
    delivered: Number(row?.delivered ?? 0),
    oldest: iso(row?.oldest ?? null),
    lastPullAt: iso(row?.pulled ?? null),
    lastAnswerAt: iso(row?.answered ?? null),
  };
};
