/** Change feeds: by a column that grows with every change, or by a table that lists them. */
import { SyncError } from '../../src/domain/errors.ts';
import { parseJson } from '../../src/domain/json.ts';
import { instantOf, writtenTime } from '../rest/time.ts';
import type { Call, Change, ChangePage } from '../sdk/seam.ts';
import type { Kind } from './dialect.ts';
import { fetchPage, tooHeavy } from './list.ts';
import { beginWalk, endWalk, type Mark, type Place, placeOf, writtenPlace } from './marks.ts';
import type { Rows } from './rows.ts';
import type { Changes, RecordType } from './schema.ts';
import type { Talk } from './sessions.ts';
import { createSource, type Row, type Shape, type Source, type Where } from './source.ts';
import { decoded, keyText } from './value.ts';

type Feed = (request: { readonly cursor: string; readonly limit: number }, call: Call) => Promise<ChangePage>;

const LOST: ChangePage = { changes: [], next: '', more: false, gap: 'cursor-expired' };
/** How far clocks may be apart where the database says by itself who is at work. */
const SLACK_MS = 5_000;
/** How long a transaction may be at work where it does not, and nothing was stated (a standby of PostgreSQL). */
const WINDOW_MS = 600_000;

/** A moment as the column writes it; lowered where its clocks are about to repeat an hour. */
const boundOf = (ms: number, kind: Kind, zone: string): string => {
  if (kind === 'instant') return new Date(ms).toISOString();
  if (kind === 'date') return writtenTime(ms, 'local', zone).slice(0, 10);
  return writtenTime(ms, kind === 'text' ? 'local' : 'local_t', zone);
};

const clockOf = async (talk: Talk, source: Source): Promise<number> =>
  Number((await talk.run(source.base.dialect.clock, [])).rows[0]?.[0]);

/** Where the feed's column ends now: the clock, or the greatest number that can be seen. */
const endOf = async (source: Source, changes: Changes, column: string, at: number, slackMs: number, talk: Talk) => {
  const kind = (await source.shape(talk)).get(column)?.kind ?? 'unknown';
  if (changes.strategy === 'timestamp') return boundOf(Math.max(0, at - slackMs), kind, source.type.zone);
  const { rows } = await talk.run(greatest(source, column), []);
  return keyText(rows[0]?.[0] ?? null, kind) ?? null;
};

const greatest = (source: Source, column: string): string => {
  const { dialect } = source.base;
  const { table, query } = source.type;
  const from = table === undefined ? `(${query}) source` : table.split('.').map(dialect.quote).join('.');
  return `SELECT max(${source.quoted(column)}) FROM ${from}`;
};

/** Takes a mark: first its place, then who is at work, so that whoever begins in between stamps later than the place. */
const takeMark = async (source: Source, changes: Changes, column: string, talk: Talk): Promise<Mark | null> => {
  const at = await clockOf(talk, source);
  const exact = source.base.dialect.inFlight !== undefined;
  const slackMs = exact ? (changes.overlap_ms ?? SLACK_MS) : 1_000;
  const value = await endOf(source, changes, column, at, slackMs, talk);
  const open = (await talk.inFlight()) ?? null;
  return value === null ? null : { value, at, open };
};

interface Step {
  readonly place: Place;
  readonly rows: readonly Row[];
  readonly more: boolean;
  readonly heavy: boolean;
}

/** Reads one page of a walk by (column, id). */
const createWalk = (source: Source, changes: Changes, column: string) => {
  const { name, type, quoted } = source;
  const what = `changes of ${name}`;
  const windowMs = changes.overlap_ms ?? WINDOW_MS;
  const [c, id] = [quoted(column), quoted(type.id)];
  const whereOf = ({ walk }: Place): Where => {
    const there = `${id} IS NOT NULL AND ${c} IS NOT NULL`;
    if (walk?.after != null) {
      const [at, last] = walk.after;
      return {
        text: `${there} AND ${c} >= ? AND (${c} > ? OR ${id} > ?)`,
        values: [
          [at, column],
          [at, column],
          [last, type.id],
        ],
      };
    }
    return walk?.from == null
      ? { text: there, values: [] }
      : { text: `${there} AND ${c} >= ?`, values: [[walk.from, column]] };
  };
  const read = (where: Where) => async (talk: Talk, most: number, only?: readonly string[]) => {
    if (!(await source.fits(talk, where)))
      throw new SyncError('CURSOR_EXPIRED', `the columns of ${name} are not those that its feed was read by`);
    return source.select(talk, where, [column, type.id], most, only);
  };
  return async (place: Place, limit: number, call: Call): Promise<Step> => {
    const here =
      place.walk === null
        ? beginWalk(
            place,
            await source.reading(what, call, (talk) => takeMark(source, changes, column, talk)),
            windowMs,
          )
        : place;
    const where = whereOf(here);
    const page = await fetchPage(source, call, what, limit, read(where), [column, type.id]);
    const shape = source.known();
    const more = page.rows.length > page.most;
    const rows = page.rows.slice(0, page.most);
    const after = more ? keysOf(rows.at(-1), shape, column, type) : undefined;
    return {
      place:
        after === undefined ? endWalk(here) : { ...here, walk: here.walk === null ? null : { ...here.walk, after } },
      rows,
      more: after !== undefined,
      heavy: page.heavy,
    };
  };
};

