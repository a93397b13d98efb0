/** One page of a list, and full passes made of them. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, parseJson } from '../../src/domain/json.ts';
import type { Values } from '../engine/template.ts';
import { emptied, followed, printOf, type Trail, trailOf } from '../engine/trail.ts';
import type { Call, Change, ListPage } from '../sdk/seam.ts';
import { createPager, type Page, type Pager } from './paging.ts';
import { type Ask, compilePath, compileRequest, createDisguised, type Prepared, type World } from './request.ts';
import type { Rows } from './rows.ts';
import type { Listing } from './schema.ts';

/** What fetches a page of a list or feed. */
export interface Pages {
  readonly pager: Pager;
  fetch(at: string, limit: number, values: Values, call: Call): Promise<Page>;
}

/** A page at the address that the system named. What may prove who we are, in a header or a body, stays with our own host. */
const pageAt = (address: string, request: Prepared, baseUrl: string): Prepared => {
  const [there, own] = [URL.parse(address), URL.parse(baseUrl)];
  const carries = request.body !== undefined || Object.keys(request.headers ?? {}).length > 0;
  if (carries && there?.origin !== own?.origin)
    throw new SyncError(
      'EGRESS_DENIED',
      `the next page of a list is at ${there?.host}, where our headers are not sent`,
      {
        unsent: true,
      },
    );
  return { ...request, path: address, query: undefined };
};

/** Compiles a listing. */
export const createPages = (record: string, listing: Listing, rows: Rows, world: World, ask: Ask): Pages => {
  const pager = createPager(listing.paging, rows.id, world.baseUrl);
  const prepare = compileRequest(listing.request, world);
  const readRows = compilePath(listing.rows);
  const disguised = createDisguised(world);
  const what = `a list of ${record}`;
  const fetch = async (at: string, asked: number, values: Values, call: Call): Promise<Page> => {
    const limit = Math.min(asked, listing.paging.page_size ?? asked);
    const request = prepare({ ...pager.values(at), ...values, limit });
    const address = pager.address(at);
    const whole = address === undefined ? request : pageAt(address, request, world.baseUrl);
    const started = performance.now();
    const reply = await ask(what, whole, call, listing.empty_status);
    const elapsedMs = Math.ceil(performance.now() - started);
    const { headers } = reply;
    if (listing.empty_status.includes(reply.status)) return { body: {}, headers, rows: [], limit, elapsedMs };
    const body = reply.json();
    const found = readRows(body);
    const leftOut = found === undefined && listing.without_rows === 'empty';
    if (found !== null && !Array.isArray(found) && !leftOut)
      throw disguised(what, body, `a list at "${listing.rows ?? 'its top'}"`);
    return { body, headers, rows: (found ?? []) as readonly Json[], limit, elapsedMs };
  };
  return { pager, fetch };
};

/** Where a full pass stands. */
interface Place {
  readonly at: string;
  readonly trail: Trail | undefined;
  /** Print of the ids of the page before. */
  readonly before: string | undefined;
  /** Pages without a row that came last. */
  readonly empty: number;
}
const START: Place = { at: '', trail: undefined, before: undefined, empty: 0 };

/** A place in a full pass as text: `1` is the format. */
const written = (place: Place): string => JSON.stringify({ v: 1, ...place });

/** The place behind a cursor. One that nobody here wrote begins the pass again: it shows more, never less. */
const placeOf = (cursor: string): Place => {
  if (cursor === '') return START;
  try {
    const place = parseJson(cursor);
    if (!isObject(place) || place['v'] !== 1 || typeof place['at'] !== 'string') return START;
    const { at, trail, before, empty } = place;
    return {
      ...{ at, trail: trailOf(trail), before: typeof before === 'string' ? before : undefined },
      empty: typeof empty === 'number' ? empty : 0,
    };
  } catch {
    return START;
  }
};

/** Print of a page's ids; undefined for a page without any. */
const idsPrint = (rows: Rows, page: Page): string | undefined => {
  const ids = page.rows.map((row) => rows.id(row) ?? null);
  return ids.some((id) => id !== null) ? printOf(JSON.stringify(ids)) : undefined;
};

const shown = (change: Change): boolean => change.op !== 'delete';
const AGAIN: ListPage = { changes: [], next: written(START), more: true };

/**
 * The seam's `list`. Deleted records that a list still shows are left out: they are absent. Where the system has
 * forgotten the place, the pass begins again.
 */
export const createList = (pages: Pages, rows: Rows) => {
  return async (request: { readonly cursor: string; readonly limit: number }, call: Call): Promise<ListPage> => {
    const { at, trail, before, empty } = placeOf(request.cursor);
    let page: Page;
    try {
      page = await pages.fetch(at, request.limit, {}, call);
    } catch (error) {
      if (at !== '' && error instanceof SyncError && error.code === 'CURSOR_EXPIRED') return AGAIN;
      throw error;
    }
    const changes = page.rows.map(rows.change).filter(shown);
    const next = pages.pager.next(at, page);
    if (next === undefined) return { changes, next: '', more: false };
    const print = idsPrint(rows, page);
    // A system that ignores where a page shall begin gives the first one for ever, under ever new numbers.
    if (print !== undefined && print === before)
      throw new SyncError('PROTOCOL_ERROR', 'a page of a list has the same records as the one before it');
    const place = {
      at: next,
      trail: followed(trail, at, next),
      before: print,
      empty: emptied(empty, page.rows.length),
    };
    return { changes, next: written(place), more: true };
  };
};
