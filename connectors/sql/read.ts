/** Records by id or by our key: one answer for each, in the order asked. */
import { SyncError } from '../../src/domain/errors.ts';
import { pieces } from '../engine/pool.ts';
import type { Call, ReadAnswer } from '../sdk/seam.ts';
import type { Rows } from './rows.ts';
import type { Talk } from './sessions.ts';
import type { Row, Shape, Source, Where } from './source.ts';
import { keyText } from './value.ts';

const ABSENT: ReadAnswer = { absent: true };
/** Ids in one statement. */
export const READ_BATCH = 200;
/** A key that is not unique may find several rows; more than so many for each are not worth reading. */
const EACH = 10;

/** Rows whose column has one of these texts. Those that no row can have are not asked for. */
export const rowsWith = async (
  source: Source,
  talk: Talk,
  column: string,
  texts: readonly string[],
): Promise<readonly Row[]> => {
  const shape = await source.shape(talk);
  const asked = texts.filter((each) => source.couldHave(shape, column, each));
  if (asked.length === 0) return [];
  const where: Where = {
    text: `${source.quoted(column)} IN (${asked.map(() => '?').join(', ')})`,
    values: asked.map((each) => [each, column]),
  };
  return source.select(talk, where, [], asked.length * EACH);
};

/** Rows by the text of one column. Other texts that the database takes for equal are not what was asked for. */
const grouped = (rows: readonly Row[], shape: Shape, column: string): ReadonlyMap<string, readonly Row[]> => {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const text = keyText(row(column), shape.get(column)?.kind ?? 'unknown');
    if (text !== undefined) groups.set(text, [...(groups.get(text) ?? []), row]);
  }
  return groups;
};

const answerOf = (group: readonly Row[] | undefined, shape: Shape, rows: Rows): ReadAnswer => {
  const changes = (group ?? []).map((row) => rows.change(row, shape));
  const broken = changes.find((change) => change.op === 'undecodable');
  if (broken !== undefined) return { error: { class: 'permanent', message: broken.problem, scope: 'item' } };
  const found = changes.flatMap((change) => (change.op === 'upsert' ? [change.record] : []));
  return found.length === 0 ? ABSENT : { found };
};

const twice = (name: string, id: string): ReadAnswer => ({
  error: {
    class: 'permanent',
    message: `more than one row of ${name} has the id "${id}"; make it unique, in the table or in the view`,
    scope: 'item',
  },
});

/** Reads by one column: ids, of which each stands once, or our keys. */
export const createReading = (source: Source, rows: Rows, by: 'id' | 'key') => {
  const column = by === 'id' ? source.type.id : source.type.reference;
  const what = `reading ${source.name} by ${by}`;
  return async (asked: readonly string[], call: Call): Promise<readonly ReadAnswer[]> => {
    if (column === undefined)
      throw new SyncError('UNSUPPORTED', `the connection file names no column where our key of ${source.name} is kept`);
    const answers: ReadAnswer[] = [];
    for (const piece of pieces(asked, READ_BATCH)) {
      const found = await source.reading(what, call, (talk) => rowsWith(source, talk, column, piece));
      const groups = grouped(found, source.known(), column);
      for (const text of piece) {
        const group = groups.get(text);
        const several = by === 'id' && group !== undefined && group.length > 1;
        answers.push(several ? twice(source.name, text) : answerOf(group, source.known(), rows));
      }
    }
    return answers;
  };
};