const keysOf = (
  row: Row | undefined,
  shape: Shape,
  column: string,
  type: RecordType,
): readonly [string, string] | undefined => {
  if (row === undefined) return undefined;
  const at = keyText(row(column), shape.get(column)?.kind ?? 'unknown');
  const id = keyText(row(type.id), shape.get(type.id)?.kind ?? 'unknown');
  return at === undefined || id === undefined ? undefined : [at, id];
};

/** The feed of a table whose rows carry the time or number of their last change. */
const createColumnFeed = (source: Source, rows: Rows, changes: Changes, column: string): Feed => {
  const walk = createWalk(source, changes, column);
  return async ({ cursor, limit }, call) => {
    const place = placeOf(cursor, parseJson);
    if (place === undefined) return LOST;
    const step = await walk(place, limit, call);
    const shape = source.known();
    const found = step.heavy
      ? step.rows.map((row) => tooHeavy(rows.id(row, shape) ?? '', source.name))
      : rows.changes(step.rows, shape);
    return { changes: found, next: writtenPlace(step.place), more: step.more };
  };
};

/** The feed of a table of changes: its rows name ids, and what they stand for now is read afterwards. */
const createLogFeed = (source: Source, rows: Rows, changes: Extract<Changes, { strategy: 'log' }>): Feed => {
  const { table, sequence, id, at } = changes;
  const log = createSource(source.name, logType(source.type, changes), source.base);
  const walk = createWalk(log, changes, sequence);
  return async ({ cursor, limit }, call) => {
    const place = placeOf(cursor, parseJson);
    if (place === undefined) return LOST;
    const step = await walk(place, limit, call);
    const shape = log.known();
    const times = new Map<string, string | undefined>();
    for (const row of step.rows) {
      const own = keyText(row(id), shape.get(id)?.kind ?? 'unknown');
      const time =
        at === undefined
          ? undefined
          : instantOf(decoded(row(at), shape.get(at)?.kind ?? 'unknown'), source.type.zone)?.text;
      if (own !== undefined) times.set(own, time);
    }
    const present = await currentRows(source, rows, [...times.keys()], `changes of ${source.name} by ${table}`, call);
    const gone = [...times].flatMap(([own, time]): Change[] =>
      present.ids.has(own) ? [] : [{ op: 'delete', id: own, ...(time === undefined ? {} : { at: time }) }],
    );
    return { changes: [...present.changes, ...gone], next: writtenPlace(step.place), more: step.more };
  };
};

/** A table of changes, seen as a record type of its own. */
const logType = (
  type: RecordType,
  { table, sequence, id, at, overlap_ms }: Extract<Changes, { strategy: 'log' }>,
): RecordType => ({
  ...{ table, id: sequence, zone: type.zone, write: type.write, capabilities: type.capabilities },
  columns: Object.fromEntries([sequence, id, ...(at === undefined ? [] : [at])].map((column) => [column, column])),
  changes: { strategy: 'version', column: sequence, ...(overlap_ms === undefined ? {} : { overlap_ms }) },
});

const currentRows = async (source: Source, rows: Rows, ids: readonly string[], what: string, call: Call) => {
  if (ids.length === 0) return { changes: [], ids: new Set<string>() };
  const found = await source.reading(what, call, async (talk) => {
    const shape = await source.shape(talk);
    const asked = ids.filter((each) => source.couldHave(shape, source.type.id, each));
    if (asked.length === 0) return [];
    const where: Where = {
      text: `${source.quoted(source.type.id)} IN (${asked.map(() => '?').join(', ')})`,
      values: asked.map((each) => [each, source.type.id]),
    };
    return source.select(talk, where, [source.type.id], asked.length * 2);
  });
  const shape = source.known();
  return { changes: rows.changes(found, shape), ids: new Set(found.flatMap((row) => rows.id(row, shape) ?? [])) };
};

/** The seam's `changes`; undefined where the preset declares none. */
export const createFeed = (source: Source, rows: Rows): Feed | undefined => {
  const { changes } = source.type;
  if (changes === undefined) return undefined;
  const feed =
    changes.strategy === 'log'
      ? createLogFeed(source, rows, changes)
      : createColumnFeed(source, rows, changes, changes.column);
  return async (request, call) => {
    try {
      return await feed(request, call);
    } catch (error) {
      if (error instanceof SyncError && error.code === 'CURSOR_EXPIRED') return LOST;
      throw error;
    }
  };
};
