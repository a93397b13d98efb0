/** One page of a list, and full passes made of them. */
import { SyncError } from '../../src/domain/errors.ts';
import { isObject, type Json, parseJson } from '../../src/domain/json.ts';
import type { Values } from '../engine/template.ts';
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
    const whole: Prepared = address === undefined ? request : { ...request, path: address, query: undefined };
    const started = performance.now();
    const reply = await ask(what, whole, call, listing.empty_status);
    const elapsedMs = Math.ceil(performance.now() - started);
    const { headers } = reply;
    if (listing.empty_status.includes(reply.status)) return { body: {}, headers, rows: [], limit, elapsedMs };
    const body = reply.json();
    const found = readRows(body);
    if (found !== null && !Array.isArray(found))
      throw disguised(what, body, `a list at "${listing.rows ?? 'its top'}"`);
    return { body, headers, rows: (found ?? []) as readonly Json[], limit, elapsedMs };
  };
  return { pager, fetch };
};

/** A place in a full pass as text: `1` is the format. */
const written = (at: string): string => JSON.stringify({ v: 1, at });

/** The place behind a cursor. One that nobody here wrote begins the pass again: it shows more, never less. */
const placeOf = (cursor: string): string => {
  if (cursor === '') return '';
  try {
    const place = parseJson(cursor);
    return isObject(place) && place['v'] === 1 && typeof place['at'] === 'string' ? place['at'] : '';
  } catch {
    return '';
  }
};

const shown = (change: Change): boolean => change.op !== 'delete';
const AGAIN: ListPage = { changes: [], next: written(''), more: true };

/**
 * The seam's `list`. Deleted records that a list still shows are left out: they are absent. Where the system has
 * forgotten the place, the pass begins again.
 */
export const createList = (pages: Pages, rows: Rows) => {
  return async (request: { readonly cursor: string; readonly limit: number }, call: Call): Promise<ListPage> => {
    const at = placeOf(request.cursor);
    let page: Page;
    try {
      page = await pages.fetch(at, request.limit, {}, call);
    } catch (error) {
      if (at !== '' && error instanceof SyncError && error.code === 'CURSOR_EXPIRED') return AGAIN;
      throw error;
    }
    const next = pages.pager.next(at, page);
    const changes = page.rows.map(rows.change).filter(shown);
    return { changes, next: next === undefined ? '' : written(next), more: next !== undefined };
  };
};
