/** One item's statements inside a transaction: what is written, and what that says of the row. */
import { SyncError } from '../../src/domain/errors.ts';
import { refusedByUs } from '../engine/outcome.ts';
import type { NativeRecord, Outcome, WriteItem } from '../sdk/seam.ts';
import type { Answer, Bound } from './dialect.ts';
import { Refusal } from './failure.ts';
import { rowsWith } from './read.ts';
import type { Rows } from './rows.ts';
import type { Writing } from './schema.ts';
import type { Talk } from './sessions.ts';
import { quotedTable, type Shape, type Source } from './source.ts';
import { keyText } from './value.ts';
import { bindTo, createGiven, createStatement, type Ready } from './values.ts';

/** Does one item. A Refusal leaves the row as it was once the savepoint is restored. */
export type Act = (item: WriteItem, talk: Talk) => Promise<Outcome>;

const failed = (kind: 'conflict' | 'not-found' | 'permanent', message: string): Outcome => refusedByUs(kind, message);

/** Condition of an update or delete: the id, and the version where one is expected. */
const createCondition = (source: Source, guarded: boolean) => {
  const { dialect } = source.base;
  const { id, version } = source.type;
  return (item: WriteItem, shape: Shape, from: number): Ready | undefined => {
    const own = item.id ?? '';
    if (!source.couldHave(shape, id, own)) return undefined;
    const kindOf = (column: string) => shape.get(column)?.kind ?? 'unknown';
    const text = `${source.quoted(id)} = ${dialect.place(from, kindOf(id))}`;
    const values: Bound[] = [source.bind(shape, id, own)];
    if (!guarded || version === undefined || item.expectVersion === undefined) return { text, values };
    const expected = `${text} AND ${source.quoted(version)} = ${dialect.place(from + 1, kindOf(version))}`;
    return { text: expected, values: [...values, source.bind(shape, version, item.expectVersion)] };
  };
};

/** The row as it now is, inside the same transaction. */
const createReadBack = (source: Source, rows: Rows) => {
  return async (talk: Talk, column: string, text: string): Promise<readonly NativeRecord[]> => {
    const found = await rowsWith(source, talk, column, [text]);
    const shape = source.known();
    return found.flatMap((row) => {
      const exact = keyText(row(column), shape.get(column)?.kind ?? 'unknown') === text;
      const record = exact ? rows.record(row, shape) : 'another';
      return typeof record === 'string' ? [] : [record];
    });
  };
};

const done = (status: 'created' | 'updated' | 'unchanged', id: string, record: NativeRecord | undefined): Outcome => ({
  status,
  id,
  ...(record?.version === undefined ? {} : { version: record.version }),
  ...(record === undefined ? {} : { record }),
});

/** The id of a new row: what the statement answered, or the number the database gave. */
const newIdOf = (answer: Answer, column: string): string | undefined => {
  const at = answer.columns.findIndex(({ name }) => name.toLowerCase() === column.toLowerCase());
  const cell = answer.rows[0]?.[at];
  if (cell !== undefined && cell !== null) return keyText(cell, answer.columns[at]?.kind ?? 'unknown');
  return answer.insertId;
};

/** New rows. One that our key stands in already is that row: the same create arrived before. */
export const createCreate = (source: Source, rows: Rows, writing: Writing): Act => {
  const { type, base } = source;
  const { dialect } = base;
  const { reference, id, capabilities } = type;
  const readBack = createReadBack(source, rows);
  const given = createGiven(source);
  const statement = writing.statement === undefined ? undefined : createStatement(source, writing.statement);
  const insert = (item: WriteItem, shape: Shape): Ready => {
    const all = [...given(item.data)];
    if (reference !== undefined) all.push({ column: reference, value: item.idempotencyKey });
    const kindOf = (column: string) => shape.get(column)?.kind ?? 'unknown';
    const table = quotedTable(writing.table ?? '', dialect);
    const columns = all.map(({ column }) => source.quoted(column));
    const places = all.map(({ column }, at) => dialect.place(at + 1, kindOf(column)));
    return {
      text: dialect.insert(table, columns, places, source.quoted(id)),
      values: all.map(({ column, value }) => bindTo(source, shape, column, value)),
    };
  };
  const make = statement ?? insert;
  const made = async (item: WriteItem, answer: Answer, talk: Talk): Promise<Outcome> => {
    const own = newIdOf(answer, writing.id ?? id) ?? textIn(item, type.columns, id);
    const key = own === undefined ? reference : id;
    if (key === undefined)
      return failed(
        'permanent',
        'the statement answers no id of the new row; name its column as `id`, or keep our key in a column',
      );
    const [record, ...others] = await readBack(talk, key, own ?? item.idempotencyKey);
    if (record === undefined || others.length > 0)
      return failed(
        'permanent',
        `the new row is not found in ${type.table ?? 'the query'} by its ${key}; it must show there at once`,
      );
    return done('created', record.id, record);
  };
  return async (item, talk) => {
    const { text, values } = make(item, await source.shape(talk));
    try {
      return await made(item, await talk.run(text, values), talk);
    } catch (error) {
      if (!(error instanceof Refusal) || error.about !== 'unique' || reference === undefined) throw error;
      if (capabilities.idempotency !== 'unique') throw error;
      await talk.say(dialect.rollbackTo);
      const [there, ...others] = await readBack(talk, reference, item.idempotencyKey);
      // Another value is taken, not our key.
      if (there === undefined || others.length > 0) throw error;
      return done('unchanged', there.id, there);
    }
  };
};

