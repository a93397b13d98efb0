/** Questions that views put to a connection, and their answers. A question ends with an answer that is fresh enough for whoever asked. */
import type { ReadAnswer } from '../../../connectors/sdk/seam.ts';
import { CODE_OF_CLASS, type ErrorCode } from '../../domain/errors.ts';
import type { Json } from '../../domain/json.ts';
import type { View } from '../../mapping/view.ts';
import { toBytes } from '../codec.ts';
import type { Database } from '../database.ts';
import type { Question, ViewsPort } from '../port.ts';
import { HELD_MS } from './views-kept.ts';

// Rule 6: questions are locked in order before they go, as everywhere: two workers may answer the same ones at once.
const LOCKED = `with mine as materialized (select q.view, q.id from view_question q join unnest($1::text[],$2::text[]) as t(view,id)
  on q.view = t.view and q.id = t.id order by q.view, q.id for update of q)`;

/** Put a question, or let the one that is open wait for no older answer than this one may be given. */
export const ask = async (
  db: Database,
  view: Pick<View, 'name' | 'connection' | 'freshMs'>,
  id: string,
): Promise<void> => {
  await db.query(
    `insert into view_question as q (view, id, connection, needs, asked_at)
     values ($1, $2, $3, ledger_now() - $4::float8 * interval '1 ms', ledger_now())
     on conflict (view, id) do update set needs = greatest(q.needs, excluded.needs), connection = excluded.connection, asked_at = excluded.asked_at`,
    [view.name, id, view.connection, view.freshMs],
  );
};

/** The side of the activities. Views are those in force; questions to others end unanswered. */
export const createViews = (db: Database, views: () => ReadonlyMap<string, View>): ViewsPort => ({
  asked: async (connection, limit) => {
    const rows = await db.query<{ view: string; id: string }>(
      `select view, id from view_question where connection = $1 and asked_at >= ledger_now() - $3 * interval '1 ms'
         and not exists (select from connection where name = $1 and (paused_code is not null or closed_until > ledger_now()))
       order by asked_at, view, id limit $2`,
      [connection, limit, HELD_MS],
    );
    const known = rows.flatMap(({ view, id }): Question[] => {
      const found = views().get(view);
      return found === undefined || found.connection !== connection ? [] : [{ view, id, record: found.record }];
    });
    const lost = rows.filter(({ view, id }) => !known.some((each) => each.view === view && each.id === id));
    if (lost.length > 0)
      await db.query(`${LOCKED} delete from view_question q using mine where q.view = mine.view and q.id = mine.id`, [
        lost.map(({ view }) => view),
        lost.map(({ id }) => id),
      ]);
    return { questions: known, more: rows.length === limit };
  },
  answered: async (from, answers) => {
    const given = answers.flatMap(({ question, answer }) => {
      const view = views().get(question.view);
      return view === undefined || 'error' in answer ? [] : [{ ...question, ...keptOf(view, answer), hash: view.hash }];
    });
    await store(db, from, given);
    for (const { question, answer } of answers)
      if ('error' in answer) await fail(db, [question], CODE_OF_CLASS[answer.error.class], answer.error.message);
  },
  unanswered: (questions, code, reason) => fail(db, questions, code, reason),
});

interface Given extends Question {
  readonly hash: string;
  readonly version: string | null;
  readonly body: Buffer | null;
}

const keptOf = (view: View, answer: Exclude<ReadAnswer, { error: unknown }>): Pick<Given, 'version' | 'body'> => {
  const record = 'found' in answer ? answer.found[0] : undefined;
  if (record === undefined) return { version: null, body: null };
  return { version: record.version ?? null, body: toBytes(view.keep(record.body) as unknown as Json) };
};

const inOrder = <T extends { readonly view: string; readonly id: string }>(rows: readonly T[]): readonly T[] =>
  rows.toSorted((a, b) => (a.view < b.view ? -1 : a.view > b.view ? 1 : a.id < b.id ? -1 : 1));

const store = (db: Database, from: string, given: readonly Given[]): Promise<void> =>
  db.transaction(async (tx) => {
    for (const { view, id, hash, version, body } of inOrder(given))
      await tx.query(
        `insert into view_answer as a (view, id, hash, as_of, version, body) values ($1, $2, $3, $4::timestamptz, $5, $6)
         on conflict (view, id) do update set hash = excluded.hash, as_of = excluded.as_of, version = excluded.version,
           body = excluded.body, failed_at = null, failed_code = null, failed_reason = null
           where a.as_of is null or a.as_of <= excluded.as_of or a.hash <> excluded.hash`,
        [view, id, hash, from, version, body],
      );
    await tx.query(
      `${LOCKED} delete from view_question q using mine where q.view = mine.view and q.id = mine.id and q.needs <= $3::timestamptz`,
      [given.map(({ view }) => view), given.map(({ id }) => id), from],
    );
  });

const fail = (db: Database, questions: readonly Question[], code: ErrorCode, reason: string): Promise<void> =>
  db.transaction(async (tx) => {
    for (const { view, id } of inOrder(questions)) {
      await tx.query(
        `insert into view_answer as a (view, id, hash, failed_at, failed_code, failed_reason) values ($1, $2, '', ledger_now(), $3, $4)
         on conflict (view, id) do update set failed_at = excluded.failed_at, failed_code = $3, failed_reason = $4`,
        [view, id, code, reason.slice(0, 500)],
      );
      await tx.query(`delete from view_question where view = $1 and id = $2`, [view, id]);
    }
  });
