/** What a system that cannot be called says of the writes it pulled. Each word is kept, journalled, and wakes who waits for it. */
import type { Json, JsonObject } from '../../domain/json.ts';
import { asText, objectFrom } from '../codec.ts';
import type { Database } from '../database.ts';
import { type Entry, journal } from './journal.ts';
import { lookNow } from './outbox-pull.ts';
import { lockOutbox, storeHeld } from './outbox-records.ts';
import { nudge } from './queue.ts';

/** What became of one write. */
export type Answer =
  | {
      readonly id: string;
      readonly outcome: 'done';
      /** The record's id there; may be left out for a write that named it. */
      readonly recordId?: string;
      readonly version?: string;
      /** Fields as they are there now, where they differ from what was asked for. */
      readonly fields?: JsonObject;
    }
  | {
      readonly id: string;
      readonly outcome: 'refused';
      readonly reason: string;
      readonly code?: string;
      /** The record is not at the version that the write expected: it is read and planned again, and nobody is asked. */
      readonly conflict?: boolean;
    }
  | { readonly id: string; readonly outcome: 'unknown'; readonly reason?: string };

/** What became of one answer: kept, known before, refused because another was given before, or about nothing that was delivered. */
export interface Heard {
  readonly id: string;
  readonly state: 'noted' | 'repeated' | 'contradicts' | 'wrong';
  readonly detail: string;
}

interface Row {
  readonly key: string;
  readonly record: string;
  readonly op: 'create' | 'update' | 'delete';
  readonly record_id: string | null;
  readonly state: 'waiting' | 'withdrawn' | 'done' | 'refused';
  readonly body: string | null;
  readonly answer_id: string | null;
  readonly answered_by: string | null;
  readonly link: string | null;
  readonly mapping: string | null;
}

interface Judged extends Heard {
  readonly row?: Row;
  readonly answer: Answer;
}

/** One transaction for all of them; an answer that cannot be kept stops no other. */
export const acknowledgeOutbox = async (
  db: Database,
  by: string,
  connection: string,
  answers: readonly Answer[],
): Promise<{ readonly answers: readonly Heard[]; readonly nudge: readonly string[] }> => {
  const { heard, woken } = await db.transaction(async (tx) => {
    await lockOutbox(tx, connection);
    const rows = new Map((await deliveredRows(tx, connection, answers)).map((row) => [row.key, row]));
    const judged: Judged[] = [];
    for (const answer of answers) {
      const row = rows.get(answer.id);
      const said = await hear(tx, by, connection, row, answer);
      judged.push({ ...said, answer, id: answer.id, ...(row === undefined ? {} : { row }) });
      if (row !== undefined && said.state === 'noted') rows.set(answer.id, after(row, answer));
    }
    await journal(
      tx,
      judged.flatMap((each) => entryOf(by, connection, each)),
    );
    const settled = judged.flatMap(({ state, answer }) =>
      state === 'noted' && answer.outcome !== 'unknown' ? [answer.id] : [],
    );
    return {
      heard: judged.map(({ id, state, detail }) => ({ id, state, detail })),
      woken: await lookNow(tx, connection, settled),
    };
  });
  return { answers: heard, nudge: await nudge(db, woken) };
};

const deliveredRows = (tx: Database, connection: string, answers: readonly Answer[]) =>
  tx.query<Row>(
    `with held as materialized (
       select w.* from outbox_write w where w.connection = $1 and w.key = any($2) and w.deliveries > 0 order by w.key for update)
     select h.key, h.record, h.op, h.record_id, h.state, ${asText('h.body')} as body, h.answer_id, h.answered_by, i.link, i.mapping
     from held h left join lateral (select link, mapping from intent where key = h.key and connection = $1 order by no desc limit 1) i on true`,
    [connection, answers.map(({ id }) => id)],
  );

/** The row as the same request's next answers meet it. */
const after = (row: Row, answer: Answer): Row =>
  answer.outcome === 'unknown'
    ? row
    : { ...row, state: answer.outcome, answer_id: idOf(row, answer) ?? null, answered_by: 'this request' };

const idOf = (row: Row, answer: Answer): string | undefined =>
  answer.outcome === 'done' ? (answer.recordId ?? row.record_id ?? undefined) : undefined;

type Said = Pick<Heard, 'state' | 'detail'>;

const hear = (
  tx: Database,
  by: string,
  connection: string,
  row: Row | undefined,
  answer: Answer,
): Promise<Said> | Said => {
  if (row === undefined)
    return {
      state: 'wrong',
      detail: 'no write with this id was ever delivered; repeat the id exactly as it was pulled',
    };
  if (row.state === 'done' || row.state === 'refused') return again(row, answer);
  if (answer.outcome === 'unknown') return unknown(tx, connection, row);
  return answer.outcome === 'refused'
    ? refused(tx, by, connection, row, answer)
    : done(tx, by, connection, row, answer);
};

