/**
 * Full passes and the change feed, both walked by rising ids. A walk of the feed has one lower bound for all its pages,
 * so equal times cannot be split between them; what changes behind the walk changes at or after its beginning by the
 * system's own clock, and the next bound is the latest time that was read, or that
 * beginning less what the clocks may differ, less the overlap.
 */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, parseJson, stringifyJson } from '../../src/domain/json.ts';
import { followed, type Trail, trailOf } from '../engine/trail.ts';
import { writtenTime } from '../rest/time.ts';
import type { Call, ChangePage, ListPage } from '../sdk/seam.ts';
import { numberOf, tagInstant } from './codec.ts';
import type { Rows } from './rows.ts';
import type { RecordType } from './schema.ts';
import type { Found, Search } from './search.ts';

interface Place {
  readonly after: Json;
  /** The feed's lower bound, ms. */
  readonly since: number;
  /** Latest change time seen in this walk, ms. */
  readonly high: number | null;
  /** The system's clock when the walk began, ms. */
  readonly began: number | null;
  /** Shows whether ids that are texts lead in circles. */
  readonly trail?: Trail;
}

const start = (type: RecordType): Json => (type.id.type === 'integer' ? 0 : '');

const isPlace = (value: Json | undefined, type: RecordType): value is Json =>
  type.id.type === 'text'
    ? typeof value === 'string'
    : (typeof value === 'number' || value instanceof ExactNumber) && /^-?\d+$/.test(String(value));

const placeOf = (cursor: string, type: RecordType): Place | undefined => {
  if (cursor === '') return { after: start(type), since: 0, high: null, began: null };
  try {
    const read = parseJson(cursor);
    if (!isObject(read) || read['v'] !== 1) return undefined;
    const number = (name: string): number | null => (typeof read[name] === 'number' ? read[name] : null);
    const { after, trail: way } = read;
    if (!isPlace(after, type)) return undefined;
    const trail = trailOf(way);
    const place = { after, since: number('since') ?? 0, high: number('high'), began: number('began') };
    return trail === undefined ? place : { ...place, trail };
  } catch {
    return undefined;
  }
};
const written = (place: Partial<Place>): string => stringifyJson({ v: 1, ...place });

const broken = (why: string): SyncError => new SyncError('PROTOCOL_ERROR', why);

/** Throws unless the ids of a page rise from where it begins: a system that orders otherwise would make the walk lose rows. */
const testRising = (ids: readonly string[], before: Json): void => {
  let last = BigInt(String(before));
  for (const id of ids) {
    if (!/^-?\d+$/.test(id) || BigInt(id) < last)
      throw broken('the rows of a page do not come in rising order of their ids');
    last = BigInt(id);
  }
};

/** Where the next page begins; undefined when this was the last. */
const following = (
  type: RecordType,
  rows: Rows,
  found: readonly Json[],
  limit: number,
  { after: before, trail }: Pick<Place, 'after' | 'trail'>,
): Pick<Place, 'after' | 'trail'> | undefined => {
  const ids = found.map(rows.id).filter((id) => id !== undefined);
  if (type.id.type === 'integer') testRising(ids, before);
  if (found.length === 0 || (type.short_page_is_last && found.length < limit)) return undefined;
  const id = ids.at(-1);
  if (id === undefined || id === String(before))
    throw broken('no row of a page leads on, so the list cannot be read further');
  if (type.id.type === 'integer') return { after: numberOf(id) };
  return { after: id, trail: followed(trail, String(before), id) };
};

const latest = (values: readonly (number | null | undefined)[]): number | null => {
  const known = values.filter((value) => typeof value === 'number');
  return known.length === 0 ? null : Math.max(...known);
};

/** The seam's `list`. */
export const createList =
  (name: string, type: RecordType, rows: Rows, search: Search) =>
  async (request: { readonly cursor: string; readonly limit: number }, call: Call): Promise<ListPage> => {
    const place = placeOf(request.cursor, type) ?? { after: start(type) };
    const limit = Math.min(request.limit, type.page);
    const found = await search.find(`a list of ${name}`, 'all', { after: place.after }, limit, call);
    const next = following(type, rows, found.rows, limit, place);
    return {
      changes: found.rows.map(rows.change),
      next: next === undefined ? '' : written(next),
      more: next !== undefined,
    };
  };

/** How the lower bound of a feed is written. */
export const sinceOf =
  (values: 'tagged' | 'plain') =>
  (ms: number): Json | undefined =>
    values === 'plain' ? writtenTime(ms, 'local', 'UTC') : tagInstant(new Date(ms).toISOString());

/** The seam's `changes`. */
export const createFeed = (
  name: string,
  type: RecordType,
  rows: Rows,
  search: Search,
  writtenSince: (ms: number) => Json | undefined,
  now: () => number = () => Date.now(),
) => {
  const {
    grain_ms: grain,
    overlap_ms: overlap,
    skew_ms: skew,
  } = type.changes ?? { grain_ms: 1, overlap_ms: 0, skew_ms: 0 };
  const floor = (ms: number): number => Math.floor(ms / grain) * grain;
  const moved = (place: Place, found: Found): Place => {
    const began = place.began ?? found.serverMs ?? null;
    const seen = latest([place.high, ...found.rows.map(rows.time)]);
    // A system that tells no time is not believed a row from the future either: then our own clock is the limit.
    return { ...place, began, high: seen === null ? null : Math.min(seen, began ?? now()) };
  };
  return async (request: { readonly cursor: string; readonly limit: number }, call: Call): Promise<ChangePage> => {
    const place = placeOf(request.cursor, type);
    if (place === undefined) return { changes: [], next: '', more: false, gap: 'cursor-expired' };
    const limit = Math.min(request.limit, type.page);
    const since = writtenSince(place.since);
    const found = await search.find(`changes of ${name}`, 'changed', { since, after: place.after }, limit, call);
    const here = moved(place, found);
    const ahead = following(type, rows, found.rows, limit, place);
    const read = Math.max(here.high ?? 0, (here.began ?? 0) - skew);
    const bound = Math.max(place.since, floor(read) - overlap);
    const next: Partial<Place> = ahead === undefined ? { after: start(type), since: bound } : { ...here, ...ahead };
    return { changes: found.rows.map(rows.change), next: written(next), more: ahead !== undefined };
  };
};
