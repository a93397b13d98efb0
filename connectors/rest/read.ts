/** Records by id or by key: many in one request, or one by one. One answer for each, in the order asked. */
import { SyncError } from '../../src/domain/errors.ts';
import { type Json, sameJson } from '../../src/domain/json.ts';
import { callError } from '../engine/errors.ts';
import { each, pieces } from '../engine/pool.ts';
import { bodyTemplate, type Values } from '../engine/template.ts';
import type { Call, Classified, NativeRecord, ReadAnswer } from '../sdk/seam.ts';
import {
  type Ask,
  compilePath,
  compileRefusal,
  compileRequest,
  createAsk,
  createDisguised,
  createSignal,
  isWebPage,
  textOf,
  type World,
  wentWell,
} from './request.ts';
import type { Rows } from './rows.ts';
import type { Reading } from './schema.ts';

/** Reads values of one kind: ids or keys. */
export type ReadMany = (asked: readonly string[], call: Call) => Promise<readonly ReadAnswer[]>;

/** What records are asked by. A question is told by its parts, and has no record behind it. */
export type Way = 'id' | 'key' | 'question';
/** What templates know of one of them. */
type ValuesOf = (one: string) => Values;

const ABSENT: ReadAnswer = { absent: true };
const broken = (message: string): ReadAnswer => ({ error: { class: 'permanent', message, scope: 'item' } });
const answerFor = (error: Classified): ReadAnswer => (error.class === 'not-found' ? ABSENT : { error });

/** One answer of a reply: records, an absence, or a refusal sorted by the table. */
const createAnswer = (name: Way, reading: Reading, rows: Rows, world: World) => {
  const statusOf = reading.status === undefined ? undefined : compilePath(reading.status);
  const found = (reading.found ?? []) as readonly Json[];
  const readRecord = compilePath(reading.record);
  const readRecords = reading.records === undefined ? undefined : compilePath(reading.records);
  const refusalOf = compileRefusal(world.refusal);
  const recordsOf = (list: readonly Json[]): ReadAnswer => {
    const records: NativeRecord[] = [];
    for (const row of list) {
      // Some systems keep what was deleted for a while, with a mark on it.
      if (rows.change(row).op === 'delete') continue;
      const record = rows.record(row);
      if (typeof record === 'string') return broken(record);
      records.push(record);
    }
    return records.length === 0 ? ABSENT : { found: records };
  };
  return (entry: Json): ReadAnswer => {
    if (entry === null && reading.null_is === 'absent') return ABSENT;
    const status = statusOf?.(entry);
    if (statusOf !== undefined && !found.some((value) => sameJson(value, status))) {
      const signal = { ...refusalOf(entry), status: typeof status === 'number' ? status : undefined };
      return answerFor(world.sort(signal, 'item').error);
    }
    const list = readRecords === undefined && name === 'key' ? entry : readRecords?.(entry);
    if (Array.isArray(list)) return recordsOf(list as readonly Json[]);
    const row = readRecord(entry);
    if (row === undefined || row === null) return broken('an answer has no record where one was due');
    return recordsOf([row]);
  };
};

const aligned = (asked: readonly string[], entries: readonly Json[], match: (entry: Json) => string | undefined) => {
  const byName = new Map<string, Json[]>();
  for (const entry of entries) {
    const name = match(entry);
    if (name === undefined) continue;
    const same = byName.get(name);
    if (same === undefined) byName.set(name, [entry]);
    else same.push(entry);
  }
  return asked.map((one) => byName.get(one) ?? []);
};

const together = (answers: readonly ReadAnswer[]): ReadAnswer => {
  const failed = answers.find((answer) => 'error' in answer);
  if (failed !== undefined) return failed;
  const found = answers.flatMap((answer) => ('found' in answer ? answer.found : []));
  return found.length === 0 ? ABSENT : { found };
};

const createBatch = (
  what: string,
  name: Way,
  reading: Reading,
  rows: Rows,
  world: World,
  ask: Ask,
  valuesOf: ValuesOf,
): ReadMany => {
  const prepare = compileRequest(reading.request, world);
  const makeItem = reading.item === undefined ? undefined : bodyTemplate(reading.item as Json);
  const itemsOf = (asked: readonly string[]): readonly unknown[] =>
    makeItem === undefined ? asked : asked.map((one) => makeItem({ ...world.values, ...valuesOf(one) }));
  const readResults = compilePath(reading.results);
  const match = reading.match === undefined ? undefined : compilePath(reading.match);
  const answer = createAnswer(name, reading, rows, world);
  const disguised = createDisguised(world);
  const none = reading.empty_status ?? [];
  return async (asked, call) => {
    const reply = await ask(what, prepare({ [`${name}s`]: itemsOf(asked) }), call, none);
    if (none.includes(reply.status)) return asked.map(() => ABSENT);
    const body = reply.json();
    const entries = readResults(body) as readonly Json[] | undefined;
    if (!Array.isArray(entries)) throw disguised(what, body, `a list at "${reading.results ?? 'its top'}"`);
    if (match !== undefined)
      return aligned(asked, entries, (entry) => textOf(match(entry))).map((own) => together(own.map(answer)));
    if (entries.length !== asked.length)
      throw new SyncError(
        'PROTOCOL_ERROR',
        `${what} was answered with ${entries.length} answers to ${asked.length} questions`,
      );
    return entries.map(answer);
  };
};

