/** How a list goes on, as far as one reply shows it. A wrong guess would lose records or never end: what does not show is said. */
import { SyncError } from '../../src/domain/errors.ts';
import { ExactNumber, isObject, type Json, type JsonObject } from '../../src/domain/json.ts';
import { nextLink } from '../rest/paging.ts';
import type { Paging } from '../rest/schema.ts';
import { at, type Guess, last, leavesOf } from './guess.ts';

/** What a reply and the request for it show. */
export interface Shown {
  readonly body: Json;
  readonly headers: Readonly<Record<string, string>>;
  /** Parameters that the sample was asked with. */
  readonly query: Readonly<Record<string, string>>;
  readonly rows: number;
}

/** A kind of paging, the parameters it is asked with, and why. `sure` is false where the reply does not show it. */
export interface PagingGuess {
  readonly paging: Paging;
  readonly query: Readonly<Record<string, string>>;
  readonly why: string;
  readonly sure: boolean;
}

const plain = (name: string): string => name.replace(/[^A-Za-z0-9]/g, '').toLowerCase();
const isAddress = (value: Json): boolean => typeof value === 'string' && /^(https?:\/\/|\/)/.test(value);
const isNumber = (value: Json): boolean => typeof value === 'number' || value instanceof ExactNumber;

/** A parameter of the sample's request by its name, as it was written. */
const asked = ({ query }: Shown, words: readonly string[]): string | undefined =>
  Object.keys(query).find((name) => words.includes(plain(name)));

const LIMITS = ['limit', 'perpage', 'pagesize', 'top', 'count', 'maxresults', 'size', 'take', 'pagelimit'];

/**
 * How many rows are asked for. A page size may only be promised where the sample shows a full page of it: a system that
 * gives less than it is asked for would seem to be at its end.
 */
const sized = (shown: Shown): { readonly query: Readonly<Record<string, string>>; readonly page_size?: number } => {
  const name = asked(shown, LIMITS);
  if (name === undefined) return { query: {} };
  const size = Number(shown.query[name]);
  const full = Number.isInteger(size) && size > 0 && size === shown.rows;
  return full ? { query: { [name]: '{limit}' }, page_size: size } : { query: { [name]: shown.query[name] ?? '' } };
};

const TOKENS: Readonly<Record<string, readonly string[]>> = {
  nextcursor: ['cursor'],
  nextpagetoken: ['pagetoken'],
  nexttoken: ['token', 'nexttoken'],
  continuationtoken: ['continuationtoken'],
  after: ['after'],
  cursor: ['cursor'],
  bookmark: ['bookmark'],
  nextbookmark: ['bookmark'],
};
/** The same word in the reply's own spelling: `next_page_token` is sent as `page_token`. */
const sentAs = (shown: Shown, name: string): string => {
  const words = TOKENS[plain(name)] ?? [];
  return asked(shown, words) ?? name.replace(/^next[_-]?/i, '').replace(/^./, (first) => first.toLowerCase());
};

const MORE = /^(hasmore|more|moreitemsincollection|morerecords|hasnext|hasnextpage|morerows)$/;
const NEXT =
  /^(odatanextlink|next|nextpage|nextlink|nexturl|nextpageurl|nexthref|nexturi|skiptoken|href|link|url|uri)$/;

const moreIn = ({ body }: Shown) =>
  leavesOf(body).find(({ path, value }) => typeof value === 'boolean' && MORE.test(plain(last(path))));

/** The reply names the whole address of the next page. */
const byLink = (shown: Shown): PagingGuess | undefined => {
  const { query } = sized(shown);
  if (nextLink(shown.headers['link']) !== undefined)
    return { paging: { kind: 'link' }, query, why: 'the Link header names the next page', sure: true };
  const leaf = leavesOf(shown.body).find(
    ({ path, value }) => isAddress(value) && NEXT.test(plain(last(path))) && /next/i.test(path),
  );
  if (leaf === undefined) return undefined;
  return {
    paging: { kind: 'link', next: leaf.path },
    query,
    why: `"${leaf.path}" has the address of the next page`,
    sure: true,
  };
};

/** The reply has a token for the next page. */
const byToken = (shown: Shown): PagingGuess | undefined => {
  const leaves = leavesOf(shown.body);
  const found = leaves.filter(({ path }) => Object.hasOwn(TOKENS, plain(last(path))));
  const leaf = found.find(({ value }) => (typeof value === 'string' && value !== '') || isNumber(value)) ?? found[0];
  if (leaf === undefined || (leaf.value !== null && typeof leaf.value === 'object' && !isNumber(leaf.value)))
    return undefined;
  const more = moreIn(shown);
  const name = sentAs(shown, last(leaf.path));
  const { query, page_size } = sized(shown);
  const sure = leaf.value !== null && leaf.value !== '';
  return {
    paging: {
      kind: 'cursor',
      next: leaf.path,
      ...(more === undefined ? {} : { more: more.path }),
      ...(page_size === undefined ? {} : { page_size }),
    },
    query: { ...query, [name]: '{cursor}' },
    why: `"${leaf.path}" ${sure ? 'has' : 'is named like'} a token for the next page; it is sent as ${name}`,
    sure,
  };
};

