/** How a struck request sees the store: without the rows that it has no right to, as it was a while ago, by a clock that is off. */
import { type Fault, struckBy } from './faults.ts';
import { mix } from './random.ts';
import type { Row, Store } from './store.ts';

/** The store as requests use it, and what changes how they see it. */
export interface Lens {
  readonly store: Store;
  /** Work that sees the store as these faults have it. It must not wait for anything. */
  readonly through: <T>(struck: readonly Fault[], write: boolean, work: () => T) => T;
}

interface Look {
  /** The part of all rows that is hidden, 0 to 1. */
  readonly hidden: number;
  /** How far behind it looks, ms. */
  readonly behind: number;
  readonly write: boolean;
}
const CLEAR: Look = { hidden: 0, behind: 0, write: false };
const HALF = 0.5;
const BEHIND_MS = 1_000;

/** The same rows are hidden each time: permission goes by the record, not by the moment. */
const isHidden = (id: string, share: number): boolean => {
  const spread = [...id].reduce((sum, letter) => mix(sum, letter.codePointAt(0)), 1);
  return spread / 2 ** 32 < share;
};

const lookOf = (struck: readonly Fault[], write: boolean): Look => {
  const hiding = struckBy(struck, 'rows-hidden');
  const lagging = struckBy(struck, 'rows-stale');
  return {
    hidden: hiding === undefined ? 0 : (hiding.share ?? HALF),
    // Nobody writes to a copy that lags.
    behind: lagging === undefined || write ? 0 : (lagging.delay_ms ?? BEHIND_MS),
    write,
  };
};

/** `stamp` and `ref` are where the two systems have them in a record: under these names. */
export interface Names {
  readonly stamp: string;
  readonly ref: string;
}

/** Looks at this store; `skewMs` is how far the system's clock is ahead. */
export const createLens = (store: Store, names: Names, skewMs: () => number): Lens => {
  let look = CLEAR;
  const commit = store.database.prepare('select seq, at, previous, body from commits where seq = ?');
  interface Commit {
    readonly seq: number;
    readonly at: string;
    readonly previous: number | null;
    readonly body: string | null;
  }
  /** The row as it was, or undefined where it was not there yet. A deleted one that was there is there. */
  const earlier = (row: Row): Row | undefined => {
    const until = Date.now() - look.behind;
    let at = commit.get(row.seq) as Commit | undefined;
    while (at !== undefined && Date.parse(at.at) > until)
      at = at.previous === null ? undefined : (commit.get(at.previous) as Commit | undefined);
    if (at === undefined) return undefined;
    if (at.seq === row.seq) return row;
    const body = JSON.parse(at.body ?? '{}') as Readonly<Record<string, unknown>>;
    const [stamp, ref] = [body[names.stamp], body[names.ref]];
    return {
      ...{ id: row.id, seq: at.seq, gone: at.body === null ? 1 : 0, body: at.body ?? '' },
      stamp: String(stamp),
      ref: typeof ref === 'string' ? ref : null,
    };
  };
  const seen = (row: Row | undefined): Row | undefined => {
    if (row === undefined || isHidden(row.id, look.hidden)) return undefined;
    return look.behind === 0 ? row : earlier(row);
  };
  /** A whole page of what can be seen, so that a short one still means the end. */
  const filled = (
    fetch: (after: string, limit: number) => readonly Row[],
    placeOf: (row: Row) => string,
    show: (row: Row) => Row | undefined,
    after: string,
    limit: number,
  ): readonly Row[] => {
    const rows: Row[] = [];
    for (let place = after; ; ) {
      const more = fetch(place, limit);
      rows.push(...more.flatMap((row) => show(row) ?? []));
      const last = more.at(-1);
      if (last === undefined || more.length < limit || rows.length >= limit) return rows.slice(0, limit);
      place = placeOf(last);
    }
  };
  const clear = (): boolean => look === CLEAR;
  return {
    store: {
      ...store,
      now: () => store.now() + skewMs(),
      get: (record, id) => (clear() ? store.get(record, id) : seen(store.get(record, id))),
      // A key is unique among all rows, also those that one may not see.
      byRef: (record, ref) =>
        clear() || look.write ? store.byRef(record, ref) : store.byRef(record, ref).flatMap((row) => seen(row) ?? []),
      page: (record, after, limit) =>
        clear()
          ? store.page(record, after, limit)
          : filled(
              (at, most) => store.page(record, at, most),
              ({ id }) => id,
              seen,
              after,
              limit,
            ),
      changes: (record, after, limit) =>
        clear()
          ? store.changes(record, after, limit)
          : filled(
              (at, most) => store.changes(record, at, most),
              ({ stamp, id }) => `${stamp}|${id}`,
              // What changed since then stands at its new time, where the copy has nothing yet.
              (row) => (seen(row)?.seq === row.seq ? row : undefined),
              after,
              limit,
            ),
    },
    through: (struck, write, work) => {
      const wanted = lookOf(struck, write);
      if (wanted.hidden === 0 && wanted.behind === 0) return work();
      look = wanted;
      try {
        return work();
      } finally {
        look = CLEAR;
      }
    },
  };
};
