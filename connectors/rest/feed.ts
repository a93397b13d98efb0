/**
 * The change feed by timestamp. A walk begins at `since` and ends with the last page; only then the high water moves,
 * and never beyond what was read or beyond the system's own clock when the walk began. Each poll reads the overlap
 * again. Ties are walked by the system's own token, by (time, id), by the id alone within one window, or by counting with
 * an anchor; never by the time alone.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, parseJson } from '../../src/domain/json.ts';
import { emptied, followed, printOf, type Trail, trailOf } from '../engine/trail.ts';
import type { Call, ChangePage } from '../sdk/seam.ts';
import type { Pages } from './list.ts';
import { isLast, type Page } from './paging.ts';
import type { Rows } from './rows.ts';
import type { Changes } from './schema.ts';
import { writtenTime } from './time.ts';

/** Where a feed stands. Written as JSON with a format number. */
interface Place {
  /** Lower bound of this walk, ms. */
  readonly since: number;
  /** Latest change time read and trusted so far, ms. */
  readonly high: number | null;
  /** The system's clock when the walk began, ms: later rows may have predecessors that are not there yet. */
  readonly began: number | null;
  /** Within the walk: a token, an address, or a count of rows. */
  readonly at: string;
  /** keyset: change time of the last row, as the system wrote it. */
  readonly time?: string;
  /** keyset and offset: id of the last row. */
  readonly id?: string;
  /** All but offset: what shows that the walk leads in circles. */
  readonly trail?: Trail;
  /** All but offset: print of the page before. */
  readonly before?: string;
  /** All but offset: pages without a row that came last. */
  readonly empty?: number;
  /** offset: how often the rows of this time were counted anew. */
  readonly anew?: number;
}

const numberOrNull = (value: Json | undefined): number | null => (typeof value === 'number' ? value : null);

const placeOf = (cursor: string, from: number): Place | undefined => {
  if (cursor === '') return { since: from, high: null, began: null, at: '' };
  try {
    const read = parseJson(cursor);
    if (!isObject(read) || read['v'] !== 1 || typeof read['since'] !== 'number') return undefined;
    const text = (name: string): string | undefined => (typeof read[name] === 'string' ? read[name] : undefined);
    const [time, id, before] = [text('time'), text('id'), text('before')];
    const [trail, empty, anew] = [trailOf(read['trail']), numberOrNull(read['empty']), numberOrNull(read['anew'])];
    return {
      since: read['since'],
      high: numberOrNull(read['high']),
      began: numberOrNull(read['began']),
      at: text('at') ?? '',
      ...(time === undefined ? {} : { time }),
      ...(id === undefined ? {} : { id }),
      ...(trail === undefined ? {} : { trail }),
      ...(before === undefined ? {} : { before }),
      ...(empty === null ? {} : { empty }),
      ...(anew === null ? {} : { anew }),
    };
  } catch {
    return undefined;
  }
};

const written = (place: Place): string => JSON.stringify({ v: 1, ...place });

const latest = (rows: Rows, page: Page): number | null => {
  let high: number | null = null;
  for (const row of page.rows) {
    const ms = rows.instant(row)?.ms;
    if (ms !== undefined && (high === null || ms > high)) high = ms;
  }
  return high;
};

/**
 * The next place with what shows that nothing leads in circles. Throws when it was met before, or when a page has the same
 * rows with the same times as the one before it: a system that ignores where a page shall begin gives the first for ever.
 */
const trailed = (rows: Rows, place: Place, page: Page, next: Place): Place => {
  const spot = ({ at, time, id }: Place): string => JSON.stringify([at, time, id]);
  const trail = followed(place.trail, spot(place), spot(next));
  const empty = emptied(place.empty, page.rows.length);
  const seen = page.rows.map((row) => [rows.id(row) ?? null, rows.rawTime(row) ?? null]);
  if (!seen.some(([id]) => id !== null)) return { ...next, trail, empty };
  const before = printOf(JSON.stringify(seen));
  if (before === place.before)
    throw new SyncError('PROTOCOL_ERROR', 'a page of changes has the same records as the one before it');
  return { ...next, trail, before, empty };
};

/** The place within the walk after a page; undefined at its end. */
type Step = (place: Place, page: Page, floor: (ms: number) => number) => Place | undefined;

const byPager =
  (pages: Pages, rows: Rows): Step =>
  (place, page) => {
    const at = pages.pager.next(place.at, page);
    return at === undefined ? undefined : trailed(rows, place, page, { ...place, at });
  };

const isById = ({ paging }: Changes): boolean => paging.kind === 'keyset' && paging.order === 'id';