const OFFSETS = ['start', 'offset', 'skip', 'startat', 'startindex'];
const PAGES = ['page', 'pagenumber', 'pageno', 'currentpage', 'pageindex'];

/** Rows or pages are counted: the request says so, or numbers in the reply do. */
const byCounting = (shown: Shown): PagingGuess | undefined => {
  const { query, page_size } = sized(shown);
  const numbers = leavesOf(shown.body).filter(({ value }) => isNumber(value));
  for (const [kind, words] of [
    ['offset', OFFSETS],
    ['page', PAGES],
  ] as const) {
    const leaf = numbers.find(({ path }) => words.includes(plain(last(path))));
    const name =
      asked(shown, words) ??
      (leaf === undefined ? undefined : plain(last(leaf.path)) === 'currentpage' ? 'page' : last(leaf.path));
    if (name === undefined) continue;
    const size = page_size === undefined ? {} : { page_size };
    const first = Number(leaf?.value ?? shown.query[name] ?? 1);
    return {
      paging: kind === 'offset' ? { kind, ...size } : { kind, first: first === 0 ? 0 : 1, ...size },
      query: { ...query, [name]: kind === 'offset' ? '{offset}' : '{page}' },
      why: `${leaf === undefined ? `the request’s ${name}` : `"${leaf.path}"`} counts ${kind === 'offset' ? 'rows' : 'pages'}; it is sent as ${name}`,
      sure: true,
    };
  }
  return undefined;
};

/** OData names the next page only where there is one, and perhaps without its host; it counts rows too, by its own words. */
const byOData = (shown: Shown): PagingGuess | undefined => {
  if (!isObject(shown.body) || !Object.keys(shown.body).some((name) => /^@?odata\./.test(name))) return undefined;
  const { query, page_size } = sized(shown);
  return {
    paging: { kind: 'offset', ...(page_size === undefined ? {} : { page_size }) },
    query: { ...query, $skip: '{offset}' },
    why: 'the reply is OData, which counts rows by $skip',
    sure: true,
  };
};

const EXPLICIT = ['after', 'page', 'offset', 'cursor'] as const;

/** Parameters without those that only the engine can fill: what a first page is asked with. */
export const withoutTemplates = (query: Shown['query']): Shown['query'] =>
  Object.fromEntries(
    Object.entries(query).filter(([, value]) => !/\{(?:after|page|offset|cursor|limit)[|}]/.test(value)),
  );

/** The person wrote `{after}`, `{page}`, `{offset}` or `{cursor}` into the request. */
const asWritten = (shown: Shown, token: PagingGuess | undefined): PagingGuess | undefined => {
  const kind = EXPLICIT.find((each) => Object.values(shown.query).some((value) => value.includes(`{${each}}`)));
  if (kind === undefined) return undefined;
  const { query, page_size } = sized(shown);
  const size = page_size === undefined ? {} : { page_size };
  const written = { query, why: `{${kind}} in the request, as you say`, sure: true };
  if (kind === 'after') return { ...written, paging: { kind: 'keyset', ...size } };
  if (kind === 'page') return { ...written, paging: { kind, first: 1, ...size } };
  if (kind === 'offset') return { ...written, paging: { kind, ...size } };
  if (token !== undefined) return { ...written, paging: token.paging };
  throw new SyncError(
    'BAD_REQUEST',
    'no token for the next page is seen in the reply, which {cursor} in --list would send',
  );
};

/** The best guess; `none` where nothing shows that a list goes on. */
export const guessPaging = (shown: Shown): PagingGuess => {
  const token = byToken(shown);
  const written = asWritten(shown, token);
  if (written !== undefined) return written;
  const found =
    byLink(shown) ?? (token?.sure === true ? token : undefined) ?? byCounting(shown) ?? byOData(shown) ?? token;
  if (found !== undefined) return found;
  const more = moreIn(shown);
  return {
    paging: { kind: 'none' },
    query: sized(shown).query,
    why:
      more === undefined
        ? 'nothing in the reply says that the list goes on'
        : `"${more.path}" tells whether more follows, but not where; write {after}, {page} or {offset} into --list`,
    sure: false,
  };
};

/**
 * What {after} is on the first page. Ids that are numbers begin after 0. Inside a longer text it must be something, and the
 * empty text is before all others; a parameter of its own is left out instead.
 */
export const firstAfter = (query: Shown['query'], rows: readonly JsonObject[], id: Guess): string | undefined => {
  const inside = Object.values(query).some((value) => value.includes('{after') && !/^\{after[^}]*\}$/.test(value));
  if (!inside) return undefined;
  return rows.every((row) => /^\d+$/.test(String(at(row, id.path)))) ? '0' : '';
};
