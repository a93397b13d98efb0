/** Questions that views put are locked in order (rule 6): two workers may take the same ones up at once. */
import { expect, test } from 'vitest';
import { openDatabase } from '../../src/ledger/database.ts';
import { createViews } from '../../src/ledger/steps/views.ts';
import type { View } from '../../src/mapping/view.ts';
import { aLedger } from '../kit/ledger.ts';

const VIEW = { name: 'finance', connection: 'erp', record: 'Partner', hash: 'h1', keep: () => ({}) } as unknown as View;

test.each<[string, ReadonlyMap<string, View>, (views: ReturnType<typeof createViews>) => Promise<unknown>]>([
  [
    'answered',
    new Map([['finance', VIEW]]),
    (views) =>
      views.answered(
        '2030-01-01T00:00:00Z',
        ['B', 'A'].map((id) => ({ question: { view: 'finance', id, record: 'Partner' }, answer: { absent: true } })),
      ),
  ],
  ['asked of a view that is not in force any more', new Map(), (views) => views.asked('erp', 10)],
])('questions that are %s are locked in the order of their keys', async (_, views, act) => {
  const { url, drop } = await aLedger();
  const db = openDatabase(url);
  try {
    for (const id of ['B', 'A'])
      await db.query(
        `insert into view_question (view, id, connection, needs, asked_at) values ('finance', $1, 'erp', ledger_now(), ledger_now())`,
        [id],
      );
    let acting: Promise<unknown> = Promise.resolve();
    await db.transaction(async (tx) => {
      await tx.query(`select 1 from view_question where id = 'A' for update`);
      acting = act(createViews(db, () => views));
      await expect
        .poll(
          () =>
            db.query(`select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`),
          { timeout: 20_000 },
        )
        .toHaveLength(1);
      expect(await tx.query(`select id from view_question where id = 'B' for update skip locked`)).toEqual([
        { id: 'B' },
      ]);
    });
    await acting;
    expect(await db.query('select id from view_question')).toEqual([]);
  } finally {
    await db.close();
    await drop();
  }
});