const byKeyset =
  (changes: Changes, rows: Rows): Step =>
  (place, page) => {
    if (isLast(changes.paging, page)) return undefined;
    const byId = isById(changes);
    const last = page.rows.findLast((row) => rows.id(row) !== undefined && (byId || rows.rawTime(row) !== undefined));
    const [id, time] = last === undefined ? [] : [rows.id(last), byId ? undefined : rows.rawTime(last)];
    if (id === undefined || (!byId && time === undefined) || (id === place.id && time === place.time))
      throw new SyncError('PROTOCOL_ERROR', 'no row of a page of changes leads on, so the feed cannot be read further');
    return trailed(rows, place, page, { ...place, id, ...(time === undefined ? {} : { time }) });
  };

// Rows that leave their time while they are counted are few; a system that does not count at all shows them moved for ever.
const ANEW_AT_MOST = 20;

/**
 * Counting rows is safe only inside one timestamp, and only while none of them leaves it: so the window moves to the last
 * row's time whenever it can, and each further page begins with the last row of the one before. If another stands there,
 * rows moved meanwhile and the timestamp is read again from its first row.
 */
const byOffset =
  (changes: Changes, rows: Rows): Step =>
  (place, page, floor) => {
    const { at, id: _anchor, ...rest } = place;
    const moved = place.id !== undefined && page.rows[0] !== undefined && rows.id(page.rows[0]) !== place.id;
    const anew = (place.anew ?? 0) + 1;
    if (moved && anew > ANEW_AT_MOST)
      throw new SyncError('PROTOCOL_ERROR', 'rows of a page of changes stand elsewhere each time they are counted');
    if (moved) return { ...rest, at: '', anew };
    if (isLast(changes.paging, page)) return undefined;
    const lastRow = page.rows.at(-1) as Json;
    const last = rows.instant(lastRow)?.ms;
    if (last !== undefined && floor(last) > floor(place.since)) return { ...rest, since: last, at: '', anew: 0 };
    const id = rows.id(lastRow);
    const counted = Number(at) + page.rows.length;
    // Without an id there is no anchor: the row itself is passed over, none behind it. So is a row that came alone: it may be
    // the last, or all that the reply had room for.
    return id === undefined || page.rows.length === 1
      ? { ...rest, at: String(counted) }
      : { ...rest, at: String(counted - 1), id };
  };

const stepOf = (changes: Changes, pages: Pages, rows: Rows): Step => {
  if (changes.paging.kind === 'keyset') return byKeyset(changes, rows);
  return changes.paging.kind === 'offset' ? byOffset(changes, rows) : byPager(pages, rows);
};

/** The system's clock when the request began: its Date header may have been written long after the rows were picked. */
const clockOf = (page: Page): number | null => {
  const ms = Date.parse(page.headers['date'] ?? '');
  return Number.isNaN(ms) ? null : ms - page.elapsedMs;
};

const higher = (a: number | null, b: number | null): number | null =>
  a === null ? b : b === null ? a : Math.max(a, b);

/** The seam's `changes`. */
export const createFeed = (
  changes: Changes,
  zone: string,
  pages: Pages,
  rows: Rows,
  now: () => number = () => Date.now(),
) => {
  const from = Date.parse(changes.from);
  const step = stepOf(changes, pages, rows);
  const floor = (ms: number): number => Math.floor(ms / changes.grain_ms) * changes.grain_ms;
  const valuesOf = (place: Place) => ({
    since: place.time ?? writtenTime(floor(place.since), changes.format, zone),
    ...(changes.paging.kind === 'keyset' ? { after: place.id ?? changes.paging.first } : {}),
  });
  const ended = (place: Place): Place => {
    const high = changes.clock === 'header' && place.began !== null ? place.began : place.high;
    const since = high === null ? place.since : Math.max(from, floor(high) - changes.overlap_ms);
    return { since, high, began: null, at: '' };
  };
  const lost = { changes: [], next: '', more: false, gap: 'cursor-expired' } as const;

  return async (request: { readonly cursor: string; readonly limit: number }, call: Call): Promise<ChangePage> => {
    const place = placeOf(request.cursor, from);
    if (place === undefined) return lost;
    let page: Page;
    try {
      // Counting needs room for the anchor and one more row.
      page = await pages.fetch(place.at, Math.max(request.limit, 2), valuesOf(place), call);
    } catch (error) {
      if (error instanceof SyncError && error.code === 'CURSOR_EXPIRED') return lost;
      throw error;
    }
    const began = place.began ?? clockOf(page);
    // By ids, rows that were passed may have changed since the walk began. Where no clock tells when that was, only the
    // first page is younger than none of them.
    const counts = !isById(changes) || began !== null || place.id === undefined;
    const seen = counts ? latest(rows, page) : null;
    // A system that tells no time is not believed a row from the future either: then our own clock is the limit.
    const high = higher(place.high, seen === null ? null : Math.min(seen, began ?? now()));
    const here: Place = { ...place, began, high };
    const next = step(here, page, floor);
    return { changes: page.rows.map(rows.change), next: written(next ?? ended(here)), more: next !== undefined };
  };
};