/** The id of a row that is given by us and not by the database. */
const textIn = (item: WriteItem, columns: Source['type']['columns'], id: string): string | undefined => {
  const entry = Object.entries(columns).find(
    ([, column]) => (typeof column === 'string' ? column : column.column) === id,
  );
  const value = entry === undefined ? undefined : item.data[entry[0]];
  return value === undefined || value === null ? undefined : String(value);
};

/** Changed fields of a known row, only while it has the version that is expected. */
export const createUpdate = (source: Source, rows: Rows, writing: Writing): Act => {
  const { type, base, name } = source;
  const guarded = type.capabilities.guard === 'version';
  const condition = createCondition(source, guarded);
  const readBack = createReadBack(source, rows);
  const given = createGiven(source);
  const statement = writing.statement === undefined ? undefined : createStatement(source, writing.statement);
  const update = (item: WriteItem, shape: Shape): Ready | undefined => {
    const all = given(item.data);
    const where = condition(item, shape, all.length + 1);
    if (where === undefined) return undefined;
    const kindOf = (column: string) => shape.get(column)?.kind ?? 'unknown';
    const sets = all.map(
      ({ column }, at) => `${source.quoted(column)} = ${base.dialect.place(at + 1, kindOf(column))}`,
    );
    return {
      text: `UPDATE ${quotedTable(writing.table ?? '', base.dialect)} SET ${sets.join(', ')} WHERE ${where.text}`,
      values: [...all.map(({ column, value }) => bindTo(source, shape, column, value)), ...where.values],
    };
  };
  return async (item, talk) => {
    const shape = await source.shape(talk);
    const own = item.id ?? '';
    if (Object.keys(item.data).length === 0) return unchanged(item, await readBack(talk, type.id, own), name);
    const ready = source.couldHave(shape, type.id, own) ? (statement ?? update)(item, shape) : undefined;
    if (ready === undefined) return failed('not-found', `there is no ${name} ${own}`);
    const { affected } = await talk.run(ready.text, ready.values);
    const counted = writing.statement === undefined || writing.outcome === 'rows';
    if (counted && affected > 1)
      throw new SyncError('BAD_VALUE', `${affected} rows of ${name} have the id "${own}", so none was changed`, {
        unsent: true,
        class: 'permanent',
      });
    const [record] = await readBack(talk, type.id, own);
    if (record === undefined) return failed('not-found', `there is no ${name} ${own}`);
    if (counted && affected === 0) return failed('conflict', `${name} ${own} was changed meanwhile`);
    return done('updated', own, record);
  };
};

const unchanged = (item: WriteItem, [record]: readonly NativeRecord[], name: string): Outcome => {
  if (record === undefined) return failed('not-found', `there is no ${name} ${item.id ?? ''}`);
  return done('unchanged', record.id, record);
};

/** Removed rows. */
export const createDelete = (source: Source, rows: Rows, writing: Writing): Act => {
  const { type, base, name } = source;
  const condition = createCondition(source, type.capabilities.guard === 'version');
  const readBack = createReadBack(source, rows);
  const statement = writing.statement === undefined ? undefined : createStatement(source, writing.statement);
  const remove = (item: WriteItem, shape: Shape): Ready | undefined => {
    const where = condition(item, shape, 1);
    return where === undefined
      ? undefined
      : {
          text: `DELETE FROM ${quotedTable(writing.table ?? '', base.dialect)} WHERE ${where.text}`,
          values: where.values,
        };
  };
  return async (item, talk) => {
    const shape = await source.shape(talk);
    const own = item.id ?? '';
    const ready = source.couldHave(shape, type.id, own) ? (statement ?? remove)(item, shape) : undefined;
    if (ready === undefined) return failed('not-found', `there is no ${name} ${own}`);
    const { affected } = await talk.run(ready.text, ready.values);
    const counted = writing.statement === undefined || writing.outcome === 'rows';
    if (!counted || affected === 1) return { status: 'deleted', id: own };
    if (affected > 1)
      throw new SyncError('BAD_VALUE', `${affected} rows of ${name} have the id "${own}", so none was removed`, {
        unsent: true,
        class: 'permanent',
      });
    const there = await readBack(talk, type.id, own);
    return there.length === 0
      ? failed('not-found', `there is no ${name} ${own}`)
      : failed('conflict', `${name} ${own} was changed meanwhile`);
  };
};
