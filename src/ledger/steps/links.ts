import type { Database } from '../database.ts';
import { answerKeys } from './reservations.ts';

/** Links that no record stands in any more, with what was parked for them. */
export const dropEmptyLinks = async (db: Database, links: readonly string[]): Promise<void> => {
  const rows = await db.query<{ id: string }>(
    `delete from link l where id = any($1::uuid[]) and not exists (select from record r where r.link = l.id) returning id`,
    [[...links].sort()],
  );
  const dropped = rows.map((row) => row.id);
  for (const table of ['parked', 'baseline'])
    await db.query(`delete from ${table} where link = any($1::uuid[])`, [dropped]);
  await answerKeys(db, dropped);
};
