/**
 * How far a change feed may believe what it has read. A transaction stamps its rows when it writes them and shows them
 * when it commits, so a row can appear behind one that was read long before. A *mark* is a place in the feed together
 * with the transactions that were in flight when it was taken: once they have all ended, nothing can appear before it
 * any more. Where the database does not tell which are in flight, a mark must be older than the longest of them.
 *
 * The feed keeps `since`, behind which nothing can appear; one mark that is waited for; and a few recent places. A walk
 * begins at a recent place, which is cheap and finds what is new; when the mark has come true, it begins once more at
 * `since`, which finds what came late, and `since` moves to the mark.
 */
import { isObject, type Json } from '../../src/domain/json.ts';

/** A place in the feed, as its column orders it. */
export interface Mark {
  readonly value: string;
  /** The database's clock then, ms. */
  readonly at: number;
  /** Transactions in flight then; null where the database does not tell. */
  readonly open: readonly string[] | null;
}
interface Recent {
  readonly value: string;
  readonly at: number;
}
/** A walk under way: where it began and what its end will mean. */
interface Walk {
  readonly from: string | null;
  readonly mark: Mark | null;
  /** True when it began at `since`, so that its end settles the mark that was waited for, and perhaps its own. */
  readonly whole: boolean;
  readonly after: readonly [string, string] | null;
}
/** Where a feed stands. */
export interface Place {
  readonly since: string | null;
  readonly waited: Mark | null;
  readonly recent: readonly Recent[];
  readonly walk: Walk | null;
}

/** The beginning of everything. */
export const BEGINNING: Place = { since: null, waited: null, recent: [], walk: null };

/** A walk reads again what is younger than this: most transactions that come late come within it. */
const NEAR_MS = 60_000;

const ended = (mark: Mark, now: Mark, windowMs: number): boolean =>
  mark.open === null || now.open === null
    ? now.at - mark.at >= windowMs
    : mark.open.every((id) => now.open?.includes(id) !== true);

/** Begins a walk. `now` is a mark taken just before; null where the feed is empty. */
export const beginWalk = (place: Place, now: Mark | null, windowMs: number): Place => {
  const { waited, recent, since } = place;
  const whole = now === null || waited === null || ended(waited, now, windowMs);
  const near = recent.findLast(({ at }) => now !== null && now.at - at >= Math.min(NEAR_MS, windowMs)) ?? recent[0];
  return { ...place, walk: { from: whole ? since : (near?.value ?? since), mark: now, whole, after: null } };
};

/** Ends it: every row from its beginning on was read. */
export const endWalk = (place: Place): Place => {
  const { walk, since, waited, recent } = place;
  if (walk === null || walk.mark === null) return { ...place, walk: null };
  const { mark, whole } = walk;
  if (!whole) return { since, waited, recent: withRecent(recent, mark), walk: null };
  // Nobody was at work when it began, so nothing can come late to what it read.
  if (mark.open?.length === 0) return { since: mark.value, waited: null, recent: [], walk: null };
  return { since: waited?.value ?? since, waited: mark, recent: withRecent(recent, mark), walk: null };
};

/** Places at distances that let one be found that is old enough, and none that is older than need be. */
const withRecent = (recent: readonly Recent[], { value, at }: Mark): readonly Recent[] => {
  const last = recent.at(-1);
  const added = last !== undefined && at - last.at < NEAR_MS / 3 ? recent : [...recent, { value, at }];
  const old = added.findLastIndex((each) => at - each.at >= NEAR_MS);
  return added.slice(Math.max(0, old));
};

/** A place as a cursor. */
export const writtenPlace = (place: Place): string => JSON.stringify({ v: 1, ...place });

const text = (value: Json | undefined): string | null => (typeof value === 'string' ? value : null);

const markOf = (value: Json | undefined): Mark | null => {
  if (value === undefined || !isObject(value) || typeof value['at'] !== 'number') return null;
  const { open } = value;
  const place = text(value['value']);
  if (place === null) return null;
  return { value: place, at: value['at'], open: Array.isArray(open) ? (open as readonly Json[]).map(String) : null };
};

const walkOf = (value: Json | undefined): Walk | null => {
  if (value === undefined || !isObject(value)) return null;
  const { after } = value;
  const [first, second] = Array.isArray(after) ? (after as readonly Json[]).map(String) : [];
  return {
    from: text(value['from']),
    mark: markOf(value['mark']),
    whole: value['whole'] === true,
    after: first === undefined || second === undefined ? null : [first, second],
  };
};

/** The place behind a cursor; undefined for one that nobody here wrote. */
export const placeOf = (cursor: string, parse: (text: string) => Json): Place | undefined => {
  if (cursor === '') return BEGINNING;
  try {
    const read = parse(cursor);
    if (!isObject(read) || read['v'] !== 1 || !('since' in read)) return undefined;
    const list = Array.isArray(read['recent']) ? (read['recent'] as readonly Json[]) : [];
    const recent = list.flatMap((each) => markOf(each) ?? []).map(({ value, at }) => ({ value, at }));
    return { since: text(read['since']), waited: markOf(read['waited']), recent, walk: walkOf(read['walk']) };
  } catch {
    return undefined;
  }
};