const createSingle = (
  what: string,
  name: Way,
  reading: Reading,
  rows: Rows,
  world: World,
  valuesOf: ValuesOf,
): ReadMany => {
  const prepare = compileRequest(reading.request, world);
  const answer = createAnswer(name, reading, rows, world);
  const signalOf = createSignal(world);
  const readOne = async (one: string, call: Call): Promise<ReadAnswer> => {
    const reply = await world.http.request({ ...prepare(valuesOf(one)), intent: 'read' }, call);
    if (wentWell(world, reply)) return answer(reply.json());
    const sorted = world.sort(signalOf(reply), 'batch');
    if (isWebPage(reply.text)) throw callError(what, sorted, reply.status);
    const { class: kind, scope } = sorted.error;
    if (kind === 'not-found') return ABSENT;
    if (scope === 'connection' || kind === 'unsupported') throw callError(what, sorted, reply.status);
    return { error: { ...sorted.error, scope: 'item' } };
  };
  return (asked, call) => each(asked, world.concurrency, (one) => readOne(one, call));
};

/** Asked for one record and given another, nobody knows what became of the first. */
const asAsked = (asked: readonly string[], answers: readonly ReadAnswer[]): readonly ReadAnswer[] =>
  answers.map((answer, index) =>
    'found' in answer && answer.found.some(({ id }) => id !== asked[index])
      ? broken('the answer is another record than the one asked for')
      : answer,
  );

/**
 * A search may compare without case, in other fields too, or not at all. What it gives that has not the key is not what was
 * asked for; where it gives nothing else, nobody knows whether there is such a record.
 */
const withTheirKey = (asked: readonly string[], answers: readonly ReadAnswer[]): readonly ReadAnswer[] =>
  answers.map((answer, index) => {
    if (!('found' in answer)) return answer;
    const found = answer.found.filter(({ reference }) => reference === asked[index]);
    return found.length === 0 ? broken('the search for a key gave only records that have another one') : { found };
  });

/** Records by keys, where the system’s search names their ids alone. */
export const createSearch = (
  record: string,
  reading: Reading & { readonly only_id: string },
  world: World,
  byId: ReadMany,
): ReadMany => {
  const prepare = compileRequest(reading.request, world);
  const readList = compilePath(reading.records);
  const readId = compilePath(reading.only_id);
  const ask = createAsk(world);
  const disguised = createDisguised(world);
  const what = `a search for a key of ${record}`;
  const search = async (key: string, call: Call): Promise<ReadAnswer> => {
    const body = (await ask(what, prepare({ key }), call)).json();
    const list = readList(body) as readonly Json[] | undefined;
    if (!Array.isArray(list)) throw disguised(what, body, `a list at "${reading.records ?? 'its top'}"`);
    const ids = list.map((entry: Json) => textOf(readId(entry))).filter((id) => id !== undefined);
    if (ids.length < list.length) return broken(`a row of a search has no id at "${reading.only_id}"`);
    return ids.length === 0 ? ABSENT : together(await byId([...new Set(ids)], call));
  };
  return async (keys, call) => withTheirKey(keys, await each(keys, world.concurrency, (key) => search(key, call)));
};

/** Compiles one way of reading. */
export const createReading = (
  record: string,
  name: Way,
  reading: Reading,
  rows: Rows,
  world: World,
  ask: Ask,
  valuesOf: ValuesOf = (one) => ({ [name]: one }),
): ReadMany => {
  const what = name === 'question' ? `asking ${record}` : `reading ${record} by ${name}`;
  const single = reading.max === 1 && reading.results === undefined;
  const many = single
    ? createSingle(what, name, reading, rows, world, valuesOf)
    : createBatch(what, name, reading, rows, world, ask, valuesOf);
  const inPieces: ReadMany = async (asked, call) => {
    const answers: ReadAnswer[] = [];
    for (const piece of pieces(asked, reading.max)) answers.push(...(await many(piece, call)));
    return answers;
  };
  const read = single ? many : inPieces;
  if (name === 'id') return async (asked, call) => asAsked(asked, await read(asked, call));
  const checks = rows.hasReference && reading.match === undefined;
  return checks ? async (asked, call) => withTheirKey(asked, await read(asked, call)) : read;
};