/** A second answer is fine where it says the same; where it does not, a person must know. */
const again = (row: Row, answer: Answer): Said => {
  const first = row.state === 'done' ? `done as ${row.answer_id}` : 'refused';
  const same =
    answer.outcome === 'unknown' ||
    (answer.outcome === row.state && (answer.outcome !== 'done' || idOf(row, answer) === row.answer_id));
  return same
    ? { state: 'repeated', detail: `known: ${first}` }
    : {
        state: 'contradicts',
        detail: `${row.answered_by} said before that it was ${first}, and that stands; if both are there, delete one, and post the records as they are`,
      };
};

/** The word decides nothing, and a program may say it at every pull: it is journalled the first time and then whenever the count has doubled. */
const unknown = async (tx: Database, connection: string, { key }: Row): Promise<Said> => {
  const [counted] = await tx.query<{ unknowns: number }>(
    `update outbox_write set unknowns = unknowns + 1 where connection = $1 and key = $2 returning unknowns`,
    [connection, key],
  );
  const times = counted?.unknowns ?? 1;
  const detail = `it is delivered again, under the same id, until its outcome is known; said ${times === 1 ? 'once' : `${times} times`}`;
  return { state: Number.isInteger(Math.log2(times)) ? 'noted' : 'repeated', detail };
};

const refused = async (
  tx: Database,
  by: string,
  connection: string,
  { key, op }: Row,
  { reason, code, conflict }: Extract<Answer, { outcome: 'refused' }>,
): Promise<Said> => {
  await tx.query(
    `update outbox_write set state = 'refused', body = null, answered_at = ledger_now(), answered_by = $3, answer_code = $4, answer_reason = $5, conflict = $6
     where connection = $1 and key = $2`,
    [connection, key, by, code ?? null, reason, op !== 'create' && conflict === true],
  );
  return { state: 'noted', detail: `refused: ${reason}` };
};

const done = async (
  tx: Database,
  by: string,
  connection: string,
  row: Row,
  answer: Extract<Answer, { outcome: 'done' }>,
): Promise<Said> => {
  const id = idOf(row, answer);
  if (id === undefined) return { state: 'wrong', detail: 'a new record has an id: say which, in record_id' };
  if (row.op !== 'create' && id !== row.record_id)
    return { state: 'wrong', detail: `this write was for record ${row.record_id}, and not for ${id}` };
  const [held] = await tx.query<{ body: string | null; reference: string | null }>(
    `select ${asText('body')} as body, reference from outbox_record where connection = $1 and record = $2 and id = $3`,
    [connection, row.record, id],
  );
  if (row.op === 'create' && held?.reference != null && held.reference !== row.key)
    return { state: 'wrong', detail: `${row.record} ${id} was made by another write; two writes cannot be one record` };
  const before = held?.body == null ? {} : objectFrom(held.body);
  const written = row.body === null ? {} : objectFrom(row.body);
  await storeHeld(tx, connection, row.record, {
    id,
    ...(row.op === 'delete' ? {} : { body: { ...before, ...written, ...answer.fields } }),
    ...(answer.version === undefined ? {} : { version: answer.version }),
    ...(row.op === 'create' ? { reference: row.key } : {}),
  });
  await tx.query(
    `update outbox_write set state = 'done', body = null, answered_at = ledger_now(), answered_by = $3, answer_id = $4 where connection = $1 and key = $2`,
    [connection, row.key, by, id],
  );
  return { state: 'noted', detail: `done as ${id}` };
};

/** Every word about a delivered write is journalled, but for those that say nothing new. */
const entryOf = (by: string, connection: string, { row, answer, state, detail }: Judged): readonly Entry[] => {
  // A wrong one changes nothing, and whoever repeats it would fill the journal.
  if (row === undefined || state === 'repeated' || state === 'wrong') return [];
  const record = idOf(row, answer);
  return [
    {
      actor: by,
      action: state === 'noted' ? 'acknowledged' : 'acknowledgement refused',
      key: row.key,
      reason: `${connection} says of this ${row.op} of ${row.record}: ${detail}`.slice(0, 1_000),
      values: answer as unknown as Json,
      ...(row.link === null ? {} : { link: row.link }),
      ...(row.mapping === null ? {} : { mapping: row.mapping }),
      ...(record === undefined ? {} : { record }),
    },
  ];
};
