/** How a list goes on: what a page is asked with, and where the next one begins. `''` is the first page. */
import { SyncError } from '../../src/domain/errors.ts';
import type { Json } from '../../src/domain/json.ts';
import type { Values } from '../engine/template.ts';
import { compilePath, textOf } from './request.ts';
import type { Paging } from './schema.ts';

/** A page as it came. */
export interface Page {
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  readonly rows: readonly Json[];
  readonly limit: number;
  /** How long the request took, ms. */
  readonly elapsedMs: number;
}

/** One kind of paging, compiled. */
export interface Pager {
  /** What the request's templates may use for the page at this place. */
  values(at: string): Values;
  /** The whole address of the page, where the system named it itself. */
  address(at: string): string | undefined;
  /** Where the next page begins; undefined when this was the last. */
  next(at: string, page: Page): string | undefined;
}

const plain = { address: () => undefined } as const;

/** A short page is the last one only where the preset says how long a page may be; else only an empty one is. */
export const isLast = (paging: Paging, { body, rows, limit }: Page): boolean => {
  if (rows.length === 0) return true;
  const short = paging.page_size !== undefined && rows.length < limit;
  const more = paging.kind === 'keyset' && paging.more !== undefined ? compilePath(paging.more)(body) : undefined;
  return short && (more === undefined || more === null || more === false || more === '');
};

const LINK = /<([^>]*)>((?:\s*;\s*[\w!#$%&'*+.^`|~-]+\s*(?:=\s*(?:"[^"]*"|[^\s";,]+))?)*)/g;

/** The target of `rel="next"` in a Link header (RFC 8288). */
export const nextLink = (header: string | undefined): string | undefined => {
  for (const [, target, parameters] of (header ?? '').slice(0, 16_384).matchAll(LINK)) {
    const relation = /;\s*rel\s*=\s*(?:"([^"]*)"|([^\s";,]+))/i.exec(parameters ?? '');
    if ((relation?.[1] ?? relation?.[2] ?? '').toLowerCase().split(/\s+/).includes('next')) return target;
  }
  return undefined;
};

const broken = (why: string): SyncError => new SyncError('PROTOCOL_ERROR', why);

/** What leads to the next page. What is there and leads nowhere is an error: taken for the end, it would lose the rest. */
const leadIn = (found: Json | undefined, place: string): string | undefined => {
  if (found === undefined || found === null || found === '' || found === false) return undefined;
  const text = textOf(found);
  if (text === undefined) throw broken(`"${place}" of a page has neither the next page nor its absence`);
  return text;
};

const flagIn = (found: Json | undefined, place: string): boolean => {
  if (found === undefined || found === null || found === false) return false;
  if (found === true) return true;
  throw broken(`"${place}" of a page says neither true nor false`);
};

const ofCursor = ({ next, more }: Extract<Paging, { kind: 'cursor' }>): Pager => {
  const token = compilePath(next);
  const flag = more === undefined ? undefined : compilePath(more);
  return {
    ...plain,
    values: (at) => ({ cursor: at === '' ? undefined : at }),
    next: (_at, { body }) => {
      if (flag === undefined) return leadIn(token(body), next);
      if (!flagIn(flag(body), more ?? '')) return undefined;
      const lead = leadIn(token(body), next);
      if (lead === undefined) throw broken(`a page says that more follows, but not at "${next}" where`);
      return lead;
    },
  };
};

const ofLink = (paging: Extract<Paging, { kind: 'link' }>, baseUrl: string): Pager => {
  const stated = paging.next === undefined ? undefined : compilePath(paging.next);
  return {
    values: () => ({}),
    address: (at) => (at === '' ? undefined : at),
    next: (_at, { body, headers }) => {
      const link = stated === undefined ? nextLink(headers['link']) : leadIn(stated(body), paging.next ?? '');
      if (link === undefined) return undefined;
      const url = URL.parse(link, baseUrl);
      if (url === null) throw broken('the link to the next page is not an address');
      return url.href;
    },
  };
};

const ofPage = (paging: Extract<Paging, { kind: 'page' }>): Pager => ({
  ...plain,
  values: (at) => ({ page: at === '' ? paging.first : Number(at) }),
  next: (at, page) => (isLast(paging, page) ? undefined : String((at === '' ? paging.first : Number(at)) + 1)),
});

const ofOffset = (paging: Paging): Pager => ({
  ...plain,
  values: (at) => ({ offset: Number(at) }),
  next: (at, page) => (isLast(paging, page) ? undefined : String(Number(at) + page.rows.length)),
});

type Keyset = Extract<Paging, { kind: 'keyset' }>;
const ofKeyset = (paging: Keyset, idOf: (row: Json) => string | undefined): Pager => ({
  ...plain,
  values: (at) => ({ after: at === '' ? paging.first : at }),
  next: (_at, page) => {
    if (isLast(paging, page)) return undefined;
    const last = page.rows.findLast((row) => idOf(row) !== undefined);
    const id = last === undefined ? undefined : idOf(last);
    if (id === undefined) throw broken('no row of a page has an id, so the list cannot go on');
    return id;
  },
});

const compiled = (paging: Paging, idOf: (row: Json) => string | undefined, baseUrl: string): Pager => {
  switch (paging.kind) {
    case 'none':
      return { ...plain, values: () => ({}), next: () => undefined };
    case 'cursor':
      return ofCursor(paging);
    case 'link':
      return ofLink(paging, baseUrl);
    case 'page':
      return ofPage(paging);
    case 'offset':
      return ofOffset(paging);
    case 'keyset':
      return ofKeyset(paging, idOf);
    default:
      return paging satisfies never;
  }
};

/** Compiles a kind of paging. A place that leads to itself is an error: it would never end. */
export const createPager = (paging: Paging, idOf: (row: Json) => string | undefined, baseUrl: string): Pager => {
  const pager = compiled(paging, idOf, baseUrl);
  return {
    ...pager,
    next: (at, page) => {
      const next = pager.next(at, page);
      if (next !== undefined && next === at)
        throw broken('the next page of a list is the same page again, so it would never end');
      return next;
    },
  };
};
